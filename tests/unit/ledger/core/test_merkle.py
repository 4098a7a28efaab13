"""Golden roots and proofs, and everything at the edges of a tree."""

import json
import random
from pathlib import Path
from typing import NoReturn

import pytest

from ledger.core import merkle
from ledger.core.errors import Refused
from tests.support.vast_trees import node_of_a_vast_tree

VECTORS = json.loads((Path(__file__).parents[3] / "vectors/merkle/rfc6962.json").read_text())
HASHES = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


def _stored() -> merkle.ReadNode:
    frontier = merkle.Frontier()
    nodes = {(level, index): digest for leaf in HASHES for level, index, digest in frontier.append(leaf)}
    return lambda level, index: nodes[level, index]


NODE = _stored()


def _hashes(vector: dict[str, list[str]]) -> list[bytes]:
    return [bytes.fromhex(each) for each in vector["proof"]]


def _unread(level: int, index: int) -> NoReturn:
    raise AssertionError(f"nothing needs to be read, yet ({level}, {index}) was")


def test_the_roots_are_the_shared_ones() -> None:
    # Known outside this project: the roots of one and of all eight leaves.
    assert VECTORS["roots"][1] == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert VECTORS["roots"][8] == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert [merkle.root_of(HASHES[:size]) for size in range(9)] == ROOTS
    assert merkle.Frontier().root() == merkle.EMPTY_ROOT == ROOTS[0]


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_golden_inclusion_proofs(vector: dict) -> None:
    index, size = vector["index"], vector["size"]
    assert merkle.inclusion_proof(index, size, NODE) == _hashes(vector)
    assert merkle.root_from_inclusion(HASHES[index], index, size, _hashes(vector)) == ROOTS[size]


def _stored_hash(level: int, index: int) -> bytes:
    """A subtree's hash in a tree too large to grow."""
    return merkle.leaf_hash(b"%d %d" % (level, index))


def test_a_proof_is_told_beforehand_by_the_subtrees_that_it_is_made_of() -> None:
    dice = random.Random(18)  # noqa: S311  the same trees in every run
    trees = [(index, size) for size in range(1, 70) for index in range(size)]
    trees += [
        (dice.randrange(size), size) for size in (dice.randrange(1, 2 << dice.randrange(1, 62)) for _ in range(300))
    ]
    for index, size in trees:
        subtrees, folded = merkle.inclusion_subtrees(index, size)
        read: list[merkle.Subtree] = []

        def node(level: int, at: int, read: list[merkle.Subtree] = read) -> bytes:
            read.append((level, at))
            return _stored_hash(level, at)

        proof = merkle.inclusion_proof(index, size, node)
        assert sorted(subtrees) == sorted(read), (index, size)
        assert merkle.proof_of_subtrees([_stored_hash(*each) for each in subtrees], folded) == proof, (index, size)
    with pytest.raises(ValueError, match="index"):
        merkle.inclusion_subtrees(5, 5)


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_golden_consistency_proofs(vector: dict) -> None:
    old, new = vector["old"], vector["new"]
    assert merkle.consistency_proof(old, new, NODE) == _hashes(vector)
    assert merkle.verify_consistency(old, ROOTS[old], new, ROOTS[new], _hashes(vector)) is None


@pytest.mark.parametrize("vector", VECTORS["multi"])
def test_golden_multiproofs(vector: dict) -> None:
    assert merkle.multiproof(vector["indices"], vector["size"], NODE) == _hashes(vector)
    leaves = {index: HASHES[index] for index in vector["indices"]}
    assert merkle.root_from_multiproof(leaves, vector["size"], _hashes(vector)) == ROOTS[vector["size"]]


def test_appending_tells_which_subtrees_are_now_whole() -> None:
    frontier = merkle.Frontier()
    completed = [[(level, index) for level, index, _ in frontier.append(leaf)] for leaf in HASHES[:4]]
    assert completed == [[(0, 0)], [(0, 1), (1, 0)], [(0, 2)], [(0, 3), (1, 1), (2, 0)]]
    assert frontier.size == 4


def test_every_level_over_hashes_is_that_of_their_tree() -> None:
    hashes = [merkle.leaf_hash(bytes([number])) for number in range(8)]
    levels = merkle.levels_over(hashes)
    assert [len(level) for level in levels] == [8, 4, 2, 1]
    for level, found in enumerate(levels):
        width = 1 << level
        assert found == [merkle.root_of(hashes[at : at + width]) for at in range(0, 8, width)]
    assert merkle.levels_over(hashes[:1]) == [hashes[:1]]


@pytest.mark.parametrize("count", range(12))
def test_the_perfect_subtrees_over_hashes_are_those_that_appending_them_completes(count: int) -> None:
    frontier = merkle.Frontier()
    appended = {(level, index): each for leaf in HASHES[:count] for level, index, each in frontier.append(leaf)}
    levels = merkle.perfect_subtrees(HASHES[:count])
    found = {(level, index): each for level, hashes in enumerate(levels) for index, each in enumerate(hashes)}
    assert found == appended


@pytest.mark.parametrize("count", [0, 3, 6])
def test_no_levels_over_what_is_no_perfect_tree(count: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        merkle.levels_over([bytes(32)] * count)


def test_a_dropped_copy_leaves_the_tree_as_it_was() -> None:
    frontier = merkle.Frontier()
    frontier.append(HASHES[0])
    attempt = frontier.copy()
    attempt.append(HASHES[1])
    assert (frontier.size, frontier.root()) == (1, ROOTS[1])
    assert (attempt.size, attempt.root()) == (2, ROOTS[2])


@pytest.mark.parametrize("size", [-1, merkle.MAX_SIZE + 1])
def test_no_frontier_beyond_the_sizes(size: int) -> None:
    with pytest.raises(ValueError, match="tree size"):
        merkle.Frontier.from_nodes(size, _unread)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (8, 8), (-1, 8), (0, merkle.MAX_SIZE + 1)])
