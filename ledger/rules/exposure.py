"""The exposure of one unit: where it was, joined with what the probes there read.

Minutes out of range belong to the unit, not to the fridge. Decides the verdict: `ok`, `out`, or `unknown`, which is
never taken for ok. Platelets that lay still for longer than the pack lets them are `unknown` from then on, whatever
was read.

What one place was like is `standing`, which gaps are tolerated `gaps`, what lay still `agitation`; where the figures
come from is `pack`; what follows from a verdict is `release`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ledger.rules import agitation
from ledger.rules.agitation import NOTHING_SAID, Lain, Span, Standstills
from ledger.rules.gaps import Leg, resolve
from ledger.rules.pack import Agitation, Limits, Pack, Phase
from ledger.rules.readings import OfMany, OfOneUnit, Readings
from ledger.rules.standing import Piece, Track

__all__ = ["Exposure", "Spell", "Station", "Stay", "Track", "Verdict", "Way", "judge", "judge_log", "judge_many"]

Verdict: TypeAlias = Literal["ok", "out", "unknown"]
Status: TypeAlias = Literal["ok", "out", "unknown", "tolerated"]


@dataclass(frozen=True, slots=True)
class Stay:
    """The unit was at `place` in [start_ms, end_ms); `end_ms` None: it still is. `phase` None: not judged there."""

    place: str
    phase: Phase | None
    start_ms: int
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """Where one unit was, and as what component it is judged."""

    stays: Sequence[Stay]
    component: str


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of the unit's way with one status; adjacent equal ones are merged.

    Attributes:
        start_ms: its first instant.
        end_ms: the instant after its last.
        status: `tolerated` is a gap that the pack lets pass; it is always shown.
        place: None while the unit was between places.
        phase: None while it was between places.
        low: the lower limit that applied, centi-degrees, inclusive; None: none.
        high: the upper limit.
        reason: `above`, `below`, `no-reading`, `moved`, `no-probe`, `no-limits`, `calibration-expired`,
            `probe-moved`, `agitation-lost`, `lag`, or what a segment gave as its reason; empty where the status is
            `ok`.
        lowest: the lowest reading that stood, centi-degrees; None without one.
        highest: the highest.
    """

    start_ms: int
    end_ms: int
    status: Status
    place: str | None
    phase: Phase | None
    low: int | None
    high: int | None
    reason: str
    lowest: int | None
    highest: int | None

    @property
    def lasted_ms(self) -> int:
        """Its length."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What can be said of one unit's cold chain up to `until_ms`.

    Attributes:
        verdict: `out` if it ever was; else `unknown` if anything is, or if nothing was judged; else `ok`.
        pack: the policy pack used.
        pack_version: its version.
        verified: whether every figure used was read in its source, by whoever wrote the pack or by this station.
        confirmed_here: whether a figure used rests on this station's own confirmation.
        component: what the unit was judged as.
        spells: the whole judged way, in order.
        out_ms: time out of limits.
        unknown_ms: time of which nothing can be said.
        tolerated_ms: time in tolerated gaps.
        covered_ms: time under a standing reading.
        judged_ms: all of it.
        over_tolerance: whether in some phase the time out exceeds what the pack lets pass before quarantine.
        lowest_centi: the lowest reading that stood; None without one.
        highest_centi: the highest.
        first_ms: the first judged instant; None if nothing was judged.
        last_reading_ms: when the newest complete reading was taken, that is, of every probe there; None without one.
        until_ms: judged up to here.
        still: when it was not kept moving though it must be, as far as anybody said so, in order.
    """

    verdict: Verdict
    pack: str
    pack_version: str
    verified: bool
    component: str
    spells: tuple[Spell, ...]
    out_ms: int
    unknown_ms: int
    tolerated_ms: int
    covered_ms: int
    judged_ms: int
    over_tolerance: bool
    lowest_centi: int | None
    highest_centi: int | None
    first_ms: int | None
    last_reading_ms: int | None
    until_ms: int
    confirmed_here: bool
    still: tuple[Span, ...] = ()

    @property
    def lag_ms(self) -> int | None:
        """How old the newest complete reading was at `until_ms`."""
        return None if self.last_reading_ms is None else self.until_ms - self.last_reading_ms


def judge(
    stays: Sequence[Stay],
    tracks: Mapping[str, Sequence[Track]],
    *,
    pack: Pack,
    component: str,
    until_ms: int,
    stood: Standstills = NOTHING_SAID,
) -> Exposure:
    """The exposure of one unit.

    Args:
        stays: where it was; where two overlap, the later start wins.
        tracks: place to what its probes read, any number of probes, in any order.
        pack: the rules to judge by.
        component: the unit's component, as the pack calls it.
        until_ms: judge up to here, exclusive.
        stood: when the agitation of which place stood.
    """
    return _judged(stays, _Rules(pack, component, OfOneUnit(tracks), stood), until_ms)


