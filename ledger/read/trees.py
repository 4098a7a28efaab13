"""Inclusion proofs from the log's stored subtrees: what they need, each subtree once, in as few questions as can be.

What is read for a proof follows from index and size alone (`merkle.inclusion_subtrees`), so that nothing is hashed or
walked twice: a proof is a list of stored hashes, at most one of them folded from several.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from itertools import chain

from sqlalchemy import Connection, bindparam, or_, select

from ledger.core.merkle import Subtree, inclusion_subtrees, proof_of_subtrees
from ledger.store.prepared import Prepared, numbers_in, numbers_within
from ledger.store.tables import nodes

_AT_ONCE = 64
"""From so many subtrees on they are asked for level by level, each level's as one list."""
_OF_LEVEL = Prepared(
    select(nodes.c.idx, nodes.c.hash).where(
        nodes.c.level == bindparam("level"), numbers_within(nodes.c.idx, "indices")
    ),
    *("level", "indices"),
)


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
    paths = [inclusion_subtrees(index, size) for index in indices]
    known = _read(connection, set(chain.from_iterable(subtrees for subtrees, _ in paths)))
    return [proof_of_subtrees([known[each] for each in subtrees], folded) for subtrees, folded in paths]


def _read(connection: Connection, wanted: Collection[Subtree]) -> dict[Subtree, bytes]:
    known = {(level, at): bytes(hashed) for level, at, hashed in _rows(connection, wanted)}
    if len(known) != len(wanted):
        missing = min(set(wanted) - known.keys())
        raise LookupError(f"nodes: expected the subtree at level and index {missing}; it is missing")
    return known


def _rows(connection: Connection, wanted: Collection[Subtree]) -> Iterable[tuple[int, int, bytes]]:
    if len(wanted) <= _AT_ONCE:
        return _these(len(wanted)).rows(connection, *chain.from_iterable(wanted)) if wanted else ()
    levels: dict[int, list[int]] = defaultdict(list)
    for level, at in sorted(wanted):
        levels[level].append(at)
    return (
        (level, at, hashed)
        for level, indices in levels.items()
        for at, hashed in _OF_LEVEL.rows(connection, level, numbers_in(indices))
    )


@cache
def _these(count: int) -> Prepared:
    names = [(f"level_{number}", f"idx_{number}") for number in range(count)]
    condition = or_(*((nodes.c.level == bindparam(level)) & (nodes.c.idx == bindparam(at)) for level, at in names))
    return Prepared(select(nodes).where(condition), *(name for pair in names for name in pair))
