"""What people said, found without reading what devices saw: the events of the ledger's own stream `web`.

A unit is seen forty times for each step that a person takes, so figures that steps alone decide read these. The
database itself looks for the kinds in the rows of events: of tens of thousands it hands over those that hold one.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from itertools import accumulate, chain, pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    LargeBinary,
    bindparam,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from ledger.core.batch import MAX_EVENTS
from ledger.core.custody import Recorded
from ledger.core.events import WEB_STREAM, said_kind
from ledger.store import contents, event_lists
from ledger.store import tables as t
from ledger.store.packing import sizes_in
from ledger.store.prepared import Prepared, numbers_in, numbers_within

BATCHES_AT_ONCE = 4096
"""So many batches are looked through together, the newest first. Where none of them was sealed in the time that is
asked for, nothing is looked for before them: the ledger's clock may have been wrong, but not for as long as that."""


class _Holds(ColumnElement[bool]):
    """A column's bytes hold those of a parameter."""

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012  as SQLAlchemy reads it
        ("column", InternalTraversal.dp_clauseelement),
        ("piece", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: ColumnElement[bytes], parameter: str) -> None:
        self.column = column
        self.piece: BindParameter[bytes] = bindparam(parameter, type_=LargeBinary())


@compiles(_Holds, "sqlite")
def _holds_in_sqlite(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:
    column, piece = compiler.process(element.column, **options), compiler.process(element.piece, **options)
    return f"instr({column}, {piece}) > 0"


@compiles(_Holds, "postgresql")
def _holds_in_postgresql(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:
    column, piece = compiler.process(element.column, **options), compiler.process(element.piece, **options)
    return f"position({piece}::bytea IN {column}) > 0"


_A_BATCH = literal_column(str(MAX_EVENTS), type_=BigInteger())
_FIRST_ID = t.batches.c.log_index * _A_BATCH
_NEWEST = Prepared(
    select(t.batches.c.first_seq, t.batches.c.log_index, t.contents.c.sealed_ms)
    .join_from(t.streams, t.batches, t.batches.c.stream_id == t.streams.c.id)
    .join(t.contents, t.contents.c.event_id == _FIRST_ID)
    .where(t.streams.c.name == bindparam("stream"), t.batches.c.first_seq < bindparam("before"))
    .order_by(t.batches.c.first_seq.desc())
    .limit(bindparam("count", type_=BigInteger()))
    .offset(literal_column("0")),  # else SQLite's is a parameter
    *("stream", "before", "count"),
)
_OF_STREAM = Prepared(
    select(t.batches.c.log_index)
    .join_from(t.batches, t.streams, t.batches.c.stream_id == t.streams.c.id)
    .where(t.streams.c.name == bindparam("stream"), numbers_within(t.batches.c.log_index, "batches")),
    *("stream", "batches"),
)
_ALL = 2**62


def since(connection: Connection, kinds: Sequence[str], since_ms: int) -> Iterator[Recorded]:
    """Every understood event of these kinds that people said to have happened after `since_ms`, in no certain order.

    The writer lets nobody say what is later than its clock, so that what happened after an instant is in a batch that
    was sealed after it.

    Args:
        connection: of one snapshot.
        kinds: as events name them.
        since_ms: the instant, in milliseconds since the Unix epoch.
    """
    before = _ALL
    while kinds and (newest := _NEWEST.rows(connection, WEB_STREAM, before, BATCHES_AT_ONCE)):
        before = newest[-1][0]
        sealed_since = [log_index for _, log_index, sealed_ms in newest if sealed_ms > since_ms]
        if not sealed_since:
            return
        for each in contents.events_with(connection, _ids_of(connection, kinds, sealed_since)):
            recorded = each.recorded()
            if recorded is not None and recorded.time_ms > since_ms:
                yield recorded


def histories_of(connection: Connection, subject_ids: Collection[int]) -> dict[int, dict[int, Recorded]]:
    """For each subject every understood event about it that people said, by event id."""
    lists = event_lists.events_of(connection, subject_ids)
    batches = {each // MAX_EVENTS for ids in lists.values() for each in ids}  # a unit is seen often: no call for each
    theirs = {row[0] for row in _OF_STREAM.rows(connection, WEB_STREAM, numbers_in(batches))}
    said = {number: [each for each in ids if each // MAX_EVENTS in theirs] for number, ids in lists.items()}
    told = ((each.event_id, each.recorded()) for each in contents.events_with(connection, chain(*said.values())))
    known = {event_id: recorded for event_id, recorded in told if recorded is not None}
    return {number: {each: known[each] for each in ids if each in known} for number, ids in said.items()}


def _ids_of(connection: Connection, kinds: Sequence[str], batches: Sequence[int]) -> Iterator[int]:
    """The ids of the events of batches that say that they are of one of these kinds."""
    needles = [b'"kind":"%b"' % kind.encode() for kind in kinds]  # no event's one spelling has a space there
    for first, packed, bodies in _holding(len(needles)).rows(connection, numbers_in(batches), *needles):
        for at, (start, end) in enumerate(pairwise(accumulate(sizes_in(packed), initial=0))):
            if start < end and said_kind(bodies[start:end]) in kinds:
                yield first + at


@cache  # written once for each number of kinds
def _holding(count: int) -> Prepared:
    """The rows of batches that hold one of so many pieces of bytes."""
    of_batch = (t.contents.c.event_id >= _FIRST_ID) & (t.contents.c.event_id < _FIRST_ID + _A_BATCH)
    names = [f"piece_{number}" for number in range(count)]
    rows = select(t.contents.c.event_id, t.contents.c.sizes, t.contents.c.bodies).join_from(
        t.batches, t.contents, of_batch
    )
    holds = or_(*(_Holds(t.contents.c.bodies, name) for name in names))
    return Prepared(rows.where(numbers_within(t.batches.c.log_index, "batches"), holds), "batches", *names)