def test_no_proof_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="expected a"):
        merkle.inclusion_proof(index, size, _unread)
    with pytest.raises(ValueError, match="expected a"):
        merkle.multiproof([index], size, _unread)
    for refused in (
        merkle.root_from_inclusion(HASHES[0], index, size, []),
        merkle.root_from_multiproof({index: HASHES[0]}, size, []),
        merkle.root_from_multiproof({0: HASHES[0], index: HASHES[0]}, size, []),
    ):
        assert isinstance(refused, Refused)
        assert "below the tree's size" in refused.reason


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3), (0, -1), (1, merkle.MAX_SIZE + 1)])
def test_no_proof_between_impossible_sizes(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="size"):
        merkle.consistency_proof(old, new, _unread)
    assert isinstance(merkle.verify_consistency(old, ROOTS[1], new, ROOTS[1], []), Refused)


def test_what_is_no_hash_is_refused_before_it_is_hashed() -> None:
    short = bytes(31)
    for refused in (
        merkle.root_from_inclusion(short, 0, 2, [HASHES[1]]),
        merkle.root_from_inclusion(HASHES[0], 0, 2, [short]),
        merkle.root_from_multiproof({0: short}, 2, [HASHES[1]]),
        merkle.root_from_multiproof({0: HASHES[0]}, 2, [short]),
    ):
        assert isinstance(refused, Refused)
        assert "hashes of 32 bytes" in refused.reason


def test_the_largest_tree_is_rebuilt_from_its_64_subtrees_and_its_last_leaves_are_proved() -> None:
    assert merkle.MAX_SIZE == 2**64 - 1
    last = merkle.MAX_SIZE - 1
    node = node_of_a_vast_tree(frozenset({0, last}))
    largest = merkle.Frontier.from_nodes(merkle.MAX_SIZE, node)
    assert [peak == node(63 - at, 2 ** (at + 1) - 2) for at, peak in enumerate(largest.peaks)] == [True] * 64
    first_way = merkle.inclusion_proof(0, merkle.MAX_SIZE, node)
    assert len(first_way) == 64
    for index, way in ((0, first_way), (last, merkle.inclusion_proof(last, merkle.MAX_SIZE, node))):
        leaf = merkle.leaf_hash(b"%d" % index)
        assert merkle.verify_inclusion(leaf, index, merkle.MAX_SIZE, way, largest.root()) is None
        assert isinstance(
            merkle.verify_inclusion(leaf, index, merkle.MAX_SIZE, way[1:], largest.root()),
            Refused,
        )


def test_a_multiproof_of_nothing_proves_nothing() -> None:
    with pytest.raises(ValueError, match="at least one leaf"):
        merkle.multiproof([], 8, _unread)
    assert merkle.root_from_multiproof({}, 8, [ROOTS[8]]) == Refused(
        "multi-proof", "expected at least one leaf, got none"
    )


def test_nothing_needs_proof_from_the_empty_tree_or_to_the_same_one() -> None:
    assert merkle.consistency_proof(0, 8, _unread) == []
    assert merkle.consistency_proof(8, 8, _unread) == []


@pytest.mark.parametrize(
    ("old", "old_root", "new", "new_root", "proof", "reason"),
    [
        (0, ROOTS[0], 8, ROOTS[8], [ROOTS[8]], "expected no hashes"),
        (8, ROOTS[8], 8, ROOTS[8], [ROOTS[8]], "expected no hashes"),
        (0, ROOTS[1], 8, ROOTS[8], [], "root of the empty tree"),
        (0, ROOTS[0], 0, ROOTS[1], [], "same size"),
        (0, ROOTS[1], 0, ROOTS[1], [], "root of the empty tree"),
        (7, ROOTS[7], 7, ROOTS[8], [], "same size"),
        (4, ROOTS[4], 8, ROOTS[8], [], "expected 1 hashes"),
        (3, ROOTS[3], 7, ROOTS[7], [], "expected 4 hashes"),
        (4, ROOTS[4], 8, ROOTS[7], [ROOTS[4]], "new root"),
        (4, ROOTS[4][:31], 8, ROOTS[8], [ROOTS[4]], "32 bytes"),
    ],
)
def test_false_claims_about_two_sizes_are_refused(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes], reason: str
) -> None:
    refused = merkle.verify_consistency(old, old_root, new, new_root, proof)
    assert isinstance(refused, Refused)
    assert refused.step == "consistency-proof"
    assert reason in refused.reason


def test_a_rewritten_old_leaf_fails_at_the_old_root() -> None:
    proof = merkle.consistency_proof(3, 7, NODE)
    refused = merkle.verify_consistency(3, merkle.root_of([HASHES[1], *HASHES[1:3]]), 7, ROOTS[7], proof)
    assert isinstance(refused, Refused)
    assert "old root" in refused.reason


def test_an_inner_node_is_never_taken_for_a_leaf() -> None:
    inner = NODE(1, 0)
    leaf = merkle.leaf_hash(NODE(0, 0) + NODE(0, 1))
    assert leaf != inner
    refused = merkle.verify_inclusion(leaf, 0, 2, [NODE(1, 1)], ROOTS[4])
    assert isinstance(refused, Refused)
    assert refused.step == "inclusion-proof"
