"""Some entries of the unit map, as a passport carries them, and the note that auditors cosign (docs/format.md §13).

Writes and reads the proof that some subjects stand in the map under a root. Whether the root is one that somebody
audited, and whether the carried events are what the entries say, is `completeness`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import msgspec

from ledger.core import note as notes
from ledger.core.errors import NoteError, Refused
from ledger.core.merkle import HASH_BYTES, MAX_SIZE, Frontier, ReadNode, multiproof, root_from_multiproof
from ledger.core.unitmap import BUCKETS, Listed, bucket_of, entry_leaf, path_of, position_of

HEADER = "xuemai/map/v1"
_STEP = "completeness"
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}")
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]

ReadBucket = Callable[[int], list[tuple[bytes, Listed]]]
"""Answers the (path, entry) of a bucket, in the order of the paths."""


@dataclass(frozen=True, slots=True)
class MapNote:
    """What auditors cosign: the root of a log's unit map as of a size.

    Attributes:
        origin: the log.
        as_of_size: every batch below this log index is in it, and no other.
        root: the map's root, 32 bytes.
    """

    origin: str
    as_of_size: int
    root: bytes

    def format(self) -> str:
        """The note's text, ending in a newline."""
        return f"{HEADER}\n{self.origin}\n{self.as_of_size}\n{notes.format_base64(self.root)}\n"


class Absent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event on a list whose bytes are not carried: they were erased, or languages would read them differently.

    Attributes:
        index: log index of its batch.
        position: its position in the batch.
        leaf: its leaf hash, base64.
    """

    index: _Count
    position: _Count
    leaf: str


class CarriedEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One subject's entry.

    Attributes:
        subject: whose list.
        count: how many events are on it.
        head: its head, base64.
        absent: those of them that the passport does not carry, in log order.
    """

    subject: str
    count: _Count
    head: str
    absent: list[Absent] = msgspec.field(default_factory=list)

    def listed(self) -> Listed:
        """The entry as the map has it.

        Raises:
            NoteError: the head is no hash.
        """
        return Listed(self.count, _hash(self.head))


class CarriedBucket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bucket in which carried entries stand.

    Attributes:
        bucket: which.
        size: how many entries it has.
        positions: where the carried ones stand in it, ascending, in the order of their paths.
        proof: multi-proof of them under the bucket's root, base64.
    """

    bucket: Annotated[int, msgspec.Meta(ge=0, le=BUCKETS - 1)]
    size: _Count
    positions: Annotated[list[_Count], msgspec.Meta(min_length=1)]
    proof: list[str]


class CarriedMap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some entries of the unit map under one root.

    Attributes:
        as_of_size: the root's log size, which is the log index of the batch that states it.
        cosignatures: the auditors' signature lines over the map's note, each ending in a newline; empty if there is
            none.
        entries: in the order of their paths.
        buckets: by number.
        proof: multi-proof of the buckets' roots under the map's root, base64.
    """

    as_of_size: _Count
    cosignatures: str
    entries: Annotated[list[CarriedEntry], msgspec.Meta(min_length=1)]
    buckets: Annotated[list[CarriedBucket], msgspec.Meta(min_length=1)]
    proof: list[str]


def parse_text(text: str) -> MapNote:
    """Read the text of a map's note.

    Raises:
        NoteError: anything that `MapNote.format` would not have written.
    """
    lines = text.split("\n")
    if len(lines) != 5 or lines[0] != HEADER:
        raise NoteError(f"expected {HEADER} and four lines; got {lines[0]!r:.60} and {len(lines) - 1} lines")
    if not lines[1] or not _DECIMAL.fullmatch(lines[2]) or int(lines[2]) > MAX_SIZE:
        raise NoteError(f"expected an origin and a log size in decimal; got {lines[1]!r:.60} and {lines[2]!r:.60}")
    note = MapNote(lines[1], int(lines[2]), _hash(lines[3]))
    if note.format() != text:
        raise NoteError("expected the text of a map's note in its one spelling")
    return note


