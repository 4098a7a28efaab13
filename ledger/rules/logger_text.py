"""The text of a logger's file: from its bytes to rows of cells, with their line numbers. Knows no column and no time.

Encodings, in this order: UTF-16 with a byte order mark; UTF-8, with or without one; whatever is not UTF-8 counts as
GB18030 (GB 18030-2022, which contains GBK and GB 2312), as Chinese loggers and spreadsheets save. `Rows.encoding` says
which it was: between GB18030 and another old encoding no program can tell by the bytes.
"""

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ledger.core.errors import FormatError

Encoding: TypeAlias = Literal["utf-8", "utf-16", "gb18030"]

_DELIMITERS: Final = (",", ";", "\t")
"""None of them can be the second byte of a GB18030 character, so that no wrong guess of the encoding hides a column."""
_SEPARATOR: Final = re.compile(r'(?i)"?sep=(.*?)"?')
"""A first line by which spreadsheets are told what stands between columns."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A file as text.

    Attributes:
        encoding: as which it was read.
        delimiter: what stands between its columns.
        first: the number of the first line that may have cells, from 1.
        lines: the file's lines.
    """

    encoding: Encoding
    delimiter: str
    first: int
    lines: tuple[str, ...]

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Every row that is not blank, with its line number from 1.

        Raises:
            FormatError: a row is no such row; with its line.
        """
        for number, line in enumerate(self.lines[self.first - 1 :], start=self.first):
            try:
                [cells] = csv.reader([line], delimiter=self.delimiter)
            except csv.Error as error:
                raise FormatError(f"line {number}: expected comma-separated values; {error}") from error
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield number, stripped


def rows_of(octets: bytes) -> Rows:
    """A file's rows; of what stands between the columns the first line decides, or a line `sep=;` before it.

    Raises:
        FormatError: it is no text, or `sep=` names what cannot stand between columns.
    """
    text, encoding = _decoded(octets)
    lines = tuple(text.splitlines())
    number, first = next(((at, line) for at, line in enumerate(lines, start=1) if line.strip()), (1, ""))
    told = _SEPARATOR.fullmatch(first)
    if told is None:
        return Rows(encoding, max(_DELIMITERS, key=first.count), number, lines)
    if told[1] not in _DELIMITERS:
        raise FormatError(f"line {number}: expected sep= with a comma, a semicolon or a tab, came {told[1][:40]!r}")
    return Rows(encoding, told[1], number + 1, lines)


def encoding_of(octets: bytes) -> Encoding:
    """As which a file that can be read is read.

    Raises:
        FormatError: it is no text.
    """
    return _decoded(octets)[1]


def _decoded(octets: bytes) -> tuple[str, Encoding]:
    utf16 = octets.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return (octets.decode("utf-16"), "utf-16") if utf16 else (octets.decode("utf-8-sig"), "utf-8")
    except UnicodeDecodeError as error:
        if not utf16 and not octets.startswith(codecs.BOM_UTF8):
            return _chinese(octets), "gb18030"
        raise _no_text(error) from error


def _chinese(octets: bytes) -> str:
    try:
        return octets.decode("gb18030")
    except UnicodeDecodeError as error:
        raise _no_text(error) from error


def _no_text(error: UnicodeDecodeError) -> FormatError:
    return FormatError(
        "expected UTF-8, UTF-16 with a byte order mark, or GB18030 (GBK); "
        f"as {error.encoding}: {error.reason} at byte {error.start}"
    )
