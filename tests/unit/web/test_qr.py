"""The QR code of a printed line, read back module by module."""

import re

import segno

from web.qr import QUIET_MODULES, qr_code

LINE = "xuemai:consignment:FX-26-0812 demo.a9999.example/ledger/1 271 " + "A" * 43 + "="


def drawn(path: str, side: int) -> list[list[bool]]:
    """The modules that the strokes of a path cover."""
    square = [[False] * side for _ in range(side)]
    for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", path):
        for column in range(int(x), int(x) + int(length)):
            square[int(y)][column] = True
    return square


def test_the_strokes_cover_the_dark_modules_and_nothing_else() -> None:
    code = qr_code(LINE)
    expected = [[bool(module) for module in row] for row in segno.make_qr(LINE, error="m").matrix_iter(border=4)]
    assert drawn(code.path, code.side) == expected
    assert code.side == len(expected)


def test_there_is_a_white_margin_all_around() -> None:
    code = qr_code(LINE)
    square = drawn(code.path, code.side)
    edges = [*range(QUIET_MODULES), *range(code.side - QUIET_MODULES, code.side)]
    assert not any(square[at][other] or square[other][at] for at in edges for other in range(code.side))
    assert square[QUIET_MODULES][QUIET_MODULES]
