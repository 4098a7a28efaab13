"""The subject index: which events are about what, tags resolved to units as of their place in the log."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias, cast, get_args

from sqlalchemy import Connection

from ledger.core import custody, kinds
from ledger.core.concern import named_by_defect
from ledger.core.events import SITE_STREAM
from ledger.core.kinds import AnyEvent
from ledger.store import event_lists
from ledger.store.discrepancies import Discrepancies
from ledger.store.entries import Entry
from ledger.store.names import Names
from ledger.store.tags import Tags

About: TypeAlias = defaultdict[str, list[int]]
"""For every subject, the positions of one batch's events about it, in log order."""

Sighting: TypeAlias = tuple[kinds.Seen, int]
"""A tag was seen, and when, in milliseconds since the Unix epoch."""
_SEEN = get_args(kinds.Seen)
_OF_THE_KEY = 16
"""So many digits of `request` say who asked, and with which key."""


@dataclass(slots=True)
class Touched:
    """What batches mean for units.

    Attributes:
        units: units that an event named.
        dins: donations that an event named; it concerns all their units.
        sightings: for units whose tags were seen, the sightings in log order.
        about: for each batch and every subject, the positions of the events about it in log order.
        at_hand: the events of each batch, by its log index, so that nobody need read and decode them again.
    """

    units: dict[str, Entry] = field(default_factory=dict)
    dins: dict[str, None] = field(default_factory=dict)
    sightings: defaultdict[str, list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    about: list[About] = field(default_factory=list)
    at_hand: dict[int, Sequence[Entry]] = field(default_factory=dict)

    def name(self, subjects: Iterable[str], entry: Entry) -> None:
        """Take the units and donations among the subjects that an event named."""
        for subject in subjects:
            if subject.startswith("unit:"):
                self.units.setdefault(subject, entry)
            elif subject.startswith("din:"):
                self.dins[subject] = None


def index(
    connection: Connection,
    batches: Sequence[Sequence[Entry]],
    *,
    names: Names,
    tags: Tags,
    register: Mapping[str, str],
    discrepancies: Discrepancies,
) -> Touched:
    """Write the index rows of batches, and the tags that they associated or removed.

    Each batch has its own rows, so that they do not depend on which batches came together.
    """
    tags.load(connection, chain.from_iterable(batches))
    touched = Touched()
    for entries in batches:
        about: About = defaultdict(list)
        touched.about.append(about)
        touched.at_hand[entries[0].log_index] = entries
        if all(isinstance(entry.event, _SEEN) for entry in entries):
            _take_sightings(entries, touched, about, tags=tags, discrepancies=discrepancies)
        else:
            _take_mixed(entries, touched, about, tags=tags, discrepancies=discrepancies)
        if entries[0].stream != SITE_STREAM:
            _check_places(entries, register, discrepancies)
    tags.write(connection)
    _write(connection, batches, touched.about, names)
    return touched


def _write(connection: Connection, batches: Sequence[Sequence[Entry]], about: Sequence[About], names: Names) -> None:
    """Write each subject's events; numbers are given out in the order in which the subjects appeared."""
    numbers = names.number(connection, chain.from_iterable(about))
    numbered = ({numbers[name]: positions for name, positions in each.items()} for each in about)
    event_lists.write(connection, zip(batches, numbered, strict=True))


def _take_sightings(
    entries: Sequence[Entry], touched: Touched, about: About, *, tags: Tags, discrepancies: Discrepancies
) -> None:
    """Take a batch of sightings alone, mostly at one place and by one device; each as `_take_sighting` takes it."""
    place, device = None, None
    at_place: list[int] = []
    by_device: list[int] = []
    sightings = touched.sightings
    for position, entry in enumerate(entries):
        seen = cast("kinds.Seen", entry.event)
        unit = tags.resolve(seen, entry, discrepancies)
        if unit is None:
            about[seen.tag].append(position)
        else:
            about[unit].append(position)
            sightings[unit].append((seen, entry.time_ms))
        if seen.place != place:
            place = seen.place
            at_place = [] if place is None else about[place]
        at_place.append(position)
        if seen.device != device:
            device = seen.device
            by_device = about[device]
        by_device.append(position)


def _take_mixed(
    entries: Sequence[Entry], touched: Touched, about: About, *, tags: Tags, discrepancies: Discrepancies
) -> None:
    """Take a batch of any kinds."""
    for entry in entries:
        match entry.event:
            case (
                kinds.TagArrived()
                | kinds.TagLeft()
                | kinds.UnknownTagSeen()
                | kinds.TagUncertain()
                | kinds.TagMemoryRead() as seen
            ):
                _take_sighting(seen, entry, touched, about, tags=tags, discrepancies=discrepancies)
            case None if entry.listed is not None:
                _take_erased(entry.listed, entry, about)
            case None:
                _take_defect(entry, about, discrepancies)
            case event:
                _take_other(event, entry, touched, about, tags=tags, discrepancies=discrepancies)


def _take_sighting(
    seen: kinds.Seen, entry: Entry, touched: Touched, about: About, *, tags: Tags, discrepancies: Discrepancies
) -> None:
    """Take one of the events that a ledger is full of: it is about the unit that its tag points to, not the tag."""
    unit = tags.resolve(seen, entry, discrepancies)
    if unit is None:
        about[seen.tag].append(entry.position)
    else:
        about[unit].append(entry.position)
        touched.sightings[unit].append((seen, entry.time_ms))
    if seen.place is not None:
        about[seen.place].append(entry.position)
    about[seen.device].append(entry.position)


def _take_other(
    event: AnyEvent, entry: Entry, touched: Touched, about: About, *, tags: Tags, discrepancies: Discrepancies
) -> None:
    found = custody.subjects(event)
    touched.name(found, entry)
    tags.follow(event, entry, discrepancies)
    for subject in found:
        about[subject].append(entry.position)
    if event.request is not None:
        about[request_name(event.request)].append(entry.position)


def _take_erased(listed: Sequence[str], entry: Entry, about: About) -> None:
    """Take an event without bytes: it stays under the things that its `erased` events name."""
    for subject in listed:
        about[subject].append(entry.position)


def _take_defect(entry: Entry, about: About, discrepancies: Discrepancies) -> None:
    for subject in named_by_defect(entry.body):
        about[subject].append(entry.position)
    discrepancies.note(
        "event.defect", f"stream:{entry.stream}", about=str(entry.seq), time_ms=entry.time_ms,
        text=entry.defect or "", at=entry.log_place,
    )  # fmt: skip


def _check_places(entries: Sequence[Entry], register: Mapping[str, str], discrepancies: Discrepancies) -> None:
    """Note every place that nobody has registered, with the first event that named it."""
    for entry in entries:
        event = entry.event
        if event is None or (event.place in register and type(event) not in _BOXES):
            continue
        for place in places_of(event):
            if place not in register:
                note_unknown_place(place, entry, discrepancies)


def note_unknown_place(place: str, entry: Entry, discrepancies: Discrepancies) -> None:
    """Gather that an event names a place that nobody had registered."""
    discrepancies.note(
        "place.unknown", place, about="", time_ms=entry.time_ms,
        text=f"{entry.kind} names it, and nobody has registered it", at=entry.log_place,
    )  # fmt: skip


def request_name(request: str) -> str:
    """Under which name the index has what a request of a program said: that of who asked and their key."""
    return f"request:{request[:_OF_THE_KEY]}"


def places_of(event: AnyEvent) -> tuple[str, ...]:
    """The place and the boxes that the event names."""
    own = () if event.place is None else (event.place,)
    boxes = _BOXES.get(type(event))
    if boxes is None:
        return own
    named: str | Sequence[str] = getattr(event, boxes)
    return (*own, named) if isinstance(named, str) else (*own, *named)


_BOXES = {
    kind: "box" if issubclass(kind, kinds.AboutBox) else "boxes"
    for kind in get_args(AnyEvent)
    if issubclass(kind, kinds.AboutBox | kinds.Consigned)
}
"""The kinds that name boxes, which are places too, and the field that does."""
