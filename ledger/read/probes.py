"""What the probes of a place said of it, each with when it is known to have hung elsewhere.

Gathers; which reading counts then is decided by `ledger.rules.moved`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from ledger.core import custody, kinds
from ledger.core.errors import Refused
from ledger.read.history import Entry, History, track
from ledger.rules.exposure import Track
from ledger.rules.moved import STANDING_MS, Placement, absences, bears_on

if TYPE_CHECKING:
    from ledger.read.reader import Reader

DAY_MS: Final = 24 * 60 * 60 * 1000
Placements: TypeAlias = Mapping[str, Sequence[Placement]]
"""For each probe of which a person said where it hangs, all that was said, by time."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of a place.

    Attributes:
        tracks: its segments, by the number of their entry.
        entries: those entries, and those of segments in which one of its probes spoke of another place meanwhile.
    """

    tracks: dict[int, Track]
    entries: dict[int, Entry]


def told_of(history: History, place: str, placements: Placements, *, start_ms: int, end_ms: int) -> Told:
    """What the probes of a place said of [start_ms, end_ms], and what may still stand at its beginning."""
    told = Told({}, {})
    for entry, made in _tracks(history.segments(place, start_ms=start_ms, end_ms=end_ms)):
        if made.end_ms >= start_ms - STANDING_MS:
            told.entries[entry.id], told.tracks[entry.id] = entry, made
    by_probe: dict[str, dict[int, Track]] = {}
    for number, made in told.tracks.items():
        by_probe.setdefault(made.probe, {})[number] = made
    for probe, own in by_probe.items():
        elsewhere = _elsewhere(history, place, list(own.values()))
        said = placements.get(probe, ())
        if elsewhere or said:
            _locate(told, own, elsewhere, place=place, placements=said)
    return told


def may_place(
    reader: "Reader", probe: str, place: str | None, *, organisation: str | None, now_ms: int
) -> Refused | None:
    """Why a person may not say that a probe hangs in a place, or (None) in none; None: nothing stands against it.

    Args:
        reader: the ledger as it is just before.
        probe: the probe.
        place: where it hangs.
        organisation: the person's; None: of the whole site.
        now_ms: the present instant; where the probe spoke of in the day before is where it comes from.
    """
    if place is not None and place not in reader.places:
        return Refused("place.unknown", f"{place} is not registered")
    if organisation is None:
        return None
    if place is not None and reader.organisation_of(place) != organisation:
        return Refused("place.foreign", f"{place} is {reader.organisation_of(place)}'s")
    heard = reader.history.segments_elsewhere(probe, "", start_ms=now_ms - DAY_MS, end_ms=now_ms)
    said = [each.place for each in reader.placements.get(probe, ())[-1:]]
    before = {*said, *(each.recorded.event.place for each in heard if each.recorded is not None)} - {None}
    owners = {reader.organisation_of(each) for each in before if each is not None}
    return Refused("probe.foreign", f"{probe} reads in places of {owners}") if owners - {organisation} else None


def _locate(
    told: Told,
    own: Mapping[int, Track],
    elsewhere: Sequence[tuple[Entry, Track]],
    *,
    place: str,
    placements: Sequence[Placement],
) -> None:
    heard = [(other.start_ms, other.end_ms) for _, other in elsewhere]
    for number, each in own.items():
        told.tracks[number] = replace(each, absent=absences(each, place, placements=placements, elsewhere=heard))
    for entry, other in elsewhere:
        if any(bears_on((other.start_ms, other.end_ms), each) for each in own.values()):
            told.entries[entry.id] = entry


def _elsewhere(history: History, place: str, own: Sequence[Track]) -> list[tuple[Entry, Track]]:
    """The segments in which the probe of these tracks read something in another place, about the same time."""
    start_ms, end_ms = min(each.start_ms for each in own), max(each.end_ms for each in own)
    found = history.segments_elsewhere(own[0].probe, place, start_ms=start_ms, end_ms=end_ms + STANDING_MS)
    return [
        (entry, made) for entry, made in _tracks(found) if made.samples and entry.recorded and entry.recorded.trusted
    ]


def _tracks(entries: Sequence[Entry]) -> list[tuple[Entry, Track]]:
    """The segments among the entries, without those that were carried over though the log had them."""
    told = custody.once([entry.recorded for entry in entries if entry.recorded is not None])
    places = {each.log_place for each in told}
    return [
        (entry, track(entry.recorded, entry.recorded.event))
        for entry in entries
        if entry.recorded is not None
        and (entry.log_index, entry.position) in places
        and isinstance(entry.recorded.event, kinds.TemperatureSegment)
    ]
