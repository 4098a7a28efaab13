"""Which units' cold chains a stretch of the log may have changed: those that were there, those that moved, no others.

Gathers; judges nothing. A unit that is still seen where it is was not moved; what a place's probes said of some minutes
concerns the units that were there then.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct
from msgspec.json import Decoder
from sqlalchemy import select

from ledger.core import custody, kinds
from ledger.core.events import ERASED_KIND, said_kind
from ledger.core.ids import is_id, parse_instant
from ledger.read.reader import Reader
from ledger.rules.moved import STANDING_MS
from ledger.store import verdicts
from ledger.store.contents import StoredEvent, batches_between
from ledger.store.prepared import among, names_in
from ledger.store.tables import tags, units

_EVERYBODY: Final = frozenset({"pack_enforced", "figure_confirmed", "probe_placed", ERASED_KIND})
_SEEN: Final = "tag_arrived"
_NOBODY: Final = frozenset({"exposure_stated", "unit_map_rooted", "excursion", "excursion_ended", "gap"})
_ALWAYS: Final = 1 << 61


def concerned(reader: Reader, *, since: int, until: int) -> list[str]:
    """The units whose cold chain the batches [since, until) may have changed, in order of their names."""
    found = _concerned(reader, since, until)
    return everybody(reader) if found is None else found


def next_concerned(reader: Reader, *, since: int, until: int, after: str, at_most: int | None) -> list[str]:
    """The first of them, or all, whose names come after a name; from log size 0 on that is whoever there is.

    Where everybody is concerned, no more of them are read than are asked for: a site may have millions.
    """
    found = _concerned(reader, since, until) if since else None
    if found is not None:
        return found[bisect_right(found, after) :][:at_most]
    following = select(units.c.unit).where(units.c.unit > after).order_by(units.c.unit).limit(at_most)
    return list(reader.connection.execute(following).scalars())


def everybody(reader: Reader) -> list[str]:
    """Every unit, in order of their names."""
    return list(reader.connection.execute(select(units.c.unit).order_by(units.c.unit)).scalars())


def _concerned(reader: Reader, since: int, until: int) -> list[str] | None:
    """Whom the batches concern, in order of their names; None: everybody."""
    found: set[str] = set()
    heard: dict[tuple[str, str], tuple[int, int]] = {}
    seen: dict[tuple[str, str], str] = {}
    for stored in _told(reader, since, until, seen):
        if stored.kind in _EVERYBODY:
            return None
        event = stored.understood()
        match event:
            case None:
                continue
            case kinds.TemperatureSegment(place=str(place)):
                start_ms, end_ms = parse_instant(event.time), parse_instant(event.until) + STANDING_MS
                found |= verdicts.units_there(reader.connection, place, start_ms=start_ms, end_ms=end_ms)
                first, last = heard.get((event.probe, place), (start_ms, end_ms))
                heard[event.probe, place] = min(first, start_ms), max(last, end_ms)
            case kinds.AgitationStopped(place=str(place)) | kinds.AgitationResumed(place=str(place)):
                since_ms = parse_instant(event.time)
                found |= verdicts.units_there(reader.connection, place, start_ms=since_ms, end_ms=_ALWAYS)
            case kinds.PlaceAdded(place=str(place)):
                found |= verdicts.units_there(reader.connection, place, start_ms=0, end_ms=_ALWAYS)
            case _:
                found |= _named(reader, event)
    found |= _left_behind(reader, heard)
    found |= _moved(reader, {key: parse_instant(first) for key, first in seen.items()})
    return sorted(_existing(reader, found))


def _told(reader: Reader, since: int, until: int, seen: dict[tuple[str, str], str]) -> Iterator[StoredEvent]:
    """Every event that may concern somebody; but of tags that were seen, in `seen`, only when each was first where.

    Nearly all that comes is tags that are seen where they are: they are looked at without being understood.
    """
    for batch in batches_between(reader.connection, since, until):
        told = []
        for position, body in enumerate(batch.bodies):
            kind = said_kind(body) if body else ERASED_KIND
            if kind == _SEEN and not batch.defects:
                sighting = _sighting(body)
                key, first = (sighting.tag, sighting.place), seen.get((sighting.tag, sighting.place))
                if first is None or sighting.time < first:
                    seen[key] = sighting.time
            elif kind not in _NOBODY:
                told.append(position)
        yield from batch.at(told)


class _Sighting(Struct):
    """What matters here of a seen tag; instants are spelt in one way, so that they sort as they come."""

    tag: str
    time: str
    place: str = ""


_sighting = Decoder(_Sighting).decode


def _named(reader: Reader, event: kinds.AnyEvent) -> set[str]:
    """The units that an event is about, by their own names, by a tag, or as those of a donation."""
    found: set[str] = set()
    for name in custody.subjects(event):
        if is_id(name, "unit"):
            found.add(name)
        elif is_id(name, "tag"):
            found.update(*_units_of(reader, [name]).values())
        elif is_id(name, "din"):
            number = name.removeprefix("din:")
            of_it = select(units.c.unit).where(units.c.unit.between(f"unit:{number}.", f"unit:{number}.~"))
            found.update(reader.connection.execute(of_it).scalars())
    return found


def _left_behind(reader: Reader, heard: Mapping[tuple[str, str], tuple[int, int]]) -> set[str]:
    """The units of the places of which a probe also spoke about the time when it spoke of another."""
    found: set[str] = set()
    for (probe, place), (start_ms, end_ms) in heard.items():
        since_ms = start_ms - STANDING_MS
        others = reader.history.segments_elsewhere(probe, place, start_ms=since_ms, end_ms=end_ms)
        for other in {each.recorded.event.place or "" for each in others if each.recorded is not None}:
            found |= verdicts.units_there(reader.connection, other, start_ms=since_ms, end_ms=end_ms)
    return found


def _moved(reader: Reader, seen: Mapping[tuple[str, str], int]) -> set[str]:
    """Of the units whose tags were seen, those that were not known to be there all the time."""
    pointed = _units_of(reader, {tag for tag, _ in seen})
    here = verdicts.present_stays(reader.connection, {unit for found in pointed.values() for unit in found})
    return {
        unit
        for (tag, place), first_ms in seen.items()
        for unit in pointed.get(tag, ())
        if unit not in here or here[unit][0] != place or first_ms < here[unit][1]
    }


def _units_of(reader: Reader, names: Iterable[str]) -> dict[str, set[str]]:
    """Every unit that each of the tags ever was on."""
    query = select(tags.c.tag, tags.c.unit).where(among(tags.c.tag, "tags"))
    found: dict[str, set[str]] = {}
    for tag, unit in reader.connection.execute(query, {"tags": names_in(names)}):
        found.setdefault(tag, set()).add(unit)
    return found


def _existing(reader: Reader, names: Iterable[str]) -> set[str]:
    query = select(units.c.unit).where(among(units.c.unit, "names"))
    return set(reader.connection.execute(query, {"names": names_in(names)}).scalars())
