"""What batches hold, a few events a row: their verbatim bytes one behind the other, and what tells them apart.

An event's id is its log place in one number (`event_id`), so that whoever has the id knows the row. One event is cut
out of its row's bytes; what would only repeat the batch (stream, seq, a time that the bytes say) is nowhere else.
"""

import struct
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, groupby, pairwise
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, bindparam, literal_column, select

from ledger.core.batch import MAX_EVENTS, Contents
from ledger.core.custody import Recorded
from ledger.core.events import ERASED_DEFECT, ERASED_KIND, said_kind
from ledger.core.ids import parse_instant
from ledger.core.kinds import AnyEvent
from ledger.core.merkle import HASH_BYTES
from ledger.store import tables as t
from ledger.store.entries import Entry
from ledger.store.prepared import Prepared, Value, insertion, numbers_in, numbers_within
from ledger.store.tables import EVENTS_A_ROW

BATCHES_AT_ONCE = 32
"""So many are in memory at once; one may be a megabyte."""
ROWS_AT_ONCE = 64
"""So many rows of single events are in memory at once; one may be half a megabyte."""

Row: TypeAlias = Sequence[Any]
"""A row of `contents`, its columns in the table's order; what follows them is not looked at."""

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


class StoredEvent(Struct, frozen=True):
    """One event as it is stored.

    Attributes:
        event_id: its id.
        log_index: its batch.
        position: its place in the batch, from 0.
        stream: its stream.
        seq: its number there.
        kind: the kind that it says it is; `erased-body` once its bytes were erased.
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
    kind: str
    leaf: bytes
    body: bytes | None
    defect: str | None
    sealed_ms: int

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
            said_kind(body) if body else ERASED_KIND,
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


def event_id(log_index: int, position: int) -> int:
    """The id of the event at a log place; ids follow each other as the events do."""
    return log_index * MAX_EVENTS + position


def log_place(event_id: int) -> tuple[int, int]:
    """(log index, position) of an event."""
    return divmod(event_id, MAX_EVENTS)


def ids_of(log_index: int) -> tuple[int, int]:
    """Between which ids, the second excluded, a batch's events have theirs."""
    return event_id(log_index, 0), event_id(log_index + 1, 0)


def row_key(event_id: int) -> int:
    """Which row of `contents` an event stands in: the id of that row's first."""
    return event_id - event_id % EVENTS_A_ROW


def rows_of(log_index: int, sealed_ms: int, contents: Contents) -> list[tuple[Value, ...]]:
    """The rows of a batch with these events, which `write` takes."""
    return _rows(log_index, sealed_ms, [judged.body for judged in contents.events], contents.leaves)


def are_rows_of(
    rows: Sequence[Row], log_index: int, sealed_ms: int, bodies: Sequence[bytes], leaves: Sequence[bytes]
) -> bool:
    """Whether rows are those of a batch with these events and no more."""
    return [tuple(row) for row in rows] == _rows(log_index, sealed_ms, bodies, leaves)


def rows_in(connection: Connection, log_index: int) -> list[Row]:
    """The rows of a batch as they are stored, in order; none where it is not there. `leaves_in`, `bodies_in`."""
    return list(_OF_BATCH.rows(connection, *ids_of(log_index)))


def leaves_in(rows: Iterable[Row]) -> list[bytes]:
    """The leaf hashes in a batch's rows."""
    return hashes_in(b"".join(row[2] for row in rows))


def bodies_in(rows: Iterable[Row]) -> list[bytes]:
    """The events' bytes in a batch's rows; empty once they were erased.

    Raises:
        ValueError: sizes that nobody would have written.
    """
    return [
        bodies[start:end]
        for _, _, _, sizes, bodies, *_ in rows
        for start, end in pairwise(accumulate(_unpacked(sizes), initial=0))
    ]


def hashes_in(leaves: bytes) -> list[bytes]:
    """The leaf hashes that stand one behind the other."""
    return [leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)]


def without(sizes: bytes, bodies: bytes, at: int) -> dict[str, Value]:
    """The columns of a row that change when the bytes of one of its events go; its leaf hash stays.

    Args:
        sizes: how many bytes each has, as stored.
        bodies: their bytes, as stored.
        at: which of the row's events, from 0.
    """
    left = list(_unpacked(sizes))
    end = sum(left[: at + 1])
    start, left[at] = end - left[at], 0
    return {"sizes": _packed(left), "bodies": bodies[:start] + bodies[end:]}


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


def _rows(log_index: int, sealed_ms: int, bodies: Sequence[bytes], leaves: Sequence[bytes]) -> list[tuple[Value, ...]]:
    first = event_id(log_index, 0)
    rows: list[tuple[Value, ...]] = []
    for at in range(0, len(bodies), EVENTS_A_ROW):
        some = bodies[at : at + EVENTS_A_ROW]
        hashes = b"".join(leaves[at : at + EVENTS_A_ROW])
        rows.append((first + at, sealed_ms, hashes, _packed(list(map(len, some))), b"".join(some)))
    return rows


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
    sizes, batch = _unpacked(packed), _told(connection, row, [], [], within)
    for each in ids:
        at = each - first
        if at < len(sizes):
            start, hashed = sum(sizes[:at]), at * HASH_BYTES
            leaf, body = leaves[hashed : hashed + HASH_BYTES], bodies[start : start + sizes[at]]
            yield batch.event(log_place(each)[1], leaf, body)


def _told(
    connection: Connection, row: Row, leaves: list[bytes], bodies: list[bytes], defects_within: tuple[int, int] | None
) -> StoredBatch:
    """A batch of which this is a row: the events that were cut out, and the defects between two ids, if there are."""
    first, sealed_ms, *_, stream, first_seq, _ = row
    told = dict(_DEFECTS.rows(connection, *defects_within)) if defects_within else {}
    return StoredBatch(log_place(first)[0], sealed_ms, leaves, bodies, stream, first_seq, told)


def _packed(sizes: Sequence[int]) -> bytes:
    return struct.pack(f">{len(sizes)}H", *sizes)


def _unpacked(sizes: bytes) -> tuple[int, ...]:
    if len(sizes) % 2:
        raise ValueError(f"expected two bytes a size; got {len(sizes)} bytes")
    return struct.unpack(f">{len(sizes) // 2}H", sizes)
