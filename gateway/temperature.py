"""Temperature segments: what one probe read, cut into pieces that an event can carry, and its excursions.

Pure: readings and an instant in, outcomes out; all times are clock time. How segments join is what exposure rests on:

* A segment speaks of [start, until). It closes when a *reading* comes that belongs to the next one: the segment is old
  enough, or the quality changed, or the clock's trust, or a limit was crossed. That reading's instant is both the
  `until` of the old segment and the `start` of the new, whose first reading it is at offset 0. So the series has no
  hole: the old segment's last reading stands until `until`, where the next begins.
* A hole longer than 2.5 intervals between two readings of one segment is listed as a gap from the last reading to the
  next. The reading before it still stands, as long as the ledger's `max_gap` lets it.
* When the probe falls silent, the segment closes at `silent` or at `close` with `until` = that instant and the hole as
  a gap; the series ends. The next reading starts a new one at its own instant; nothing vouches for the time
  between.
* Only `good` readings are readings. A `fault` carries no temperature: its segment has no readings, one gap over all of
  it, and the count of faults in its reason. Which answer is what, `doubt` decides.
* An excursion does not wait for the segment's end: `limits` tells it at the reading that shows it.

* A reading that came late, after younger ones, joins the open segment where it belongs; what is closed stays closed, so
  an older one is a segment of its own that stands for its instant alone.

So readings in = readings in segments + counted faults, repeats and stale ones.
"""

from bisect import insort
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal, TypeAlias

from gateway.clock import Trust
from gateway.doubt import DoubtRule, Doubts, Kept
from gateway.limits import ExcursionBegan, ExcursionOver, Limits, LimitWatch, Side
from gateway.wire.items import Quality, Reading

GAP_INTERVALS = 2.5
MAX_READINGS = 1500
"""An event holds 32 KiB, and a pair at most some 16 bytes."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is declared of a probe's calibration; None: not stated.

    Attributes:
        on: the instant of the calibration.
        until: the instant at which it expires.
        certificate: of the calibration.
        offset_centi_celsius: the correction that the probe itself adds to what it says. Readings stay as they came.
    """

    on: str | None = None
    until: str | None = None
    certificate: str | None = None
    offset_centi_celsius: int | None = None


@dataclass(frozen=True, slots=True)
class ProbeRule:
    """One probe.

    Attributes:
        probe: its identifier, `probe:…`.
        place: where it hangs.
        measures: `air` or `load`.
        interval_ms: how often it should read.
        low: lowest allowed, centi-degrees, inclusive; None: no limit. Beyond it is an alarm.
        high: highest allowed, likewise.
        segment_ms: how long a segment may grow.
        alarm_after_ms: how long a temperature has to stay beyond `low` or `high` before that is told.
        warning: a level of its own, before the alarm's; None: no warning.
        doubt: see `DoubtRule`.
        calibration: see `Calibration`.
    """

    probe: str
    place: str
    measures: Literal["air", "load"]
    interval_ms: int
    low: int | None = None
    high: int | None = None
    segment_ms: int = 15 * 60_000
    alarm_after_ms: int = 0
    warning: Limits | None = None
    doubt: DoubtRule = field(default_factory=DoubtRule)
    calibration: Calibration = field(default_factory=Calibration)

    @property
    def gap_ms(self) -> int:
        """A hole longer than this is shown."""
        return int(self.interval_ms * GAP_INTERVALS)

    @property
    def alarm(self) -> Limits:
        """The limits of the place."""
        return Limits("alarm", self.low, self.high, self.alarm_after_ms)

    @property
    def levels(self) -> tuple[Limits, ...]:
        """Every level, the warning first."""
        return (self.alarm,) if self.warning is None else (self.warning, self.alarm)

    def crossed(self, centi_celsius: int) -> tuple[Side, int] | None:
        """The limit that this temperature is beyond, and its value."""
        return self.alarm.crossed(centi_celsius)


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch without a reading: offsets from the segment's start."""

    start_ms: int
    end_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class SegmentClosed:
    """A segment is whole.

    Attributes:
        start_ms: its beginning.
        until_ms: the end of what it speaks of.
        quality: of all its readings.
        reason: why they are not good.
        readings: (offset from `start_ms`, centi-degrees).
        gaps: the holes.
        claimed_ms: what the device's own clock said at the first reading; None: it says nothing.
        clock: how far the gateway's clock was to be trusted at all of its readings; None: not known.
    """

    start_ms: int
    until_ms: int
    quality: Quality
    reason: str
    readings: tuple[tuple[int, int], ...]
    gaps: tuple[Hole, ...]
    claimed_ms: int | None = None
    clock: Trust | None = None


Outcome: TypeAlias = SegmentClosed | ExcursionBegan | ExcursionOver


@dataclass(slots=True)
class ProbeCounts:
    """What became of every reading: `readings == kept + faults + repeats + stale`."""

    readings: int = 0
    kept: int = 0
    faults: int = 0
    repeats: int = 0
    stale: int = 0


