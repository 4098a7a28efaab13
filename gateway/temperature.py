"""Temperature segments: what one probe read, cut into pieces that an event can carry, and its excursions.

Pure: readings and an instant in, outcomes out; all times are clock time. How segments join is what exposure rests on:

* A segment speaks of [start, until). It closes when a *reading* comes that belongs to the next one: the segment is old
  enough, or the quality changed, or a limit was crossed. That reading's instant is both the `until` of the old segment
  and the `start` of the new, whose first reading it is at offset 0. So the series has no hole: the old segment's last
  reading stands until `until`, where the next begins.
* A hole longer than 2.5 intervals between two readings of one segment is listed as a gap from the last reading to the
  next. The reading before it still stands, as long as the ledger's `max_gap` lets it.
* When the probe falls silent, the segment closes at `silent` or at `close` with `until` = that instant and the hole as
  a gap; the series ends. The next reading starts a new one at its own instant; nothing vouches for the time
  between.
* Only `good` readings are readings. A `fault` carries no temperature: its segment has no readings, one gap over all of
  it, and the count of faults in its reason. The first reading after a probe (re)appears is `suspect`; the first one
  after the *gateway* was away is not, where it agrees with the last good one before: the probe never was.

So readings in = readings in segments + counted faults + counted repeats.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal, TypeAlias

from gateway.wire.items import Quality, Reading

GAP_INTERVALS = 2.5
MAX_READINGS = 1500
"""An event holds 32 KiB, and a pair at most some 16 bytes."""
STUCK_MS = 30 * 60_000
STUCK_READINGS = 20
"""A freezer's longest run of equal one-minute samples was 5: half an hour of them is a dead sensor."""
JUMP_CENTI_CELSIUS = 2000
"""No cabinet and no bag changes by twenty degrees between two readings; a power-on value of 85 does."""
CONFIRM_CENTI_CELSIUS = 200
VOUCH_MS = 30 * 60_000
"""So long a reading of the run before can vouch for the first one of this run."""


@dataclass(frozen=True, slots=True)
class ProbeRule:
    """One probe.

    Attributes:
        probe: its identifier, `probe:…`.
        place: where it hangs.
        measures: `air` or `load`.
        interval_ms: how often it should read.
        low: lowest allowed, centi-degrees, inclusive; None: no limit.
        high: highest allowed, likewise.
        segment_ms: how long a segment may grow.
        calibration_until: an instant; None: not stated.
        certificate: of the calibration; None: not stated.
    """

    probe: str
    place: str
    measures: Literal["air", "load"]
    interval_ms: int
    low: int | None = None
    high: int | None = None
    segment_ms: int = 15 * 60_000
    calibration_until: str | None = None
    certificate: str | None = None

    @property
    def gap_ms(self) -> int:
        """A hole longer than this is shown."""
        return int(self.interval_ms * GAP_INTERVALS)

    def crossed(self, centi_celsius: int) -> tuple[Literal["low", "high"], int] | None:
        """The limit that this temperature is beyond, and its value."""
        if self.low is not None and centi_celsius < self.low:
            return "low", self.low
        if self.high is not None and centi_celsius > self.high:
            return "high", self.high
        return None


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch without a reading: offsets from the segment's start."""

    start_ms: int
    end_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class SegmentClosed:
    """A segment is whole. `readings`: (offset from `start_ms`, centi-degrees)."""

    start_ms: int
    until_ms: int
    quality: Quality
    reason: str
    readings: tuple[tuple[int, int], ...]
    gaps: tuple[Hole, ...]


@dataclass(frozen=True, slots=True)
class ExcursionBegan:
    """The first good reading beyond a limit."""

    time_ms: int
    limit: Literal["low", "high"]
    limit_centi_celsius: int
    centi_celsius: int


@dataclass(frozen=True, slots=True)
class ExcursionOver:
    """The first good reading within the limits again."""

    time_ms: int
    since_ms: int
    lowest_centi_celsius: int
    highest_centi_celsius: int


Outcome: TypeAlias = SegmentClosed | ExcursionBegan | ExcursionOver


