"""The conductor: writes the simulated clock, and never runs ahead of those who live by it.

Speed is real waiting between small steps. A day that outruns its devices would be full of gaps that no device made, so
before each step the conductor asks whether everyone keeps up, and crawls until they do: lock-step beats speed.
"""

import mmap
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from firmware_mocks.clock import CLOCK_OCTETS, write_clock

STEP_MS = 15_000
STEP_SECONDS = 0.01
"""One step of simulated time in so much real time: 1500 to 1."""
CRAWL_MS = 100
CRAWL_SECONDS = 0.02
AMBLE_MS = 5_000
AMBLE_SECONDS = 0.05
PATIENCE_SECONDS = 20.0
"""Who has not caught up after so long is broken, and the day goes on without him, slowly."""
_STRIDE_MS = 1000


class ConductedClock:
    """The clock file, mapped for writing; its eight bytes change in place, at once.

    Not with `struct.pack_into`: that clears the bytes first and then writes them one by one, and a reader in between
    would find itself in 1970. A native 64-bit item of a memoryview is stored whole.
    """

    def __init__(self, path: Path, *, start_ms: int) -> None:
        """Open the clock file, making it at `start_ms` if there is none."""
        if not path.exists():
            write_clock(path, start_ms)
        descriptor = os.open(path, os.O_RDWR)
        try:
            self._map = mmap.mmap(descriptor, CLOCK_OCTETS)
        finally:
            os.close(descriptor)
        if sys.byteorder != "little":
            raise NotImplementedError("the clock file is little-endian, and is written whole only where the machine is")
        self._milliseconds = memoryview(self._map).cast("q")

    def now_ms(self) -> int:
        """Simulated Unix milliseconds."""
        return self._milliseconds[0]

    def set(self, milliseconds: int) -> None:
        """Set the time; it never goes back.

        Raises:
            ValueError: it would.
        """
        if milliseconds < self.now_ms():
            raise ValueError(f"the clock is at {self.now_ms()} ms and never goes back to {milliseconds}")
        self._milliseconds[0] = milliseconds

    def close(self) -> None:
        """Make it durable, and let go of it."""
        self._map.flush()
        self._milliseconds.release()
        self._map.close()


class Conductor:
    """Lets simulated time pass."""

    def __init__(
        self,
        clock: ConductedClock,
        *,
        all_keep_up: Callable[[int], bool],
        at_each_step: Callable[[int], None],
    ) -> None:
        """A conductor at the clock's present time.

        Args:
            clock: what to write.
            all_keep_up: whether everyone who lives by the clock has seen enough of it; asked with the present time.
            at_each_step: told the present time after each step: shows progress, and may raise to end the day.
        """
        self.clock = clock
        self._all_keep_up, self._at_each_step = all_keep_up, at_each_step
        self.crawled_seconds = 0.0

    def leap_to(self, target_ms: int) -> None:
        """Let time pass at once, while nobody lives by the clock; a time gone by already stays so."""
        self.clock.set(max(target_ms, self.clock.now_ms()))
        self._at_each_step(self.clock.now_ms())

    def run_until(self, target_ms: int) -> None:
        """Let time pass, fast, until exactly `target_ms`."""
        due = time.monotonic()
        while (now_ms := self.clock.now_ms()) < target_ms:
            waited = self._wait_for_the_slowest(target_ms)
            now_ms = self.clock.now_ms()
            if now_ms >= target_ms:
                break
            self.clock.set(min(target_ms, now_ms + STEP_MS))
            self._at_each_step(self.clock.now_ms())
            due = max(due, time.monotonic() - STEP_SECONDS if not waited else time.monotonic()) + STEP_SECONDS
            time.sleep(max(0.0, due - time.monotonic()))

    def amble_until(self, target_ms: int) -> None:
        """Let time pass slowly, so that whoever looks every minute has looked several times by `target_ms`."""
        while (now_ms := self.clock.now_ms()) < target_ms:
            self.clock.set(min(target_ms, now_ms + AMBLE_MS))
            self._at_each_step(self.clock.now_ms())
            time.sleep(AMBLE_SECONDS)

    def stand_still(self, seconds: float) -> None:
        """Let real time pass while the clock stands: what is under way arrives."""
        time.sleep(seconds)
        self._at_each_step(self.clock.now_ms())

    def run_in_real_time(self, *, until: Callable[[], bool]) -> None:
        """One simulated second a second, from the present time on, until told to end."""
        began_ms, began = self.clock.now_ms(), time.monotonic()
        while not until():
            self.clock.set(began_ms + int((time.monotonic() - began) * _STRIDE_MS))
            self._at_each_step(self.clock.now_ms())
            time.sleep(0.05)

    def _wait_for_the_slowest(self, target_ms: int) -> bool:
        """Crawl while somebody lags behind; whether anybody did."""
        if self._all_keep_up(self.clock.now_ms()):
            return False
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE_SECONDS and not self._all_keep_up(self.clock.now_ms()):
            # Not a standstill: who polls by this clock would never be due again.
            if self.clock.now_ms() >= target_ms:
                break
            self.clock.set(min(target_ms, self.clock.now_ms() + CRAWL_MS))
            self._at_each_step(self.clock.now_ms())
            time.sleep(CRAWL_SECONDS)
        self.crawled_seconds += time.monotonic() - began
        return True
