"""Following a log by its tiles: growth, another story, a lost leaf, and tiles that show nothing at all."""

import pytest

from ledger.core import equivocation, policy, tiles
from ledger.core.errors import Refused
from ledger.core.following import OtherLeaf, OtherRoot, judge_growth, judge_leaves
from ledger.core.merkle import Frontier, ReadNode, leaf_hash, verify_inclusion
from ledger.core.note import VerifierKey
from ledger.core.tiles import Tile
from tests.support.partner import Partner, signer

LOG: VerifierKey = signer().verifier
SIZES = (1, 2, 3, 4, 7, 8, 255, 256, 257, 511, 512, 513, 700)


def tree_of(log: Partner) -> ReadNode:
    """The subtrees of a log, read from tiles that are made as a log makes them."""
    nodes: dict[tuple[int, int], bytes] = {}
    frontier = Frontier()
    for leaf in log.leaves:
        nodes |= {(level, index): value for level, index, value in frontier.append(leaf_hash(leaf))}

    def fetch(tile: Tile) -> bytes:
        return tiles.encode_tile([nodes[tile.node_level, index] for index in tile.node_indices])

    return tiles.read_nodes(len(log.leaves), fetch)


def test_a_log_that_grew_continues_what_was_held() -> None:
    log = Partner().grow_to(700)
    node = tree_of(log)
    for size in SIZES:
        assert judge_growth(log.head(size), log.head(), node) is None
    held = {index: leaf_hash(log.leaves[index]) for index in (0, 255, 256, 511, 512, 699)}
    assert judge_leaves(held, log.head(), node) is None
    assert judge_leaves({}, log.head(), node) is None


@pytest.mark.parametrize("size", SIZES)
def test_another_story_is_found_and_can_be_shown_to_anybody(size: int) -> None:
    true = Partner().grow_to(size)
    lie = true.other_story(size - 1).grow_to(700, "lie")
    found = judge_growth(true.head(), lie.head(), tree_of(lie))
    assert isinstance(found, OtherRoot)
    made = equivocation.two_roots(true.signed(), lie.signed(), root=found.root, proof=found.proof)
    trusted = policy.Policy((policy.Log(LOG),), (), (), policy.NO_QUORUM)
    assert equivocation.verify(equivocation.format(made), trusted).verdict == "valid"


def test_a_lost_leaf_is_named_with_what_stands_in_its_place() -> None:
    true = Partner().grow_to(300)
    lie = true.other_story(270).grow_to(400, "lie")
    held = {index: leaf_hash(true.leaves[index]) for index in (3, 269, 270, 299)}
    found = judge_leaves(held, lie.head(), tree_of(lie))
    assert isinstance(found, OtherLeaf)
    assert found.index == 270
    head = lie.head()
    assert verify_inclusion(leaf_hash(lie.leaves[270]), 270, head.size, found.proof, head.root) is None


def test_tiles_that_do_not_lead_to_the_signed_root_accuse_nobody() -> None:
    true = Partner().grow_to(300)
    other = Partner().grow_to(300, "of another log")
    assert isinstance(judge_growth(true.head(200), true.head(), tree_of(other)), Refused)
    assert isinstance(judge_leaves({7: leaf_hash(true.leaves[7])}, true.head(), tree_of(other)), Refused)
