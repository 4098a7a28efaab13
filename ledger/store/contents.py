"""What batches hold, read from and written to `contents`, whose rows `packing` makes.

One event is cut out of its row's bytes; what would only repeat the batch (stream, seq, a time that the bytes say) is
nowhere else.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, groupby
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, bindparam, literal_column, select

from ledger.core.batch import MAX_EVENTS
from ledger.core.custody import Recorded
from ledger.core.events import ERASED_DEFECT, ERASED_KIND, said_kind
from ledger.core.ids import parse_instant
from ledger.core.kinds import AnyEvent
from ledger.core.merkle import HASH_BYTES
from ledger.store import tables as t
from ledger.store.entries import Entry
from ledger.store.packing import (
    EVENTS_A_ROW,
    Row,
    bodies_in,
    event_id,
    hashes_in,
    ids_of,
    leaves_in,
    log_place,
    row_key,
    sizes_in,
)
from ledger.store.prepared import Prepared, Value, insertion, numbers_in, numbers_within

BATCHES_AT_ONCE = 32
"""So many are in memory at once; one may be a megabyte."""
ROWS_AT_ONCE = 64
"""So many rows of single events are in memory at once; one may be half a megabyte."""

_A_BATCH = literal_column(str(MAX_EVENTS), type_=BigInteger())
_A_ROW = literal_column(str(EVENTS_A_ROW), type_=BigInteger())
_HAS_DEFECTS = (
    select(t.defects.c.event_id)
    .where(t.defects.c.event_id >= t.contents.c.event_id, t.defects.c.event_id < t.contents.c.event_id + _A_ROW)
    .exists()
)
_TOLD = (t.contents, t.streams.c.name, t.batches.c.first_seq, _HAS_DEFECTS)
_FIRST_ID = t.batches.c.log_index * _A_BATCH
_IN_ORDER = (t.batches.c.log_index, t.contents.c.event_id)


def _of_batches(*which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The rows of some batches, in log order."""
    theirs = (t.contents.c.event_id >= _FIRST_ID) & (t.contents.c.event_id < _FIRST_ID + _A_BATCH)
    rows = select(*_TOLD).join_from(t.batches, t.contents, theirs)
    return rows.join(t.streams, t.streams.c.id == t.batches.c.stream_id).where(*which).order_by(*_IN_ORDER)


