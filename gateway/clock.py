"""What time it is, and how far that can be trusted: the only module of the gateway that reads a clock.

Two times are told apart everywhere. *Clock time* (`now_ms`) is when things happen: presence, segments, poll intervals
and every instant in an event; on a demo site it is simulated and may jump by minutes. *Real seconds* (`monotonic`) are
for wires and networks: time-outs, back-off, the second within which a batch is sealed.
"""

import ctypes
import mmap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from ledger.core.errors import ConfigError

Trust: TypeAlias = Literal["synchronised", "unsynchronised", "simulated"]

CLOCK_BYTES = 8
# adjtimex(2): the return value when the kernel knows that nobody disciplines its clock; struct timex is 208 bytes.
_TIME_ERROR = 5
_TIMEX_BYTES = 512
_BACKWARD_TOLERANCE_MS = 60_000
_ATTEMPTS = 20
_AT_ONCE_SECONDS = 0.05
STEP_MS = 1000
"""A clock that moved by so much more or less than the time that passed was set."""


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
    """Clock time whose intervals are true: what passed is measured by the monotonic clock, and a step is told.

    A clock that something disciplines is slewed, by at most half a second in a thousand; whatever it moves beyond that
    between two questions is a step: somebody set it, or the machine slept. `stepped` is told of it before the first
    instant by the new time is given out, so that nobody takes it for time that passed. A simulated clock may jump
    forward as it likes; set back by more than a minute it has been set. Safe to ask from several threads.
    """

    def __init__(self, clock: Clock, stepped: Callable[[int, int], None]) -> None:
        """Begin.

        Args:
            clock: the clock.
            stepped: takes by how many milliseconds the clock was set, and what it says now.
        """
        self._clock, self._stepped = clock, stepped
        self._turn = threading.Lock()
        self._last_ms = clock.now_ms()
        self._last_seconds = clock.monotonic()
        self._steps = 0
        self._set = (0, 0)

    @property
    def last_step(self) -> tuple[int, int]:
        """By how many milliseconds the clock was set last, and what it said then; zeros: it was not."""
        with self._turn:
            return self._set

    @property
    def steps(self) -> int:
        """How often the clock was set so far."""
        with self._turn:
            return self._steps

    def now(self) -> tuple[int, Trust]:
        """Unix milliseconds, not before any earlier answer unless the clock was set back, and how far to trust them."""
        with self._turn:
            # Asked first: whatever sets and vouches for the clock in between makes it look less trusted, never more.
            trust = self._clock.name
            now_ms, seconds = self._both()
            step_ms = self._step_ms(now_ms, seconds, trust)
            if step_ms:
                self._steps += 1
                self._set = step_ms, now_ms
                self._stepped(step_ms, now_ms)
            elif now_ms <= self._last_ms:
                return self._last_ms, trust
            self._last_ms, self._last_seconds = now_ms, seconds
            return now_ms, trust

    def _both(self) -> tuple[int, float]:
        """Both times of one instant: a process that was held up between two questions asks again."""
        before, now_ms, after = self._clock.monotonic(), self._clock.now_ms(), self._clock.monotonic()
        for _ in range(_ATTEMPTS):
            if after - before < _AT_ONCE_SECONDS:
                break
            before, now_ms, after = self._clock.monotonic(), self._clock.now_ms(), self._clock.monotonic()
        return now_ms, after

    def _step_ms(self, now_ms: int, seconds: float, trust: Trust) -> int:
        moved_ms = now_ms - self._last_ms
        if trust == "simulated":
            return moved_ms if moved_ms < -_BACKWARD_TOLERANCE_MS else 0
        step_ms = moved_ms - round((seconds - self._last_seconds) * 1000)
        return step_ms if abs(step_ms) > STEP_MS else 0
