"""The unit map in memory: lists, entries and roots by their definition."""

from hashlib import sha256

from ledger.core.merkle import EMPTY_ROOT, root_of
from ledger.core.unitmap import BUCKETS, DenseTree, Listed, UnitMap, also_listed, bucket_of, entry_leaf, path_of
from tests.support import naive_map

UNIT, OTHER = "unit:A999926000001.E0382V00", "unit:A999926000002.E0382V00"
LEAVES = [sha256(bytes([number])).digest() for number in range(5)]


def test_a_list_is_a_chain_of_leaves() -> None:
    head = bytes(32)
    for leaf in LEAVES[:2]:
        head = sha256(b"\x02" + head + leaf).digest()
    assert Listed().followed_by(LEAVES[:2]) == Listed(2, head)
    assert Listed(2, head).followed_by(LEAVES[2:]) == Listed().followed_by(LEAVES)
    assert Listed().followed_by(LEAVES) != Listed().followed_by(LEAVES[::-1])


def test_an_entry_commits_to_subject_count_and_head() -> None:
    listed = Listed().followed_by(LEAVES)
    leaves = {
        entry_leaf(path_of(UNIT), listed),
        entry_leaf(path_of(OTHER), listed),
        entry_leaf(path_of(UNIT), Listed(4, listed.head)),
        entry_leaf(path_of(UNIT), Listed(5, LEAVES[0])),
    }
    assert len(leaves) == 4
    written = b"\0xuemai/map-entry/v1\n" + path_of(UNIT) + (5).to_bytes(8, "big") + listed.head
    assert entry_leaf(path_of(UNIT), listed) == sha256(written).digest()


def test_the_dense_tree_is_the_tree_of_its_buckets() -> None:
    dense, roots = DenseTree(), [EMPTY_ROOT] * BUCKETS
    assert dense.root() == root_of(roots)
    for bucket in (0, 1, 4097, 65_535, 4097):
        roots[bucket] = sha256(bucket.to_bytes(4, "big") + roots[bucket]).digest()
        dense.put(bucket, roots[bucket])
    assert dense.root() == root_of(roots) == dense.node(16, 0)
    assert [dense.node(0, bucket) for bucket in (0, 2, 65_535)] == [roots[0], EMPTY_ROOT, roots[65_535]]
    assert dense.node(12, 1) == root_of(roots[4096:8192])


def test_the_crown_is_the_middle_of_the_tree_as_it_is_now() -> None:
    dense = DenseTree()
    for bucket in (255, 256, 65_535):
        dense.put(bucket, sha256(bucket.to_bytes(4, "big")).digest())
        assert dense.crown() == b"".join(dense.node(8, index) for index in range(256))
    crown = [dense.crown()[at : at + 32] for at in range(0, 256 * 32, 32)]
    assert len(dense.crown()) == 256 * 32
    assert root_of(crown) == dense.root()
    assert len({crown[0], crown[1], crown[2], crown[255]}) == 4


def test_a_map_is_the_naive_one_however_it_grew() -> None:
    lists = {f"tag:{number:08X}": LEAVES[: 1 + number % 5] for number in range(900)}
    lists |= {UNIT: LEAVES[:2], OTHER: LEAVES[2:], "din:A999926000002": LEAVES[:1]}
    grown = UnitMap()
    for turn in range(5):
        for subject, leaves in lists.items():
            for leaf in leaves[turn : turn + 1]:
                grown.append(subject, leaf)
        grown.root()
    assert grown.root() == naive_map.root_of(lists) == UnitMap(grown.lists).root()
    assert {subject: each.count for subject, each in grown.lists.items() if subject[:4] == "din:"} == {
        "din:A999926000001": 0,
        "din:A999926000002": 1,
    }


def test_a_unit_brings_its_donation_along() -> None:
    assert also_listed(UNIT) == "din:A999926000001"
    assert also_listed("din:A999926000001") is None
    assert bucket_of(path_of(UNIT)) == int(sha256(UNIT.encode()).hexdigest()[:4], 16)
