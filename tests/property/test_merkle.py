"""Trees of every shape, against RFC 6962 written down word for word, and against an independent library."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proofbundle import merkle as oracle

from ledger.core import merkle
from ledger.core.errors import Refused
from tests.support.vast_trees import node_of_a_vast_tree

LEAVES = [number.to_bytes(2, "big") for number in range(140)]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]

sizes = st.integers(1, len(LEAVES))


def _defined_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, as it stands there."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1" + _defined_root(leaves[:k]) + _defined_root(leaves[k:])).digest()


def _defined_multiproof(wanted: set[int], start: int, end: int) -> list[bytes]:
    if not any(start <= index < end for index in wanted):
        return [_defined_root(LEAVES[start:end])]
    if end - start == 1:
        return []
    k = 1
    while k * 2 < end - start:
        k *= 2
    return _defined_multiproof(wanted, start, start + k) + _defined_multiproof(wanted, start + k, end)


@cache
def _perfect_root(level: int, index: int) -> bytes:
    return _defined_root(LEAVES[index << level : (index + 1) << level])


def _node_up_to(size: int) -> merkle.ReadNode:
    def node(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size, "only perfect subtrees of the tree are stored"
        return _perfect_root(level, index)

    return node


@given(size=st.integers(0, len(LEAVES)))
def test_a_frontier_grows_to_the_defined_root_and_stores_every_perfect_subtree(size: int) -> None:
    frontier = merkle.Frontier()
    stored = {(level, index): digest for leaf in HASHES[:size] for level, index, digest in frontier.append(leaf)}
    assert frontier.root() == merkle.root_of(HASHES[:size]) == _defined_root(LEAVES[:size])
    assert stored == {
        (level, index): _perfect_root(level, index) for level in range(8) for index in range(size >> level)
    }
    rebuilt = merkle.Frontier.from_nodes(size, lambda level, index: stored[level, index])
    assert rebuilt.root() == frontier.root()
    assert rebuilt.append(HASHES[0]) == frontier.append(HASHES[0])


@given(size=sizes, draw=st.data())
def test_every_leaf_is_proved_as_the_oracle_proves_it(size: int, draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, size - 1))
    root = _defined_root(LEAVES[:size])
    proof = merkle.inclusion_proof(index, size, _node_up_to(size))
    assert proof == oracle.inclusion_proof(LEAVES[:size], index)
    assert merkle.verify_inclusion(HASHES[index], index, size, proof, root) is None
    assert oracle.verify_inclusion(LEAVES[index], index, size, proof, root)


@given(new=sizes, draw=st.data())
def test_every_prefix_is_proved_as_the_oracle_proves_it(new: int, draw: st.DataObject) -> None:
    old = draw.draw(st.integers(1, new))
    roots = _defined_root(LEAVES[:old]), _defined_root(LEAVES[:new])
    proof = merkle.consistency_proof(old, new, _node_up_to(new))
    assert proof == oracle.consistency_proof(LEAVES[:new], old)
    assert merkle.verify_consistency(old, roots[0], new, roots[1], proof) is None
    assert oracle.verify_consistency(old, new, proof, *roots)


@given(size=sizes, draw=st.data())
def test_a_multiproof_is_minimal_and_leads_to_the_root(size: int, draw: st.DataObject) -> None:
    wanted = draw.draw(st.sets(st.integers(0, size - 1), min_size=1))
    proof = merkle.multiproof(wanted, size, _node_up_to(size))
    assert proof == _defined_multiproof(wanted, 0, size)
    leaves = {index: HASHES[index] for index in wanted}
    assert merkle.root_from_multiproof(leaves, size, proof) == _defined_root(LEAVES[:size])


@st.composite
def _mutants(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """A proof with exactly one thing wrong."""
    kinds = ["longer"] + (["bit", "shorter", "cut"] if proof else [])
    match draw(st.sampled_from(kinds)):
        case "longer":
            at = draw(st.integers(0, len(proof)))
            return [*proof[:at], draw(st.sampled_from([b"", bytes(32), HASHES[0]])), *proof[at:]]
        case "shorter":
            at = draw(st.integers(0, len(proof) - 1))
            return proof[:at] + proof[at + 1 :]
        case "cut":
            at = draw(st.integers(0, len(proof) - 1))
            return [*proof[:at], proof[at][:-1], *proof[at + 1 :]]
        case _:
            at, bit = draw(st.integers(0, len(proof) - 1)), draw(st.integers(0, 255))
            flipped = (int.from_bytes(proof[at], "big") ^ (1 << bit)).to_bytes(32, "big")
            return [*proof[:at], flipped, *proof[at + 1 :]]


@given(size=sizes, draw=st.data())
def test_no_altered_proof_leads_to_the_root(size: int, draw: st.DataObject) -> None:
    node, root = _node_up_to(size), _defined_root(LEAVES[:size])
    index = draw.draw(st.integers(0, size - 1))
    forged = draw.draw(_mutants(merkle.inclusion_proof(index, size, node)))
    assert isinstance(merkle.verify_inclusion(HASHES[index], index, size, forged, root), Refused)

    wanted = draw.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=8))
    forged = draw.draw(_mutants(merkle.multiproof(wanted, size, node)))
    assert merkle.root_from_multiproof({each: HASHES[each] for each in wanted}, size, forged) != root

    old = draw.draw(st.integers(0, size))
    forged = draw.draw(_mutants(merkle.consistency_proof(old, size, node)))
    refused = merkle.verify_consistency(old, _defined_root(LEAVES[:old]), size, root, forged)
    assert isinstance(refused, Refused)


@given(
    old=st.integers(1, 140),
    new=st.integers(1, 140),
    claimed=st.tuples(st.integers(-1, 150), st.integers(-1, 150)),
)
def test_verdicts_on_wrongly_claimed_sizes_are_the_oracles(old: int, new: int, claimed: tuple[int, int]) -> None:
    old, new = sorted((old, new))
    roots = _defined_root(LEAVES[:old]), _defined_root(LEAVES[:new])
    proof = merkle.consistency_proof(old, new, _node_up_to(new))
    ours = merkle.verify_consistency(claimed[0], roots[0], claimed[1], roots[1], proof)
    assert (ours is None) == oracle.verify_consistency(*claimed, proof, *roots)

    path = merkle.inclusion_proof(old - 1, new, _node_up_to(new))
    judged = merkle.verify_inclusion(HASHES[old - 1], claimed[0], claimed[1], path, roots[1])
    assert (judged is None) == oracle.verify_inclusion(LEAVES[old - 1], *claimed, path, roots[1])


@given(size=st.integers(2**39, 2**64 - 1) | st.sampled_from([2**40, 2**63, 2**64 - 1]), draw=st.data())
def test_sparse_leaves_of_vast_trees_are_proved(size: int, draw: st.DataObject) -> None:
    marked = draw.draw(st.frozensets(st.integers(0, size - 1), min_size=1, max_size=6))
    node = node_of_a_vast_tree(marked)
    root = merkle.Frontier.from_nodes(size, node).root()
    leaves = {index: merkle.leaf_hash(b"%d" % index) for index in marked}
    proof = merkle.multiproof(marked, size, node)
    assert len(proof) <= 64 * len(marked)
    assert merkle.root_from_multiproof(leaves, size, proof) == root

    index = min(marked)
    path = merkle.inclusion_proof(index, size, node)
    assert merkle.verify_inclusion(leaves[index], index, size, path, root) is None

    old = draw.draw(st.integers(1, size))
    old_root = merkle.Frontier.from_nodes(old, node).root()
    steps = merkle.consistency_proof(old, size, node)
    assert merkle.verify_consistency(old, old_root, size, root, steps) is None
    if old < size:
        assert isinstance(merkle.verify_consistency(old, bytes(32), size, root, steps), Refused)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 100, 128])
def test_the_nodes_a_proof_asks_for_do_not_depend_on_the_answers(size: int) -> None:
    asked: list[tuple[int, int]] = []

    def note_down(level: int, index: int) -> bytes:
        asked.append((level, index))
        return bytes(32)

    merkle.multiproof([0, size - 1], size, note_down)
    fetched = {place: _perfect_root(*place) for place in asked}
    proof = merkle.multiproof([0, size - 1], size, lambda level, index: fetched[level, index])
    assert proof == _defined_multiproof({0, size - 1}, 0, size)
