"""Doubt: whether a probe's answer is a reading, by what only its history can tell. Pure.

The decoder has judged what the answer itself shows: range, checksum, markers, unit. Here each answer becomes `good`,
`suspect` or `fault`, with the reason in words; a fault carries no temperature, is no reading, and is not in range.

* *Scale*: a probe that was never believed yet must begin within what its cabinet can read. 40.0 °C in a refrigerator is
  4.00 °C at ten times the scale, or another probe; it is refused until it says something possible. Once proven, a
  probe is believed out there too: a freezer that warms up for ten hours is an excursion, not a wrong sensor.
* *First*: the first reading after a probe (re)appeared is suspect, since some chips keep the one from before their
  power failed. Where only the *gateway* was away, a good reading of the run before vouches for one that agrees with it.
* *Rate*: a change faster than anything physical is suspect, until the next reading confirms it.
* *Stuck*: a value that stood still for half an hour, in a device that usually moves, is suspect.
"""

from dataclasses import dataclass, field, replace
from statistics import median

from gateway.clock import Trust
from gateway.wire.items import Quality, Reading

STUCK_MS = 30 * 60_000
"""A freezer's longest run of equal one-minute samples was 5: half an hour of them is a dead sensor."""
STUCK_READINGS = 6
"""A slow probe must have repeated itself so often."""
STUCK_RUNS = 4
"""A device that usually stands still for so long may stand still for so many times that."""
RATE_CENTI_CELSIUS = 2000
"""No cabinet and no bag changes by twenty degrees within a minute; a power-on value of 85 does."""
CONFIRM_CENTI_CELSIUS = 200
VOUCH_MS = 30 * 60_000
"""So long a reading of the run before can vouch for the first one of this run."""
_MINUTE_MS = 60_000
_RUNS = 32