@dataclass(frozen=True, slots=True)
class Kept:
    """One reading of the open segment: what must survive a restart."""

    time_ms: int
    centi_celsius: int | None
    quality: Quality
    reason: str


@dataclass(frozen=True, slots=True)
class Beyond:
    """An excursion that goes on."""

    since_ms: int
    limit: Literal["low", "high"]
    lowest_centi_celsius: int
    highest_centi_celsius: int

    def including(self, centi_celsius: int) -> "Beyond":
        """With one more reading."""
        return replace(
            self,
            lowest_centi_celsius=min(self.lowest_centi_celsius, centi_celsius),
            highest_centi_celsius=max(self.highest_centi_celsius, centi_celsius),
        )


@dataclass(slots=True)
class ProbeCounts:
    """What became of every reading: `readings == kept + faults + repeats`."""

    readings: int = 0
    kept: int = 0
    faults: int = 0
    repeats: int = 0


@dataclass(slots=True)
class ProbeLog:
    """The open segment of one probe. See the module.

    Attributes:
        rule: see `ProbeRule`.
        counts: see `ProbeCounts`.
        beyond: the excursion that goes on; None while within the limits.
        last: the newest reading, of any quality; None before the first.
    """

    rule: ProbeRule
    counts: ProbeCounts = field(default_factory=ProbeCounts, init=False)
    beyond: Beyond | None = field(default=None, init=False)
    last: Kept | None = field(default=None, init=False)
    _open: list[Kept] = field(default_factory=list, init=False)
    _appeared: bool = field(default=True, init=False)
    _earlier: Kept | None = field(default=None, init=False)
    _equal_since_ms: int = field(default=0, init=False)
    _equal_count: int = field(default=0, init=False)
    _mark: tuple[int | None, object] | None = field(default=None, init=False)
    _trusted: int | None = field(default=None, init=False)
    _doubted: int | None = field(default=None, init=False)

    @property
    def is_open(self) -> bool:
        """Whether a segment is open."""
        return bool(self._open)

    def read(self, reading: Reading, now_ms: int) -> list[Outcome]:
        """One answer of the probe, received now. A repeat (same sequence and device time) is no reading."""
        self.counts.readings += 1
        mark = (reading.sequence, reading.claimed_time)
        if mark == self._mark and mark != (None, None):
            self.counts.repeats += 1
            return []
        self._mark = mark
        kept = self._judged(reading, now_ms)
        if kept.quality == "fault":
            self.counts.faults += 1
        else:
            self.counts.kept += 1
        return self._take(kept)

    def restore(self, kept: Kept) -> list[Outcome]:
        """A reading of a segment that was open when the gateway stopped; in order, before anything else."""
        self.remember(kept)
        return self._take(kept, judge_limits=False)

    def remember(self, kept: Kept) -> None:
        """The last reading of the run before: it vouches for this run's first one, if that agrees with it."""
        self._earlier = kept if kept.quality == "good" else None

    def reappeared(self) -> None:
        """The probe was away (unplugged, restarted): its next reading is suspect."""
        self._appeared = True
        self._earlier = None

    def silent(self, now_ms: int) -> list[Outcome]:
        """The probe stopped answering: close what there is, with the hole shown; the series ends here."""
        self.reappeared()
        return self.close(now_ms)

    def close(self, now_ms: int) -> list[Outcome]:
        """Close the open segment now, e.g. because the gateway stops."""
        if not self._open:
            return []
        return [self._closed(max(now_ms, self._open[-1].time_ms))]

    def _take(self, kept: Kept, *, judge_limits: bool = True) -> list[Outcome]:
        outcomes: list[Outcome] = []
        if self._open and self._ends_segment(kept):
            outcomes.append(self._closed(max(kept.time_ms, self._open[-1].time_ms)))
        self._open.append(kept)
        if kept.quality == "good":
            self._trusted = kept.centi_celsius
        if judge_limits and kept.quality == "good" and kept.centi_celsius is not None:
            outcomes += self._judge_limits(kept.time_ms, kept.centi_celsius)
        self.last = kept
        return outcomes

    def _ends_segment(self, kept: Kept) -> bool:
        first, last = self._open[0], self._open[-1]
        if kept.time_ms - first.time_ms >= self.rule.segment_ms or len(self._open) >= MAX_READINGS:
            return True
        if kept.quality != last.quality or kept.time_ms < last.time_ms:
            # A clock that was set back begins a new series: offsets only grow.
            return True
        if kept.centi_celsius is None or last.centi_celsius is None:
            return False
        return self.rule.crossed(kept.centi_celsius) != self.rule.crossed(last.centi_celsius)

    def _closed(self, until_ms: int) -> SegmentClosed:
        kept, self._open = self._open, []
        start_ms, quality, reason = kept[0].time_ms, kept[0].quality, kept[0].reason
        if quality == "fault":
            told = f"{reason} ({len(kept)} answers)"
            return SegmentClosed(start_ms, until_ms, quality, told, (), (Hole(0, until_ms - start_ms, told),))
        readings = tuple(
            (each.time_ms - start_ms, each.centi_celsius) for each in kept if each.centi_celsius is not None
        )
        return SegmentClosed(start_ms, until_ms, quality, reason, readings, self._holes(readings, until_ms - start_ms))

    def _holes(self, readings: tuple[tuple[int, int], ...], length_ms: int) -> tuple[Hole, ...]:
        offsets = [offset for offset, _ in readings] + [length_ms]
        return tuple(
            Hole(before, after, "no reading")
            for before, after in pairwise(offsets)
            if after - before > self.rule.gap_ms
        )

    def _judge_limits(self, time_ms: int, centi_celsius: int) -> list[Outcome]:
        crossed = self.rule.crossed(centi_celsius)
        outcomes: list[Outcome] = []
        if self.beyond and (crossed is None or crossed[0] != self.beyond.limit):
            over = self.beyond
            self.beyond = None
            outcomes.append(
                ExcursionOver(time_ms, over.since_ms, over.lowest_centi_celsius, over.highest_centi_celsius)
            )
        if crossed and self.beyond:
            self.beyond = self.beyond.including(centi_celsius)
        elif crossed:
            limit, limit_centi_celsius = crossed
            self.beyond = Beyond(time_ms, limit, centi_celsius, centi_celsius)
            outcomes.append(ExcursionBegan(time_ms, limit, limit_centi_celsius, centi_celsius))
        return outcomes

    def _judged(self, reading: Reading, now_ms: int) -> Kept:
        """The reading with the doubts that only its history can raise."""
        centi = reading.centi_celsius
        if reading.quality == "fault" or centi is None:
            self.reappeared()
            return Kept(now_ms, None, "fault", reading.reason or "no temperature")
        doubt = self._doubt(centi, now_ms)
        if reading.quality == "good" and doubt:
            return Kept(now_ms, centi, "suspect", doubt)
        return Kept(now_ms, centi, reading.quality, reading.reason)

    def _doubt(self, centi: int, now_ms: int) -> str:
        if self.last and centi == self.last.centi_celsius:
            self._equal_count += 1
        else:
            self._equal_count, self._equal_since_ms = 1, now_ms
        doubted, self._doubted = self._doubted, None
        earlier, self._earlier = self._earlier, None
        if self._appeared:
            self._appeared = False
            if earlier is not None and _agrees(earlier, centi, now_ms):
                return ""
            return "first reading after the probe appeared"
        if self._equal_count >= STUCK_READINGS and now_ms - self._equal_since_ms >= STUCK_MS:
            return "has not changed for half an hour"
        before = self._trusted
        if before is None or abs(centi - before) <= JUMP_CENTI_CELSIUS:
            return ""
        if doubted is not None and abs(centi - doubted) <= CONFIRM_CENTI_CELSIUS:
            return ""
        self._doubted = centi
        return f"jumped from {before} to {centi} centi-degrees between two readings"


def _agrees(earlier: Kept, centi: int, now_ms: int) -> bool:
    if earlier.centi_celsius is None or not 0 <= now_ms - earlier.time_ms <= VOUCH_MS:
        return False
    return abs(centi - earlier.centi_celsius) <= CONFIRM_CENTI_CELSIUS
