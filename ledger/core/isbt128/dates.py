"""The dates of ISBT 128 labels, as local ISO text without a zone: a label does not say where it was printed.

`cyyjjj` is a century digit, two year digits and the day of the year; a date without a time means 23:59 (ISBT 128
Standard Technical Specification, 2.4.4 to 2.4.9).
"""

from calendar import isleap
from datetime import date, timedelta

from ledger.core.errors import LabelError

END_OF_DAY = "2359"


def local_day(text: str) -> date:
    """The day that `cyyjjj` names.

    Raises:
        LabelError: not six digits, a century other than 20xx, or a day that the year does not have.
    """
    if len(text) != 6 or not _is_digits(text):
        raise LabelError(f"expected a date of six digits cyyjjj, came {text!r}")
    if text[0] != "0":
        raise LabelError(f"expected century digit 0 (20xx), came {text[0]!r} in {text!r}")
    year = 2000 + int(text[1:3])
    day = int(text[3:])
    last = 366 if isleap(year) else 365
    if not 1 <= day <= last:
        raise LabelError(f"expected a day 001 to {last} for {year}, came {text[3:]!r}")
    return date(year, 1, 1) + timedelta(days=day - 1)


def local_minute(text: str) -> str:
    """`cyyjjj` or `cyyjjjhhmm` as `2026-02-11T23:59`; without a time it means 23:59.

    Raises:
        LabelError: not such a date, or a time of day that does not exist.
    """
    day = local_day(text[:6])
    return f"{day.isoformat()}T{_time_of_day(text[6:] or END_OF_DAY)}"


def format_local_minute(local: str) -> str:
    """`2026-02-11T23:59` as `cyyjjjhhmm`: what `local_minute` reads.

    Raises:
        LabelError: not a minute of a year 2000 to 2099.
    """
    try:
        day = date.fromisoformat(local[:10])
    except ValueError as wrong:
        raise LabelError(f"expected a local time such as 2026-02-11T23:59, came {local!r}") from wrong
    text = f"{day.year - 2000:03d}{day.timetuple().tm_yday:03d}{local[11:13]}{local[14:]}"
    if not 2000 <= day.year < 2100 or len(text) != 10 or local_minute(text) != local:
        raise LabelError(f"expected a local minute of 2000 to 2099, such as 2026-02-11T23:59, came {local!r}")
    return text


def flexible_minute(text: str) -> str:
    """`yyyymmddhhmm` (data structure 031) as `2026-02-11T23:59`.

    Raises:
        LabelError: not such a date, or a time of day that does not exist.
    """
    return f"{calendar_day(text[:8])}T{_time_of_day(text[8:])}"


def calendar_day(text: str) -> str:
    """`yyyymmdd` as `2026-02-11`.

    Raises:
        LabelError: not a day of the calendar.
    """
    if len(text) != 8 or not _is_digits(text):
        raise LabelError(f"expected a date of eight digits yyyymmdd, came {text!r}")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError as wrong:
        raise LabelError(f"expected a day of the calendar, yyyymmdd, came {text!r}") from wrong


def month(text: str) -> str:
    """`yyyymm` (data structure 026) as `2026-02`.

    Raises:
        LabelError: not a month.
    """
    if len(text) != 6 or not _is_digits(text) or text[:4] == "0000" or not "01" <= text[4:] <= "12":
        raise LabelError(f"expected a month of six digits yyyymm, came {text!r}")
    return f"{text[:4]}-{text[4:]}"


def _time_of_day(text: str) -> str:
    if len(text) != 4 or not _is_digits(text) or text[:2] > "23" or text[2:] > "59":
        raise LabelError(f"expected a time hhmm, 0000 to 2359, came {text!r}")
    return f"{text[:2]}:{text[2:]}"


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