@dataclass(frozen=True, slots=True)
class DoubtRule:
    """What one probe can say.

    Attributes:
        cabinet_low: the lowest that its cabinet can read, in centi-degrees; None: anything.
        cabinet_high: the highest.
        rate_centi_celsius: the fastest believable change within a minute.
        stuck_ms: a value that stands for this long is suspect, where the device usually moves.
    """

    cabinet_low: int | None = None
    cabinet_high: int | None = None
    rate_centi_celsius: int = RATE_CENTI_CELSIUS
    stuck_ms: int = STUCK_MS

    def can_be(self, centi_celsius: int) -> bool:
        """Whether the cabinet can read this at all."""
        low, high = self.cabinet_low, self.cabinet_high
        return (low is None or centi_celsius >= low) and (high is None or centi_celsius <= high)


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer as it counts: what must survive a restart.

    Attributes:
        time_ms: when, by the gateway's clock.
        centi_celsius: None for a fault alone.
        quality: see `Quality`.
        reason: why it is not good.
        claimed_ms: when, by the device's own clock; None: it does not say.
        clock: how far the gateway's clock was to be trusted then; None: not known.
    """

    time_ms: int
    centi_celsius: int | None
    quality: Quality
    reason: str
    claimed_ms: int | None = None
    clock: Trust | None = None


@dataclass(slots=True)
class Movement:
    """How long a device's value stands still, now and usually. Its fields are what must survive a restart.

    Attributes:
        value: the newest; None where a run has yet to begin.
        since_ms: since when it stands.
        seen_ms: when it was last said.
        count: how often it was said.
        runs_ms: how long the values before stood, the newest last.
    """

    value: int | None = None
    since_ms: int = 0
    seen_ms: int = 0
    count: int = 0
    runs_ms: list[int] = field(default_factory=list)

    def moved_or_stood(self, centi_celsius: int, now_ms: int) -> None:
        """One more value."""
        self.seen_ms = now_ms
        if centi_celsius == self.value:
            self.count += 1
            return
        if self.value is not None:
            self.runs_ms = [*self.runs_ms[1 - _RUNS :], max(0, now_ms - self.since_ms)]
        self.value, self.since_ms, self.count = centi_celsius, now_ms, 1

    def begin_anew(self) -> None:
        """Nobody saw it for a while: what it says next begins a run."""
        self.value, self.count = None, 0

    def shift(self, step_ms: int) -> None:
        """The clock was set by so much."""
        self.since_ms += step_ms
        self.seen_ms += step_ms

    def is_stuck(self, now_ms: int, stuck_ms: int) -> bool:
        """Whether it has stood for longer than a device that usually moves as this one does."""
        usual_ms = median(self.runs_ms) if self.runs_ms else 0
        allowed_ms = max(stuck_ms, STUCK_RUNS * usual_ms)
        return self.count >= STUCK_READINGS and now_ms - self.since_ms >= allowed_ms


@dataclass(slots=True)
class Doubts:
    """Judges the answers of one probe, in their order. See the module.

    Attributes:
        rule: see `DoubtRule`.
        is_proven: whether the probe was ever within its cabinet's range; must survive a restart.
        movement: how long its value stands still; must survive a restart, or a dead sensor is well for half an hour.
    """

    rule: DoubtRule
    is_proven: bool = field(default=False, init=False)
    _appeared: bool = field(default=True, init=False)
    _earlier: Kept | None = field(default=None, init=False)
    movement: Movement = field(default_factory=Movement, init=False)
    _resumes: bool = field(default=True, init=False)
    _trusted: Kept | None = field(default=None, init=False)
    _doubted: int | None = field(default=None, init=False)

    def remember(self, kept: Kept) -> None:
        """The last reading of the run before: it vouches for this run's first one, if that agrees with it."""
        if kept.centi_celsius is not None and kept.time_ms > self.movement.seen_ms:
            # What was kept of its movement is up to a minute older.
            self.movement.moved_or_stood(kept.centi_celsius, kept.time_ms)
        self._earlier = kept if kept.quality == "good" else None

    def reappeared(self) -> None:
        """The probe was away (unplugged, restarted): its next reading is suspect."""
        self._appeared, self._earlier = True, None
        self.movement.begin_anew()

    def trust(self, kept: Kept) -> None:
        """A good reading: what comes next is held against it."""
        self._trusted = kept

    def shift(self, step_ms: int) -> None:
        """The clock was set by so much."""
        if self._trusted is not None:
            self._trusted = replace(self._trusted, time_ms=self._trusted.time_ms + step_ms)
        self.movement.shift(step_ms)

    def judge_alone(self, reading: Reading, at_ms: int, doubt: str) -> Kept:
        """An answer that came late: by what it shows itself; `doubt` is why it is suspect, empty if it is not."""
        if reading.quality == "fault" or reading.centi_celsius is None:
            return Kept(at_ms, None, "fault", reading.reason or "no temperature")
        if reading.quality == "good" and doubt:
            return Kept(at_ms, reading.centi_celsius, "suspect", doubt)
        return Kept(at_ms, reading.centi_celsius, reading.quality, reading.reason)

    def judge(self, reading: Reading, now_ms: int) -> Kept:
        """The answer as it counts."""
        centi = reading.centi_celsius
        if reading.quality == "fault" or centi is None:
            self.reappeared()
            return Kept(now_ms, None, "fault", reading.reason or "no temperature")
        if not self.is_proven and not self.rule.can_be(centi):
            self.reappeared()
            return Kept(now_ms, None, "fault", self._impossible(centi))
        self.is_proven = True
        doubt = self._doubt(centi, now_ms)
        if reading.quality == "good" and doubt:
            return Kept(now_ms, centi, "suspect", doubt)
        return Kept(now_ms, centi, reading.quality, reading.reason)

    def _impossible(self, centi: int) -> str:
        low, high = self.rule.cabinet_low, self.rule.cabinet_high
        return (
            f"the first value {centi} is outside what its cabinet can read ({low} to {high} centi-degrees): "
            "look at its scale, its unit, and where it hangs"
        )

    def _doubt(self, centi: int, now_ms: int) -> str:
        if self._resumes and not 0 <= now_ms - self.movement.seen_ms <= VOUCH_MS:
            # The gateway was away for so long that the value may have moved and come back.
            self.movement.begin_anew()
        self._resumes = False
        self.movement.moved_or_stood(centi, now_ms)
        doubted, self._doubted = self._doubted, None
        earlier, self._earlier = self._earlier, None
        if self._appeared:
            self._appeared = False
            if earlier is not None and _agrees(earlier, centi, now_ms):
                return ""
            return "first reading after the probe appeared"
        if self.movement.is_stuck(now_ms, self.rule.stuck_ms):
            return "has not changed for half an hour or more, and usually does"
        return self._too_fast(centi, now_ms, doubted)

    def _too_fast(self, centi: int, now_ms: int, doubted: int | None) -> str:
        before = self._trusted
        if before is None or before.centi_celsius is None:
            return ""
        passed_ms = max(_MINUTE_MS, now_ms - before.time_ms)
        if abs(centi - before.centi_celsius) * _MINUTE_MS <= self.rule.rate_centi_celsius * passed_ms:
            return ""
        if doubted is not None and abs(centi - doubted) <= CONFIRM_CENTI_CELSIUS:
            return ""
        self._doubted = centi
        return f"jumped from {before.centi_celsius} to {centi} centi-degrees in {passed_ms // 1000} s"


def _agrees(earlier: Kept, centi: int, now_ms: int) -> bool:
    if earlier.centi_celsius is None or not 0 <= now_ms - earlier.time_ms <= VOUCH_MS:
        return False
    return abs(centi - earlier.centi_celsius) <= CONFIRM_CENTI_CELSIUS
