"""The unit map: from every subject to the number and the head of its events' list, under one root (docs/format.md §13).

65,536 buckets by the first 16 bits of a subject's SHA-256; in a bucket an RFC 6962 tree over the entries, in the order
of those hashes; above it a dense RFC 6962 tree of the buckets' roots. This module hashes lists, entries and trees.
Which events are on a list is `concern`; how a few entries are shown to somebody is `mapproof`; where it is kept is for
others.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from hashlib import sha256

from msgspec import Struct

from ledger.core.ids import din_of
from ledger.core.merkle import EMPTY_ROOT, HASH_BYTES, node_hash, root_of

BUCKETS = 65_536
LEVELS = 16
"""BUCKETS is 2 to this power."""
CROWN_LEVEL = 8
"""The level of the dense tree that is kept with each root: whoever has it needs only the buckets below one of it."""

NO_EVENTS = bytes(HASH_BYTES)
"""The head of an empty list."""

_ENTRY = b"\x00xuemai/map-entry/v1\n"


class Listed(Struct, frozen=True):
    """What the map says of one subject.

    Attributes:
        count: how many events are on its list.
        head: the list's head, 32 bytes.
    """

    count: int = 0
    head: bytes = NO_EVENTS

    def followed_by(self, leaves: Iterable[bytes]) -> "Listed":
        """The same list with more event leaves at its end, for each a head: SHA-256(0x02 || head before || leaf)."""
        count, head = self.count, self.head
        for leaf in leaves:
            count, head = count + 1, sha256(b"\x02" + head + leaf).digest()
        return Listed(count, head)


def path_of(subject: str) -> bytes:
    """Where a subject stands in the map: SHA-256 of its identifier, 32 bytes."""
    return sha256(subject.encode()).digest()


def bucket_of(path: bytes) -> int:
    """The bucket of a path: its first 16 bits."""
    return int.from_bytes(path[:2], "big")


def entry_leaf(path: bytes, listed: Listed) -> bytes:
    """The leaf hash of an entry.

    SHA-256(0x00 || `xuemai/map-entry/v1` and a newline || path || count in 8 bytes, big-endian || head).
    """
    return sha256(_ENTRY + path + listed.count.to_bytes(8, "big") + listed.head).digest()


def bucket_root(entries: Iterable[tuple[bytes, Listed]]) -> bytes:
    """The root of a bucket, of its (path, entry) in the order of the paths; without entries `EMPTY_ROOT`."""
    return root_of([entry_leaf(path, listed) for path, listed in entries])


def also_listed(subject: str) -> str | None:
    """The subject that has an entry, if need be of no events, as soon as this one has: a unit's donation.

    So that nobody can hide a donation's events by saying that there is no such entry.
    """
    return din_of(subject) if subject.startswith("unit:") else None


class DenseTree:
    """The tree above the buckets: 4 MiB, each change 16 hashes or fewer."""

    __slots__ = ("_changed", "_nodes")

    def __init__(self) -> None:
        self._changed: set[int] = set()
        self._nodes = bytearray(2 * BUCKETS * HASH_BYTES)
        hashed = EMPTY_ROOT
        for level in range(LEVELS + 1):
            first, count = BUCKETS >> level, BUCKETS >> level
            self._nodes[first * HASH_BYTES : (first + count) * HASH_BYTES] = hashed * count
            hashed = node_hash(hashed, hashed)

    def get(self, bucket: int) -> bytes:
        """The root of a bucket."""
        return self._at(BUCKETS + bucket)

    def put(self, bucket: int, root: bytes) -> None:
        """Change the root of a bucket."""
        self._set(BUCKETS + bucket, root)
        self._changed.add((BUCKETS + bucket) >> 1)

    def root(self) -> bytes:
        """The map's root."""
        self._settle()
        return self._at(1)

    def node(self, level: int, index: int) -> bytes:
        """The perfect subtree (level, index); level 0 is the buckets' roots."""
        self._settle()
        return self._at((BUCKETS >> level) + index)

    def crown(self) -> bytes:
        """Every perfect subtree of `CROWN_LEVEL`, one behind the other."""
        self._settle()
        first = BUCKETS >> CROWN_LEVEL
        return bytes(self._nodes[first * HASH_BYTES : 2 * first * HASH_BYTES])

    def _settle(self) -> None:
        changed = self._changed
        while changed:
            for place in changed:
                self._set(place, node_hash(self._at(2 * place), self._at(2 * place + 1)))
            changed = {place >> 1 for place in changed if place > 1}
        self._changed.clear()

    def _at(self, place: int) -> bytes:
        return bytes(self._nodes[place * HASH_BYTES : (place + 1) * HASH_BYTES])

    def _set(self, place: int, hashed: bytes) -> None:
        self._nodes[place * HASH_BYTES : (place + 1) * HASH_BYTES] = hashed


class UnitMap:
    """A whole map in memory: some 400 bytes a subject."""

    def __init__(self, lists: Mapping[str, Listed] | None = None) -> None:
        """Begin with these lists; with none by default."""
        self.lists: dict[str, Listed] = {}
        self._buckets: dict[int, list[tuple[bytes, str]]] = {}
        self._touched: set[int] = set()
        self._dense = DenseTree()
        for subject, listed in (lists or {}).items():
            self._put(subject, listed)

    def append(self, subject: str, leaf: bytes) -> None:
        """Add an event leaf to the list of a subject."""
        beside = also_listed(subject)
        if beside is not None and beside not in self.lists:
            self._put(beside, Listed())
        self._put(subject, self.lists.get(subject, Listed()).followed_by((leaf,)))

    def root(self) -> bytes:
        """The map's root."""
        for bucket in self._touched:
            self._dense.put(bucket, bucket_root(self.bucket(bucket)))
        self._touched.clear()
        return self._dense.root()

    def node(self, level: int, index: int) -> bytes:
        """A perfect subtree of the dense tree."""
        self.root()
        return self._dense.node(level, index)

    def bucket(self, bucket: int) -> list[tuple[bytes, Listed]]:
        """The (path, entry) of a bucket, in the order of the paths."""
        return [(path, self.lists[subject]) for path, subject in self._buckets.get(bucket, ())]

    def _put(self, subject: str, listed: Listed) -> None:
        path = path_of(subject)
        bucket = bucket_of(path)
        if subject not in self.lists:
            insort(self._buckets.setdefault(bucket, []), (path, subject))
        self.lists[subject] = listed
        self._touched.add(bucket)


def position_of(path: bytes, bucket: list[tuple[bytes, Listed]]) -> int | None:
    """The position of a path in a bucket; None if it has no entry."""
    position = bisect_left(bucket, path, key=lambda entry: entry[0])
    return position if position < len(bucket) and bucket[position][0] == path else None
