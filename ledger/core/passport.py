"""Passports: everything needed to check one unit's history away from the ledger that wrote it.

A passport is one JSON object (docs/format.md §7). It holds the verbatim signed checkpoint, the verbatim notes of the
batches that matter, the verbatim events of those batches that matter, and two sorts of multi-proof: one from the batch
notes to the checkpoint's root, and one a batch from the events to the batch's root. Its batches carry, besides the
unit's own events, those of its parents and its donation, the key events that say whose signatures count, and the
exposure statement. This module writes and reads that object; whether it is true is `ledger.core.verify`.
"""

from typing import Annotated

import msgspec

from ledger.core import note as notes
from ledger.core.errors import FormatError
from ledger.core.ids import is_id

FORMAT = "xuemai/passport/v1"
MAX_PASSPORT_BYTES = 16 * 1024 * 1024
_VERSIONED = "xuemai/passport/v"

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


class Passport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One unit's passport.

    Attributes:
        format: `xuemai/passport/v1`.
        subject: the unit.
        checkpoint: the signed checkpoint's verbatim bytes, as text.
        log_key: the verifier key that signed it. Carried for comparison; trust in it comes from elsewhere.
        batches: by log index, ascending.
        proof: multi-proof of the batch notes under the checkpoint's root, base64.
    """

    format: str
    subject: str
    checkpoint: str
    log_key: str
    batches: Annotated[list[CarriedBatch], msgspec.Meta(min_length=1)]
    proof: list[str]


class UnknownVersionError(FormatError):
    """A passport of a version that this program does not know: nothing can be said about it."""


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
    _require_version(raw)
    try:
        passport = msgspec.json.decode(raw, type=Passport)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise FormatError(f"expected a passport; {error}") from error
    if format(passport) != raw:
        raise FormatError("expected a passport in its one spelling: canonical JSON and a newline")
    if not is_id(passport.subject, "unit"):
        raise FormatError(f"expected a unit as subject; got {passport.subject!r:.80}")
    return passport


def encode_proof(proof: list[bytes]) -> list[str]:
    """Hashes as base64."""
    return [notes.format_base64(each) for each in proof]


def decode_proof(proof: list[str]) -> list[bytes]:
    """Base64 as hashes of 32 bytes.

    Raises:
        NoteError: not canonical base64.
    """
    return [notes.parse_base64(each) for each in proof]


class _Format(msgspec.Struct, frozen=True):
    format: str


def _require_version(raw: bytes) -> None:
    try:
        named = msgspec.json.decode(raw, type=_Format).format
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise FormatError(f"expected a JSON object with `format`; {error}") from error
    if named == FORMAT:
        return
    if named.startswith(_VERSIONED):
        raise UnknownVersionError(f"expected {FORMAT}; got {named!r:.60}: use a newer verifier")
    raise FormatError(f"expected {FORMAT}; got {named!r:.60}")