_SOME = Prepared(_of_batches(numbers_within(t.batches.c.log_index, "batches")), "batches")
_BETWEEN = Prepared(
    _of_batches(t.batches.c.log_index >= bindparam("first"), t.batches.c.log_index < bindparam("end")),
    *("first", "end"),
)
_ROWS = Prepared(
    select(*_TOLD)
    .join_from(t.contents, t.batches, t.batches.c.log_index == t.contents.c.event_id // _A_BATCH)
    .join(t.streams, t.streams.c.id == t.batches.c.stream_id)
    .where(numbers_within(t.contents.c.event_id, "rows")),
    "rows",
)
_OF_BATCH = Prepared(
    select(t.contents)
    .where(t.contents.c.event_id >= bindparam("first"), t.contents.c.event_id < bindparam("end"))
    .order_by(t.contents.c.event_id),
    *("first", "end"),
)
_LEAVES = Prepared(
    select(t.contents.c.leaves)
    .where(t.contents.c.event_id >= bindparam("first"), t.contents.c.event_id < bindparam("end"))
    .order_by(t.contents.c.event_id),
    *("first", "end"),
)
_OF_STREAM = Prepared(
    select(t.batches.c.log_index)
    .join_from(t.streams, t.batches, t.batches.c.stream_id == t.streams.c.id)
    .where(t.streams.c.name == bindparam("stream"))
    .order_by(t.batches.c.log_index),
    "stream",
)
_DEFECTS = Prepared(
    select(t.defects.c.event_id, t.defects.c.defect).where(
        t.defects.c.event_id >= bindparam("first"), t.defects.c.event_id < bindparam("end")
    ),
    *("first", "end"),
)
_INSERT, _INSERT_DEFECTS = insertion(t.contents), insertion(t.defects)
_event = msgspec.json.Decoder(AnyEvent).decode


class StoredEvent(Struct, frozen=True, gc=False):
    """One event as it is stored.

    Attributes:
        event_id: its id.
        log_index: its batch.
        position: its place in the batch, from 0.
        stream: its stream.
        seq: its number there.
        leaf: its leaf hash.
        body: its verbatim bytes; None once they were erased.
        defect: why it is kept without being understood.
        sealed_ms: when its batch was sealed, which stands for a time that cannot be read.
    """

    event_id: int
    log_index: int
    position: int
    stream: str
    seq: int
    leaf: bytes
    body: bytes | None
    defect: str | None
    sealed_ms: int

    @property
    def kind(self) -> str:
        """The kind that it says it is; `erased-body` once its bytes were erased."""
        return ERASED_KIND if self.body is None else said_kind(self.body)

    def understood(self) -> AnyEvent | None:
        """The event; None if there is a defect."""
        if self.defect is not None or self.body is None:
            return None
        event: AnyEvent = _event(self.body)
        return event

    def recorded(self) -> Recorded | None:
        """The event with its place in the log; None if there is a defect.

        A `simulated` clock is trusted: where it must not be, the event has a defect and is in no history.
        """
        event = self.understood()
        if event is None:
            return None
        return Recorded(event, self.log_index, self.position, trusted=event.clock != "unsynchronised")


class StoredBatch(Struct, frozen=True):
    """What a batch holds.

    Attributes:
        log_index: the batch.
        sealed_ms: when it was sealed.
        leaves: its events' leaf hashes.
        bodies: its events' bytes; empty once they were erased.
        stream: its stream.
        first_seq: its first event's number there.
        defects: why events are kept without being understood, by id.
    """

    log_index: int
    sealed_ms: int
    leaves: list[bytes]
    bodies: list[bytes]
    stream: str
    first_seq: int
    defects: Mapping[int, str]

    def events(self) -> Iterator[StoredEvent]:
        """Every event."""
        return self.at(range(len(self.bodies)))

    def of_kinds(self, kinds: Container[str]) -> Iterator[StoredEvent]:
        """The events that say that they are of one of these kinds."""
        return self.at(at for at, body in enumerate(self.bodies) if body and said_kind(body) in kinds)

    def at(self, positions: Iterable[int]) -> Iterator[StoredEvent]:
        """The events at these positions."""
        return (self.event(position, self.leaves[position], self.bodies[position]) for position in positions)

    def event(self, position: int, leaf: bytes, body: bytes) -> StoredEvent:
        """The event at a position, of its leaf hash and its bytes."""
        number = event_id(self.log_index, position)
        return StoredEvent(
            number,
            self.log_index,
            position,
            self.stream,
            self.first_seq + position,
            leaf,
            body or None,
            self.defects.get(number) if body else ERASED_DEFECT,
            self.sealed_ms,
        )


def as_entry(stored: StoredEvent) -> Entry:
    """A stored event as it came; without bytes, where they were erased."""
    event = stored.understood()
    return Entry(
        stored.event_id, stored.body or b"", stored.leaf, stored.kind,
        stored.sealed_ms if event is None else parse_instant(event.time), event, stored.defect,
        stored.stream, stored.seq, stored.log_index, stored.position,
    )  # fmt: skip


def rows_in(connection: Connection, log_index: int) -> list[Row]:
    """The rows of a batch as they are stored, in order; none where it is not there. `packing` reads them."""
    return list(_OF_BATCH.rows(connection, *ids_of(log_index)))


def leaves_of(connection: Connection, log_index: int) -> list[bytes]:
    """The leaf hashes of a batch's events, in order; none where it is not there. No event's bytes are read."""
    return hashes_in(b"".join(row[0] for row in _LEAVES.rows(connection, *ids_of(log_index))))


def write(connection: Connection, rows: Sequence[tuple[Value, ...]], defects: Sequence[tuple[int, str]]) -> None:
    """Write the rows of batches, and (event id, defect) of what nobody understands."""
    _INSERT.run_many(connection, rows)
    _INSERT_DEFECTS.run_many(connection, defects)


def batches_between(connection: Connection, first: int, end: int) -> Iterator[StoredBatch]:
    """What the batches from one log index up to another hold, as far as there are any, in log order."""
    for start in range(first, end, BATCHES_AT_ONCE):
        yield from _read(connection, _BETWEEN, start, min(start + BATCHES_AT_ONCE, end))


def batches_of(connection: Connection, stream: str) -> Iterator[StoredBatch]:
    """What the batches of a stream hold, in log order."""
    for some in _at_once([row[0] for row in _OF_STREAM.rows(connection, stream)], BATCHES_AT_ONCE):
        yield from _read(connection, _SOME, numbers_in(some))


def events_with(connection: Connection, ids: Iterable[int]) -> Iterator[StoredEvent]:
    """The events with these ids, as far as there are any, in log order."""
    wanted = {key: list(some) for key, some in groupby(sorted(set(ids)), key=row_key)}
    for keys in _at_once(list(wanted), ROWS_AT_ONCE):
        rows = {row[0]: row for row in _ROWS.rows(connection, numbers_in(keys))}
        for key in keys:
            if key in rows:
                yield from _cut_out(connection, rows[key], wanted[key])


def event_with(connection: Connection, event_id: int) -> StoredEvent | None:
    """The event with this id; None if there is none."""
    return next(events_with(connection, (event_id,)), None)


def _at_once(numbers: Sequence[int], count: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), count):
        yield numbers[start : start + count]


def _read(connection: Connection, query: Prepared, *values: Value) -> Iterator[StoredBatch]:
    for log_index, group in groupby(query.rows(connection, *values), key=lambda row: log_place(row[0])[0]):
        rows = list(group)
        defects = any(row[-1] for row in rows)
        yield _told(connection, rows[0], leaves_in(rows), bodies_in(rows), ids_of(log_index) if defects else None)


def _cut_out(connection: Connection, row: Row, ids: Iterable[int]) -> Iterator[StoredEvent]:
    """A few events of a row; its other events' bytes are not touched."""
    first, _, leaves, packed, bodies, *_, has_defects = row
    within = (first, first + EVENTS_A_ROW) if has_defects else None
    ends, batch = list(accumulate(sizes_in(packed), initial=0)), _told(connection, row, [], [], within)
    _, position = log_place(first)
    for each in ids:
        at = each - first
        if at + 1 < len(ends):
            leaf, body = leaves[at * HASH_BYTES : (at + 1) * HASH_BYTES], bodies[ends[at] : ends[at + 1]]
            yield batch.event(position + at, leaf, body)


def _told(
    connection: Connection, row: Row, leaves: list[bytes], bodies: list[bytes], defects_within: tuple[int, int] | None
) -> StoredBatch:
    """A batch of which this is a row: the events that were cut out, and the defects between two ids, if there are."""
    first, sealed_ms, *_, stream, first_seq, _ = row
    told = dict(_DEFECTS.rows(connection, *defects_within)) if defects_within else {}
    return StoredBatch(log_place(first)[0], sealed_ms, leaves, bodies, stream, first_seq, told)
