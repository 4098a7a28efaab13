"""Exactly once, by the device's own count: what was said before, what comes late, what never came.

Pure. A wire delivers at least once: QoS 1 repeats, a broker that was cut off delivers old messages after new ones, a
radio network passes one frame on twice. Devices count (frame counter, measurement number) or stamp what they say, and
that tells, however the copy came:

* *repeat*: the same number with the same value, or without numbers the same instant with the same value;
* *late*: a number below the highest that was not heard yet, within the window;
* *reset*: a number that cannot be either. The device began to count anew: a new epoch, in which old numbers are new;
* *new*: everything else. Numbers that it leaves out are waited for, and are missing when they have not come by then, if
  the device is one whose numbers usually follow each other: some only ever tell a sample.

The memory is bounded and survives restarts, so that what was kept but not acknowledged is not counted twice.
"""

from bisect import bisect
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Literal, TypeAlias

WINDOW = 256
"""Numbers, and instants, that are remembered."""
PATIENCE_MS = 60_000
"""How long a missing number is waited for: a broker redelivers what was not acknowledged within half a minute."""
COPIES_WITHIN_MS = 5 * 60_000
"""A radio network's copies of one frame were seen 48 s apart."""
FOLLOWS_OF_16 = 12
"""Of the last 16 steps so many must have been by one, for a hole to mean that something is missing."""

LATE_WINDOW_MS = 24 * 3_600_000
"""So late a reading is still kept, where it belongs; a broker rarely holds back more."""
FEW = 8
"""Fewer instants tell nothing of a device's pace."""
HOLE_PACES = 1.5
"""What came late left a hole of two paces among what came on time."""

_ENDS = (2**8 - 1, 2**16 - 1, 2**24 - 1, 2**32 - 1)
_NEAR_THE_END = 8

Verdict: TypeAlias = Literal["new", "repeat", "late", "reset"]


@dataclass(frozen=True, slots=True)
class Missing:
    """Numbers that never came: how many, and since when they are missed."""

    count: int
    since_ms: int


@dataclass(slots=True)
class DeviceCount:
    """What one device has counted. Its fields are what must survive a restart.

    Attributes:
        highest: the highest number of this epoch; None before the first.
        said: number (or instant, for a device that does not count) → value and instant of what was said, newest last.
        awaited: missing number → when it was first missed.
        steps: the last steps between new numbers, each 1 (followed) or 0.
        epoch: how often the device began to count anew.
    """

    highest: int | None = None
    said: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)
    awaited: dict[int, int] = field(default_factory=dict)
    steps: list[int] = field(default_factory=list)
    epoch: int = 0

    def judge(self, number: int | None, value: int | None, claimed_ms: int | None, now_ms: int) -> Verdict:
        """What this is.

        Args:
            number: the device's own; None: it does not count.
            value: what it says.
            claimed_ms: the device's instant; None: it does not say.
            now_ms: when it was received.
        """
        if number is None:
            return "new" if claimed_ms is None else self._by_instant(claimed_ms, value)
        before = self.said.get(number)
        if before is not None:
            verdict: Verdict = "repeat" if _is_copy(before, value, claimed_ms) else "reset"
        elif self.highest is None or number > self.highest:
            verdict = "new"
        else:
            verdict = "late" if number in self.awaited or self._is_older(number, claimed_ms) else "reset"
        self._learn(verdict, number, (value, claimed_ms), now_ms)
        return verdict

    def is_set_back(self, number: int | None, value: int | None, claimed_ms: int) -> bool:
        """Whether an instant before one that was said already is of a clock that was set back, and of no late message.

        A number above all others cannot have been said before them. A message of a device that does not count left a
        hole where it belongs; where there is none, at the device's usual pace, nothing is missing there.
        """
        if number is not None:
            if self.highest is None or number <= self.highest:
                return False
            newest_ms = self.said.get(self.highest, (None, None))[1]
            return newest_ms is not None and claimed_ms < newest_ms
        said = sorted(self.said)
        if len(said) < FEW or claimed_ms > said[-1] or self.said.get(claimed_ms) == (value, claimed_ms):
            return False
        paces = [after - before for before, after in pairwise(said)]
        place = bisect(said, claimed_ms)
        return place == 0 or paces[place - 1] < HOLE_PACES * median(paces)

    def missing(self, now_ms: int) -> Missing | None:
        """The numbers that were waited for in vain since this was last asked; None if there are none."""
        overdue = [number for number, since_ms in self.awaited.items() if now_ms - since_ms >= PATIENCE_MS]
        if not overdue:
            return None
        since_ms = min(self.awaited[number] for number in overdue)
        for number in overdue:
            del self.awaited[number]
        return Missing(len(overdue), since_ms) if sum(self.steps) >= FOLLOWS_OF_16 else None

    def shift(self, step_ms: int) -> None:
        """The gateway's clock was set by so much."""
        self.awaited = {number: since_ms + step_ms for number, since_ms in self.awaited.items()}

    def _by_instant(self, claimed_ms: int, value: int | None) -> Verdict:
        if self.said.get(claimed_ms) == (value, claimed_ms):
            return "repeat"
        self._remember(claimed_ms, (value, claimed_ms))
        return "new"

    def _is_older(self, number: int, claimed_ms: int | None) -> bool:
        """Whether a number that was never heard belongs before the highest of this epoch."""
        highest = self.highest or 0
        if highest - number >= WINDOW:
            return False
        newest_ms = self.said.get(highest, (None, None))[1]
        # By more than a day it is no older message: the device began anew, and its clock in 1970.
        return claimed_ms is not None and newest_ms is not None and 0 <= newest_ms - claimed_ms <= LATE_WINDOW_MS

    def _learn(self, verdict: Verdict, number: int, said: tuple[int | None, int | None], now_ms: int) -> None:
        if verdict == "repeat":
            return
        if verdict == "reset":
            self.epoch += not self._wrapped()
            self.highest, self.said, self.awaited = None, {}, {}
        self.awaited.pop(number, None)
        self._remember(number, said)
        if self.highest is not None and number < self.highest:
            return
        if self.highest is not None:
            self.steps = [*self.steps[-15:], int(number == self.highest + 1)]
            for left_out in range(max(self.highest + 1, number - WINDOW), number):
                self.awaited[left_out] = now_ms
        self.highest = number
        while len(self.awaited) > WINDOW:
            del self.awaited[next(iter(self.awaited))]

    def _wrapped(self) -> bool:
        """Whether the count was at the end of its bits, where it begins anew by itself."""
        return any(0 <= end - (self.highest or 0) <= _NEAR_THE_END for end in _ENDS)

    def _remember(self, key: int, said: tuple[int | None, int | None]) -> None:
        self.said[key] = said
        while len(self.said) > WINDOW:
            del self.said[next(iter(self.said))]


def _is_copy(before: tuple[int | None, int | None], value: int | None, claimed_ms: int | None) -> bool:
    if before[0] != value:
        return False
    if before[1] is None or claimed_ms is None:
        return True
    return abs(before[1] - claimed_ms) <= COPIES_WITHIN_MS
