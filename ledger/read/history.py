"""What the log holds about a subject: rows back into events, in any order that is asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, Select, select, text

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.errors import FormatError
from ledger.core.events import judge
from ledger.core.ids import parse_instant
from ledger.rules.exposure import Track
from ledger.store import event_lists
from ledger.store.names import Names
from ledger.store.prepared import numbers_in
from ledger.store.tables import batches, bodies, events, streams, subjects, tags

SEGMENT_REACH_MS = 2 * 3600 * 1000
"""The longest time that one temperature segment speaks of (docs/format.md §3): how far back a search has to begin."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored event.

    Attributes:
        id: its surrogate number, in log order.
        log_index: index of its batch.
        position: its position in the batch.
        stream: its stream.
        seq: its number in the stream.
        kind: what it says it is.
        time_ms: when it happened.
        leaf: its leaf hash.
        body: its verbatim bytes; None once erased.
        defect: why it is kept without being understood.
        recorded: the event; None where it has a defect or was erased.
    """

    id: int
    log_index: int
    position: int
    stream: str
    seq: int
    kind: str
    time_ms: int
    leaf: bytes
    body: bytes | None
    defect: str | None
    recorded: Recorded | None


class History:
    """The log's events by subject, on one connection with one snapshot."""

    def __init__(self, connection: Connection, *, demo: bool, below: int | None = None) -> None:
        self._connection = connection
        self._demo = demo
        self._below = below

    def of(self, names: Iterable[str]) -> list[Entry]:
        """Every event about any of the subjects, each once, in log order; temperature segments among them."""
        lists = event_lists.events_of(self._connection, list(self._numbers(names).values()))
        return self._listed({each for ids in lists.values() for each in ids})

    def of_each(self, names: Sequence[str]) -> dict[str, list[Entry]]:
        """For each subject every event about it, in log order; all of them read at once."""
        numbers = self._numbers(names)
        lists = event_lists.events_of(self._connection, list(numbers.values()))
        known = {entry.id: entry for entry in self._listed({each for ids in lists.values() for each in ids})}
        return {
            name: [known[each] for each in lists[numbers[name]] if each in known] if name in numbers else []
            for name in names
        }

    def of_tag(self, tag: str) -> list[Entry]:
        """Every event that names a tag, in log order; where it was seen is listed under the units it pointed to."""
        pointed_to = set(self._connection.execute(select(tags.c.unit).where(tags.c.tag == tag)).scalars())
        of_units = self.of(pointed_to)
        seen = [
            each for each in of_units if each.recorded is not None and getattr(each.recorded.event, "tag", "") == tag
        ]
        found = {entry.id: entry for entry in (*self.of([tag]), *seen)}
        return [found[key] for key in sorted(found)]

    def excursions(self, *, limit: int) -> list[Entry]:
        """The latest excursions and their ends, newest first."""
        # In the words of the partial index, or SQLite does not use it.
        of_kind = text("events.kind IN ('excursion', 'excursion_ended')")
        query = _COLUMNS.where(of_kind).order_by(events.c.id.desc()).limit(limit)
        return list(self._entries(query))

    def segments(self, place: str, *, start_ms: int, end_ms: int) -> list[Entry]:
        """The temperature segments of a place that may speak of [start_ms, end_ms]."""
        number, first_ms = self._numbers([place]).get(place, 0), start_ms - SEGMENT_REACH_MS
        ids = event_lists.telemetry_within(self._connection, number, start_ms=first_ms, end_ms=end_ms)
        query = _COLUMNS.where(
            event_lists.these(events.c.id),
            events.c.kind == "temperature_segment",
            events.c.time_ms.between(first_ms, end_ms),
        )
        return list(self._entries(query.order_by(events.c.id), {"ids": numbers_in(ids)}))

    def of_stream(self, name: str) -> list[Entry]:
        """Every event of one stream, in log order."""
        query = _COLUMNS.where(streams.c.name == name).order_by(events.c.id)
        return list(self._entries(query))

    def of_kinds(self, name: str, wanted: Sequence[str]) -> list[Entry]:
        """The events of one stream that are of these kinds, in log order."""
        joined = _COLUMNS.join(batches, events.c.id.between(batches.c.first_event, _last_event()))
        stream = select(streams.c.id).where(streams.c.name == name).scalar_subquery()
        query = joined.where(batches.c.stream_id == stream, events.c.kind.in_(wanted)).order_by(events.c.id)
        return list(self._entries(query))

    def at(self, log_index: int, position: int) -> Entry:
        """The event at a place of the log, which there must be."""
        first = select(batches.c.first_event).where(batches.c.log_index == log_index).scalar_subquery()
        (found,) = self._entries(_COLUMNS.where(events.c.id == first + position))
        return found

    def bodies(self, log_index: int) -> list[bytes | None]:
        """The bytes of every event of a batch, in order; None once erased."""
        joined = batches.join(events, events.c.id.between(batches.c.first_event, _last_event())).outerjoin(
            bodies, bodies.c.event_id == events.c.id
        )
        query = select(bodies.c.body).select_from(joined).where(batches.c.log_index == log_index).order_by(events.c.id)
        return [None if body is None else bytes(body) for body in self._connection.execute(query).scalars()]

    def leaves(self, log_index: int) -> list[bytes]:
        """The leaf hashes of one batch's events, in order."""
        joined = batches.join(events, events.c.id.between(batches.c.first_event, _last_event()))
        query = select(events.c.leaf).select_from(joined).where(batches.c.log_index == log_index).order_by(events.c.id)
        return [bytes(row.leaf) for row in self._connection.execute(query)]

    def _numbers(self, names: Iterable[str]) -> dict[str, int]:
        return Names(subjects).find(self._connection, names)

    def _listed(self, ids: Iterable[int]) -> list[Entry]:
        query = _COLUMNS.where(event_lists.these(events.c.id)).order_by(events.c.id)
        return list(self._entries(query, {"ids": numbers_in(ids)}))

    def _entries(self, query: Select[tuple[object, ...]], values: Mapping[str, str] | None = None) -> Iterator[Entry]:
        known = query if self._below is None else query.where(events.c.log_index < self._below)
        for row in self._connection.execute(known, values):
            yield self._entry(row)

    def _entry(self, row: Row[tuple[object, ...]]) -> Entry:
        recorded = None
        if row.defect is None and row.body is not None:
            judged = judge(row.body, stream=row.name, seq=row.seq)
            event = getattr(judged, "event", None)
            if event is None:
                raise FormatError(f"event {row.name} {row.seq} is not what was stored; run: xuemai fsck")
            recorded = Recorded(event, row.log_index, row.position, trusted=self._trusted(event.clock))
        return Entry(
            id=row.id,
            log_index=row.log_index,
            position=row.position,
            stream=row.name,
            seq=row.seq,
            kind=row.kind,
            time_ms=row.time_ms,
            leaf=row.leaf,
            body=row.body,
            defect=row.defect,
            recorded=recorded,
        )

    def _trusted(self, clock: str) -> bool:
        return clock == "synchronised" or (clock == "simulated" and self._demo)


