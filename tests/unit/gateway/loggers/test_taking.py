from datetime import timedelta, timezone
from pathlib import Path

import pytest

from gateway.loggers.fridge_tag import LoggerFileError, parse
from gateway.loggers.taking import HOLE, Hanging, take
from ledger.core import kinds
from ledger.core.ids import parse_instant

CONTENT = (Path(__file__).parents[3] / "vectors" / "loggers" / "fridge-tag-2.txt").read_bytes()
FRIDGE = Hanging("gw-centre", "place:centre/fridge-1", "air", timezone(timedelta(hours=8)))
NOW_MS = parse_instant("2022-03-28T01:00:00.000Z")


def test_day_that_is_over_is_a_segment_of_its_extremes_with_a_hole_between() -> None:
    taken = take(parse(CONTENT), FRIDGE, known={}, now_ms=NOW_MS)
    first, second, alarm = taken.claims
    assert (taken.new_days, taken.known_days) == (2, 0), "the day of the file's making is not over"
    assert first.fields["time"] == "2022-03-25T17:49:00.000Z", "01:49 in the zone that the clock was set to"
    assert first.fields["readings"] == [(0, 330), (908 * 60_000, 230)]
    assert first.fields["gaps"] == [kinds.SegmentGap(start_ms=0, end_ms=908 * 60_000, reason=HOLE)]
    assert (first.fields["clock"], first.fields["device_time"]) == ("unsynchronised", first.fields["time"])
    assert first.fields["recorded_at"] == "2022-03-28T01:00:00.000Z"
    assert second.fields["probe"] == "probe:gw-centre/logger-130400141244"
    assert alarm.kind is kinds.Excursion
    assert (alarm.fields["limit"], alarm.fields["limit_centi_celsius"], alarm.fields["centi_celsius"]) == (
        "high",
        830,
        1180,
    )
    assert alarm.fields["time"] == "2022-03-27T11:20:00.000Z"


def test_same_file_again_gives_nothing_and_a_newer_one_only_its_new_days() -> None:
    first = take(parse(CONTENT), FRIDGE, known={}, now_ms=NOW_MS)
    again = take(parse(CONTENT), FRIDGE, known=first.state, now_ms=NOW_MS)
    assert (again.claims, again.new_days, again.known_days) == ((), 0, 2)
    newer = CONTENT.replace(b"TS Report Creation: 2022-03-28 07:26", b"TS Report Creation: 2022-03-29 07:26")
    later = take(parse(newer), FRIDGE, known=first.state, now_ms=NOW_MS + 86_400_000)
    assert (later.new_days, later.known_days) == (1, 2)


def test_day_that_says_something_else_now_is_refused() -> None:
    first = take(parse(CONTENT), FRIDGE, known={}, now_ms=NOW_MS)
    altered = parse(CONTENT.replace(b"+11.8", b"+7.8"))
    with pytest.raises(
        LoggerFileError, match="2022-03-27: expected the values and the place that were imported before"
    ):
        take(altered, FRIDGE, known=first.state, now_ms=NOW_MS)


def test_day_in_the_future_shows_a_wrong_zone() -> None:
    with pytest.raises(LoggerFileError, match="is the logger's zone right"):
        take(parse(CONTENT), FRIDGE, known={}, now_ms=NOW_MS - 86_400_000)
