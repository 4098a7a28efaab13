"""A line of text as a QR code (ISO/IEC 18004), as a drawing that a template can make."""

from dataclasses import dataclass
from itertools import groupby

import segno

QUIET_MODULES = 4
"""The white margin that the standard asks for, in modules."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A square of dark modules on white.

    Attributes:
        side: its side in modules, margin included.
        path: SVG path data: a horizontal stroke of width 1 for every run of dark modules.
    """

    side: int
    path: str


def qr_code(text: str) -> QrCode:
    """The code of a text at error correction M: a creased or stained paper still reads."""
    rows = segno.make_qr(text, error="m").matrix
    strokes = [stroke for y, row in enumerate(rows, QUIET_MODULES) for stroke in _strokes(row, y)]
    return QrCode(len(rows) + 2 * QUIET_MODULES, "".join(strokes))


def _strokes(row: bytearray, y: int) -> list[str]:
    strokes, x = [], QUIET_MODULES
    for is_dark, run in groupby(row):
        length = len(list(run))
        if is_dark:
            strokes.append(f"M{x} {y}.5h{length}")
        x += length
    return strokes
