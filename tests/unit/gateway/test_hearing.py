"""What a message is, by its device's count and clock: news, a copy, overtaken, or too late."""

from datetime import UTC, datetime

import pytest

from gateway.hearing import SET_BACK, Hearing
from gateway.sequence import LATE_WINDOW_MS
from gateway.wire.items import Reading, TagRead
from ledger.core import kinds

DEVICE = "device:gw/p1"
MINUTE = 60_000
BAG = "E280A9990000000000000001"


def at(ms: int | None) -> datetime | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


def reading(claimed_ms: int | None, sequence: int | None = None, centi: int = 400) -> Reading:
    return Reading("p1", centi, sequence=sequence, claimed_time=at(claimed_ms))


def read(claimed_ms: int | None, antenna: int = 1) -> TagRead:
    return TagRead(BAG, antenna, -50.0, claimed_time=at(claimed_ms))


def heard(*claimed: int) -> Hearing:
    """A device that was heard on time."""
    hearing = Hearing(DEVICE, "heard/p1")
    for claimed_ms in claimed:
        hearing.reading(reading(claimed_ms), claimed_ms)
    return hearing


def test_on_time_the_gateways_clock_stamps_and_the_devices_is_a_claim() -> None:
    said = heard(0).reading(reading(MINUTE + 3000), MINUTE)
    assert (said.how, said.at_ms, said.claimed_ms) == ("new", MINUTE, MINUTE + 3000)


def test_what_was_held_back_happened_when_it_was_said() -> None:
    hearing = heard(0, MINUTE)
    said = [hearing.reading(reading(minute * MINUTE), 20 * MINUTE) for minute in (2, 3, 4)]
    assert [each.at_ms for each in said] == [2 * MINUTE, 3 * MINUTE, 4 * MINUTE]


def test_a_day_late_is_too_late() -> None:
    hearing = heard(0)
    assert hearing.reading(reading(MINUTE), MINUTE + LATE_WINDOW_MS).how == "new"
    assert hearing.reading(reading(MINUTE + 1), MINUTE + LATE_WINDOW_MS + 2).how == "stale"


@pytest.mark.parametrize(
    ("claimed_ms", "antenna", "how"), [(MINUTE, 1, "repeat"), (MINUTE - 1, 1, "late"), (MINUTE, 2, "new")]
)
def test_a_read_is_a_copy_by_tag_antenna_and_instant(claimed_ms: int, antenna: int, how: str) -> None:
    hearing = Hearing(DEVICE, "heard/r")
    assert hearing.read(read(MINUTE), MINUTE).how == "new"
    assert hearing.read(read(claimed_ms, antenna), MINUTE + 1).how == how


def test_when_a_readers_clock_is_set_back_its_reads_are_news_as_soon_as_that_is_known() -> None:
    hearing, hour = Hearing(DEVICE, "heard/r"), 3_600_000
    for minute in range(3):
        hearing.read(read(minute * MINUTE), minute * MINUTE)
    told = [hearing.read(read(minute * MINUTE - hour), minute * MINUTE) for minute in range(3, 6)]
    assert [(each.how, each.at_ms) for each in told] == [
        ("late", 3 * MINUTE - hour),
        ("new", 4 * MINUTE),
        ("new", 5 * MINUTE),
    ]


def test_reads_without_a_time_are_always_news() -> None:
    hearing = Hearing(DEVICE, "heard/r")
    assert [hearing.read(read(None), 0).how for _ in range(3)] == ["new"] * 3


def ten_minutes() -> Hearing:
    return heard(*(minute * MINUTE for minute in range(10)))


def test_a_clock_that_was_set_back_makes_no_reading_of_an_hour_ago() -> None:
    hearing = ten_minutes()
    said = [hearing.reading(reading((minute - 60) * MINUTE), minute * MINUTE) for minute in (10, 11, 12)]
    assert [(each.how, each.at_ms) for each in said] == [("new", minute * MINUTE) for minute in (10, 11, 12)]
    assert [each.doubt for each in said] == [SET_BACK, "", ""], "the first may be one that came late, after all"


