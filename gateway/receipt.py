"""The ledger's receipt for a batch: read, and verified under the one key that is pinned (docs/format.md §5).

xuemai/receipt/v1
<ledger origin>
<stream>
<last seq>
<log index>
<base64 SHA-256 of the batch note's text>
"""

import re
from dataclasses import dataclass

from ledger.core import note, signing
from ledger.core.errors import NoteError, Refused
from ledger.core.note import VerifierKey

HEADER = "xuemai/receipt/v1"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt's text says."""

    origin: str
    stream: str
    last_seq: int
    log_index: int
    text_hash: bytes

    def format(self) -> str:
        """The text, ending in a newline."""
        lines = (HEADER, self.origin, self.stream, str(self.last_seq), str(self.log_index))
        return "\n".join((*lines, note.format_base64(self.text_hash))) + "\n"


def verify(raw: bytes, key: VerifierKey) -> Receipt | Refused:
    """The receipt, if `key` signed it; else Refused at step `receipt`."""
    try:
        signed = note.parse(raw)
        refused = signing.verify_note(signed, [key])
        if isinstance(refused, Refused):
            return Refused("receipt", refused.reason)
        return parse_text(signed.text)
    except NoteError as error:
        return Refused("receipt", str(error))


def parse_text(text: str) -> Receipt:
    """Parse a receipt's text.

    Raises:
        NoteError: anything that `Receipt.format` would not have written.
    """
    lines = text.split("\n")
    if len(lines) != 7 or lines[0] != HEADER or not all(map(_NUMBER.fullmatch, lines[3:5])):
        raise NoteError(f"expected {HEADER} with origin, stream, last seq, log index and hash; got {text!r:.120}")
    read = Receipt(lines[1], lines[2], int(lines[3]), int(lines[4]), note.parse_base64(lines[5]))
    if read.format() != text:
        raise NoteError("expected a receipt in its one spelling")
    return read
