"""Which donations of a donor a lookback reaches, and by when the first steps are due.

**The window** (21 CFR 610.46(a)(1)(i), 610.47(a)(1)(i)): what was collected twelve months and less before the donor's
most recent non-reactive screening, and everything after that screening, the reactive donation among it. Months are
calendar months, days those of the facility's zone; both ends belong to it: what was given on the very day twelve months
before is affected. Where that month has no such day (29, 30 or 31), the window begins on the month's last day, which is
earlier and so reaches further. Without a non-reactive screening there is no beginning: every donation is affected. So
is one whose day nobody knows.

**The clock** (21 CFR 610.46(a), 610.47(a)): "within 3 calendar days after" it became known. The day itself is not
counted; the third day after it counts to its end, weekends and holidays like any other.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

MONTHS: Final = 12
"""How far a window reaches back (21 CFR 610.46(a)(1)(i)); a site whose own law reaches further says so for its case."""

DAYS: Final = 3
"""How many calendar days the first steps may take (21 CFR 610.46(a))."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Standing(StrEnum):
    """What a window says of a donation."""

    WITHIN = "within"
    BEFORE = "before"  # given before the window began: not affected
    UNKNOWN = "unknown"  # nobody knows when: affected


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when the first steps are due, and how that stands.

    Attributes:
        due: the last day on which they are in time, in the facility's zone.
        days_late: how many days that day has passed; 0 while it has not.
    """

    due: date
    days_late: int

    @property
    def is_overdue(self) -> bool:
        """Whether the last day has passed."""
        return self.days_late > 0


def day_of(at_ms: int, zone: ZoneInfo) -> date:
    """The facility's calendar day of an instant, in milliseconds since the Unix epoch."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone).date()


def months_before(day: date, months: int) -> date:
    """The same day so many calendar months earlier; the last day of a month that has no such day."""
    earlier = day.year * 12 + day.month - 1 - months
    year, month = earlier // 12, earlier % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def begins(last_nonreactive: date | None, *, months: int = MONTHS) -> date | None:
    """The first day of the window; None: it reaches back to the donor's first donation.

    Args:
        last_nonreactive: the day of the donor's most recent non-reactive screening; None: there is none.
        months: how many months before it count.
    """
    return None if last_nonreactive is None else months_before(last_nonreactive, months)


def standing(collected_ms: int | None, *, first: date | None, zone: ZoneInfo) -> Standing:
    """What the window that begins on `first` says of a donation.

    Args:
        collected_ms: when it was given; None: nobody knows.
        first: the window's first day; None: it has no beginning.
        zone: the facility's.
    """
    if collected_ms is None:
        return Standing.UNKNOWN
    if first is not None and day_of(collected_ms, zone) < first:
        return Standing.BEFORE
    return Standing.WITHIN


def last_before(screened_ms: Iterable[int], *, found_ms: int) -> int | None:
    """The most recent non-reactive screening before the reactive one; None: there is none."""
    return max((each for each in screened_ms if each < found_ms), default=None)


def deadline(learnt_ms: int, *, done_ms: int | None, now_ms: int, zone: ZoneInfo, days: int = DAYS) -> Deadline:
    """By when steps are due that begin with knowing, and how late they are or were.

    Args:
        learnt_ms: when it became known.
        done_ms: when the steps were done; None: they are not yet.
        now_ms: the present instant.
        zone: the facility's.
        days: how many calendar days after the day of knowing count.
    """
    due = day_of(learnt_ms, zone) + timedelta(days=days)
    until = now_ms if done_ms is None else done_ms
    return Deadline(due, max(0, (day_of(until, zone) - due).days))