def test_a_clock_that_is_set_back_into_what_was_heard_fits_no_hole_there() -> None:
    said = ten_minutes().reading(reading(5 * MINUTE + 30_000), 10 * MINUTE)
    assert (said.how, said.at_ms, said.doubt) == ("new", 10 * MINUTE, SET_BACK)


def test_what_came_late_fits_the_hole_that_it_left() -> None:
    hearing = heard(*(minute * MINUTE for minute in range(10) if minute != 6))
    said = hearing.reading(reading(6 * MINUTE), 10 * MINUTE)
    assert (said.at_ms, said.doubt) == (6 * MINUTE, "")


def test_a_device_that_counts_on_shows_that_its_clock_was_set_back() -> None:
    hearing = Hearing(DEVICE, "heard/p1")
    for number in range(3):
        hearing.reading(reading(number * MINUTE, number), number * MINUTE)
    said = hearing.reading(reading(0, 3), 3 * MINUTE)
    assert (said.how, said.at_ms, said.doubt) == ("new", 3 * MINUTE, "")


def test_a_device_that_begins_anew_in_1970_says_what_is_now() -> None:
    hearing = Hearing(DEVICE, "heard/p1")
    now_ms = 20_000 * 24 * 60 * MINUTE
    for number in range(100, 110):
        hearing.reading(reading(now_ms + number * MINUTE, number), now_ms + number * MINUTE)
    said = [hearing.reading(reading(number * MINUTE, number), now_ms + (110 + number) * MINUTE) for number in (0, 1)]
    assert [(each.how, each.at_ms - now_ms) for each in said] == [("new", 110 * MINUTE), ("new", 111 * MINUTE)]
    assert [each.doubt for each in said] == [SET_BACK, ""]


def test_one_message_of_a_clock_that_was_ahead_makes_none_of_the_others_late() -> None:
    hearing = ten_minutes()
    claimed = (10 * MINUTE + 3_600_000, 11 * MINUTE, 12 * MINUTE)
    said = [hearing.reading(reading(each), minute * MINUTE) for minute, each in zip((10, 11, 12), claimed, strict=True)]
    assert [(each.how, each.at_ms, each.doubt) for each in said] == [
        ("new", minute * MINUTE, "") for minute in (10, 11, 12)
    ]


def test_holes_and_new_epochs_become_gaps_and_a_clock_that_is_off_a_skew() -> None:
    hearing = Hearing(DEVICE, "heard/p1")
    for number in (*range(1, 20), 25):
        hearing.reading(reading(number * MINUTE + 90_000, number), number * MINUTE)
    told = hearing.claims(30 * MINUTE)
    assert [each.kind for each in told] == [kinds.Gap, kinds.ClockSkew]
    assert told[0].fields["reason"] == "5 of the device's numbers never came"
    assert (told[1].fields["skew_ms"], told[1].fields["against"]) == (90_000, "gateway")
    hearing.reading(reading(31 * MINUTE + 90_000, 1, 999), 31 * MINUTE)
    (anew,) = hearing.claims(31 * MINUTE)
    assert "began to count anew" in str(anew.fields["reason"])
    assert anew.fields["since"] == "1970-01-01T00:25:00.000Z", "since it was last heard, not since somebody last asked"
    assert hearing.claims(32 * MINUTE) == []


def test_after_a_restart_a_copy_is_still_a_copy() -> None:
    before = Hearing(DEVICE, "heard/p1")
    before.reading(reading(0, 7), 0)
    kept = {name: value for name, value in before.state().items() if value is not None}
    after = Hearing(DEVICE, "heard/p1")
    after.restore(kept)
    assert after.reading(reading(0, 7), 5000).how == "repeat"
    assert after.reading(reading(MINUTE, 8), MINUTE).how == "new"


def test_a_device_that_neither_counts_nor_stamps_leaves_nothing_to_keep() -> None:
    hearing = Hearing(DEVICE, "heard/p1")
    assert hearing.reading(reading(None), 0).how == "new"
    assert hearing.state() == {}
