"""Inclusion proofs from the log's stored subtrees: what they need, each subtree once, in as few questions as can be.

What is read for a proof follows from index and size alone (`merkle.inclusion_subtrees`), so that nothing is hashed or
walked twice: a proof is a list of stored hashes, at most one of them folded from several. Most of the upper ones are
known from an earlier question (`crowns`), and are not read again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain

from sqlalchemy import Connection, bindparam, select

from ledger.core.merkle import ReadNode, Subtree, inclusion_subtrees, proof_of_subtrees
from ledger.read.crowns import hash_of, known_above
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


def prove(connection: Connection, index: int, size: int, *, root: bytes) -> list[bytes]:
    """The RFC 6962 audit path of the batch at a log index in the tree of `size` batches, whose root is known.

    Raises:
        ValueError: there is no such batch in a tree of that size.
        LookupError: a subtree is missing.
    """
    subtrees, folded = inclusion_subtrees(index, size)
    known = known_above(connection, index, size, root=root)
    missing = [each for each in subtrees if each not in known]
    read = iter(_looked_up(connection, missing))
    return proof_of_subtrees([known[each] if each in known else next(read) for each in subtrees], folded)


def prove_many(connection: Connection, indices: Sequence[int], size: int, *, root: bytes) -> list[list[bytes]]:
    """The same for several; a subtree that several paths need is read once.

    Raises:
        ValueError: one of them is not in a tree of that size.
        LookupError: a subtree is missing.
    """
    paths = [inclusion_subtrees(index, size) for index in indices]
    known: dict[Subtree, bytes] = {}
    for above in {id(each): each for each in (known_above(connection, at, size, root=root) for at in indices)}.values():
        known.update(above)
    known.update(_read(connection, set(chain.from_iterable(subtrees for subtrees, _ in paths)).difference(known)))
    return [proof_of_subtrees([known[each] for each in subtrees], folded) for subtrees, folded in paths]


def nodes_of(connection: Connection, size: int, *, root: bytes) -> ReadNode:
    """The subtrees of the tree of `size` batches, one by one; LookupError where one is missing."""

    def node(level: int, at: int) -> bytes:
        known = known_above(connection, at << level, size, root=root).get((level, at))
        return hash_of(connection, level, at) if known is None else known

    return node


def _read(connection: Connection, wanted: Collection[Subtree]) -> Mapping[Subtree, bytes]:
    if len(wanted) <= _AT_ONCE:
        few = list(wanted)
        return dict(zip(few, _looked_up(connection, few), strict=True))
    known = {(level, at): bytes(hashed) for level, at, hashed in _rows(connection, wanted)}
    if len(known) != len(wanted):
        raise _missing(min(set(wanted) - known.keys()))
    return known


def _looked_up(connection: Connection, wanted: Sequence[Subtree]) -> Sequence[bytes]:
    """The hashes of a few subtrees, in the same order."""
    if not wanted:
        return ()
    ((*hashes,),) = _these(len(wanted)).rows(connection, *chain.from_iterable(wanted))
    if None in hashes:
        raise _missing(wanted[hashes.index(None)])
    return hashes


def _missing(subtree: Subtree) -> LookupError:
    return LookupError(f"nodes: expected the subtree at level and index {subtree}; it is missing")


def _rows(connection: Connection, wanted: Collection[Subtree]) -> Iterable[tuple[int, int, bytes]]:
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
    """One row of so many hashes: nothing has to be sorted into a path, and SQLite plans nothing of a long condition."""
    names = [(f"level_{number}", f"idx_{number}") for number in range(count)]
    hashes = [
        select(nodes.c.hash).where(nodes.c.level == bindparam(level), nodes.c.idx == bindparam(at)).scalar_subquery()
        for level, at in names
    ]
    return Prepared(select(*hashes), *(name for pair in names for name in pair))
