"""Where a unit was, joined with what the probes there read: what `ledger.rules.exposure` and the chart are given.

Gathers; judges nothing itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from ledger.core.custody import Stay
from ledger.read.history import Entry, History
from ledger.read.probes import Placements, told_of
from ledger.read.values import Named, Run
from ledger.rules import exposure as rule
from ledger.rules.agitation import Standstills
from ledger.rules.exposure import Exposure, Track
from ledger.rules.moved import as_shown
from ledger.rules.pack import PHASES, Pack, Phase

WALK_MS = 10 * 60 * 1000
"""A walk no longer than this, to or from a place that is not judged, belongs to that place (the default `max_gap`)."""

LAG_SHOWN_MS = 60 * 60 * 1000
"""Readings travel in segments, so the newest always lies a little behind: up to this lag the verdict speaks of the time
until the last complete reading, and the lag is named; beyond it the verdict speaks of now, and is unknown."""


@dataclass(frozen=True, slots=True)
class ColdChain:
    """One unit's judgement with what it rests on.

    Attributes:
        exposure: the judgement.
        segments: the segments used, in log order.
        runs: the readings of exactly this unit's way.
        lag_ms: how old the last complete reading at its present place is; None if it is in no monitored place now.
        seen: its judgement up to the newest assessment that found it fit, as the log knew it then; None: there is none.
    """

    exposure: Exposure
    segments: tuple[Entry, ...]
    runs: tuple[Run, ...]
    lag_ms: int | None
    seen: Exposure | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """Where one unit was since it came to be, and as what it is judged."""

    stays: Sequence[Stay]
    component: str
    born_ms: int


@dataclass(frozen=True, slots=True)
class Words:
    """What persons said of the places: where probes hang, and when the agitation of which stood."""

    placements: Placements
    stood: Standstills


def judge_way(
    way: Way,
    *,
    history: History,
    places: Callable[[str], Named | None],
    words: Words,
    pack: Pack,
    now_ms: int,
) -> ColdChain:
    """Judge a unit's way up to now, or up to the last complete reading where that lies a little behind."""
    entries: dict[int, Entry] = {}
    by_place: dict[str, dict[int, Track]] = {}
    stays = judged_stays(way, places)
    for stay in stays:
        end_ms = now_ms if stay.end_ms is None else stay.end_ms
        told = told_of(history, stay.place, words.placements, start_ms=stay.start_ms, end_ms=end_ms)
        entries |= told.entries
        by_place.setdefault(stay.place, {}).update(told.tracks)
    stays, tracks = walked(stays), {place: list(told.values()) for place, told in by_place.items()}
    judged = rule.judge(stays, tracks, pack=pack, component=way.component, until_ms=now_ms, stood=words.stood)
    lag = judged.lag_ms if is_monitored(stays, now_ms) else None
    if lag is not None and 0 < lag <= LAG_SHOWN_MS:
        until_ms = known_until(stays, now_ms - lag)
        judged = rule.judge(stays, tracks, pack=pack, component=way.component, until_ms=until_ms, stood=words.stood)
    used = tuple(entries[key] for key in sorted(entries))
    return ColdChain(judged, used, tuple(_runs(stays, tracks, now_ms)), lag)


def judged_stays(way: Way, places: Callable[[str], Named | None]) -> list[rule.Stay]:
    """Where the unit was since it came to be, as the rule takes it."""
    own = own_stays(way.stays, born_ms=way.born_ms)
    return [rule.Stay(stay.place, _phase(places(stay.place)), stay.since_ms, stay.until_ms) for stay in own]


def own_stays(stays: Sequence[Stay], *, born_ms: int) -> list[Stay]:
    """Of a unit's way, on which what it was made of was before it, the part since it came to be."""
    return [
        replace(stay, since_ms=max(stay.since_ms, born_ms))
        for stay in stays
        if stay.until_ms is None or stay.until_ms > born_ms
    ]


def known_until(stays: Sequence[rule.Stay], read_ms: int) -> int:
    """Up to where a unit is judged whose last complete reading was taken at `read_ms`: the reading itself counts.

    One that stood already when the unit came counts from its coming.
    """
    came_ms = min((stay.start_ms for stay in stays if stay.phase is not None), default=read_ms)
    return max(read_ms, came_ms) + 1


def walked(stays: Sequence[rule.Stay]) -> list[rule.Stay]:
    """The stays, with short walks to and from unjudged places counted to those places."""
    walked = list(stays)
    for number, (one, other) in enumerate(pairwise(stays)):
        if one.end_ms is None or not 0 < other.start_ms - one.end_ms <= WALK_MS:
            continue
        if other.phase is None:
            walked[number + 1] = replace(walked[number + 1], start_ms=one.end_ms)
        elif one.phase is None:
            walked[number] = replace(walked[number], end_ms=other.start_ms)
    return walked


def _phase(place: Named | None) -> Phase | None:
    return next((phase for phase in PHASES if place is not None and phase == place.phase), None)


def is_monitored(stays: Sequence[rule.Stay], now_ms: int) -> bool:
    """Whether the unit is now where something is judged."""
    return bool(stays) and stays[-1].phase is not None and (stays[-1].end_ms is None or stays[-1].end_ms >= now_ms)


def _runs(stays: Sequence[rule.Stay], tracks: Mapping[str, Sequence[Track]], now_ms: int) -> Iterator[Run]:
    for stay in stays:
        end = now_ms if stay.end_ms is None else stay.end_ms
        by_probe: dict[tuple[str, str, Literal["air", "load"]], list[Track]] = {}
        for each in (part for told in tracks.get(stay.place, ()) for part in as_shown(told)):
            by_probe.setdefault((each.probe, each.quality, each.measures), []).append(each)
        for (probe, quality, measures), segments in by_probe.items():
            for points in _unbroken(segments, stay.start_ms, end):
                yield Run(stay.place, probe, quality, points, measures)


def _unbroken(segments: Sequence[Track], start_ms: int, end_ms: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """The readings within the stay, cut at every declared gap and at every hole between two segments."""
    ordered = sorted(segments, key=lambda each: each.start_ms)
    cuts = sorted(
        [(gap[0], gap[1]) for each in ordered for gap in each.gaps]
        + [(one.end_ms, other.start_ms) for one, other in pairwise(ordered) if one.end_ms < other.start_ms]
    )
    points = [(at, centi) for each in ordered for at, centi in each.samples if start_ms <= at <= end_ms]
    run: list[tuple[int, int]] = []
    for point in points:
        if run and any(run[-1][0] < cut_end and cut_start < point[0] for cut_start, cut_end in cuts):
            yield tuple(run)
            run = []
        run.append(point)
    if run:
        yield tuple(run)
