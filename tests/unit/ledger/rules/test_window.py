"""Twelve months back and three days to act: which ends belong to it, leap years, zones, and what nobody knows."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ledger.rules.window import (
    DAYS,
    MONTHS,
    Deadline,
    Standing,
    begins,
    day_of,
    deadline,
    last_before,
    months_before,
    standing,
)

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("day", "months", "earlier"),
    [
        ("2026-03-15", 12, "2025-03-15"),
        ("2024-02-29", 12, "2023-02-28"),  # no such day: the month's last, which reaches further
        ("2025-02-28", 12, "2024-02-28"),  # and not the 29th, which would be a day too late
        ("2024-02-29", 48, "2020-02-29"),
        ("2026-03-31", 1, "2026-02-28"),
        ("2024-03-31", 1, "2024-02-29"),
        ("2026-01-31", 1, "2025-12-31"),
        ("2026-12-31", 6, "2026-06-30"),
        ("2026-01-01", 12, "2025-01-01"),
        ("2026-05-05", 0, "2026-05-05"),
        ("2000-02-29", 1200, "1900-02-28"),  # 1900 was no leap year
    ],
)
def test_so_many_calendar_months_before_a_day(day: str, months: int, earlier: str) -> None:
    assert months_before(date.fromisoformat(day), months) == date.fromisoformat(earlier)


def test_the_window_is_twelve_months_before_the_last_nonreactive_screen() -> None:
    assert (MONTHS, DAYS) == (12, 3)
    assert begins(date(2026, 3, 15)) == date(2025, 3, 15)
    assert begins(date(2026, 3, 15), months=6) == date(2025, 9, 15)
    assert begins(None) is None


@pytest.mark.parametrize(
    ("collected", "expected"),
    [
        ("2025-03-14T15:59:59.999", Standing.BEFORE),  # 23:59 in Shanghai, the day before
        ("2025-03-14T16:00:00.000", Standing.WITHIN),  # midnight: the very day belongs to it
        ("2026-03-20T00:00:00.000", Standing.WITHIN),  # after the screen: the reactive donation itself
    ],
)
def test_both_ends_belong_to_the_window_and_days_are_the_facilitys(collected: str, expected: Standing) -> None:
    assert standing(at(collected), first=date(2025, 3, 15), zone=SHANGHAI) is expected


def test_the_same_instant_is_another_day_elsewhere() -> None:
    assert standing(at("2025-03-15T03:00:00"), first=date(2025, 3, 15), zone=NEW_YORK) is Standing.BEFORE
    assert day_of(at("2025-03-15T03:00:00"), NEW_YORK) == date(2025, 3, 14)
    assert day_of(at("2025-03-15T03:00:00"), SHANGHAI) == date(2025, 3, 15)


def test_a_donation_of_a_day_that_nobody_knows_is_affected_and_so_is_all_without_a_screen() -> None:
    assert standing(None, first=date(2025, 3, 15), zone=SHANGHAI) is Standing.UNKNOWN
    assert standing(None, first=None, zone=SHANGHAI) is Standing.UNKNOWN
    assert standing(0, first=None, zone=SHANGHAI) is Standing.WITHIN


def test_the_last_nonreactive_screen_is_the_latest_before_the_reactive_one() -> None:
    assert last_before([5, 9, 7, 10, 11], found_ms=10) == 9
    assert last_before([10, 11], found_ms=10) is None
    assert last_before([], found_ms=10) is None


@pytest.mark.parametrize(
    ("now", "late"),
    [
        ("2026-03-06T10:00:00", 0),
        ("2026-03-09T15:59:59.999", 0),  # Monday 23:59 in Shanghai: the third calendar day to its end
        ("2026-03-09T16:00:00", 1),
        ("2026-03-10T15:59:59", 1),
        ("2026-03-12T00:00:00", 3),
    ],
)
def test_the_clock_runs_to_the_end_of_the_third_calendar_day_over_a_weekend(now: str, late: int) -> None:
    learnt = at("2026-03-05T16:30:00")  # Friday the 6th, half past midnight in Shanghai
    found = deadline(learnt, done_ms=None, now_ms=at(now), zone=SHANGHAI)
    assert found == Deadline(date(2026, 3, 9), late)
    assert found.is_overdue is (late > 0)


def test_what_was_done_in_time_stays_in_time_and_what_was_done_late_stays_so_late() -> None:
    learnt, long_after = at("2026-02-26T01:00:00"), at("2027-01-01T00:00:00")
    in_time = deadline(learnt, done_ms=at("2026-03-01T10:00:00"), now_ms=long_after, zone=SHANGHAI)
    assert (in_time.due, in_time.days_late, in_time.is_overdue) == (date(2026, 3, 1), 0, False)
    late = deadline(learnt, done_ms=at("2026-03-03T10:00:00"), now_ms=long_after, zone=SHANGHAI)
    assert late.days_late == 2
    assert deadline(learnt, done_ms=None, now_ms=learnt, zone=SHANGHAI, days=0).due == date(2026, 2, 26)


def test_a_leap_day_counts_as_a_day_of_the_clock() -> None:
    due = deadline(at("2024-02-27T02:00:00"), done_ms=None, now_ms=0, zone=SHANGHAI).due
    assert due == date(2024, 2, 27) + timedelta(days=3) == date(2024, 3, 1)
