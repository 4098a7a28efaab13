"""A temperature logger's file: CSV that says when and how warm it was. Bytes in, readings out; judges nothing.

Taken: any line end; further columns, in any order; decimal point or comma; times with a zone or, all alike, without
one; a date and a time of day in two columns; rows in any order, a row twice. Encodings are `logger_text`'s, the names
of columns `logger_columns`'s. Refused, with its line number: a row that says no time or no temperature in degrees
Celsius, or a local time that the clocks of its zone showed twice or never. Nothing is guessed or left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final

from ledger.core.errors import FormatError
from ledger.rules.local_time import offsets_of, spelt
from ledger.rules.logger_columns import EXPECTED, Columns, columns_of
from ledger.rules.logger_text import Encoding, rows_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LOWEST, _HIGHEST = Decimal("-273.15"), Decimal(200)
_TOLD_ROWS: Final = 5
_MOST_HOURS, _HOUR_MINUTES = 23, 60
_TIME: Final = re.compile(
    r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})[T ] *(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s*(Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_CHINESE: Final = str.maketrans({"年": "-", "月": "-", "日": " "})
_CELSIUS: Final = re.compile(r"([+-]?)(\d{1,4})(?:[.,](\d{1,9}))?\s*(°\s*C|℃|C)?", re.ASCII)
_MINUS: Final = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class LoggedReading:
    """One row: when, in ms since the epoch, and how warm, as the file says it."""

    at_ms: int
    celsius: Decimal


def parse_logger_file(octets: bytes, *, zone: tzinfo | None = None) -> tuple[LoggedReading, ...]:
    """Read a logger's file; its readings by time, equal ones once.

    Args:
        octets: the file.
        zone: of times that name none; None: they count as UTC, if none of the file names one.

    Raises:
        FormatError: says what was expected and, for a row, in which line.
    """
    text = rows_of(octets)
    rows = iter(text)
    columns = _columns(rows, text.encoding)
    read: set[tuple[int, Decimal]] = set()
    naive: set[bool] = set()
    wrong: list[str] = []
    for line, cells in rows:
        try:
            _check_width(cells, columns.width)
            moment, degrees = _moment(_told_time(cells, columns)), _degrees(cells[columns.celsius], columns)
            at_ms = _at_ms(moment, zone or UTC)
        except FormatError as refused:
            wrong.append(f"line {line}: {refused}")
            continue
        naive.add(moment.tzinfo is None)
        read.add((at_ms, degrees))
    _refuse_rows(wrong)
    if zone is None and len(naive) > 1:
        raise FormatError("some times name a time zone and others none: expected all alike, or the zone of the others")
    return tuple(LoggedReading(at_ms, degrees) for at_ms, degrees in sorted(read))


def centi_degrees(celsius: Decimal, low: int | None, high: int | None) -> int:
    """A temperature in centi-degrees; one that is beyond a limit by less than a hundredth stays beyond it.

    Args:
        celsius: degrees, to any number of decimals.
        low: the lower limit that it will be held against, centi-degrees; None: none.
        high: the upper.
    """
    centi = celsius * 100
    if high is not None and centi > high:
        return int(centi.to_integral_value(ROUND_CEILING))
    if low is not None and centi < low:
        return int(centi.to_integral_value(ROUND_FLOOR))
    return int(centi.to_integral_value(ROUND_HALF_EVEN))


def _columns(rows: Iterator[tuple[int, list[str]]], encoding: Encoding) -> Columns:
    """The columns that the first row names; how a file was read is said where its names are not understood."""
    line, header = next(rows, (0, []))
    if not header:
        raise FormatError(f"the file is empty; expected a first line with {EXPECTED}")
    try:
        return columns_of(header)
    except FormatError as refused:
        assumed = " (read as GB18030, for it is not UTF-8)" if encoding == "gb18030" else ""
        raise FormatError(f"line {line}: {refused}{assumed}") from refused


def _check_width(cells: Sequence[str], width: int) -> None:
    """A row with more values than there are columns has a comma in a number: which one, nobody can tell."""
    if len(cells) < width or any(cells[width:]):
        raise FormatError(f"expected {width} values, as in the first line, came {len(cells)}")


def _told_time(cells: Sequence[str], columns: Columns) -> str:
    """What a row says of the time; a date in its own column stands before a time of day."""
    text = cells[columns.time].translate(_CHINESE)
    if columns.date is None or _TIME.fullmatch(text):
        return text
    return f"{cells[columns.date].translate(_CHINESE).strip()} {text}".strip()


def _moment(text: str) -> datetime:
    """A time, with its zone where it names one."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise FormatError(f"time: expected one such as 2026-03-02T08:00:00Z, came {text[:40]!r}")
    year, _, month, day, hour, minute, second, fraction, zone = found.groups()
    microsecond = int((fraction or "0").ljust(6, "0")[:6])
    numbers = (int(year), int(month), int(day), int(hour), int(minute), int(second or 0), microsecond)
    try:
        return datetime(*numbers, tzinfo=None if zone is None else _offset(zone))
    except ValueError as error:
        raise FormatError(f"time: {error}, came {text[:40]!r}") from error


def _offset(text: str) -> tzinfo:
    """The zone of `Z`, `+08:00`, `+0800` or `+08`.

    Raises:
        ValueError: no such offset can be.
    """
    if text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].removeprefix(":") or 0)
    if hours > _MOST_HOURS or minutes >= _HOUR_MINUTES:
        raise ValueError("expected a zone of up to 23 hours and 59 minutes")
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)


def _at_ms(moment: datetime, zone: tzinfo) -> int:
    """When that was; `zone` is that of a time that names none.

    Raises:
        FormatError: the clocks of the zone showed that time twice, or never, as they were changed.
    """
    if moment.tzinfo is not None:
        return (moment - _EPOCH) // _MILLISECOND
    offsets = offsets_of(moment, zone)
    if len(offsets) != 1:
        often = f"twice (write it with {' or '.join(map(spelt, offsets))})" if offsets else "never"
        raise FormatError(
            f"time: the clocks of {zone} were changed and showed {moment.isoformat(' ')} {often}: "
            "expected times with their own zone"
        )
    return (moment.replace(tzinfo=timezone(offsets[0])) - _EPOCH) // _MILLISECOND


def _degrees(text: str, columns: Columns) -> Decimal:
    found = _CELSIUS.fullmatch(text.replace(_MINUS, "-"))
    if found is None:
        raise FormatError(f"celsius: expected a number such as 4.25, came {text[:40]!r}")
    sign, whole, fraction, unit = found.groups()
    if unit is None and not columns.says_unit:
        raise FormatError(f"celsius: expected the unit, as in {text[:40]} °C, or in the column's name: Temp (°C)")
    degrees = Decimal(f"{sign}{whole}.{fraction or 0}")
    if not _LOWEST <= degrees <= _HIGHEST:
        raise FormatError(f"celsius: expected {_LOWEST} to {_HIGHEST}, came {degrees}")
    return degrees


def _refuse_rows(wrong: Sequence[str]) -> None:
    if wrong:
        more = len(wrong) - _TOLD_ROWS
        told = "; ".join(wrong[:_TOLD_ROWS])
        raise FormatError(f"{told}; and {more} more rows" if more > 0 else told)
