"""Limits of a place: when a temperature is an excursion, and when it is over.

Pure. A warning and an alarm have limits and delays of their own: a warning may ask for somebody's eye long before an
alarm says that blood is at risk. With no delay an excursion is told at its first good reading; with one, at the reading
that shows that it lasted, and it still began at its first. What comes back before the delay is over is never told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["warning", "alarm"]
Side: TypeAlias = Literal["low", "high"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one level allows: inclusive, in centi-degrees; None: no limit on that side.

    Attributes:
        level: `warning` or `alarm`.
        low: the lowest allowed.
        high: the highest allowed.
        after_ms: how long a temperature has to stay beyond before it is told.
    """

    level: Level
    low: int | None = None
    high: int | None = None
    after_ms: int = 0

    def crossed(self, centi_celsius: int) -> tuple[Side, int] | None:
        """The limit that this temperature is beyond, and its value."""
        if self.low is not None and centi_celsius < self.low:
            return "low", self.low
        if self.high is not None and centi_celsius > self.high:
            return "high", self.high
        return None


@dataclass(frozen=True, slots=True)
class ExcursionBegan:
    """A temperature is beyond a limit since `time_ms`; `centi_celsius` is its first good reading there."""

    level: Level
    time_ms: int
    recorded_ms: int
    limit: Side
    limit_centi_celsius: int
    centi_celsius: int


@dataclass(frozen=True, slots=True)
class ExcursionOver:
    """The first good reading within the limits again."""

    level: Level
    time_ms: int
    since_ms: int
    lowest_centi_celsius: int
    highest_centi_celsius: int


@dataclass(frozen=True, slots=True)
class Beyond:
    """An excursion that goes on; `told` says whether its delay is over: `yes` or `waits`."""

    level: Level
    since_ms: int
    limit: Side
    first_centi_celsius: int
    lowest_centi_celsius: int
    highest_centi_celsius: int
    told: Literal["yes", "waits"]

    def including(self, centi_celsius: int) -> "Beyond":
        """With one more reading."""
        return replace(
            self,
            lowest_centi_celsius=min(self.lowest_centi_celsius, centi_celsius),
            highest_centi_celsius=max(self.highest_centi_celsius, centi_celsius),
        )


@dataclass(slots=True)
class LimitWatch:
    """The excursions of one probe, level by level.

    Attributes:
        limits: of each level.
        beyond: the excursions that go on, told or still waiting for their delay; must survive a restart.
    """

    limits: Sequence[Limits]
    beyond: dict[Level, Beyond] = field(default_factory=dict, init=False)

    def judge(self, time_ms: int, centi_celsius: int) -> list[ExcursionBegan | ExcursionOver]:
        """One good reading."""
        return [edge for limits in self.limits for edge in self._judge(limits, time_ms, centi_celsius)]

    def judge_late(self, time_ms: int, centi_celsius: int, now_ms: int) -> list[ExcursionBegan | ExcursionOver]:
        """One good reading that younger ones overtook: an excursion of that instant, unless one went on meanwhile."""
        edges: list[ExcursionBegan | ExcursionOver] = []
        for limits in self.limits:
            crossed, goes_on = limits.crossed(centi_celsius), self.beyond.get(limits.level)
            if crossed is None or limits.after_ms or (goes_on is not None and goes_on.since_ms <= time_ms):
                continue
            edges.append(ExcursionBegan(limits.level, time_ms, now_ms, *crossed, centi_celsius))
            edges.append(ExcursionOver(limits.level, time_ms, time_ms, centi_celsius, centi_celsius))
        return edges

    def shift(self, step_ms: int) -> None:
        """The clock was set by so much: what goes on began that much later by the new one."""
        self.beyond = {level: replace(each, since_ms=each.since_ms + step_ms) for level, each in self.beyond.items()}

    def _judge(self, limits: Limits, time_ms: int, centi_celsius: int) -> Iterable[ExcursionBegan | ExcursionOver]:
        crossed = limits.crossed(centi_celsius)
        goes_on = self.beyond.get(limits.level)
        if goes_on is not None and (crossed is None or crossed[0] != goes_on.limit):
            del self.beyond[limits.level]
            if goes_on.told == "yes":
                yield ExcursionOver(
                    limits.level,
                    time_ms,
                    goes_on.since_ms,
                    goes_on.lowest_centi_celsius,
                    goes_on.highest_centi_celsius,
                )
            goes_on = None
        if crossed is None:
            return
        side, limit_centi_celsius = crossed
        if goes_on is None:
            goes_on = Beyond(limits.level, time_ms, side, centi_celsius, centi_celsius, centi_celsius, "waits")
        goes_on = goes_on.including(centi_celsius)
        if goes_on.told == "waits" and time_ms - goes_on.since_ms >= limits.after_ms:
            goes_on = replace(goes_on, told="yes")
            yield ExcursionBegan(
                limits.level, goes_on.since_ms, time_ms, side, limit_centi_celsius, goes_on.first_centi_celsius
            )
        self.beyond[limits.level] = goes_on
