"""Inclusion proofs from the log's stored subtrees: those that a proof needs, in one question."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, bindparam, or_, select

from ledger.core.merkle import HASH_BYTES, inclusion_proof
from ledger.store.prepared import Prepared
from ledger.store.tables import nodes

_AT_ONCE = 64
_NONE = bytes(HASH_BYTES)


def prove(connection: Connection, index: int, size: int) -> list[bytes]:
    """The RFC 6962 audit path of the batch at a log index in the tree of `size` batches.

    Raises:
        ValueError: there is no such batch in a tree of that size.
        LookupError: a subtree is missing.
    """
    return prove_many(connection, [index], size)[0]


def prove_many(connection: Connection, indices: Sequence[int], size: int) -> list[list[bytes]]:
    """The same for several; a subtree that several paths need is read once.

    Raises:
        ValueError: one of them is not in a tree of that size.
        LookupError: a subtree is missing.
    """
    needed: dict[tuple[int, int], bytes] = {}

    def note(level: int, at: int) -> bytes:
        needed[level, at] = _NONE
        return _NONE

    for index in indices:
        inclusion_proof(index, size, note)
    _read(connection, needed)
    return [inclusion_proof(index, size, lambda level, at: needed[level, at]) for index in indices]


def _read(connection: Connection, needed: dict[tuple[int, int], bytes]) -> None:
    """Fill in the subtrees' hashes."""
    wanted = sorted(needed)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        rows = _these(len(some)).run(connection, *(number for each in some for number in each)).all()
        if len(rows) != len(some):
            missing = set(some) - {(level, at) for level, at, _ in rows}
            raise LookupError(f"nodes: expected the subtree at level and index {min(missing)}; it is missing")
        for level, at, hashed in rows:
            needed[level, at] = bytes(hashed)


@cache
def _these(count: int) -> Prepared:
    names = [(f"level_{number}", f"idx_{number}") for number in range(count)]
    condition = or_(*((nodes.c.level == bindparam(level)) & (nodes.c.idx == bindparam(at)) for level, at in names))
    return Prepared(select(nodes).where(condition), *(name for pair in names for name in pair))
