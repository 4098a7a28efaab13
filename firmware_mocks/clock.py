"""The time that the devices live in: simulated time from a shared file, or the real time of the machine.

A simulated clock is a file of exactly eight bytes, a little-endian signed 64-bit count of Unix milliseconds. One
conductor writes it; any number of processes map it read-only. It may jump forward by minutes. What hangs on the speed
of a wire (byte times, answer delays) stays in real time and is the business of `firmware_mocks.links`.
"""

import datetime as dt
import mmap
import os
import struct
import time
from pathlib import Path
from typing import Protocol

CLOCK_OCTETS = 8
_MILLISECONDS = struct.Struct("<q")


class Clock(Protocol):
    """Anything that says what time it is."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        ...


class RealClock:
    """The machine's own time; this is the only place in these programs that asks for it."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return time.time_ns() // 1_000_000


class SimulatedClock:
    """The time that a conductor writes into a file."""

    def __init__(self, path: Path) -> None:
        """Map the clock file.

        Raises:
            ValueError: the file is not exactly eight bytes long.
            OSError: the file cannot be read.
        """
        octets = path.stat().st_size
        if octets != CLOCK_OCTETS:
            raise ValueError(f"clock file {path}: expected {CLOCK_OCTETS} bytes, found {octets}")
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), CLOCK_OCTETS, access=mmap.ACCESS_READ)

    def now_ms(self) -> int:
        """Unix time in milliseconds, as the conductor last wrote it."""
        (milliseconds,) = _MILLISECONDS.unpack_from(self._map)
        return int(milliseconds)


class Pace:
    """How often something happens: every so many milliseconds of the clock, yet never faster than a device can."""

    def __init__(self, interval_ms: int, *, floor_seconds: float) -> None:
        """Start a pace; the first time is at once.

        Args:
            interval_ms: by the clock, which may run fast or jump.
            floor_seconds: real time that a device needs at least.
        """
        self._interval_ms = interval_ms
        self._floor_seconds = floor_seconds
        self._last_ms: int | None = None
        self._last_real = 0.0

    def due(self, now_ms: int) -> bool:
        """Whether it is time again; if so the next interval starts. Intervals that a jump skipped did not happen."""
        if self._last_ms is not None and 0 <= now_ms - self._last_ms < self._interval_ms:
            return False
        real = time.monotonic()
        if self._last_ms is not None and real - self._last_real < self._floor_seconds:
            return False
        self._last_ms, self._last_real = now_ms, real
        return True


def write_clock(path: Path, milliseconds: int) -> None:
    """Make or set a clock file, as a conductor does; safe while others have it mapped."""
    # Never truncated, not even for a moment: a process that has it mapped would be killed by SIGBUS.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.pwrite(descriptor, _MILLISECONDS.pack(milliseconds), 0)
    finally:
        os.close(descriptor)


def open_clock(path: Path | None) -> Clock:
    """The clock that an option names: simulated if there is a file, else real."""
    return RealClock() if path is None else SimulatedClock(path)


def rfc3339(milliseconds: int, *, fraction: str = "") -> str:
    """`2026-02-26T17:13:37.432Z`; `fraction` holds digits to add after the milliseconds."""
    seconds, rest = divmod(milliseconds, 1000)
    whole = dt.datetime.fromtimestamp(seconds, tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:03d}{fraction}Z"
