"""The subject index: which events are about what, tags resolved to units as of their place in the log."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ledger.core import custody, kinds
from ledger.core.concern import named_by_defect
from ledger.core.custody import Recorded
from ledger.core.events import SITE_STREAM
from ledger.core.kinds import AnyEvent
from ledger.store import event_lists
from ledger.store.discrepancies import Discrepancies
from ledger.store.entries import Entry
from ledger.store.names import Names
from ledger.store.tags import Tags


@dataclass(slots=True)
class Touched:
    """What a batch means for units.

    Attributes:
        units: units that an event named.
        dins: donations that an event named; it concerns all their units.
        sightings: for units whose tags were seen, the sightings in log order.
        about: for every subject, the events about it in log order.
    """

    units: dict[str, Entry] = field(default_factory=dict)
    dins: dict[str, None] = field(default_factory=dict)
    sightings: dict[str, list[Recorded]] = field(default_factory=dict)
    about: dict[str, list[Entry]] = field(default_factory=dict)

    def name(self, subjects: Iterable[str], entry: Entry) -> None:
        """Take the units and donations among the subjects that an event named."""
        for subject in subjects:
            if subject.startswith("unit:"):
                self.units.setdefault(subject, entry)
            elif subject.startswith("din:"):
                self.dins[subject] = None


def index(
    connection: Connection,
    entries: Sequence[Entry],
    *,
    names: Names,
    tags: Tags,
    register: Mapping[str, str],
    discrepancies: Discrepancies,
) -> Touched:
    """Write the index rows of one batch, and the tags that it associated or removed."""
    tags.load(connection, entries)
    touched = Touched()
    about = touched.about
    for entry in entries:
        event = entry.event
        if event is None:
            _take_defect(entry, about, discrepancies)
            continue
        found = custody.subjects(event)
        touched.name(found, entry)
        unit = tags.follow(event, entry, discrepancies)
        for subject in found if unit is None else _resolved(event, found, unit):
            about.setdefault(subject, []).append(entry)
        if unit is not None:
            touched.sightings.setdefault(unit, []).append(_recorded(entry))
        if entry.stream != SITE_STREAM:
            _check_places(event, entry, register, discrepancies)
    tags.write(connection)
    _write(connection, about, names)
    return touched


def _write(connection: Connection, about: Mapping[str, Sequence[Entry]], names: Names) -> None:
    """Write each subject's events; numbers are given out in the order in which the subjects appeared."""
    numbers = names.number(connection, about)
    event_lists.write(connection, {numbers[subject]: entries for subject, entries in about.items()})


def _resolved(event: AnyEvent, subjects: Iterable[str], unit: str) -> list[str]:
    """What a sighting is about once its tag points to a unit: the unit instead of the tag."""
    tag = getattr(event, "tag", None)
    return [*(subject for subject in subjects if subject not in {tag, unit}), unit]


def _take_defect(entry: Entry, about: dict[str, list[Entry]], discrepancies: Discrepancies) -> None:
    for subject in named_by_defect(entry.body):
        about.setdefault(subject, []).append(entry)
    discrepancies.note(
        "event.defect", f"stream:{entry.stream}", about=str(entry.seq), time_ms=entry.time_ms,
        text=entry.defect or "", at=entry.log_place,
    )  # fmt: skip


def _recorded(entry: Entry) -> Recorded:
    recorded = entry.recorded()
    if recorded is None:
        raise AssertionError("only understood events are followed")
    return recorded


def _check_places(event: AnyEvent, entry: Entry, register: Mapping[str, str], discrepancies: Discrepancies) -> None:
    for place in _places_of(event):
        if place not in register:
            discrepancies.note(
                "place.unknown", place, about="", time_ms=entry.time_ms,
                text=f"{entry.kind} names it, and nobody has registered it", at=entry.log_place,
            )  # fmt: skip


def _places_of(event: AnyEvent) -> tuple[str, ...]:
    """The place and the boxes that the event names."""
    own = () if event.place is None else (event.place,)
    if isinstance(event, kinds.AboutBox):
        return (*own, event.box)
    if isinstance(event, kinds.Consigned):
        return (*own, *event.boxes)
    return own