def prove(
    entries: Iterable[CarriedEntry], *, as_of_size: int, cosignatures: str, bucket: ReadBucket, node: ReadNode
) -> CarriedMap:
    """Show that entries stand in the map.

    Args:
        entries: at least one; each must stand in its bucket as it says.
        as_of_size: the root's log size.
        cosignatures: the auditors' lines.
        bucket: the buckets as of then.
        node: the dense tree as of then, whose level 0 is the buckets' roots.

    Raises:
        ValueError: a subject has no entry in the map.
    """
    ordered = sorted(entries, key=lambda entry: path_of(entry.subject))
    among: dict[int, list[bytes]] = {}
    for entry in ordered:
        path = path_of(entry.subject)
        among.setdefault(bucket_of(path), []).append(path)
    buckets = [_carry(number, paths, bucket(number)) for number, paths in among.items()]
    return CarriedMap(
        as_of_size=as_of_size,
        cosignatures=cosignatures,
        entries=ordered,
        buckets=buckets,
        proof=_encoded(multiproof(among, BUCKETS, node)),
    )


def root_of_carried(carried: CarriedMap) -> bytes | Refused:
    """The root that a carried map leads to; the caller compares it with one that it trusts.

    Raises:
        NoteError: a hash that is none.
    """
    paths = [path_of(entry.subject) for entry in carried.entries]
    roots: dict[int, bytes] = {}
    taken = 0
    for each in carried.buckets:
        some = slice(taken, taken + len(each.positions))
        taken = some.stop
        if each.bucket in roots or taken > len(paths):
            return Refused(_STEP, f"bucket {each.bucket} of the map does not hold the entries that are carried")
        root = _root_of_bucket(each, paths[some], carried.entries[some])
        if isinstance(root, Refused):
            return Refused(_STEP, f"bucket {each.bucket} of the map: {root.reason}")
        roots[each.bucket] = root
    if taken != len(paths):
        return Refused(_STEP, f"expected a bucket for each of {len(paths)} entries; got {taken}")
    root = root_from_multiproof(roots, BUCKETS, [_hash(one) for one in carried.proof])
    return Refused(_STEP, root.reason) if isinstance(root, Refused) else root


def entries_of(lists: Mapping[str, Listed]) -> list[CarriedEntry]:
    """Lists, all of whose events are carried, as entries."""
    return [
        CarriedEntry(subject=subject, count=listed.count, head=notes.format_base64(listed.head))
        for subject, listed in lists.items()
    ]


def _carry(number: int, paths: Sequence[bytes], entries: list[tuple[bytes, Listed]]) -> CarriedBucket:
    positions = []
    for path in paths:
        position = position_of(path, entries)
        if position is None:
            raise ValueError(f"expected an entry at {path.hex()} of bucket {number}; there is none")
        positions.append(position)
    tree = [entry_leaf(path, listed) for path, listed in entries]
    proof = _encoded(multiproof(positions, len(tree), _nodes(tree)))
    return CarriedBucket(bucket=number, size=len(tree), positions=positions, proof=proof)


def _root_of_bucket(carried: CarriedBucket, paths: Sequence[bytes], entries: Sequence[CarriedEntry]) -> bytes | Refused:
    if any(bucket_of(path) != carried.bucket for path in paths):
        return Refused(_STEP, "an entry belongs into another bucket")
    if any(not first < second for first, second in pairwise(carried.positions)):
        return Refused(_STEP, "expected ascending positions")
    leaves = [entry_leaf(path, entry.listed()) for path, entry in zip(paths, entries, strict=True)]
    placed = dict(zip(carried.positions, leaves, strict=True))
    return root_from_multiproof(placed, carried.size, [_hash(one) for one in carried.proof])


def _nodes(leaves: Sequence[bytes]) -> ReadNode:
    frontier = Frontier()
    nodes = {(level, index): each for leaf in leaves for level, index, each in frontier.append(leaf)}
    return lambda level, index: nodes[level, index]


def _encoded(hashes: Iterable[bytes]) -> list[str]:
    return [notes.format_base64(each) for each in hashes]


def _hash(text: str) -> bytes:
    raw = notes.parse_base64(text)
    if len(raw) != HASH_BYTES:
        raise NoteError(f"expected base64 of {HASH_BYTES} bytes; got {len(raw)} bytes")
    return raw
