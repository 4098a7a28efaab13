"""How a unit stood against each pair of limits that it was held against: in all, and each time that it was beyond one.

Counts what `exposure` judged; judges nothing anew. An occasion lasts as long as the unit is beyond one limit without a
reading in between that says otherwise, wherever it is carried meanwhile: two short occasions are not one long one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ledger.rules.exposure import Exposure, Spell
from ledger.rules.pack import Phase

Side: TypeAlias = Literal["above", "below"]


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time that the unit was beyond a limit.

    Attributes:
        side: which limit.
        start_ms: its first instant.
        end_ms: the instant after its last.
        extreme: the reading furthest beyond, centi-degrees.
        place: where it began.
    """

    side: Side
    start_ms: int
    end_ms: int
    extreme: int
    place: str | None

    @property
    def lasted_ms(self) -> int:
        """Its length."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class Against:
    """The unit against one pair of limits.

    Attributes:
        phase: the phase in which they hold.
        low: the lower limit, centi-degrees, inclusive; None: none.
        high: the upper.
        judged_ms: for how long it was held against them.
        above_ms: for how long it was above, over all occasions.
        below_ms: for how long below.
        unknown_ms: for how long nothing is known.
        occasions: each time that it was beyond one of them, by time.
    """

    phase: Phase
    low: int | None
    high: int | None
    judged_ms: int
    above_ms: int
    below_ms: int
    unknown_ms: int
    occasions: tuple[Occasion, ...]

    @property
    def longest_ms(self) -> int:
        """The length of the longest occasion; 0: there is none."""
        return max((each.lasted_ms for each in self.occasions), default=0)


def against_limits(exposure: Exposure) -> tuple[Against, ...]:
    """Each pair of limits that the unit was held against, in the order in which it first was."""
    held: dict[_Limits, list[Spell]] = {}
    for spell in exposure.spells:
        limits = _limits(spell)
        if limits is not None:
            held.setdefault(limits, []).append(spell)
    return tuple(_against(limits, spells) for limits, spells in held.items())


def like_an_open_door(exposure: Exposure, in_load: Sequence[tuple[int, int]]) -> frozenset[Occasion]:
    """The warm occasions that air alone shows and that a reading in range ended: what an open door looks like.

    Nothing is forgiven for it: how warm the bags became, only a probe in a load tells.

    Args:
        exposure: the unit's.
        in_load: from which reading to which, both included, probes in a load spoke of where the unit was.
    """
    back = {spell.start_ms for spell in exposure.spells if spell.status == "ok"}
    return frozenset(
        each
        for against in against_limits(exposure)
        for each in against.occasions
        if each.side == "above"
        and each.end_ms in back
        and not any(first_ms < each.end_ms and each.start_ms <= last_ms for first_ms, last_ms in in_load)
    )


_Limits: TypeAlias = tuple[Phase, int | None, int | None]


def _limits(spell: Spell) -> _Limits | None:
    """None between places, and where the pack is silent."""
    if spell.phase is None or (spell.low is None and spell.high is None):
        return None
    return spell.phase, spell.low, spell.high


def _against(limits: _Limits, spells: Sequence[Spell]) -> Against:
    occasions = tuple(_occasions([spell for spell in spells if spell.status == "out"]))
    return Against(
        *limits,
        judged_ms=sum(spell.lasted_ms for spell in spells),
        above_ms=sum(each.lasted_ms for each in occasions if each.side == "above"),
        below_ms=sum(each.lasted_ms for each in occasions if each.side == "below"),
        unknown_ms=sum(spell.lasted_ms for spell in spells if spell.status == "unknown"),
        occasions=occasions,
    )


def _occasions(out: Sequence[Spell]) -> Iterator[Occasion]:
    """Spells out that follow each other without a break, on one side, are one occasion."""
    run: list[Spell] = []
    for spell in out:
        if run and (run[-1].end_ms, run[-1].reason) != (spell.start_ms, spell.reason):
            yield _occasion(run)
            run = []
        run.append(spell)
    if run:
        yield _occasion(run)


def _occasion(run: Sequence[Spell]) -> Occasion:
    side: Side = "below" if run[0].reason == "below" else "above"
    furthest = [value for spell in run if (value := spell.lowest if side == "below" else spell.highest) is not None]
    extreme = min(furthest) if side == "below" else max(furthest)
    return Occasion(side, run[0].start_ms, run[-1].end_ms, extreme, run[0].place)
