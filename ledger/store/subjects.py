"""The subject index: which events are about what, tags resolved to units as of their place in the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.core.errors import FormatError
from ledger.core.events import SITE_STREAM
from ledger.core.ids import parse_id
from ledger.core.kinds import AnyEvent
from ledger.store import tables as t
from ledger.store.discrepancies import Discrepancies
from ledger.store.entries import Entry
from ledger.store.names import Names

Seen = kinds.TagArrived | kinds.TagLeft | kinds.UnknownTagSeen
_MAX_SUBJECTS_OF_DEFECT = 100
_PER_QUERY = 500


@dataclass(slots=True)
class Touched:
    """What a batch means for units.

    Attributes:
        units: units that an event named.
        dins: donations that an event named; it concerns all their units.
        sightings: for units whose tags were seen, the sightings in log order.
    """

    units: dict[str, Entry] = field(default_factory=dict)
    dins: dict[str, None] = field(default_factory=dict)
    sightings: dict[str, list[Recorded]] = field(default_factory=dict)


def index(
    connection: Connection,
    entries: Sequence[Entry],
    *,
    names: Names,
    register: Mapping[str, str],
    discrepancies: Discrepancies,
) -> Touched:
    """Write the index rows of one batch, and the tags that it associated or removed."""
    tags = _Tags(connection, entries, discrepancies)
    touched = Touched()
    subjects: list[tuple[str, Entry]] = []
    for entry in entries:
        event = entry.event
        if event is None:
            subjects.extend((subject, entry) for subject in _subjects_of_defect(entry.body))
            discrepancies.note(
                "event.defect", f"stream:{entry.stream}", about=str(entry.seq), time_ms=entry.time_ms,
                text=entry.defect or "", at=entry.log_place,
            )  # fmt: skip
            continue
        found = custody.subjects(event)
        subjects.extend((subject, entry) for subject in found)
        for subject in found:
            if subject.startswith("unit:"):
                touched.units.setdefault(subject, entry)
            elif subject.startswith("din:"):
                touched.dins[subject] = None
        unit = tags.follow(event, entry)
        if unit is not None:
            subjects.append((unit, entry))
            touched.sightings.setdefault(unit, []).append(_recorded(entry))
        _check_places(event, entry, register, discrepancies)
    tags.write()
    numbers = names.number(connection, (subject for subject, _ in subjects))
    rows = {(numbers[subject], entry.time_ms, entry.event_id) for subject, entry in subjects}
    if rows:
        connection.execute(
            insert(t.subject_events),
            [{"subject_id": number, "time_ms": at, "event_id": event_id} for number, at, event_id in sorted(rows)],
        )
    return touched


class _Tags:
    """The tags that a batch speaks of, and where they point as it goes on."""

    def __init__(self, connection: Connection, entries: Sequence[Entry], discrepancies: Discrepancies) -> None:
        self._connection = connection
        self._discrepancies = discrepancies
        self._open: dict[str, dict[str, object]] = {}
        self._new: list[dict[str, object]] = []
        self._closed: list[dict[str, object]] = []
        spoken = {getattr(entry.event, "tag", None): None for entry in entries} if entries else {}
        wanted = [tag for tag in spoken if tag is not None]
        for start in range(0, len(wanted), _PER_QUERY):
            rows = connection.execute(
                select(t.tags).where(
                    t.tags.c.tag.in_(wanted[start : start + _PER_QUERY]), t.tags.c.until_index.is_(None)
                )
            )
            self._open.update((row.tag, dict(row._mapping)) for row in rows)  # noqa: SLF001  SQLAlchemy's public name

    def follow(self, event: AnyEvent, entry: Entry) -> str | None:
        """Take one event; answer the unit that a seen tag points to."""
        match event:
            case kinds.TagAssociated():
                self._associate(event, entry)
            case kinds.TagRemoved():
                self._remove(event, entry)
            case kinds.TagArrived() | kinds.TagLeft() | kinds.UnknownTagSeen():
                return self._resolve(event, entry)
            case _:
                pass
        return None

    def write(self) -> None:
        """Write what changed."""
        if self._closed:
            change = (
                update(t.tags)
                .where(
                    t.tags.c.tag == bindparam("of_tag"),
                    t.tags.c.since_index == bindparam("of_index"),
                    t.tags.c.since_position == bindparam("of_position"),
                )
                .values(until_index=bindparam("to_index"), until_position=bindparam("to_position"))
            )
            self._connection.execute(change, self._closed)
        if self._new:
            self._connection.execute(insert(t.tags), self._new)

    def _associate(self, event: kinds.TagAssociated, entry: Entry) -> None:
        before = self._open.get(event.tag)
        if before is not None and before["unit"] == event.unit:
            return
        if before is not None:
            self._close(event.tag, entry)
            self._discrepancies.note(
                "tag.reassociated", event.tag, about=f"{entry.log_index}.{entry.position}", time_ms=entry.time_ms,
                text=f"pointed to {before['unit']} and was not removed; now points to {event.unit}",
                at=entry.log_place,
            )  # fmt: skip
        row: dict[str, object] = {
            "tag": event.tag, "since_index": entry.log_index, "since_position": entry.position, "unit": event.unit,
            "until_index": None, "until_position": None,
        }  # fmt: skip
        self._open[event.tag] = row
        self._new.append(row)

    def _remove(self, event: kinds.TagRemoved, entry: Entry) -> None:
        before = self._open.get(event.tag)
        if before is not None and before["unit"] == event.unit:
            self._close(event.tag, entry)

    def _close(self, tag: str, entry: Entry) -> None:
        row = self._open.pop(tag)
        if row in self._new:
            row["until_index"], row["until_position"] = entry.log_place
            return
        self._closed.append(
            {
                "of_tag": tag, "of_index": row["since_index"], "of_position": row["since_position"],
                "to_index": entry.log_index, "to_position": entry.position,
            }
        )  # fmt: skip

    def _resolve(self, event: Seen, entry: Entry) -> str | None:
        row = self._open.get(event.tag)
        if row is not None:
            return str(row["unit"])
        self._discrepancies.note(
            "tag.unknown", event.tag, about=event.place or "", time_ms=entry.time_ms,
            text=f"seen at {event.place or 'an unnamed place'} and associated with no unit", at=entry.log_place,
        )  # fmt: skip
        return None


def _recorded(entry: Entry) -> Recorded:
    recorded = entry.recorded()
    if recorded is None:
        raise AssertionError("only understood events are followed")
    return recorded


def _check_places(event: AnyEvent, entry: Entry, register: Mapping[str, str], discrepancies: Discrepancies) -> None:
    if entry.stream == SITE_STREAM:
        return
    for place in {event.place, getattr(event, "box", None), *(getattr(event, "boxes", None) or ())}:
        if place is not None and place not in register:
            discrepancies.note(
                "place.unknown", place, about="", time_ms=entry.time_ms,
                text=f"{entry.kind} names it, and nobody has registered it", at=entry.log_place,
            )  # fmt: skip


def _subjects_of_defect(body: bytes) -> list[str]:
    """Every identifier among the values of an event that is not understood, so that it shows where it may belong."""
    found: dict[str, None] = {}
    value = msgspec.json.decode(body)
    for each in value.values() if isinstance(value, dict) else ():
        for text in each if isinstance(each, list) else (each,):
            if isinstance(text, str) and _is_identifier(text):
                found[text] = None
    return list(found)[:_MAX_SUBJECTS_OF_DEFECT]


def _is_identifier(text: str) -> bool:
    try:
        parse_id(text)
    except FormatError:
        return False
    return True