class Station:
    """What the probes of many places read, cut once for all units that were there."""

    def __init__(
        self,
        tracks: Mapping[str, Sequence[Track]],
        *,
        pack: Pack,
        since_ms: int,
        until_ms: int,
        stood: Standstills = NOTHING_SAID,
    ) -> None:
        """Take the readings of the time [since_ms, until_ms), in which every stay that is judged must lie."""
        self._pack = pack
        self._readings = OfMany(tracks, since_ms, until_ms)
        self._stood = stood

    def judge(self, way: Way, *, until_ms: int) -> Exposure:
        """The exposure of one unit up to `until_ms`, exclusive, which is within the station's time."""
        return _judged(way.stays, _Rules(self._pack, way.component, self._readings, self._stood), until_ms)


def judge_many(
    ways: Iterable[Way],
    tracks: Mapping[str, Sequence[Track]],
    *,
    pack: Pack,
    until_ms: int,
    stood: Standstills = NOTHING_SAID,
) -> Iterator[Exposure]:
    """The exposure of each of many units, in their order: what `judge` says of each, at a fraction of its cost.

    What a place was like is worked out once for every set of limits that is asked of it; each unit then looks up its
    own stretches of that.

    Args:
        ways: where each unit was, and as what component it is judged.
        tracks: place to what its probes read, any number of probes, in any order.
        pack: the rules to judge by.
        until_ms: judge up to here, exclusive.
        stood: when the agitation of which place stood.
    """
    every = list(ways)
    since_ms = min((stay.start_ms for way in every for stay in way.stays), default=until_ms)
    station = Station(tracks, pack=pack, since_ms=since_ms, until_ms=until_ms, stood=stood)
    for way in every:
        yield station.judge(way, until_ms=until_ms)


def _judged(stays: Sequence[Stay], rules: "_Rules", until_ms: int) -> Exposure:
    resolved = list(resolve(list(_legs(stays, rules, until_ms))))
    still = _still(resolved, rules.stood)
    longest = rules.pack.agitation(rules.component) if still else None
    if longest is not None:
        beyond = agitation.lost(still, longest.longest_ms)
        resolved = [replace(leg, piece=piece) for leg in resolved for piece in agitation.cut(leg.piece, beyond)]
    judged = [leg for leg in resolved if leg.judged]
    found = _summarise(judged, pack=rules.pack, component=rules.component, until_ms=until_ms)
    return found if not still else _with_stillness(found, still, longest)


def _with_stillness(found: Exposure, still: tuple[Span, ...], longest: Agitation | None) -> Exposure:
    """The exposure with the unit's interruptions; the figure that they were held against is one of those used."""
    return replace(
        found,
        still=still,
        verified=found.verified and (longest is None or longest.holds),
        confirmed_here=found.confirmed_here or (longest is not None and longest.standing == "confirmed"),
    )


def _still(legs: Sequence[Leg], stood: Standstills) -> tuple[Span, ...]:
    if not stood:
        return ()
    way = [
        Lain(leg.place, leg.piece.start_ms, leg.piece.end_ms, leg.limits is not None and leg.limits.agitation)
        for leg in legs
    ]
    return agitation.interruptions(way, stood)


def judge_log(
    samples: Sequence[tuple[int, int]],
    *,
    pack: Pack,
    component: str,
    phase: Phase,
    until_ms: int | None = None,
    faults_ms: Sequence[int] = (),
) -> Exposure:
    """The exposure of a unit that stayed in one place with one probe, e.g. a logger's file.

    Args:
        samples: (when, centi-degrees), in any order.
        pack: the rules to judge by.
        component: the component, as the pack calls it.
        phase: the phase of the whole log.
        until_ms: judge up to here, exclusive; None: up to and including the instant of the last sample or fault.
        faults_ms: when the probe said that it measured nothing.
    """
    times = [*(at_ms for at_ms, _ in samples), *faults_ms]
    stop_ms = until_ms if until_ms is not None else max(times, default=-1) + 1
    start_ms = min(times, default=stop_ms)
    read = Track(probe="log", start_ms=start_ms, end_ms=stop_ms, samples=tuple(samples))
    faults = [Track(probe="log", start_ms=at, end_ms=at + 1, samples=(), quality="fault") for at in faults_ms]
    stays = [Stay("log", phase, start_ms)] if times else []
    return judge(stays, {"log": [read, *faults]}, pack=pack, component=component, until_ms=stop_ms)


@dataclass(frozen=True, slots=True)
class _Rules:
    """By what one unit is judged."""

    pack: Pack
    component: str
    readings: Readings
    stood: Standstills

    def limits(self, phase: Phase) -> Limits | None:
        return self.pack.limits(self.component, phase)


