"""What stands around a label, or was made of it, on its way from the scanner.

A scanner adds what it was programmed to add: the AIM symbology prefix (ISO/IEC 15424: `]C0` Code 128, `]d1` or `]d2`
Data Matrix), STX and ETX, the end of the line. No label begins with a prefix; the gateway's own decoder does the same
to bytes. A scanner that types like a keyboard passes through the input method besides: a Chinese one that is set to
full width turns every character into its wide form, and one that is set to Chinese punctuation `<` and `>` into the
marks of a book's title. None of these stands on a label or in an identifier.
"""

import re
from typing import Final

_AIM: Final = re.compile(r"\][A-Za-z][0-9A-Za-z](?=.)", re.DOTALL)
_AROUND: Final = "\x02\x03\t\r\n "
_WIDE: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {
    ord("\N{IDEOGRAPHIC SPACE}"): " ",
    ord("\N{LEFT DOUBLE ANGLE BRACKET}"): "<",
    ord("\N{RIGHT DOUBLE ANGLE BRACKET}"): ">",
}
"""The full-width forms of printable ASCII, U+FF01 to U+FF5E, lie 0xFEE0 above it."""


def unframed(text: str) -> str:
    """The label out of what a scanner sent; a text without a frame is itself."""
    sent = text.strip(_AROUND)
    aim = _AIM.match(sent)
    return sent if aim is None else sent[aim.end() :]


def keyed(text: str) -> str:
    """The same out of what came by a keyboard, whichever input method was on."""
    return unframed(text.translate(_WIDE))
