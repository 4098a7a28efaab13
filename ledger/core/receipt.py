"""Receipts: the ledger's signed word that a batch is on its disk and at which place in the log.

A receipt is a C2SP signed note under a key of its own; its text has six lines (docs/format.md §5):

    xuemai/receipt/v1
    <ledger origin>
    <stream>
    <last seq>
    <log index>
    <base64 SHA-256 of the batch note's text>

Only a receipt lets an outbox mark events acknowledged.
"""

import re
from dataclasses import dataclass

from ledger.core import note as notes
from ledger.core.errors import FormatError, NoteError, Refused
from ledger.core.events import carrier_of
from ledger.core.note import VerifierKey
from ledger.core.signing import verify_note

HEADER = "xuemai/receipt/v1"
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,15})\Z")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says.

    Attributes:
        origin: the log.
        stream: the stream of the batch.
        last_seq: sequence number of the batch's last event.
        log_index: index of the batch in the log, from 0.
        batch_hash: SHA-256 of the batch note's text, 32 bytes.
    """

    origin: str
    stream: str
    last_seq: int
    log_index: int
    batch_hash: bytes

    def format(self) -> str:
        """The receipt's text, ending in a newline."""
        encoded = notes.format_base64(self.batch_hash)
        return f"{HEADER}\n{self.origin}\n{self.stream}\n{self.last_seq}\n{self.log_index}\n{encoded}\n"


def parse_text(text: str) -> Receipt:
    """Parse a receipt's text.

    Raises:
        NoteError: anything that `Receipt.format` would not have written.
    """
    lines = text.split("\n")
    if len(lines) != 7 or lines[0] != HEADER:
        raise NoteError(f"expected {HEADER} and six lines; got {lines[0]!r:.60} and {len(lines) - 1} lines")
    if not _NUMBER.match(lines[3]) or not _NUMBER.match(lines[4]):
        raise NoteError(f"expected a last seq and a log index; got {lines[3]!r:.40} and {lines[4]!r:.40}")
    try:
        carrier_of(lines[2])
    except FormatError as error:
        raise NoteError(str(error)) from error
    receipt = Receipt(lines[1], lines[2], int(lines[3]), int(lines[4]), notes.parse_base64(lines[5]))
    if len(receipt.batch_hash) != 32 or not receipt.origin or receipt.format() != text:
        raise NoteError("expected a receipt in its one spelling")
    return receipt


def verify(raw: bytes, *keys: VerifierKey) -> Receipt | Refused:
    """Check a receipt's bytes against the receipt keys that are believed; one of them suffices.

    Returns:
        The receipt; or Refused at step `receipt` if the note is malformed, or not signed by any of `keys`.
    """
    try:
        note = notes.parse(raw)
        verified = verify_note(note, keys)
        if isinstance(verified, Refused):
            return Refused("receipt", verified.reason)
        return parse_text(note.text)
    except NoteError as error:
        return Refused("receipt", str(error))
