"""RFC 6962 Merkle trees: hashing, growing, proving and checking.

Decides what a tree's root is and whether a proof shows what it claims. Leaves to others what a leaf's bytes mean
(`batch`, `events`), where hashes are stored (`ledger.store`) and who signed a root (`checkpoint`, `signing`).

Two coordinates are used. A *leaf index* counts leaves from 0. A *perfect subtree* is (level, index): the root over the
leaves `index << level` to `(index + 1) << level`; level 0 is the leaf hashes. Only perfect subtrees are ever stored,
because they never change again; everything else is computed from them.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TypeAlias

from ledger.core.errors import Refused

HASH_BYTES = 32
MAX_SIZE = 2**64 - 1
"""The most leaves of a tree: what 64 bits can say, as other logs' sizes do; a proof has at most 64 hashes a leaf."""

EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves (RFC 6962, 2.1)."""

Subtree: TypeAlias = tuple[int, int]
"""A perfect subtree: (level, index)."""

Node: TypeAlias = tuple[int, int, bytes]
"""A perfect subtree with its hash: (level, index, hash)."""

ReadNode: TypeAlias = Callable[[int, int], bytes]
"""Answers the stored hash of the perfect subtree (level, index).

The coordinates asked for depend on indices and sizes only, never on the answers: a caller may run a proof once with a
function that notes them and answers zeros, fetch them all in one query, and run the proof again.
"""


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf's bytes: SHA-256(0x00 || data) (RFC 6962, 2.1)."""
    return sha256(b"\x00" + data).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    """Hash the bytes of many leaves, each as `leaf_hash` does."""
    return [sha256(b"\x00" + data).digest() for data in leaves]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees, left then right: SHA-256(0x01 || left || right) (RFC 6962, 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Compute the root over leaf hashes (not leaf bytes); no leaves give `EMPTY_ROOT`."""
    level = list(leaf_hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        paired = [sha256(b"\x01" + left + right).digest() for left, right in pairs]  # node_hash: a call costs a fifth
        level = paired + level[len(paired) * 2 :]
    return level[0]


def levels_over(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """Every level of the perfect tree over some hashes, themselves first and its root last.

    Raises:
        ValueError: their number is no power of two.
    """
    if not hashes or len(hashes) & (len(hashes) - 1):
        raise ValueError(f"expected a power of two of hashes, got {len(hashes)}")
    return perfect_subtrees(hashes)


def perfect_subtrees(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """Every perfect subtree over some hashes: by level, themselves first, then from the left."""
    levels = [list(hashes)]
    while len(below := levels[-1]) > 1:
        pairs = zip(below[::2], below[1::2], strict=False)  # what is left over completes no subtree of this level
        levels.append([sha256(b"\x01" + left + right).digest() for left, right in pairs])  # node_hash, as in root_of
    return levels


class Frontier:
    """The right edge of a growing tree: its size and the roots of its perfect subtrees, largest first.

    Work on a `copy` inside a transaction and keep it only if the transaction commits.
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._peaks: list[bytes] = []

    @classmethod
    def from_nodes(cls, size: int, node: ReadNode) -> "Frontier":
        """Rebuild the edge of a tree of `size` leaves from its stored perfect subtrees.

        Raises:
            ValueError: if `size` is outside 0 to `MAX_SIZE`.
        """
        _require_size(size)
        frontier = cls()
        frontier._size = size
        frontier._peaks = [node(level, index) for level, index in _perfect(0, size)]
        return frontier

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def peaks(self) -> list[bytes]:
        """The roots of its perfect subtrees, largest first: with the size, all that `from_nodes` asks for, in order."""
        return self._peaks.copy()

    def append(self, leaf: bytes) -> list[Node]:
        """Add a leaf hash; return every perfect subtree that it completes, from the leaf (level 0) upwards."""
        size, peaks = self._size, self._peaks
        level, subtree = 0, leaf
        completed = [(0, size, leaf)]
        while size >> level & 1:
            subtree = node_hash(peaks.pop(), subtree)
            level += 1
            completed.append((level, size >> level, subtree))
        peaks.append(subtree)
        self._size = size + 1
        return completed

    def root(self) -> bytes:
        """Compute the tree's root."""
        return _fold(self._peaks) if self._peaks else EMPTY_ROOT

    def copy(self) -> "Frontier":
        """Return an independent frontier of the same tree."""
        twin = Frontier()
        twin._size = self._size
        twin._peaks = self._peaks.copy()
        return twin


def inclusion_proof(index: int, size: int, node: ReadNode) -> list[bytes]:
    """Prove leaf `index` in the tree of `size` leaves: PATH of RFC 6962, 2.1.1, sibling of the leaf first.

    Raises:
        ValueError: if there is no such leaf in a tree of that size.
    """
    _require_leaf(index, size)
    return [_root_between(start, end, node) for start, end, _ in reversed(_siblings(index, size))]


def inclusion_subtrees(index: int, size: int) -> tuple[list[Subtree], range]:
    """What `inclusion_proof` is made of: perfect subtrees, in its order, and which of them are folded into one hash.

    Below where the ways to the leaf and to the last leaf part, every sibling is perfect; where they part it is the
    tree's right edge, perfect or not; above, only perfect siblings on the left are beside the way.

    Raises:
        ValueError: if there is no such leaf in a tree of that size.
    """
    _require_leaf(index, size)
    parting = (index ^ (size - 1)).bit_length()
    below = [(level, (index >> level) ^ 1) for level in range(parting - 1)]
    edge: list[Subtree] = []
    if parting:
        start = ((index >> (parting - 1)) + 1) << (parting - 1)
        edge = list(_perfect(start, min(start + (1 << (parting - 1)), size)))
    way = index >> parting
    above = [(parting + up, (way >> up) - 1) for up in range(way.bit_length()) if way >> up & 1]
    return [*below, *edge, *above], range(len(below), len(below) + len(edge))


def proof_of_subtrees(hashes: list[bytes], folded: range) -> list[bytes]:
    """The proof that these subtrees' hashes make, in the order of `inclusion_subtrees`."""
    if len(folded) < 2:
        return hashes
    return [*hashes[: folded.start], _fold(hashes[folded.start : folded.stop]), *hashes[folded.stop :]]


def consistency_proof(old: int, new: int, node: ReadNode) -> list[bytes]:
    """Prove that the tree of `old` leaves is a prefix of the tree of `new`: PROOF of RFC 6962, 2.1.2.

    Empty if `old` is 0 or equals `new`: there is nothing to prove then.

    Raises:
        ValueError: if the sizes are not 0 <= old <= new <= MAX_SIZE.
    """
    _require_size(new)
    if not 0 <= old <= new:
        raise ValueError(f"expected an old size from 0 to {new}, got {old}")
    if old in {0, new}:
        return []
    seed, siblings = _old_edge(old, new)
    path = [_root_between(start, end, node) for start, end, _ in reversed(siblings)]
    return path if seed == 0 else [_root_between(seed, old, node), *path]


def multiproof(indices: Iterable[int], size: int, node: ReadNode) -> list[bytes]:
    """Prove several leaves at once: the fewest subtree hashes, left to right.

    The tree is split as RFC 6962 splits it; a subtree without a wanted leaf gives its root, a wanted leaf gives
    nothing, anything else is split again.

    Raises:
        ValueError: if no leaf is wanted, or one is not in a tree of that size.
    """
    wanted = sorted(set(indices))
    if not wanted:
        raise ValueError("expected at least one leaf to prove, got none")
    _require_leaf(wanted[0], size)
    _require_leaf(wanted[-1], size)
    return [_root_between(start, end, node) for start, end in _gaps(wanted, 0, size)]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | Refused:
    """Compute the root that an inclusion proof leads to; the caller compares it with a root that it trusts.

    Args:
        leaf: the leaf hash.
        index: the leaf's index.
        size: the tree's size, from the same trusted checkpoint as the root.
        proof: the hashes, sibling of the leaf first.
    """
    step = "inclusion-proof"
    if not 0 <= index < size <= MAX_SIZE:
        return Refused(step, f"expected an index below the tree's size (at most {MAX_SIZE}), got {index} of {size}")
    siblings = _siblings(index, size)
    if len(proof) != len(siblings):
        return Refused(step, f"expected {len(siblings)} hashes for leaf {index} of {size}, got {len(proof)}")
    if not _are_hashes([leaf, *proof]):
        return Refused(step, f"expected hashes of {HASH_BYTES} bytes")
    root = leaf
    for (_, _, on_left), sibling in zip(reversed(siblings), proof, strict=True):
        root = node_hash(sibling, root) if on_left else node_hash(root, sibling)
    return root


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> Refused | None:
    """Check that the leaf hash stands at `index` of the tree of `size` leaves with this root."""
    computed = root_from_inclusion(leaf, index, size, proof)
    if isinstance(computed, Refused):
        return computed
    return _compare("inclusion-proof", "root", expected=root, computed=computed)


def root_from_multiproof(leaves: Mapping[int, bytes], size: int, proof: Sequence[bytes]) -> bytes | Refused:
    """Compute the root that a multi-proof leads to; the caller compares it with a root that it trusts.

    Args:
        leaves: leaf hash by leaf index, exactly the leaves that the proof was made for.
        size: the tree's size, from the same trusted checkpoint as the root.
        proof: the hashes in the order of `multiproof`, all of which must be used.
    """
    step = "multi-proof"
    wanted = sorted(leaves)
    if not wanted:
        return Refused(step, "expected at least one leaf, got none")
    if not 0 <= wanted[0] <= wanted[-1] < size <= MAX_SIZE:
        return Refused(step, f"expected indices below the tree's size (at most {MAX_SIZE}), got {wanted[-1]} of {size}")
    if not _are_hashes([*leaves.values(), *proof]):
        return Refused(step, f"expected hashes of {HASH_BYTES} bytes")
    needed = sum(1 for _ in _gaps(wanted, 0, size))
    if len(proof) != needed:
        return Refused(step, f"expected {needed} hashes for {len(wanted)} leaves of {size}, got {len(proof)}")
    return _combine(leaves, wanted, 0, size, iter(proof))


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> Refused | None:
    """Check that the tree (new_size, new_root) begins with every leaf of (old_size, old_root) (RFC 6962, 2.1.2).

    From the empty tree, whose root must be `EMPTY_ROOT`, anything is consistent; then, and between equal sizes, the
    proof must be empty.
    """
    step = "consistency-proof"
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        return Refused(step, f"expected old size <= new size (at most {MAX_SIZE}), got {old_size} and {new_size}")
    if not _are_hashes([old_root, new_root, *proof]):
        return Refused(step, f"expected hashes of {HASH_BYTES} bytes")
    if old_size in {0, new_size}:
        return _verify_trivial(old_size, old_root, new_size, new_root, proof)
    seed, siblings = _old_edge(old_size, new_size)
    path = [old_root, *proof] if seed == 0 else list(proof)
    if len(path) != len(siblings) + 1:
        extra = 0 if seed == 0 else 1
        return Refused(step, f"expected {len(siblings) + extra} hashes from {old_size} to {new_size}, got {len(proof)}")
    old = new = path[0]
    for (_, _, on_left), sibling in zip(reversed(siblings), path[1:], strict=True):
        old = node_hash(sibling, old) if on_left else old
        new = node_hash(sibling, new) if on_left else node_hash(new, sibling)
    return _compare(step, "old root", expected=old_root, computed=old) or _compare(
        step, "new root", expected=new_root, computed=new
    )


def _verify_trivial(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> Refused | None:
    step = "consistency-proof"
    if proof:
        return Refused(step, f"expected no hashes from {old_size} to {new_size}, got {len(proof)}")
    if old_size == 0 and old_root != EMPTY_ROOT:
        return _compare(step, "root of the empty tree", expected=EMPTY_ROOT, computed=old_root)
    if old_size == new_size:
        return _compare(step, "root of a tree of the same size", expected=old_root, computed=new_root)
    return None


def _compare(step: str, what: str, *, expected: bytes, computed: bytes) -> Refused | None:
    if computed == expected:
        return None
    return Refused(step, f"expected the {what} {expected.hex()}, got {computed.hex()}")


def _are_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)


def _require_size(size: int) -> None:
    if not 0 <= size <= MAX_SIZE:
        raise ValueError(f"expected a tree size from 0 to {MAX_SIZE}, got {size}")


def _require_leaf(index: int, size: int) -> None:
    _require_size(size)
    if not 0 <= index < size:
        raise ValueError(f"expected a leaf index from 0 to {size - 1}, got {index}")


def _split(start: int, end: int) -> int:
    """Where RFC 6962 splits more than one leaf: after the largest power of two smaller than their number."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _siblings(index: int, size: int) -> list[tuple[int, int, bool]]:
    """The subtrees beside the way from the root to a leaf, root first: (start, end, stands on the left)."""
    start, end = 0, size
    beside = []
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            beside.append((middle, end, False))
            end = middle
        else:
            beside.append((start, middle, True))
            start = middle
    return beside


def _old_edge(old: int, new: int) -> tuple[int, list[tuple[int, int, bool]]]:
    """The way from the new root to the last whole subtree of the old tree: where that starts, and what is beside."""
    start, end = 0, new
    beside = []
    while end != old:
        middle = _split(start, end)
        if old <= middle:
            beside.append((middle, end, False))
            end = middle
        else:
            beside.append((start, middle, True))
            start = middle
    return start, beside


def _gaps(wanted: Sequence[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """The largest subtrees of the leaves start to end without a wanted leaf, left to right."""
    first = bisect_left(wanted, start)
    if first == len(wanted) or wanted[first] >= end:
        yield start, end
    elif end - start > 1:
        middle = _split(start, end)
        yield from _gaps(wanted, start, middle)
        yield from _gaps(wanted, middle, end)


def _combine(leaves: Mapping[int, bytes], wanted: Sequence[int], start: int, end: int, proof: Iterator[bytes]) -> bytes:
    """The root over the leaves start to end, its gaps filled from the proof; at most 64 calls deep."""
    first = bisect_left(wanted, start)
    if first == len(wanted) or wanted[first] >= end:
        return next(proof)
    if end - start == 1:
        return leaves[start]
    middle = _split(start, end)
    left = _combine(leaves, wanted, start, middle, proof)
    return node_hash(left, _combine(leaves, wanted, middle, end, proof))


def _perfect(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The perfect subtrees, largest first, that make up the leaves start to end of one RFC 6962 subtree."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _root_between(start: int, end: int, node: ReadNode) -> bytes:
    return _fold([node(level, index) for level, index in _perfect(start, end)])


def _fold(peaks: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees of falling size."""
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root