def recorded(entries: Iterable[Entry]) -> list[Recorded]:
    """The understood events among the entries."""
    return [entry.recorded for entry in entries if entry.recorded is not None]


def track(event: kinds.TemperatureSegment) -> Track:
    """A temperature segment as the exposure rule takes it."""
    start = parse_instant(event.time)
    return Track(
        probe=event.probe,
        start_ms=start,
        end_ms=parse_instant(event.until),
        samples=tuple((start + offset, centi) for offset, centi in event.readings),
        quality=event.quality,
        reason=event.reason,
        gaps=tuple((start + gap.start_ms, start + gap.end_ms, gap.reason) for gap in event.gaps),
        measures=event.measures,
        calibration_until_ms=parse_instant(event.calibration_until) if event.calibration_until else None,
    )


def _columns() -> Select[tuple[object, ...]]:
    wanted = (
        events.c.id,
        events.c.log_index,
        events.c.position,
        events.c.seq,
        events.c.kind,
        events.c.time_ms,
        events.c.leaf,
        events.c.defect,
        streams.c.name,
        bodies.c.body,
    )
    joined = events.join(streams, streams.c.id == events.c.stream_id).outerjoin(
        bodies, bodies.c.event_id == events.c.id
    )
    return select(*wanted).select_from(joined)


def _last_event() -> ColumnElement[int]:
    """The id of a batch's last event: ids are gapless, and the events have no index by batch."""
    return batches.c.first_event + batches.c.count - 1


_COLUMNS = _columns()
