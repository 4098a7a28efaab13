"""The nights on which clocks are changed, as they show them."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from ledger.rules.local_time import offsets_of, spelt


@pytest.mark.parametrize(
    ("zone", "moment", "offsets"),
    [
        ("Asia/Shanghai", "2026-10-25 01:30", ["+08:00"]),
        ("Europe/London", "2026-10-25 00:59:59", ["+01:00"]),
        ("Europe/London", "2026-10-25 01:00", ["+01:00", "+00:00"]),
        ("Europe/London", "2026-10-25 01:59:59", ["+01:00", "+00:00"]),
        ("Europe/London", "2026-10-25 02:00", ["+00:00"]),
        ("Europe/London", "2026-03-29 00:59:59", ["+00:00"]),
        ("Europe/London", "2026-03-29 01:00", []),
        ("Europe/London", "2026-03-29 01:59:59", []),
        ("Europe/London", "2026-03-29 02:00", ["+01:00"]),
        ("Australia/Lord_Howe", "2026-04-05 01:45", ["+11:00", "+10:30"]),
        ("America/St_Johns", "2026-11-01 01:30", ["-02:30", "-03:30"]),
    ],
)
def test_a_time_was_shown_once_twice_or_never(zone: str, moment: str, offsets: list[str]) -> None:
    assert [spelt(each) for each in offsets_of(datetime.fromisoformat(moment), ZoneInfo(zone))] == offsets


def test_zones_without_changes_show_every_time_once() -> None:
    noon = datetime(2026, 10, 25, 12, tzinfo=UTC)
    assert offsets_of(noon, UTC) == (timedelta(),)
    assert offsets_of(noon, timezone(timedelta(hours=8))) == (timedelta(hours=8),)
    assert offsets_of(noon.replace(hour=1, fold=1), ZoneInfo("Europe/London")) == (timedelta(hours=1), timedelta())