@dataclass(slots=True)
class ProbeLog:
    """The open segment of one probe. See the module.

    Attributes:
        rule: see `ProbeRule`.
        counts: see `ProbeCounts`.
        doubts: which answers are believed.
        limits: the excursions that go on.
        last: the newest reading, of any quality; None before the first.
    """

    rule: ProbeRule
    counts: ProbeCounts = field(default_factory=ProbeCounts, init=False)
    doubts: Doubts = field(init=False)
    limits: LimitWatch = field(init=False)
    last: Kept | None = field(default=None, init=False)
    _open: list[Kept] = field(default_factory=list, init=False)
    _until_ms: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.doubts = Doubts(self.rule.doubt)
        self.limits = LimitWatch(self.rule.levels)

    @property
    def is_open(self) -> bool:
        """Whether a segment is open."""
        return bool(self._open)

    @property
    def latest_ms(self) -> int:
        """Nothing before this is still open."""
        return max(self._until_ms, self.last.time_ms if self.last else 0)

    def read(
        self, reading: Reading, now_ms: int, *, claimed_ms: int | None = None, clock: Trust | None = None
    ) -> list[Outcome]:
        """One answer of the probe, said at `now_ms`, which is not before the last one."""
        kept = replace(self.doubts.judge(reading, now_ms), claimed_ms=claimed_ms, clock=clock)
        self._count(kept)
        return self._take(kept)

    def late(self, kept: Kept) -> list[Outcome]:
        """A reading that others overtook, judged by itself alone: it joins the open segment, or is one of its own."""
        self._count(kept)
        if self._open and self._open[0].time_ms <= kept.time_ms and _alike(kept, self._open[-1]) == "good":
            insort(self._open, kept, key=lambda each: each.time_ms)
            return []
        return [_alone(kept)]

    def repeated(self) -> None:
        """It was said before: no reading."""
        self.counts.readings += 1
        self.counts.repeats += 1

    def stale(self) -> None:
        """It came too late for anything."""
        self.counts.readings += 1
        self.counts.stale += 1

    def shift(self, step_ms: int) -> list[Outcome]:
        """The clock was set by so much: this series ends before it, at its last reading, and the next begins after."""
        outcomes = self.close(self._open[-1].time_ms) if self._open else []
        self.limits.shift(step_ms)
        self.doubts.shift(step_ms)
        self._until_ms = 0
        self.last = None if self.last is None else replace(self.last, time_ms=self.last.time_ms + step_ms)
        return outcomes

    def _count(self, kept: Kept) -> None:
        self.counts.readings += 1
        if kept.quality == "fault":
            self.counts.faults += 1
        else:
            self.counts.kept += 1

    def restore(self, kept: Kept) -> list[Outcome]:
        """A reading of a segment that was open when the gateway stopped; in order, before anything else."""
        self.doubts.remember(kept)
        return self._keep(kept)

    def remember(self, kept: Kept) -> None:
        """The last reading of the run before; see `Doubts.remember`."""
        self.doubts.remember(kept)

    def reappeared(self) -> None:
        """The probe was away; see `Doubts.reappeared`."""
        self.doubts.reappeared()

    def silent(self, now_ms: int) -> list[Outcome]:
        """The probe stopped answering: close what there is, with the hole shown; the series ends here."""
        self.reappeared()
        return self.close(now_ms)

    def close(self, now_ms: int) -> list[Outcome]:
        """Close the open segment now, e.g. because the gateway stops."""
        if not self._open:
            return []
        return [self._closed(max(now_ms, self._open[-1].time_ms))]

    def _take(self, kept: Kept) -> list[Outcome]:
        outcomes = self._keep(kept)
        if kept.quality == "good" and kept.centi_celsius is not None:
            outcomes += self.limits.judge(kept.time_ms, kept.centi_celsius)
        return outcomes

    def _keep(self, kept: Kept) -> list[Outcome]:
        outcomes: list[Outcome] = []
        if self._open and self._ends_segment(kept):
            outcomes.append(self._closed(max(kept.time_ms, self._open[-1].time_ms)))
        self._open.append(kept)
        if kept.quality == "good":
            self.doubts.trust(kept)
        self.last = kept
        return outcomes

    def _ends_segment(self, kept: Kept) -> bool:
        first, last = self._open[0], self._open[-1]
        if kept.time_ms - first.time_ms >= self.rule.segment_ms or len(self._open) >= MAX_READINGS:
            return True
        if _alike(kept, last) is None or kept.time_ms < last.time_ms:
            # A clock that was set back begins a new series: offsets only grow.
            return True
        if kept.centi_celsius is None or last.centi_celsius is None:
            return False
        return self.rule.crossed(kept.centi_celsius) != self.rule.crossed(last.centi_celsius)

    def _closed(self, until_ms: int) -> SegmentClosed:
        kept, self._open = self._open, []
        self._until_ms = max(self._until_ms, until_ms)
        start_ms, quality, reason = kept[0].time_ms, kept[0].quality, kept[0].reason
        if quality == "fault":
            told = f"{reason} ({len(kept)} answers)"
            hole = Hole(0, until_ms - start_ms, told)
            return SegmentClosed(start_ms, until_ms, quality, told, (), (hole,), kept[0].claimed_ms, kept[0].clock)
        readings = tuple(
            (each.time_ms - start_ms, each.centi_celsius) for each in kept if each.centi_celsius is not None
        )
        holes = self._holes(readings, until_ms - start_ms)
        return SegmentClosed(start_ms, until_ms, quality, reason, readings, holes, kept[0].claimed_ms, kept[0].clock)

    def _holes(self, readings: tuple[tuple[int, int], ...], length_ms: int) -> tuple[Hole, ...]:
        offsets = [offset for offset, _ in readings] + [length_ms]
        return tuple(
            Hole(before, after, "no reading")
            for before, after in pairwise(offsets)
            if after - before > self.rule.gap_ms
        )


def _alone(kept: Kept) -> SegmentClosed:
    """A reading that stands for its own instant and no other."""
    readings = () if kept.centi_celsius is None else ((0, kept.centi_celsius),)
    return SegmentClosed(
        kept.time_ms, kept.time_ms, kept.quality, kept.reason, readings, (), kept.claimed_ms, kept.clock
    )


def _alike(one: Kept, other: Kept) -> Quality | None:
    """The quality of two readings that may stand in one segment; None where they may not: its words are of them all."""
    return one.quality if (one.quality, one.clock) == (other.quality, other.clock) else None
