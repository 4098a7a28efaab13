"""What a gateway still has to erase: a list that the ledger signs with its receipt key (docs/format.md §14).

    xuemai/erasures/v1
    <ledger origin>
    <gateway>
    <what> <stream> <seq>
    …

A line for each event of which the log says that it was erased and the gateway has not said yet that it holds nothing
more; in log order, perhaps none. It names no reason: who asks for it needs no password.
"""

import re
from dataclasses import dataclass
from typing import Literal

from ledger.core import note as notes
from ledger.core.errors import FormatError, NoteError, Refused
from ledger.core.events import carrier_of, producer_of
from ledger.core.note import VerifierKey
from ledger.core.signing import verify_note

HEADER = "xuemai/erasures/v1"
PATH = "/v1/erasures/"
MAX_LISTED = 1000
"""The first of them; the rest come once these are confirmed."""

_LINE = re.compile(r"(body|value) (\S{1,80}) ([1-9][0-9]{0,15})\Z")


@dataclass(frozen=True, slots=True)
class ToErase:
    """What of which event.

    Attributes:
        what: `body`, its bytes and what goes with them; `value`, the salts behind its commitments.
        stream: its stream.
        seq: its number there.
    """

    what: Literal["body", "value"]
    stream: str
    seq: int


@dataclass(frozen=True, slots=True)
class ErasureList:
    """A gateway's list.

    Attributes:
        origin: the log.
        gateway: whose events they are.
        listed: in log order.
    """

    origin: str
    gateway: str
    listed: tuple[ToErase, ...]

    def format(self) -> str:
        """The list's text, ending in a newline."""
        lines = [f"{each.what} {each.stream} {each.seq}\n" for each in self.listed]
        return "".join([f"{HEADER}\n{self.origin}\n{self.gateway}\n", *lines])


def parse_text(text: str) -> ErasureList:
    """Parse a list's text.

    Raises:
        NoteError: anything that `ErasureList.format` would not have written, or another gateway's event in it.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[0] != HEADER or len(lines) - 4 > MAX_LISTED:
        raise NoteError(f"expected {HEADER}, an origin, a gateway and at most {MAX_LISTED} lines; got {lines[0]!r:.60}")
    made = ErasureList(lines[1], lines[2], tuple(_to_erase(line, lines[2]) for line in lines[3:-1]))
    if not made.origin or made.format() != text:
        raise NoteError("expected a list of erasures in its one spelling")
    return made


def verify(raw: bytes, *keys: VerifierKey) -> ErasureList | Refused:
    """Check a list's bytes against the receipt keys that are believed; one of them suffices.

    Returns:
        The list; or Refused at step `erasures` if the note is malformed, or not signed by any of `keys`.
    """
    try:
        note = notes.parse(raw)
        verified = verify_note(note, keys)
        if isinstance(verified, Refused):
            return Refused("erasures", verified.reason)
        return parse_text(note.text)
    except NoteError as error:
        return Refused("erasures", str(error))


def _to_erase(line: str, gateway: str) -> ToErase:
    matched = _LINE.match(line)
    if matched is None:
        raise NoteError(f"expected what, a stream and a seq; got {line!r:.120}")
    try:
        carrier_of(matched[2])
    except FormatError as error:
        raise NoteError(str(error)) from error
    if producer_of(matched[2]) != gateway:
        raise NoteError(f"expected a stream of {gateway}; got {matched[2]}")
    return ToErase("value" if matched[1] == "value" else "body", matched[2], int(matched[3]))
