"""The ledger's clocks: the only place of the ledger where time is read.

A demo site keeps simulated time, one clock for all its processes: eight bytes, little-endian, milliseconds since the
Unix epoch, in a file that the demo's conductor writes and everybody else maps (docs/format.md §9).
"""

import mmap
import time
from pathlib import Path
from typing import Literal, Protocol

from typing_extensions import override

from ledger.config import Site
from ledger.core.errors import ConfigError

SIMULATED_CLOCK_BYTES = 8
ClockName = Literal["synchronised", "simulated"]


class Clock(Protocol):
    """What tells the time."""

    @property
    def name(self) -> ClockName:
        """What events that were timed by it say in `clock`."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""

    def monotonic(self) -> float:
        """Seconds that never go back, from an arbitrary start; always real time."""


class SystemClock(Clock):
    """The machine's clock, which is expected to be synchronised (NTP)."""

    name: ClockName = "synchronised"

    @override
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    @override
    def monotonic(self) -> float:
        return time.monotonic()


class SimulatedClock(Clock):
    """The clock of a demo, read from the file that its conductor writes.

    Raises:
        ConfigError: the file is missing or has another length.
    """

    name: ClockName = "simulated"

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), SIMULATED_CLOCK_BYTES, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise ConfigError(f"demo.clock: expected {path} with {SIMULATED_CLOCK_BYTES} bytes; {error}") from error

    @override
    def now_ms(self) -> int:
        return int.from_bytes(self._bytes[:SIMULATED_CLOCK_BYTES], "little", signed=True)

    @override
    def monotonic(self) -> float:
        return time.monotonic()


def clock_of(site: Site) -> Clock:
    """The clock that `site` keeps.

    Raises:
        ConfigError: the simulated clock's file is missing or has another length.
    """
    return SystemClock() if site.simulated_clock is None else SimulatedClock(site.simulated_clock)
