"""Numbers of papers (发血单, 订血单): a series, a year, and a count without gaps, e.g. `FX-2026-000017`.

The next number follows the last one that the log has. Whoever asks must hold the writer's transaction: two who ask at
once would get the same one.
"""

import re
from typing import Final

ORDER_SERIES: Final = "DX"
"""How the number of an order begins (订血)."""
RETURN_SERIES: Final = "TX"
"""How the number of a return note begins (退血)."""

_NUMBER: Final = re.compile(r"(?P<series>[A-Z][A-Z0-9]{0,15})-(?P<year>[0-9]{4})-(?P<count>[0-9]{6})\Z")


def prefix(series: str, year: int) -> str:
    """What every number of a series and year begins with."""
    return f"{series}-{year:04d}-"


def following(series: str, year: int, *, last: str | None) -> str:
    """The number after the last of a series and year; None: it is the first.

    Raises:
        ValueError: a series has a million numbers a year.
    """
    count = 1 if last is None else int(last.removeprefix(prefix(series, year))) + 1
    number = f"{prefix(series, year)}{count:06d}"
    if not _NUMBER.match(number):
        raise ValueError(f"expected a number of six digits after {last}")
    return number


def is_numbered(value: str, series: str) -> bool:
    """Whether a paper's name is spelt as a number of the series, so that nobody but the ledger gives it out."""
    found = _NUMBER.match(value)
    return found is not None and found["series"] == series
