"""Axes: time and temperature to pixels, round ticks, and a decimation that keeps every peak.

Pure arithmetic under `web.timeline`; nothing here knows a unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_STEPS = (
    10 * _MINUTE,
    30 * _MINUTE,
    _HOUR,
    2 * _HOUR,
    3 * _HOUR,
    6 * _HOUR,
    12 * _HOUR,
    _DAY,
    2 * _DAY,
    5 * _DAY,
    7 * _DAY,
    14 * _DAY,
    30 * _DAY,
    90 * _DAY,
    365 * _DAY,
)
_DEGREE_STEPS = (100, 200, 500, 1000, 2000, 5000)

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis from `low` to `high` onto `start` to `end` in pixels; `start` > `end` turns it round."""

    low: int
    high: int
    start: float
    end: float

    def at(self, value: int) -> float:
        """The pixel of `value`, held within the axis, to a tenth of a pixel."""
        share = (min(max(value, self.low), self.high) - self.low) / max(self.high - self.low, 1)
        return round(self.start + share * (self.end - self.start), 1)


def time_ticks(start: datetime, end: datetime, *, at_most: int) -> tuple[list[datetime], int]:
    """Round local times from `start` to `end`, and the step between them in milliseconds.

    Ticks of a day or more stand at local midnight, shorter ones at round hours of the local day.
    """
    span = (end - start) // timedelta(milliseconds=1)
    step = next((step for step in _STEPS if span // step < at_most), _STEPS[-1])
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    skipped = max((start - midnight) // timedelta(milliseconds=step), 0)
    ticks = []
    tick = midnight + timedelta(milliseconds=step * skipped)
    while tick <= end:
        if tick >= start:
            ticks.append(tick)
        tick += timedelta(milliseconds=step)
    return ticks, step


def degree_ticks(low: int, high: int, *, at_most: int) -> list[int]:
    """Round temperatures from `low` to `high`, in centi-degrees."""
    step = next((step for step in _DEGREE_STEPS if (high - low) // step < at_most), _DEGREE_STEPS[-1])
    first = -(-low // step) * step
    return list(range(first, high + 1, step))


def decimate(points: Sequence[Point], *, columns: int, low: int, high: int) -> list[Point]:
    """At most four points for each of `columns` equal slices of time: the first, the lowest, the highest, the last.

    No peak is hidden, and no slice without a reading gets a point.

    Args:
        points: (time, value), in order of time.
        columns: how many slices, e.g. one for each pixel.
        low: the time at which the first slice begins.
        high: the time at which the last slice ends.
    """
    if len(points) <= 4:
        return list(points)
    width = max((high - low) / max(columns, 1), 1)
    slices: dict[int, list[Point]] = {}
    for point in points:
        slices.setdefault(int((point[0] - low) / width), []).append(point)
    kept: list[Point] = []
    for members in slices.values():
        ends = {members[0], members[-1]}
        peaks = {min(members, key=lambda point: point[1]), max(members, key=lambda point: point[1])}
        kept.extend(sorted(ends | peaks))
    return kept
