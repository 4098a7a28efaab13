"""The log's own rows: a batch, its events, the tree's new subtrees, the stream's new head."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, func, literal_column, select, update

from ledger.core.batch import NO_PREVIOUS, BatchNote, Contents, text_hash
from ledger.core.ids import parse_instant
from ledger.core.merkle import Frontier, leaf_hash
from ledger.store import tables as t
from ledger.store.contents import write as write_contents
from ledger.store.entries import Entry, defects_of, entries_of
from ledger.store.names import Names
from ledger.store.packing import rows_of
from ledger.store.prepared import Prepared, Value, insertion, upsertion

ACTIVE = "active"
QUARANTINED = "quarantined"
_BATCHES, _NODES = insertion(t.batches), insertion(t.nodes)
_HEADS = upsertion(t.stream_heads, "last_seq", "previous", "log_index", "last_time_ms", also=("status",))
_HEAD = Prepared(
    select(t.stream_heads.c.last_seq, t.stream_heads.c.previous, t.stream_heads.c.status)
    .join(t.streams, t.streams.c.id == t.stream_heads.c.stream_id)
    .where(t.streams.c.name == bindparam("stream")),
    "stream",
)
EXTENT = Prepared(
    select(select(func.max(t.batches.c.log_index)).scalar_subquery(), select(func.max(t.forks.c.id)).scalar_subquery())
)
_LEAVES = Prepared(
    select(t.nodes.c.hash)
    .where(
        t.nodes.c.level == literal_column("0"), t.nodes.c.idx >= bindparam("first"), t.nodes.c.idx < bindparam("end")
    )
    .order_by(t.nodes.c.idx),
    *("first", "end"),
)
_LAST = Prepared(select(func.max(t.batches.c.log_index)))
_FEW_LEAVES = 256
_CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream ends; a stream that never spoke has `last_seq` 0."""

    last_seq: int = 0
    previous: bytes = NO_PREVIOUS
    status: str = ACTIVE


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch that was judged and may enter the log.

    Attributes:
        note: the batch note's verbatim bytes.
        text: what the note's text says.
        text_raw: the note's text.
        contents: its events, judged, and their leaves.
        key: `key:…` of its signature.
    """

    note: bytes
    text: BatchNote
    text_raw: str
    contents: Contents
    key: str


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch that has its place in the log; its rows, in the order of their tables' columns.

    Attributes:
        batch: its row of `batches`.
        head: its stream's row of `stream_heads` after it.
        nodes: rows of `nodes`: the subtrees that it completes.
        entries: its events.
        contents: its rows of `contents`; none: those are not to be written.
    """

    batch: tuple[Value, ...]
    head: tuple[Value, ...]
    nodes: Sequence[tuple[Value, ...]]
    entries: Sequence[Entry] = ()
    contents: Sequence[tuple[Value, ...]] = ()


_Placed: TypeAlias = tuple[tuple[Value, ...], tuple[Value, ...], Sequence[tuple[Value, ...]]]
"""Rows of `batches` and `stream_heads`, and those of `nodes`: the first three of a `Staged`."""


