"""Batches: consecutive events of one stream under one signature, and the notes that chain them.

A batch note is a C2SP signed note whose text has seven lines (docs/format.md §4):

    xuemai/batch/v1
    <ledger origin>
    <stream>
    <first seq> <count>
    <base64 SHA-256 of the previous batch note's text; 32 zero bytes at first>
    <base64 RFC 6962 root of the event leaves>
    <time>

The note's bytes, signature and all, are the log leaf. This module makes and parses those bytes and checks a batch
against itself; whether its key and its place in the chain are right is for the ledger, which knows them.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ledger.core import note as notes
from ledger.core.errors import FormatError, NoteError, Refused
from ledger.core.events import Judged, Remains, carrier_of, event_leaf, judge, judge_all, judge_erased
from ledger.core.ids import parse_instant
from ledger.core.merkle import leaf_hashes, root_of

HEADER = "xuemai/batch/v1"
MAX_EVENTS = 1024
MAX_WIRE_BYTES = 1024 * 1024
NO_PREVIOUS = bytes(32)
_RANGE = re.compile(r"([1-9][0-9]{0,15}) ([1-9][0-9]{0,3})\Z")


@dataclass(frozen=True, slots=True)
class BatchNote:
    """The text of a batch note.

    Attributes:
        origin: the ledger that it was made for.
        stream: whose chain it extends.
        first: sequence number of its first event.
        count: how many events, 1 to 1024.
        previous: SHA-256 of the previous batch note's text, 32 bytes.
        root: RFC 6962 root of the event leaves, 32 bytes.
        time: when it was sealed.
    """

    origin: str
    stream: str
    first: int
    count: int
    previous: bytes
    root: bytes
    time: str

    @property
    def last(self) -> int:
        """Sequence number of the last event."""
        return self.first + self.count - 1

    def format(self) -> str:
        """The note's text, ending in a newline."""
        lines = (
            HEADER,
            self.origin,
            self.stream,
            f"{self.first} {self.count}",
            base64.b64encode(self.previous).decode(),
            base64.b64encode(self.root).decode(),
            self.time,
        )
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it travels: the signed note's verbatim bytes and the events' verbatim bytes."""

    note: bytes
    bodies: tuple[bytes, ...]


class _NoteLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: str


@dataclass(frozen=True, slots=True)
class Contents:
    """A batch's events, as far as they were judged.

    Attributes:
        events: the events, judged, in order.
        leaves: their leaf hashes.
    """

    events: tuple[Judged, ...]
    leaves: tuple[bytes, ...]


def parse_text(text: str) -> BatchNote:
    """Parse a batch note's text.

    Raises:
        NoteError: anything that `BatchNote.format` would not have written.
    """
    lines = text.split("\n")
    if len(lines) != 8 or lines[0] != HEADER:
        raise NoteError(f"expected {HEADER} and seven lines; got {lines[0]!r} and {len(lines) - 1} lines")
    matched = _RANGE.match(lines[3])
    if not matched or int(matched[2]) > MAX_EVENTS:
        raise NoteError(f"expected a first seq and a count from 1 to {MAX_EVENTS}; got {lines[3]!r}")
    try:
        carrier_of(lines[2])
        parse_instant(lines[6])
    except FormatError as error:
        raise NoteError(str(error)) from error
    batch = BatchNote(
        origin=lines[1],
        stream=lines[2],
        first=int(matched[1]),
        count=int(matched[2]),
        previous=_hash(lines[4]),
        root=_hash(lines[5]),
        time=lines[6],
    )
    if not batch.origin or batch.format() != text:
        raise NoteError("expected a batch note in its one spelling")
    return batch


def text_hash(note_text: str) -> bytes:
    """SHA-256 of a batch note's text: what the next note names as `previous`, and what a receipt names."""
    return hashlib.sha256(note_text.encode()).digest()


def compose(bodies: Sequence[bytes], *, origin: str, stream: str, first: int, previous: bytes, time: str) -> BatchNote:
    """The note text for these events' bytes, to be signed."""
    root = root_of([event_leaf(body) for body in bodies])
    return BatchNote(
        origin=origin, stream=stream, first=first, count=len(bodies), previous=previous, root=root, time=time
    )


