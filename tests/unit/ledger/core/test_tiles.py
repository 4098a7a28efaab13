"""Addresses of tiles have one spelling, and their bytes too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core import merkle, tiles
from ledger.core.errors import FormatError
from ledger.core.tiles import EntryBundle, Tile

indices = st.integers(0, 2**63 - 1) | st.integers(0, 2000)
widths = st.integers(1, 256)


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("tile/0/x001/x234/067", Tile(0, 1234067)),
        ("tile/0/x001/x234/067.p/8", Tile(0, 1234067, 8)),
        ("tile/63/000.p/255", Tile(63, 0, 255)),
        ("tile/1/999", Tile(1, 999)),
        ("tile/1/x001/000", Tile(1, 1000)),
        ("tile/entries/000.p/1", EntryBundle(0, 1)),
        ("tile/entries/x012/345", EntryBundle(12345)),
        ("tile/0/x009/x223/x372/x036/x854/x775/807", Tile(0, 2**63 - 1)),
    ],
)
def test_known_addresses(path: str, tile: Tile | EntryBundle) -> None:
    assert tiles.parse_path(path) == tile
    assert tiles.format_path(tile) == path


@given(st.builds(Tile, st.integers(0, 63), indices, widths) | st.builds(EntryBundle, indices, widths))
def test_addresses_round_trip(tile: Tile | EntryBundle) -> None:
    assert tiles.parse_path(tiles.format_path(tile)) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0",
        "tile//000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/Entries/000",
        "tile/data/000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000",
        "tile/0/001/000",
        "tile/0/x000/001",
        "tile/0/x001/x000",
        "tile/0/X001/000",
        "tile/0/x1/000",
        "tile/0/x009/x223/x372/x036/x854/x775/808",
        "tile/0/x001/x000/x000/x000/x000/x000/x000/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.P/1",
        "tile/0/000p/1",
        "tile/0/000.p/1\n",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/../000",
    ],
)
def test_refused_addresses(path: str) -> None:
    with pytest.raises(FormatError, match="expected"):
        tiles.parse_path(path)


@pytest.mark.parametrize(
    "tile",
    [Tile(-1, 0), Tile(64, 0), Tile(0, -1), Tile(0, 2**63), Tile(0, 0, 0), Tile(0, 0, 257), EntryBundle(0, 0)],
    ids=str,
)
def test_a_tile_out_of_range_has_no_address(tile: Tile | EntryBundle) -> None:
    with pytest.raises(FormatError, match="expected a level"):
        tiles.format_path(tile)


def test_the_tiles_of_the_specification_s_tree_of_70000() -> None:
    size = 70_000
    widths_of_level = [[tiles.width_at(level, index, size) for index in range(275)] for level in range(4)]
    assert widths_of_level[0] == [256] * 273 + [112, 0]
    assert widths_of_level[1][:3] == [256, 17, 0]
    assert widths_of_level[2][:2] == [1, 0]
    assert widths_of_level[3][0] == 0
    assert [tiles.width_at(level, 0, 256) for level in range(3)] == [256, 1, 0]
    assert tiles.width_at(0, 0, 0) == 0
    assert tiles.width_at(7, 127, 2**63) == 0
    assert tiles.width_at(7, 0, 2**63) == 128


def test_a_tile_is_made_of_perfect_subtrees() -> None:
    frontier = merkle.Frontier()
    stored = {}
    for number in range(600):
        stored.update(
            {(level, index): digest for level, index, digest in frontier.append(merkle.leaf_hash(b"%d" % number))}
        )
    upper = Tile(1, 0, tiles.width_at(1, 0, 600))
    assert (upper.node_level, upper.node_indices) == (8, range(2))
    for index in upper.node_indices:
        below = Tile(upper.level - 1, index)
        assert below.node_indices == range(256 * index, 256 * index + 256)
        hashes = [stored[below.node_level, each] for each in below.node_indices]
        assert merkle.root_of(hashes) == stored[upper.node_level, index]
    assert EntryBundle(2, 88).leaf_indices == range(512, 600)


def test_a_golden_entry_bundle() -> None:
    raw = b"\x00\x03abc\x00\x00\x00\x01z"
    assert tiles.encode_entry_bundle([b"abc", b"", b"z"]) == raw
    assert tiles.decode_entry_bundle(raw, 3) == (b"abc", b"", b"z")


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=256))
def test_entry_bundles_round_trip(entries: list[bytes]) -> None:
    raw = tiles.encode_entry_bundle(entries)
    assert tiles.decode_entry_bundle(raw, len(entries)) == tuple(entries)
    for wrong in (len(entries) - 1, len(entries) + 1):
        with pytest.raises(FormatError):
            tiles.decode_entry_bundle(raw, wrong)


@pytest.mark.parametrize("width", [1, 256])
def test_the_narrowest_and_the_widest(width: int) -> None:
    leaves = (b"x",) * width
    assert tiles.decode_entry_bundle(tiles.encode_entry_bundle(leaves), width) == leaves
    hashes = (bytes(32),) * width
    assert tiles.decode_tile(tiles.encode_tile(hashes), width) == hashes


def test_an_entry_fits_its_length_prefix() -> None:
    longest = bytes(65_535)
    assert tiles.decode_entry_bundle(tiles.encode_entry_bundle([longest]), 1) == (longest,)
    with pytest.raises(FormatError, match="at most 65535 bytes, got 65536"):
        tiles.encode_entry_bundle([b"", longest + b"\0"])


@pytest.mark.parametrize(
    ("raw", "width", "reason"),
    [
        (b"", 1, "inside leaf 0"),
        (b"\x00", 1, "inside leaf 0"),
        (b"\x00\x01", 1, "inside leaf 0"),
        (b"\x00\x00\x00", 2, "inside leaf 1"),
        (b"\x00\x00\x00", 1, "1 bytes after"),
        (b"", 0, "1 to 256"),
        (b"\x00\x00" * 257, 257, "1 to 256"),
    ],
)
def test_refused_entry_bundles(raw: bytes, width: int, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        tiles.decode_entry_bundle(raw, width)


@pytest.mark.parametrize("count", [0, 257])
def test_no_bundle_and_no_tile_of_another_width(count: int) -> None:
    with pytest.raises(FormatError, match="1 to 256"):
        tiles.encode_entry_bundle([b""] * count)
    with pytest.raises(FormatError, match="1 to 256"):
        tiles.encode_tile([bytes(32)] * count)


def test_a_tile_s_bytes_are_its_hashes() -> None:
    hashes = tuple(merkle.leaf_hash(b"%d" % number) for number in range(3))
    raw = tiles.encode_tile(hashes)
    assert raw == b"".join(hashes)
    assert tiles.decode_tile(raw, 3) == hashes
    for wrong in (2, 4):
        with pytest.raises(FormatError, match="got 96"):
            tiles.decode_tile(raw, wrong)
    with pytest.raises(FormatError, match="hashes of 32 bytes"):
        tiles.encode_tile([b"short"])