class Chain:
    """Puts batches at the end of the log. `forget` after a transaction that failed.

    Attributes:
        accepts_simulated: whether the site is a demo, on which simulated time counts.
    """

    def __init__(self, *, accepts_simulated: bool) -> None:
        self._accepts_simulated = accepts_simulated
        self._streams = Names(t.streams)
        self._heads: dict[str, Head] = {}
        self._next_event: int | None = None

    def forget(self) -> None:
        """Forget everything that is not in the database."""
        self._streams.clear()
        self._heads.clear()
        self._next_event = None

    def head(self, connection: Connection, stream: str) -> Head:
        """Where `stream` ends, batches that are staged among the rest."""
        known = self._heads.get(stream)
        if known is None:
            found = _HEAD.rows(connection, stream)
            known = Head(*found[0]) if found else Head()
            if len(self._heads) >= _CACHED:
                self._heads.clear()
            self._heads[stream] = known
        return known

    def stream_id(self, connection: Connection, stream: str) -> int:
        """The number of a stream that has spoken before."""
        return self._streams.find(connection, (stream,))[stream]

    def insert(self, connection: Connection, frontier: Frontier, sealed: Sealed) -> list[Entry]:
        """Insert the batch's rows and grow the frontier; answer its events for the projections."""
        staged = self.stage(connection, frontier, sealed)
        write(connection, [staged])
        return list(staged.entries)

    def insert_note(
        self, connection: Connection, frontier: Frontier, text: BatchNote, *, note: bytes, digest: bytes, key: str
    ) -> None:
        """Insert the rows of a batch but not of its events, and grow the frontier."""
        write(connection, [Staged(*self._place(connection, frontier, text, note=note, digest=digest, key=key))])

    def stage(self, connection: Connection, frontier: Frontier, sealed: Sealed) -> Staged:
        """Give the batch its place and grow the frontier; its rows are yet to be written, by `write`."""
        log_index, digest = frontier.size, text_hash(sealed.text_raw)
        placed = self._place(connection, frontier, sealed.text, note=sealed.note, digest=digest, key=sealed.key)
        entries = entries_of(sealed.text, sealed.contents, log_index, accepts_simulated=self._accepts_simulated)
        told = sealed.contents
        bodies = [judged.body for judged in told.events]
        rows = rows_of(log_index, parse_instant(sealed.text.time), bodies, told.leaves)
        return Staged(*placed, entries, rows)

    def _place(
        self, connection: Connection, frontier: Frontier, text: BatchNote, *, note: bytes, digest: bytes, key: str
    ) -> _Placed:
        log_index, head = frontier.size, self.head(connection, text.stream)
        stream_id = self._streams.number(connection, (text.stream,))[text.stream]
        first_event = self._count(connection, text.count)
        self._heads[text.stream] = Head(text.last, digest, head.status)
        return (
            (log_index, stream_id, text.first, text.count, first_event, note, digest, key),
            (stream_id, text.last, digest, log_index, parse_instant(text.time), ACTIVE),
            frontier.append(leaf_hash(note)),
        )

    def quarantine(self, connection: Connection, stream: str) -> None:
        """Mark a stream of which there is a fork."""
        change = update(t.stream_heads).where(t.stream_heads.c.stream_id == self.stream_id(connection, stream))
        connection.execute(change.values(status=QUARANTINED))
        self._heads.pop(stream, None)

    def _count(self, connection: Connection, count: int) -> int:
        """Count a batch's events; answer which the first of them is, from 1."""
        if self._next_event is None:
            self._next_event = event_count(connection) + 1
        first = self._next_event
        self._next_event += count
        return first


def frontier_of(connection: Connection, size: int | None = None) -> Frontier:
    """The tree's right edge at `size` (the whole log if None), from the stored subtrees.

    Raises:
        LookupError: a subtree is missing.
    """
    if size is None:
        size = log_size(connection)

    def node(level: int, index: int) -> bytes:
        found = connection.execute(
            select(t.nodes.c.hash).where(t.nodes.c.level == level, t.nodes.c.idx == index)
        ).scalar_one_or_none()
        if found is None:
            raise LookupError(f"nodes: expected the subtree at level {level}, index {index}; it is missing")
        return bytes(found)

    return Frontier.from_nodes(size, node)


def log_size(connection: Connection) -> int:
    """The number of batches in the log."""
    ((last,),) = _LAST.rows(connection)
    return 0 if last is None else int(last) + 1


def event_count(connection: Connection) -> int:
    """The number of events in the log."""
    last = select(t.batches.c.first_event + t.batches.c.count - 1).order_by(t.batches.c.log_index.desc()).limit(1)
    return connection.execute(last).scalar() or 0


def grown(connection: Connection, frontier: Frontier, size: int) -> Frontier:
    """The tree's right edge at `size`, from the one at an earlier size and the leaves that came since.

    Raises:
        LookupError: a leaf or a subtree is missing.
    """
    if not 0 <= size - frontier.size <= _FEW_LEAVES:
        return frontier_of(connection, size)
    now = frontier.copy()
    for (leaf,) in _LEAVES.rows(connection, now.size, size):
        now.append(bytes(leaf))
    if now.size != size:
        raise LookupError(f"nodes: expected the leaves up to {size}; one after {now.size} is missing")
    return now


def extent(connection: Connection) -> tuple[int, int]:
    """How many batches the log holds and how many forks are kept: what another process's write cannot leave as it was.

    Everything else that is written follows from these, or is not remembered between transactions.
    """
    (found,) = EXTENT.rows(connection)
    return extent_of(*found)


def extent_of(last: int | None, fork: int | None) -> tuple[int, int]:
    """The same of what `EXTENT` answers."""
    return (0 if last is None else last + 1), fork or 0


def write(connection: Connection, staged: Sequence[Staged]) -> None:
    """Write the rows of batches that have their places."""
    _BATCHES.run_many(connection, [each.batch for each in staged])
    write_contents(
        connection,
        [row for each in staged for row in each.contents],
        [defect for each in staged if each.contents for defect in defects_of(each.entries)],
    )
    _NODES.run_many(connection, [node for each in staged for node in each.nodes])
    # Of a stream with several batches only the last one's end is one.
    heads = {each.head[0]: each.head for each in staged}
    _HEADS.run_many(connection, list(heads.values()))
