"""The upper subtrees of a log's tree, kept between questions: nearly every proof needs the same few of them.

They are kept under what they were found to lead to: those that make up a tree under its root, and those at the top of a
perfect subtree (its crown) under its hash. So what is kept is right for every log in which that hash stands, whatever
became of the log from which it was read, and what a damaged database holds is not kept at all. Erasing changes no hash.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from sqlalchemy import Connection, bindparam, select

from ledger.core.merkle import Frontier, Subtree, levels_over
from ledger.store.prepared import Prepared
from ledger.store.tables import nodes

LEVELS = 9
"""So many levels of a perfect subtree, below its own root, are its crown: 1,023 hashes; the lowest 512 are read."""
_MOST_TREES = 4
_MOST_CROWNS = 16
"""So many are kept, of some 200 kB each; then all are forgotten, and read again."""
Known: TypeAlias = Mapping[Subtree, bytes]

_HASH = Prepared(
    select(nodes.c.hash).where(nodes.c.level == bindparam("level"), nodes.c.idx == bindparam("idx")), "level", "idx"
)
_BESIDE_EACH_OTHER = Prepared(
    select(nodes.c.hash)
    .where(nodes.c.level == bindparam("level"), nodes.c.idx >= bindparam("first"), nodes.c.idx < bindparam("end"))
    .order_by(nodes.c.idx),
    *("level", "first", "end"),
)


class _Tree(NamedTuple):
    """A tree of one size.

    Attributes:
        peaks: the perfect subtrees that make it up, with their hashes, in order.
        starts: the first leaf of each.
        known: for some of them, by number: what is known of the tree above a leaf there.
    """

    peaks: dict[Subtree, bytes]
    starts: list[int]
    known: dict[int, Known]


_trees: dict[tuple[int, bytes], _Tree] = {}
_crowns: dict[bytes, Known] = {}


def known_above(connection: Connection, index: int, size: int, *, root: bytes) -> Known:
    """Subtrees of the tree of `size` batches that are known, beside the way to the batch at a log index or elsewhere.

    Args:
        connection: a snapshot.
        index: the batch.
        size: the tree's size.
        root: the tree's root, as a signed checkpoint has it; where the database leads to another, nothing is known.

    Raises:
        LookupError: a subtree is missing.
    """
    tree = _trees.get((size, root)) or _read_tree(connection, size, root)
    if tree is None:
        return {}
    number = bisect_right(tree.starts, index) - 1
    known = tree.known.get(number)
    if known is None:
        known = tree.known[number] = {**tree.peaks, **_crown(connection, *list(tree.peaks.items())[number])}
    return known


def hash_of(connection: Connection, level: int, index: int) -> bytes:
    """The stored hash of a perfect subtree.

    Raises:
        LookupError: it is missing.
    """
    found = _HASH.rows(connection, level, index)
    if not found:
        raise LookupError(f"nodes: expected the subtree at level and index {level, index}; it is missing")
    return bytes(found[0][0])


def _read_tree(connection: Connection, size: int, root: bytes) -> _Tree | None:
    peaks: dict[Subtree, bytes] = {}

    def node(level: int, index: int) -> bytes:
        hashed = peaks[level, index] = hash_of(connection, level, index)
        return hashed

    if Frontier.from_nodes(size, node).root() != root:
        return None
    if len(_trees) >= _MOST_TREES:
        _trees.clear()
    _trees[size, root] = tree = _Tree(peaks, [index << level for level, index in peaks], {})
    return tree


def _crown(connection: Connection, top: Subtree, hashed: bytes) -> Known:
    """What is at the top of a perfect subtree; nothing of a low one, which takes few questions and soon has grown."""
    level, index = top
    kept = _crowns.get(hashed)
    if kept is not None or level <= LEVELS:
        return kept or {}
    lowest = level - LEVELS
    rows = _BESIDE_EACH_OTHER.rows(connection, lowest, index << LEVELS, (index + 1) << LEVELS)
    if len(rows) != 1 << LEVELS:
        return {}
    levels = levels_over([bytes(row[0]) for row in rows])
    if levels[-1] != [hashed]:
        return {}
    if len(_crowns) >= _MOST_CROWNS:
        _crowns.clear()
    _crowns[hashed] = crown = {
        (lowest + up, (index << (LEVELS - up)) + at): each
        for up, hashes in enumerate(levels)
        for at, each in enumerate(hashes)
    }
    return crown
