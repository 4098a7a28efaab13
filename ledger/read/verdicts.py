"""The verdict on every unit's cold chain, worked out for many units at once, to be kept beside the log.

A unit's page judges anew, up to this instant. What is kept is what the page says as of the last complete reading, with
the instant from which nothing could be said any more if nothing were heard: so a list says now, without judging, what
the page would.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core import custody
from ledger.core.ids import din_of
from ledger.read.concerned import next_concerned
from ledger.read.facts import assessment_of
from ledger.read.judging import (
    LAG_SHOWN_MS,
    Way,
    is_monitored,
    judged_stays,
    known_until,
    own_stays,
    walked,
)
from ledger.read.probes import told_of
from ledger.read.reader import Reader
from ledger.rules import deviation
from ledger.rules import exposure as rule
from ledger.rules.deviation import Assessment
from ledger.rules.exposure import Exposure, Station, Track
from ledger.rules.moved import STANDING_MS
from ledger.store import verdicts
from ledger.store.verdicts import STILL_THERE, Judgements, Kept, Mark, Portion

AT_ONCE: Final = 500
"""So many units are judged together: those of one place, whose readings are cut once."""
READ_AT_ONCE: Final = 200
"""So many units' events are read together: units that follow each other are often seen in one sweep."""
A_PORTION: Final = 2000
"""So many units are judged and written in one go: of a ledger that is judged from nothing, all have to be."""
MOST_BATCHES: Final = 512
"""So many batches are looked at in one turn."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """What one unit is judged by.

    Attributes:
        name: `unit:…`.
        way: where it was, as the log says.
        stays: the same, as the rule takes it.
        ended_ms: when it was used, destroyed or made into others; None: it is still there.
        assessment: the newest of its assessments.
        seen: what the assessors could see.
    """

    name: str
    way: Way
    stays: Sequence[rule.Stay]
    ended_ms: int | None
    assessment: Assessment | None
    seen: Exposure | None

    @property
    def rule_way(self) -> rule.Way:
        return rule.Way(walked(self.stays), self.way.component)


def judge_on(reader: Reader, begun: Mark, *, at_once: int = A_PORTION) -> Portion:
    """Judge the next units of the turn under way, or the first of the next one, as of the reader's snapshot.

    A turn judges every unit that the batches from a log size on concern, of which at most `MOST_BATCHES` are looked
    at; from 0 on that is every unit there is. What is known beyond its end is judged, too; whom it concerns is judged
    again in its own turn.
    """
    turn = begun if begun.is_under_way else Mark(begun.log_size, _end_of_turn(reader, begun.log_size))
    due = due_in(reader, turn, at_most=at_once + 1)
    portion, is_last = due[:at_once], len(due) <= at_once
    then = Mark(turn.until, turn.until) if is_last else Mark(turn.log_size, turn.until, portion[-1])
    return Portion(begun, then, judge_units(reader, portion))


def _end_of_turn(reader: Reader, since: int) -> int:
    size = reader.log_size()
    return min(size, since + MOST_BATCHES) if since else size


def due_in(reader: Reader, turn: Mark, *, at_most: int | None = None) -> list[str]:
    """The next units, or all, that a turn has still to judge, in order of their names."""
    if not turn.is_under_way:
        return []
    return next_concerned(reader, since=turn.log_size, until=turn.until, after=turn.after, at_most=at_most)


def judge_units(reader: Reader, names: Sequence[str], *, upto: Callable[[int], int] | None = None) -> Judgements:
    """Judge units as of the reader's snapshot.

    Args:
        reader: the reader.
        names: the units.
        upto: for a subject's number the id from which on its events say nothing of its way (`store.resting`).
    """
    units = sorted(_units(reader, names, upto), key=lambda each: (_last_place(each), each.name))
    kept: list[Kept] = []
    for start in range(0, len(units), AT_ONCE):
        kept += _judged(reader, units[start : start + AT_ONCE])
    own = {unit.name: own_stays(unit.way.stays, born_ms=unit.way.born_ms) for unit in units}
    stays = [
        (stay.place, STILL_THERE if stay.until_ms is None else stay.until_ms, name, stay.since_ms)
        for name in names
        for stay in (own[name] if name in own else reader.own_stays(name))
    ]
    return Judgements(names, kept, stays)


def units_there(reader: Reader, place: str, *, start_ms: int, end_ms: int) -> set[str]:
    """The units that were in a place at any moment of [start_ms, end_ms], as the log has it by now.

    What is kept beside the log tells it of units that nothing was heard of since; of the others their events.
    """
    kept = verdicts.units_there(reader.connection, place, start_ms=start_ms, end_ms=end_ms)
    since, size = judged_so_far(reader).log_size, reader.log_size()
    heard_of = next_concerned(reader, since=since, until=size, after="", at_most=None) if since < size else []
    return kept.difference(heard_of) | {
        unit
        for unit in heard_of
        if any(
            stay.place == place and stay.since_ms <= end_ms and (stay.until_ms is None or stay.until_ms > start_ms)
            for stay in reader.own_stays(unit)
        )
    }


def judged_so_far(reader: Reader) -> Mark:
    """How far judging is."""
    return verdicts.judged_so_far(reader.connection)


def _units(reader: Reader, names: Sequence[str], upto: Callable[[int], int] | None) -> Iterator[_Unit]:
    for number, name in enumerate(names):
        if number % READ_AT_ONCE == 0:
            soon = names[number : number + READ_AT_ONCE]
            reader.history.read_ahead([each for unit in soon for each in (unit, din_of(unit))], upto=upto)
        way, understood = reader.way(name)
        if way is not None:
            stays = judged_stays(way, reader.places.get)
            newest = assessment_of(understood, name)
            seen = reader.seen_by_assessors(name, newest)
            yield _Unit(name, way, stays, custody.ended_ms(understood, name), newest, seen)


def _last_place(unit: _Unit) -> str:
    return unit.stays[-1].place if unit.stays else ""


def _judged(reader: Reader, units: Sequence[_Unit]) -> Iterator[Kept]:
    spans: dict[str, tuple[int, int]] = {}
    for unit in units:
        for stay in unit.stays:
            start, end = spans.get(stay.place, (STILL_THERE, 0))
            stop = STILL_THERE if stay.end_ms is None else stay.end_ms
            spans[stay.place] = min(start, stay.start_ms), max(end, stop)
    if not spans:
        return
    tracks = {
        place: list(told_of(reader.history, place, reader.placements, start_ms=start, end_ms=end).tracks.values())
        for place, (start, end) in spans.items()
    }
    since_ms = min(start for start, _ in spans.values())
    told = [each.end_ms for found in tracks.values() for each in found]
    known = [at_ms for unit in units for stay in unit.stays for at_ms in (stay.start_ms, stay.end_ms or 0)]
    # Long enough after all that is known, so that what will be unknown if nothing is heard is seen to be so.
    horizon_ms = max([*told, *known, *(unit.ended_ms or 0 for unit in units)]) + 2 * LAG_SHOWN_MS

    def station(known: Mapping[str, Sequence[Track]]) -> Station:
        return Station(known, pack=reader.pack, since_ms=since_ms, until_ms=horizon_ms, stood=reader.stood)

    together = station(tracks)
    for unit in units:
        own = _own_tracks(unit, tracks)
        exposure, holds_until_ms = _settled(together if own is None else station(own), unit, horizon_ms)
        if exposure.judged_ms:
            yield _kept(unit, exposure, holds_until_ms)


def _own_tracks(unit: _Unit, tracks: Mapping[str, Sequence[Track]]) -> dict[str, list[Track]] | None:
    """What a unit's page looks at, where it would say another thing of all that the place's probes ever said.

    A probe that fell silent for good before the unit came, or spoke again only while it was there, is missed by some
    units of a place and not by others.
    """
    own: dict[str, dict[int, Track]] = {}
    is_alike = True
    for stay in unit.stays:
        end_ms = STILL_THERE if stay.end_ms is None else stay.end_ms
        before = [each for each in tracks[stay.place] if each.start_ms <= end_ms]
        here = [each for each in before if each.end_ms >= stay.start_ms - STANDING_MS]
        here_since = {each.probe: each.start_ms for each in sorted(here, key=lambda each: -each.start_ms)}
        earlier = [each for each in before if each.end_ms < stay.start_ms - STANDING_MS]
        is_alike = is_alike and all(
            each.quality == "good" and here_since.get(each.probe, STILL_THERE) <= stay.start_ms for each in earlier
        )
        own.setdefault(stay.place, {}).update((id(each), each) for each in here)
    return None if is_alike else {place: list(known.values()) for place, known in own.items()}


def _settled(station: Station, unit: _Unit, horizon_ms: int) -> tuple[Exposure, int | None]:
    """The exposure as of the last complete reading, and until when that holds if nothing is heard; None: for good.

    Where nothing can be said since an instant, that instant: no assessment settles what still goes on.
    """
    way, ended_ms = unit.rule_way, unit.ended_ms
    last = station.judge(way, until_ms=horizon_ms if ended_ms is None else ended_ms)
    if is_monitored(way.stays, last.until_ms) and last.last_reading_ms is not None:
        if ended_ms is None or 0 < ended_ms - last.last_reading_ms <= LAG_SHOWN_MS:
            holds_until_ms = last.last_reading_ms + LAG_SHOWN_MS if ended_ms is None else None
            return station.judge(way, until_ms=known_until(way.stays, last.last_reading_ms)), holds_until_ms
        return last, None
    if is_monitored(way.stays, last.until_ms) and ended_ms is None:
        begun_ms = way.stays[-1].start_ms + 1
        return station.judge(way, until_ms=begun_ms), begun_ms
    silence = last.spells[-1] if last.spells and ended_ms is None else None
    if silence is None or silence.status != "unknown" or silence.end_ms != horizon_ms or silence.place is not None:
        return last, None
    left_ms = unit.stays[-1].end_ms or horizon_ms
    if silence.start_ms <= left_ms:
        return station.judge(way, until_ms=left_ms + 1), left_ms + 1
    return station.judge(way, until_ms=silence.start_ms), silence.start_ms


def _kept(unit: _Unit, exposure: Exposure, holds_until_ms: int | None) -> Kept:
    is_released = deviation.is_tolerated(exposure) or deviation.is_settled(exposure, unit.assessment, seen=unit.seen)
    return Kept(
        unit=unit.name,
        verdict=exposure.verdict,
        held=exposure.verdict != "ok" and not is_released,
        out_ms=exposure.out_ms,
        unknown_ms=exposure.unknown_ms,
        tolerated_ms=exposure.tolerated_ms,
        lowest=exposure.lowest_centi,
        highest=exposure.highest_centi,
        until_ms=exposure.spells[-1].end_ms,
        holds_until_ms=holds_until_ms,
        pack=exposure.pack,
        version=exposure.pack_version,
    )
