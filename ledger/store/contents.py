"""What batches hold, a row a batch: the events' verbatim bytes one behind the other, and what tells them apart.

An event's id is its log place in one number (`event_id`), so that whoever has the id knows the row. One event is cut
out of its batch's bytes; what would only repeat the batch (stream, seq, a time that the bytes say) is nowhere else.
"""

import struct
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, groupby, pairwise
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, Connection, bindparam, literal_column, select

from ledger.core.batch import MAX_EVENTS, Contents
from ledger.core.custody import Recorded
from ledger.core.events import ERASED_DEFECT, ERASED_KIND, said_kind
from ledger.core.ids import parse_instant
from ledger.core.kinds import AnyEvent
from ledger.core.merkle import HASH_BYTES
from ledger.store import tables as t
from ledger.store.entries import Entry
from ledger.store.prepared import Prepared, Value, insertion, numbers_in, numbers_within

_A_BATCH = literal_column(str(MAX_EVENTS), type_=BigInteger())
BATCHES_AT_ONCE = 32
"""So many rows are in memory at once; one may be a megabyte."""

_HAS_DEFECTS = (
    select(t.defects.c.event_id)
    .where(
        t.defects.c.event_id >= t.contents.c.log_index * _A_BATCH,
        t.defects.c.event_id < t.contents.c.log_index * _A_BATCH + _A_BATCH,
    )
    .exists()
)
_COLUMNS = (
    select(t.contents, t.streams.c.name, t.batches.c.first_seq, _HAS_DEFECTS)
    .join_from(t.contents, t.batches, t.batches.c.log_index == t.contents.c.log_index)
    .join(t.streams, t.streams.c.id == t.batches.c.stream_id)
)
_SOME = Prepared(
    _COLUMNS.where(numbers_within(t.contents.c.log_index, "batches")).order_by(t.contents.c.log_index), "batches"
)
_BETWEEN = Prepared(
    _COLUMNS.where(t.contents.c.log_index >= bindparam("first"), t.contents.c.log_index < bindparam("end")).order_by(
        t.contents.c.log_index
    ),
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


def hashes_in(leaves: bytes) -> list[bytes]:
    """The leaf hashes that stand one behind the other."""
    return [leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)]


def bodies_in(sizes: bytes, bodies: bytes) -> list[bytes]:
    """The events' bytes that stand one behind the other; empty once they were erased.

    Raises:
        ValueError: sizes that nobody would have written.
    """
    ends = accumulate(_unpacked(sizes), initial=0)
    return [bodies[start:end] for start, end in pairwise(ends)]


def row_of(log_index: int, sealed_ms: int, contents: Contents) -> tuple[Value, ...]:
    """The row of a batch with these events, which `write` takes."""
    bodies = [judged.body for judged in contents.events]
    return log_index, sealed_ms, b"".join(contents.leaves), _packed([len(body) for body in bodies]), b"".join(bodies)


def is_row_of(
    row: Sequence[Value], log_index: int, sealed_ms: int, bodies: Sequence[bytes], leaves: Sequence[bytes]
) -> bool:
    """Whether a row is that of a batch with these events, whose bytes `bodies_in` took out of it."""
    found_index, found_ms, found_leaves, found_sizes, found_bodies = row
    lengths = [len(body) for body in bodies]
    return (
        (found_index, found_ms) == (log_index, sealed_ms)
        and found_leaves == b"".join(leaves)
        and found_sizes == _packed(lengths)
        and isinstance(found_bodies, bytes)
        and len(found_bodies) == sum(lengths)
    )


def without(sizes: bytes, bodies: bytes, position: int) -> dict[str, Value]:
    """The columns of a batch's row that change when the bytes of one of its events go; its leaf hash stays."""
    left = list(_unpacked(sizes))
    end = sum(left[: position + 1])
    start, left[position] = end - left[position], 0
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
    yield from _batches(connection, list(_OF_STREAM.run(connection, stream).scalars()))


def events_with(connection: Connection, ids: Iterable[int]) -> Iterator[StoredEvent]:
    """The events with these ids, as far as there are any, in log order."""
    wanted = {
        log_index: [position for _, position in places]
        for log_index, places in groupby(map(log_place, sorted(set(ids))), key=lambda place: place[0])
    }
    for some in _at_once(wanted):
        for row in _SOME.run(connection, some):
            yield from _cut_out(connection, row, wanted[row[0]])


def event_with(connection: Connection, event_id: int) -> StoredEvent | None:
    """The event with this id; None if there is none."""
    return next(events_with(connection, (event_id,)), None)


def _batches(connection: Connection, indices: Collection[int]) -> Iterator[StoredBatch]:
    for some in _at_once(indices):
        yield from _read(connection, _SOME, some)


def _at_once(indices: Collection[int]) -> Iterator[str]:
    ascending = list(indices)
    for start in range(0, len(ascending), BATCHES_AT_ONCE):
        yield numbers_in(ascending[start : start + BATCHES_AT_ONCE])


def _read(connection: Connection, query: Prepared, *values: Value) -> Iterator[StoredBatch]:
    for row in query.run(connection, *values):
        _, _, leaves, sizes, bodies, *_ = row
        yield _told(connection, row, hashes_in(leaves), bodies_in(sizes, bodies))


def _cut_out(connection: Connection, row: Sequence[Any], positions: Iterable[int]) -> Iterator[StoredEvent]:
    """A few events of a batch; its other events' bytes are not touched."""
    _, _, leaves, packed, bodies, *_ = row
    sizes, batch = _unpacked(packed), _told(connection, row, [], [])
    for position in positions:
        if position < len(sizes):
            start, hashed = sum(sizes[:position]), position * HASH_BYTES
            leaf, body = leaves[hashed : hashed + HASH_BYTES], bodies[start : start + sizes[position]]
            yield batch.event(position, leaf, body)


def _told(connection: Connection, row: Sequence[Any], leaves: list[bytes], bodies: list[bytes]) -> StoredBatch:
    """A row as a batch, of its events what was cut out of it."""
    log_index, sealed_ms, _, _, _, stream, first_seq, has_defects = row
    told = _DEFECTS.run(connection, *ids_of(log_index)) if has_defects else ()
    defects = {number: defect for number, defect in told}  # noqa: C416  rows, which are no tuples to the type checker
    return StoredBatch(log_index, sealed_ms, leaves, bodies, stream, first_seq, defects)


def _packed(sizes: Sequence[int]) -> bytes:
    return struct.pack(f">{len(sizes)}H", *sizes)


def _unpacked(sizes: bytes) -> tuple[int, ...]:
    if len(sizes) % 2:
        raise ValueError(f"expected two bytes a size; got {len(sizes)} bytes")
    return struct.unpack(f">{len(sizes) // 2}H", sizes)
