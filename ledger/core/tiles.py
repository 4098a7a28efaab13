"""C2SP tiles: the addresses and bytes under which a log publishes its tree and its leaves.

Decides what an address means and how a bundle of leaves is written. Which tiles exist at a checkpoint follows from its
size alone; their bytes are fetched by `ledger.read`.

Source: c2sp.org/tlog-tiles.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ledger.core.errors import FormatError
from ledger.core.merkle import HASH_BYTES, ReadNode, node_hash

WIDTH = 256
"""Hashes of a full tile, and leaves of a full entry bundle."""

HEIGHT = 8
"""Tree levels from one tile level to the next."""

MAX_LEVEL = 63
MAX_INDEX = 2**63 - 1
MAX_ENTRY_BYTES = 0xFFFF

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """Consecutive hashes of one tile level.

    Attributes:
        level: tile level; its hashes are perfect subtrees of level `8 * level`.
        index: of the tile in its level, from 0.
        width: how many hashes, 1 to 256; fewer than 256 make a partial tile.
    """

    level: int
    index: int
    width: int = WIDTH

    @property
    def node_level(self) -> int:
        """The level, in `merkle`'s counting, of the perfect subtrees that the tile holds."""
        return self.level * HEIGHT

    @property
    def node_indices(self) -> range:
        """The indices of those perfect subtrees; the tile's bytes are their hashes in this order."""
        return range(self.index * WIDTH, self.index * WIDTH + self.width)


@dataclass(frozen=True, slots=True)
class EntryBundle:
    """Consecutive leaves, beside the tile of level 0 with the same index and width."""

    index: int
    width: int = WIDTH

    @property
    def leaf_indices(self) -> range:
        """The indices of the leaves that it holds."""
        return range(self.index * WIDTH, self.index * WIDTH + self.width)


def width_at(level: int, index: int, size: int) -> int:
    """How many hashes the tile has in a tree of `size` leaves: 0 if none, 256 if full. Entry bundles are as level 0."""
    return max(0, min(WIDTH, (size >> (level * HEIGHT)) - index * WIDTH))


def parse_path(path: str) -> Tile | EntryBundle:
    """Read an address such as `tile/0/x001/x234/067.p/8` or `tile/entries/000`, only in its canonical spelling.

    Raises:
        FormatError: for anything that `format_path` would not write.
    """
    found = _PATH.fullmatch(path)
    if not found:
        raise FormatError(f"expected tile/<level>/<index>[.p/<width>] or tile/entries/…, got {path!r:.120}")
    index = int(found["index"].replace("x", "").replace("/", ""))
    width = int(found["width"] or WIDTH)
    tile = EntryBundle(index, width) if found["level"] == "entries" else Tile(int(found["level"]), index, width)
    if format_path(tile) != path:
        raise FormatError(f"expected the canonical address {format_path(tile)}, got {path!r:.120}")
    return tile


def format_path(tile: Tile | EntryBundle) -> str:
    """Write the address of a tile or an entry bundle, without a leading slash.

    Raises:
        FormatError: if its level, index or width is out of range.
    """
    level = tile.level if isinstance(tile, Tile) else 0
    if not (0 <= level <= MAX_LEVEL and 0 <= tile.index <= MAX_INDEX and 1 <= tile.width <= WIDTH):
        raise FormatError(f"expected a level to {MAX_LEVEL}, a 63-bit index, a width from 1 to {WIDTH}; got {tile}")
    digits = str(tile.index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    address = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    partial = f".p/{tile.width}" if tile.width < WIDTH else ""
    return f"tile/{level if isinstance(tile, Tile) else 'entries'}/{address}{partial}"


def encode_entry_bundle(entries: Iterable[bytes]) -> bytes:
    """Write leaves, each after its length in two bytes, big-endian.

    Raises:
        FormatError: if there are not 1 to 256 of them, or one is longer than 65,535 bytes.
    """
    leaves = list(entries)
    _require_width(len(leaves))
    longest = max(map(len, leaves))
    if longest > MAX_ENTRY_BYTES:
        raise FormatError(f"expected leaves of at most {MAX_ENTRY_BYTES} bytes, got {longest}")
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def decode_entry_bundle(raw: bytes, width: int) -> tuple[bytes, ...]:
    """Read exactly `width` leaves.

    Raises:
        FormatError: if the bytes end early or go on after them, or the width is not 1 to 256.
    """
    _require_width(width)
    leaves = []
    at = 0
    for number in range(width):
        length = int.from_bytes(raw[at : at + 2], "big")
        end = at + 2 + length
        if end > len(raw):
            raise FormatError(f"expected {width} leaves, got bytes that end inside leaf {number}")
        leaves.append(raw[at + 2 : end])
        at = end
    if at != len(raw):
        raise FormatError(f"expected {width} leaves, got {len(raw) - at} bytes after them")
    return tuple(leaves)


def encode_tile(hashes: Sequence[bytes]) -> bytes:
    """Write a tile's hashes one after the other.

    Raises:
        FormatError: if there are not 1 to 256 of them, or one is not 32 bytes long.
    """
    _require_width(len(hashes))
    if any(len(each) != HASH_BYTES for each in hashes):
        raise FormatError(f"expected hashes of {HASH_BYTES} bytes")
    return b"".join(hashes)


def decode_tile(raw: bytes, width: int) -> tuple[bytes, ...]:
    """Read exactly `width` hashes.

    Raises:
        FormatError: if there are more or fewer bytes, or the width is not 1 to 256.
    """
    _require_width(width)
    if len(raw) != width * HASH_BYTES:
        raise FormatError(f"expected {width * HASH_BYTES} bytes for {width} hashes, got {len(raw)}")
    return tuple(raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES))


def read_nodes(size: int, fetch: Callable[[Tile], bytes]) -> ReadNode:
    """Perfect subtrees of a tree of `size` leaves, read from its tiles; each tile is fetched once.

    What comes is not checked: the caller holds the root that it leads to against a signed one. `fetch` answers a
    tile's bytes; whatever it raises is passed on, and so is `FormatError` for a tile of another length.
    """
    known: dict[Tile, tuple[bytes, ...]] = {}

    def node(level: int, index: int) -> bytes:
        above, inner = divmod(level, HEIGHT)
        first = index << inner
        number = first // WIDTH
        tile = Tile(above, number, width_at(above, number, size))
        if tile not in known:
            known[tile] = decode_tile(fetch(tile), tile.width)
        hashes = list(known[tile][first - number * WIDTH :][: 1 << inner])
        while len(hashes) > 1:
            hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
        return hashes[0]

    return node


def _require_width(width: int) -> None:
    if not 1 <= width <= WIDTH:
        raise FormatError(f"expected 1 to {WIDTH} entries, got {width}")
