"""Events as rows of `contents`: a few in each, their verbatim bytes one behind the other, and what tells them apart.

An event's id is its log place in one number (`event_id`), so that whoever has the id knows the row. Nothing here knows
a database: a process that only examines stretches (`ledger.store.stretch`) needs no more than this.
"""

import struct
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

from ledger.core.batch import MAX_EVENTS
from ledger.core.merkle import HASH_BYTES

EVENTS_A_ROW = 11
"""So many of a batch's events stand in one row of `contents`, in its last row those that are left.

Whoever wants one event reads its row: one page at this number, since eleven sightings just fill it. With a whole batch
it would be twenty, and a unit's forty events lie in as many batches.
"""

PackedRow: TypeAlias = tuple[int, int, bytes, bytes, bytes]
"""A row of `contents` as it is written."""
Row: TypeAlias = Sequence[Any]
"""A row of `contents`, its columns in the table's order; what follows them is not looked at."""


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
    """Which row of `contents` an event stands in: the id of that row's first. Rows begin anew with each batch."""
    return event_id - event_id % MAX_EVENTS % EVENTS_A_ROW


def rows_of(log_index: int, sealed_ms: int, bodies: Sequence[bytes], leaves: Sequence[bytes]) -> list[PackedRow]:
    """The rows of a batch with these events."""
    first = event_id(log_index, 0)
    rows: list[PackedRow] = []
    for at in range(0, len(bodies), EVENTS_A_ROW):
        some = bodies[at : at + EVENTS_A_ROW]
        hashes = b"".join(leaves[at : at + EVENTS_A_ROW])
        rows.append((first + at, sealed_ms, hashes, _packed(list(map(len, some))), b"".join(some)))
    return rows


def are_rows_of(
    rows: Sequence[Row], log_index: int, sealed_ms: int, bodies: Sequence[bytes], leaves: Sequence[bytes]
) -> bool:
    """Whether rows are those of a batch with these events and no more."""
    return [tuple(row) for row in rows] == rows_of(log_index, sealed_ms, bodies, leaves)


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
        for start, end in pairwise(accumulate(sizes_in(sizes), initial=0))
    ]


def sizes_in(packed: bytes) -> tuple[int, ...]:
    """How many bytes each event of a row has.

    Raises:
        ValueError: sizes that nobody would have written.
    """
    if len(packed) % 2:
        raise ValueError(f"expected two bytes a size; got {len(packed)} bytes")
    return struct.unpack(f">{len(packed) // 2}H", packed)


def hashes_in(leaves: bytes) -> list[bytes]:
    """The leaf hashes that stand one behind the other."""
    return [leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)]


def without(sizes: bytes, bodies: bytes, at: int) -> dict[str, bytes]:
    """The columns of a row that change when the bytes of one of its events go; its leaf hash stays.

    Args:
        sizes: how many bytes each has, as stored.
        bodies: their bytes, as stored.
        at: which of the row's events, from 0.
    """
    left = list(sizes_in(sizes))
    end = sum(left[: at + 1])
    start, left[at] = end - left[at], 0
    return {"sizes": _packed(left), "bodies": bodies[:start] + bodies[end:]}


def _packed(sizes: Sequence[int]) -> bytes:
    return struct.pack(f">{len(sizes)}H", *sizes)
