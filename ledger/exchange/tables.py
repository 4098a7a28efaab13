"""Lists as CSV (RFC 4180), for spreadsheets: UTF-8 with a byte order mark, so that they read Chinese as it is written.

A spreadsheet runs what looks like a formula, and the names in a list are typed by people or read from labels and tags
(CWE-1236). Text that begins like one gets an apostrophe in front, which shows the text as it is.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | None
"""Text, a number, or nothing."""

CONTENT_TYPE: Final = "text/csv; charset=utf-8"
_MARK: Final = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula may begin with; the last four are the full-width signs, which some take for the others."""


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: with an apostrophe in front if it begins like one."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def format_csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A list with its head line; lines end in CR LF.

    Args:
        head: the columns' names.
        rows: the lines, as long as the head; nothing is an empty cell, a number stays one.

    Raises:
        ValueError: a line is not as long as the head.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(map(harmless, head))
    for row in rows:
        writer.writerow(harmless(cell) if isinstance(cell, str) else cell for _, cell in zip(head, row, strict=True))
    return (_MARK + written.getvalue()).encode()
