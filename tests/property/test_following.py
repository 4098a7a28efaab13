"""Random histories of a log that was followed: growth is never accused, and every other story is, with a proof.

The histories are those of a ledger that is restored from a copy and goes on: a truncated tail, a rollback, a fork that
grew again, shorter or longer than what was seen.
"""

from hypothesis import given
from hypothesis import strategies as st

from ledger.core import equivocation, policy, tiles
from ledger.core.following import OtherLeaf, OtherRoot, judge_growth, judge_leaves
from ledger.core.merkle import Frontier, ReadNode, leaf_hash
from ledger.core.tiles import Tile
from tests.support.partner import Partner, signer

POLICY = policy.Policy((policy.Log(signer().verifier),), (), (), policy.NO_QUORUM)
MOST = 600


def tree_of(log: Partner) -> ReadNode:
    """What the log publishes, read through its tiles."""
    nodes: dict[tuple[int, int], bytes] = {}
    frontier = Frontier()
    for leaf in log.leaves:
        nodes |= {(level, index): value for level, index, value in frontier.append(leaf_hash(leaf))}

    def fetch(tile: Tile) -> bytes:
        return tiles.encode_tile([nodes[tile.node_level, index] for index in tile.node_indices])

    return tiles.read_nodes(len(log.leaves), fetch)


@given(seen=st.integers(1, MOST), more=st.integers(0, MOST), held=st.sets(st.integers(0, MOST - 1), max_size=5))
def test_a_log_that_only_grew_is_never_accused(seen: int, more: int, held: set[int]) -> None:
    log = Partner().grow_to(seen + more)
    node = tree_of(log)
    assert judge_growth(log.head(seen), log.head(), node) is None
    leaves = {index: leaf_hash(log.leaves[index]) for index in held if index < seen}
    assert judge_leaves(leaves, log.head(), node) is None


@given(seen=st.integers(1, MOST), data=st.data())
def test_a_log_that_went_back_and_grew_again_is_always_convicted(seen: int, data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, seen - 1), label="what the copy held")
    now = data.draw(st.integers(kept + 1, MOST + 50), label="how far it grew again")
    true = Partner().grow_to(seen)
    fork = true.other_story(kept).grow_to(now, "regrown")
    node = tree_of(fork)
    if now < seen:
        # A smaller checkpoint alone shows nothing; what was held of the old one does, as far as the new one reaches.
        index = data.draw(st.integers(kept, now - 1), label="a receipt")
        found = judge_leaves({index: leaf_hash(true.leaves[index])}, fork.head(), node)
        assert isinstance(found, OtherLeaf)
        assert found.index == index
        return
    found_root = judge_growth(true.head(), fork.head(), node)
    assert isinstance(found_root, OtherRoot)
    shown = equivocation.two_roots(true.signed(), fork.signed(), root=found_root.root, proof=found_root.proof)
    assert equivocation.verify(equivocation.format(shown), POLICY).verdict == "valid"
