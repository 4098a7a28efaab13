"""What stands in the place of an erased event's bytes, wherever batches are told: one line (docs/format.md §13).

    {"erased":"<base64 leaf hash>","listed":[…]}

An event's bytes never begin like that, for want of an envelope.
"""

import msgspec

from ledger.core.errors import FormatError
from ledger.core.events import Remains
from ledger.core.note import format_base64, parse_base64

_BEGINS = b'{"erased":'


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    erased: str
    listed: list[str]


def is_remains(line: bytes) -> bool:
    """Whether a line stands for an erased event."""
    return line.startswith(_BEGINS)


def format_remains(remains: Remains) -> bytes:
    """What is left of an erased event, as a line in the place of its bytes."""
    return msgspec.json.encode(_Line(format_base64(remains.leaf), list(remains.listed)))


def parse_remains(line: bytes) -> Remains:
    """Read what `format_remains` wrote.

    Raises:
        FormatError: it is not that.
    """
    try:
        told = msgspec.json.decode(line, type=_Line)
        read = Remains(parse_base64(told.erased), tuple(told.listed))
    except (msgspec.DecodeError, UnicodeDecodeError, FormatError) as error:
        raise FormatError(f"expected what is left of an erased event; {error}") from error
    if format_remains(read) != line:
        raise FormatError("expected what is left of an erased event in its one spelling")
    return read