def _legs(stays: Sequence[Stay], rules: _Rules, until_ms: int) -> Iterator[Leg]:
    """The unit's way from its first stay to `until_ms`, without a hole."""
    ordered = sorted(stays, key=lambda stay: stay.start_ms)
    next_starts = [*(stay.start_ms for stay in ordered[1:]), until_ms]
    reached: int | None = None
    for stay, next_start in zip(ordered, next_starts, strict=False):
        start = min(stay.start_ms, until_ms)
        end = min(until_ms, next_start, next_start if stay.end_ms is None else stay.end_ms)
        if reached is not None and reached < start:
            yield _between(reached, start)
        if start < end:
            yield from _stay_legs(stay, rules, end)
        reached = max(start, end)
    if reached is not None and reached < until_ms:
        yield _between(reached, until_ms)


def _between(start_ms: int, end_ms: int) -> Leg:
    return Leg(Piece(start_ms, end_ms, "gap", "moved"), None, None, None)


def _stay_legs(stay: Stay, rules: _Rules, end_ms: int) -> Iterator[Leg]:
    if stay.phase is None:
        yield Leg(Piece(stay.start_ms, end_ms, "unknown", "not-judged"), stay.place, None, None, judged=False)
        return
    limits = rules.limits(stay.phase)
    for piece in rules.readings.pieces(stay.place, limits, stay.start_ms, end_ms):
        yield Leg(piece, stay.place, stay.phase, limits)


def _spell(leg: Leg) -> Spell:
    piece, limits = leg.piece, leg.limits
    low, high = (None, None) if limits is None else (limits.low, limits.high)
    status: Status = "tolerated" if piece.state == "gap" else piece.state
    return Spell(
        piece.start_ms, piece.end_ms, status, leg.place, leg.phase, low, high, piece.reason, piece.lowest, piece.highest
    )


def _merge(spells: Sequence[Spell]) -> tuple[Spell, ...]:
    merged: list[Spell] = []
    for spell in spells:
        last = merged[-1] if merged else None
        if last is not None and last.end_ms == spell.start_ms and _alike(last, spell):
            merged[-1] = replace(
                last,
                end_ms=spell.end_ms,
                lowest=_least(last.lowest, spell.lowest),
                highest=_greatest(last.highest, spell.highest),
            )
        else:
            merged.append(spell)
    return tuple(merged)


def _alike(one: Spell, other: Spell) -> bool:
    return (one.status, one.place, one.phase, one.reason) == (other.status, other.place, other.phase, other.reason)


def _least(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _greatest(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _summarise(legs: Sequence[Leg], *, pack: Pack, component: str, until_ms: int) -> Exposure:
    spells = _merge([_spell(leg) for leg in legs])
    lasted = {status: sum(spell.lasted_ms for spell in spells if spell.status == status) for status in _STATUSES}
    read = [leg.piece.read_ms for leg in legs if leg.piece.read_ms is not None]
    return Exposure(
        verdict=_verdict(spells),
        pack=pack.name,
        pack_version=pack.version,
        verified=all(leg.limits.holds for leg in legs if leg.limits is not None),
        component=component,
        spells=spells,
        out_ms=lasted["out"],
        unknown_ms=lasted["unknown"],
        tolerated_ms=lasted["tolerated"],
        covered_ms=lasted["ok"] + lasted["out"],
        judged_ms=sum(lasted.values()),
        over_tolerance=_over_tolerance(legs),
        lowest_centi=min((spell.lowest for spell in spells if spell.lowest is not None), default=None),
        highest_centi=max((spell.highest for spell in spells if spell.highest is not None), default=None),
        first_ms=spells[0].start_ms if spells else None,
        last_reading_ms=max(read, default=None),
        until_ms=until_ms,
        confirmed_here=any(leg.limits.standing == "confirmed" for leg in legs if leg.limits is not None),
    )


_STATUSES: tuple[Status, ...] = ("ok", "out", "unknown", "tolerated")


def _verdict(spells: Sequence[Spell]) -> Verdict:
    statuses = {spell.status for spell in spells}
    if "out" in statuses:
        return "out"
    return "unknown" if not statuses or "unknown" in statuses else "ok"


def _over_tolerance(legs: Sequence[Leg]) -> bool:
    out: dict[Phase, int] = {}
    tolerated: dict[Phase, int] = {}
    for leg in legs:
        if leg.piece.state == "out" and leg.phase is not None and leg.limits is not None:
            out[leg.phase] = out.get(leg.phase, 0) + leg.piece.end_ms - leg.piece.start_ms
            tolerated[leg.phase] = leg.limits.tolerated_out_ms
    return any(lasted > tolerated[phase] for phase, lasted in out.items())