def format_wire(batch: Batch) -> bytes:
    """NDJSON: one line with the note, then each event's bytes on a line."""
    return b"\n".join([_first_line(batch.note), *batch.bodies, b""])


def parse_wire(wire: bytes) -> Batch:
    """Parse what `format_wire` wrote.

    Raises:
        FormatError: too large, no note line, or not what `format_wire` would have written.
    """
    if len(wire) > MAX_WIRE_BYTES:
        raise FormatError(f"expected at most {MAX_WIRE_BYTES} bytes; got {len(wire)}")
    head, *bodies = wire.split(b"\n")
    note = parse_note_line(head)
    if len(bodies) < 2 or bodies[-1] != b"" or len(bodies) - 1 > MAX_EVENTS:
        raise FormatError(f"expected 1 to {MAX_EVENTS} events, a line each, the last one ended; got {len(bodies) - 1}")
    batch = Batch(note=note, bodies=tuple(bodies[:-1]))
    if _first_line(note) != head:  # the other lines stand as they came
        raise FormatError("expected the note line in its one spelling")
    return batch


def parse_note_line(line: bytes) -> bytes:
    """The batch note in the first line of what `format_wire` wrote.

    Raises:
        FormatError: it is none.
    """
    try:
        return msgspec.json.decode(line, type=_NoteLine).note.encode()
    except (msgspec.DecodeError, UnicodeError) as error:
        raise FormatError(f'expected a first line {{"note": …}}; {error}') from error


def read_note(note: bytes) -> tuple[notes.Note, BatchNote]:
    """A batch note's bytes as signed note and as batch text.

    Raises:
        NoteError: not a signed batch note in its one spelling, or not exactly one signature.
    """
    signed = notes.parse(note)
    if len(signed.signatures) != 1:
        raise NoteError(f"expected exactly one signature on a batch note; got {len(signed.signatures)}")
    return signed, parse_text(signed.text)


def check_root(
    text: BatchNote, bodies: Sequence[bytes], erased: Mapping[int, Remains] | None = None
) -> tuple[bytes, ...] | Refused:
    """Check how many events' bytes there are and where they lead to, whatever they say; arguments as `judge_bodies`.

    Returns:
        Their leaves; or Refused at step `size` or `root`.
    """
    if len(bodies) != text.count:
        return Refused("size", f"expected {text.count} events; got {len(bodies)}")
    leaves = leaf_hashes(bodies)
    for at, left in (erased or {}).items():
        if at < len(leaves):
            leaves[at] = left.leaf
    root = root_of(leaves)
    if root != text.root:
        return Refused("root", f"expected event root {text.root.hex()}; the events have {root.hex()}")
    return tuple(leaves)


def judge_bodies(
    text: BatchNote, bodies: Sequence[bytes], erased: Mapping[int, Remains] | None = None
) -> Contents | Refused:
    """Check the events' bytes against their note: count, root, and each event's envelope.

    Args:
        text: the note.
        bodies: each event's bytes; those of an erased event are not looked at.
        erased: what is left of erased events, by their position in the batch.

    Returns:
        The events, judged, in order, and their leaves; or Refused at step `size`, `root` or `envelope`.
    """
    left = erased or {}
    leaves = check_root(text, bodies, left)
    if isinstance(leaves, Refused):
        return leaves
    if not left:
        judged = judge_all(bodies, stream=text.stream, first=text.first)
        return judged if isinstance(judged, Refused) else Contents(judged, leaves)
    found = []
    for at, body in enumerate(bodies):
        answer = judge_erased(left[at]) if at in left else judge(body, stream=text.stream, seq=text.first + at)
        if isinstance(answer, Refused):
            return answer
        found.append(answer)
    return Contents(tuple(found), leaves)


def _first_line(note: bytes) -> bytes:
    return msgspec.json.encode({"note": note.decode()})


def _hash(text: str) -> bytes:
    raw = notes.parse_base64(text)
    if len(raw) != 32:
        raise NoteError(f"expected base64 of 32 bytes; got {len(raw)} bytes")
    return raw
