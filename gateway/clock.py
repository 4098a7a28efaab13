"""What time it is, and how far that can be trusted: the only module of the gateway that reads a clock.

Two times are told apart everywhere. *Clock time* (`now_ms`) is when things happen: presence, segments, poll intervals
and every instant in an event; on a demo site it is simulated and may jump by minutes. *Real seconds* (`monotonic`) are
for wires and networks: time-outs, back-off, the second within which a batch is sealed.
"""

import ctypes
import mmap
import threading
import time
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from ledger.core.errors import ConfigError

Trust: TypeAlias = Literal["synchronised", "unsynchronised", "simulated"]

CLOCK_BYTES = 8
# adjtimex(2): the return value when the kernel knows that nobody disciplines its clock; struct timex is 208 bytes.
_TIME_ERROR = 5
_TIMEX_BYTES = 512
_BACKWARD_TOLERANCE_MS = 60_000


class Clock(Protocol):
    """Clock time with its trust, and real seconds."""

    @property
    def name(self) -> Trust:
        """How far the clock can be trusted at this moment."""
        ...

    def now_ms(self) -> int:
        """Unix milliseconds."""
        ...

    def monotonic(self) -> float:
        """Real seconds from an unknown start; never goes back."""
        ...


class SystemClock:
    """The machine's clock. Trusted while the kernel says that something (NTP, PTP, GPS) disciplines it."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None)

    @property
    def name(self) -> Trust:
        """`synchronised`, or `unsynchronised` where the kernel says so or cannot be asked."""
        request = ctypes.create_string_buffer(_TIMEX_BYTES)
        adjtimex = getattr(self._libc, "adjtimex", None)
        if adjtimex is None:
            return "unsynchronised"
        state = adjtimex(request)
        return "unsynchronised" if state in {-1, _TIME_ERROR} else "synchronised"

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Real seconds."""
        return time.monotonic()


class SimulatedClock:
    """The clock that a demo's conductor writes: eight bytes, little-endian int64, simulated Unix milliseconds."""

    name: Trust = "simulated"

    def __init__(self, path: Path) -> None:
        """Map the clock file, read-only.

        Raises:
            ConfigError: there is no such file, or it is not eight bytes long.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ConfigError(f"clock.path: expected the simulated clock at {path}; {error.strerror}") from error
        if len(content) != CLOCK_BYTES:
            raise ConfigError(f"clock.path: expected {CLOCK_BYTES} bytes at {path}; got {len(content)}")
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), CLOCK_BYTES, access=mmap.ACCESS_READ)

    def now_ms(self) -> int:
        """Simulated Unix milliseconds."""
        return int.from_bytes(self._map[:CLOCK_BYTES], "little", signed=True)  # one copy: no torn reading

    def monotonic(self) -> float:
        """Real seconds."""
        return time.monotonic()


class Instants:
    """Clock time that never runs backwards by a little, so that no presence ends before it began.

    A step back of more than a minute is believed: the clock had been wrong. Safe to ask from several threads.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._last_ms = clock.now_ms()
        self._stepped_back_ms = 0

    def now_ms(self) -> int:
        """Unix milliseconds, not before any earlier answer unless the clock was set back."""
        with self._turn:
            now_ms = self._clock.now_ms()
            behind_ms = self._last_ms - now_ms
            if 0 < behind_ms <= _BACKWARD_TOLERANCE_MS:
                return self._last_ms
            self._stepped_back_ms += max(0, behind_ms)
            self._last_ms = now_ms
            return now_ms

    def take_step_back_ms(self) -> int:
        """By how much the clock was set back since this was last asked."""
        with self._turn:
            stepped_ms, self._stepped_back_ms = self._stepped_back_ms, 0
            return stepped_ms
