"""Trees of up to 2**64 - 1 leaves, all alike but a few, so that sizes can be asked for that no test could build."""

from functools import cache

from ledger.core import merkle

BLANK = [merkle.leaf_hash(b"blank")]
for _ in range(63):
    BLANK.append(merkle.node_hash(BLANK[-1], BLANK[-1]))


def node_of_a_vast_tree(marked: frozenset[int]) -> merkle.ReadNode:
    """The perfect subtrees of a tree of blank leaves, all but the marked ones, which hold their index in decimal."""

    @cache
    def node(level: int, index: int) -> bytes:
        if not any(leaf >> level == index for leaf in marked):
            return BLANK[level]
        if level == 0:
            return merkle.leaf_hash(b"%d" % index)
        return merkle.node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    return node
