"""What a measurement costs, and how it is told: CPU time, wall time, memory."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_BYTES_PER_MB = 1_000_000
_BYTES_PER_KB = 1024
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took.

    Attributes:
        events: how many events it took in or read.
        cpu_seconds: user and system time of the process that did the work.
        wall_seconds: what a person waited.
    """

    events: int
    cpu_seconds: float
    wall_seconds: float

    def __add__(self, other: "Cost") -> "Cost":
        """Both of them, one after the other."""
        return Cost(
            self.events + other.events, self.cpu_seconds + other.cpu_seconds, self.wall_seconds + other.wall_seconds
        )

    @property
    def per_cpu_second(self) -> float:
        """Events a CPU-second; 0 where no tick of the clock was counted."""
        return self.events / self.cpu_seconds if self.cpu_seconds else 0.0

    @property
    def per_wall_second(self) -> float:
        """Events a second of waiting."""
        return self.events / self.wall_seconds if self.wall_seconds else 0.0

    def figures(self) -> dict[str, float]:
        """Under the names by which every command tells them."""
        return {
            "events_per_cpu_second": round(self.per_cpu_second),
            "events_per_wall_second": round(self.per_wall_second),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "wall_seconds": round(self.wall_seconds, 3),
        }

    def ratios(self, yardstick: "Cost") -> dict[str, float]:
        """How many times as many events a second as the yardstick took."""
        return {
            "ratio_cpu": round(self.per_cpu_second / yardstick.per_cpu_second, 3),
            "ratio_wall": round(self.per_wall_second / yardstick.per_wall_second, 3),
        }


NOTHING = Cost(0, 0.0, 0.0)
"""Where a sum begins."""


def measured(events: int, run: Callable[[], object]) -> Cost:
    """Run something in this process and tell what it took, with all of the process's threads."""
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return Cost(events, time.process_time() - cpu, time.perf_counter() - wall)


def cpu_seconds_of(process: int) -> float:
    """User and system time of another process, from Linux's /proc, in hundredths of a second."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_mb_of(process: int | None = None) -> float:
    """The most memory (10⁶ bytes) that a process, or this one, ever had resident, from Linux's /proc."""
    return _memory_of(process, "VmHWM")


def resident_mb_of(process: int | None = None) -> float:
    """The memory (10⁶ bytes) that a process, or this one, has resident now."""
    return _memory_of(process, "VmRSS")


def _memory_of(process: int | None, field: str) -> float:
    status = Path(f"/proc/{process or 'self'}/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith(f"{field}:"))
    return round(int(line.split()[1]) * _BYTES_PER_KB / _BYTES_PER_MB, 1)
