"""Passports: all that is needed to check the history of a unit, or of a dispatch note's units, away from the ledger.

A passport is one JSON object (docs/format.md §7). It holds the verbatim signed checkpoint, the verbatim notes of the
batches that matter, the verbatim events of those batches that matter, and two sorts of multi-proof: one from the batch
notes to the checkpoint's root, and one a batch from the events to the batch's root. Its batches carry, besides the
units' own events, those of their parents and donations, the key events that say whose signatures count, and the
exposure statements; what several units share is carried once. This module writes and reads that object; whether it is
true is `ledger.core.verify`.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from ledger.core import note as notes
from ledger.core.errors import FormatError
from ledger.core.ids import is_id
from ledger.core.mapproof import CarriedMap
from ledger.core.merkle import ReadNode, multiproof, perfect_subtrees
from ledger.core.versions import require_version

FORMAT = "xuemai/passport/v1"
MAX_PASSPORT_BYTES = 16 * 1024 * 1024
_PAGE = b"<!doctype html>"
_IN_PAGE = re.compile(rb'<script type="text/plain" id="passport">([A-Za-z0-9+/=]*)</script>')

_Index = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class CarriedBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some events of one batch.

    Attributes:
        index: the batch's index in the log.
        note: the batch note's verbatim bytes, as text.
        positions: which of its events are carried, from 0, ascending.
        events: their verbatim bytes, as text.
        proof: multi-proof of the events under the batch's root, base64.
    """

    index: _Index
    note: str
    positions: Annotated[list[_Index], msgspec.Meta(min_length=1)]
    events: list[str]
    proof: list[str]


class Passport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The passport of one unit, or of a dispatch note.

    Attributes:
        format: `xuemai/passport/v1`.
        subject: the unit, or the dispatch note as `consignment:…`.
        checkpoint: the signed checkpoint's verbatim bytes, as text.
        log_key: the verifier key that signed it. Carried for comparison; trust in it comes from elsewhere.
        batches: by log index, ascending.
        proof: multi-proof of the batch notes under the checkpoint's root, base64.
        before: the verbatim bytes, as text, of passports of other logs that this log accepted.
        map: the unit map's entries of the units, their ancestors, their donations and the keys that signed; None where
            the ledger has no root of it yet.
    """

    format: str
    subject: str
    checkpoint: str
    log_key: str
    batches: Annotated[list[CarriedBatch], msgspec.Meta(min_length=1)]
    proof: list[str]
    before: list[str] = []
    map: CarriedMap | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A batch of which a passport shall carry some events.

    Attributes:
        index: its index in the log.
        note: its note's verbatim bytes.
        leaves: the leaf hashes of all its events, in order.
        bodies: position → verbatim bytes of the events to carry; at least one.
    """

    index: int
    note: bytes
    leaves: Sequence[bytes]
    bodies: Mapping[int, bytes]


def assemble(  # noqa: PLR0913  each is a part of the file
    subject: str,
    chosen: Iterable[Chosen],
    *,
    checkpoint: bytes,
    size: int,
    log_key: str,
    node: ReadNode,
    before: Sequence[bytes] = (),
) -> Passport:
    """Put a passport together.

    Args:
        subject: the unit or the dispatch note.
        chosen: the batches to carry, in any order.
        checkpoint: the signed checkpoint's verbatim bytes, of a log of `size` batches.
        size: the checkpoint's size; larger than every index.
        log_key: the verifier key that signed it.
        node: (level, index) → hash of a perfect subtree of the log.
        before: passports of other logs that this log accepted, verbatim.
    """
    ordered = sorted(chosen, key=lambda batch: batch.index)
    return Passport(
        format=FORMAT,
        subject=subject,
        checkpoint=checkpoint.decode(),
        log_key=log_key,
        batches=[_carry(batch) for batch in ordered],
        proof=encode_proof(multiproof([batch.index for batch in ordered], size, node)),
        before=[raw.decode() for raw in before],
    )


def format(passport: Passport) -> bytes:  # noqa: A001 - always read as `passport.format`, the twin of `parse`
    """The passport's bytes: canonical JSON, ending in a newline."""
    return msgspec.json.encode(passport) + b"\n"


def parse(raw: bytes) -> Passport:
    """Read a passport.

    Raises:
        UnknownVersionError: it says that it is a passport of another version.
        FormatError: not what `format` would have written.
    """
    if len(raw) > MAX_PASSPORT_BYTES:
        raise FormatError(f"expected at most {MAX_PASSPORT_BYTES} bytes; got {len(raw)}")
    require_version(raw, FORMAT)
    try:
        passport = msgspec.json.decode(raw, type=Passport)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise FormatError(f"expected a passport; {error}") from error
    if format(passport) != raw:
        raise FormatError("expected a passport in its one spelling: canonical JSON and a newline")
    if not is_id(passport.subject, "unit") and not is_id(passport.subject, "consignment"):
        raise FormatError(f"expected a unit or a dispatch note as subject; got {passport.subject!r:.80}")
    return passport


def out_of_page(raw: bytes) -> bytes:
    """The passport that an HTML page of `ledger.passport_page` carries; other bytes are given back as they are.

    Nothing else of the page is looked at: what its program says of the passport does not count here.
    """
    found = _IN_PAGE.search(raw) if raw[: len(_PAGE)].lower() == _PAGE else None
    try:
        return raw if found is None else base64.b64decode(found[1], validate=True)
    except binascii.Error:
        return raw


def digest(text: str) -> str:
    """Base64 SHA-256 of a carried passport's bytes, as a `passport_accepted` event names it."""
    return notes.format_base64(hashlib.sha256(text.encode()).digest())


def encode_proof(proof: list[bytes]) -> list[str]:
    """Hashes as base64."""
    return [notes.format_base64(each) for each in proof]


def decode_proof(proof: list[str]) -> list[bytes]:
    """Base64 as hashes of 32 bytes.

    Raises:
        NoteError: not canonical base64.
    """
    return [notes.parse_base64(each) for each in proof]


def _carry(batch: Chosen) -> CarriedBatch:
    nodes = perfect_subtrees(batch.leaves)
    positions = sorted(batch.bodies)
    return CarriedBatch(
        index=batch.index,
        note=batch.note.decode(),
        positions=positions,
        events=[batch.bodies[position].decode() for position in positions],
        proof=encode_proof(multiproof(positions, len(batch.leaves), lambda level, index: nodes[level][index])),
    )
