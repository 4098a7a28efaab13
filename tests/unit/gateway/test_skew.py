"""A device's clock against the gateway's: skew, delay, and which is which."""

import msgspec
import pytest

from gateway.skew import HOUR_MS, DeviceClock

MINUTE = 60_000
YEARS = -56 * 365 * 24 * HOUR_MS


def test_a_device_that_stamps_1970_is_off_and_not_late() -> None:
    clock = DeviceClock()
    assert [clock.delay_ms(YEARS + at, at) for at in range(0, 10 * MINUTE, MINUTE)] == [0] * 10
    assert clock.skew_ms == YEARS


def test_what_a_broker_held_back_was_said_earlier() -> None:
    clock = DeviceClock()
    for minute in range(5):
        clock.delay_ms(minute * MINUTE + 2000, minute * MINUTE)
    received = 20 * MINUTE
    late = [clock.delay_ms(minute * MINUTE + 2000, received) for minute in range(5, 20)]
    assert late == [(20 - minute) * MINUTE for minute in range(5, 20)]
    assert clock.skew_ms == 2000


def test_a_device_clock_that_was_set_back_is_believed_after_a_minute() -> None:
    clock = DeviceClock()
    clock.delay_ms(0, 0)
    hour_back = [clock.delay_ms(at - HOUR_MS, at) for at in range(MINUTE, 5 * MINUTE, 30_000)]
    assert hour_back == [HOUR_MS, HOUR_MS] + [0] * 6
    assert clock.skew_ms == -HOUR_MS


def test_a_clock_that_was_ahead_for_one_message_is_as_it_was() -> None:
    clock = DeviceClock()
    ahead = {7, 30}
    said = [(minute * MINUTE + (HOUR_MS if minute in ahead else 0), minute * MINUTE) for minute in range(40)]
    assert [clock.delay_ms(claimed, received) for claimed, received in said] == [0] * 40
    assert clock.skew_ms == 0


@pytest.mark.parametrize("interval_ms", [10_000, MINUTE])
def test_a_message_ahead_of_time_in_the_first_minute_misdates_nothing_behind_it(interval_ms: int) -> None:
    clock = DeviceClock()
    said = [(at * interval_ms + (HOUR_MS if at == 1 else 0), at * interval_ms) for at in range(20)]
    assert [clock.delay_ms(claimed, received) for claimed, received in said] == [0] * 20
    assert clock.skew_ms == 0


def test_what_was_held_back_before_the_first_fresh_message_stays_late_when_it_is_told_again() -> None:
    clock, late = DeviceClock(), list[int]()
    for received in (HOUR_MS, HOUR_MS + 5_000):
        # A broker tells its first two old messages, a fresh one comes between, and both again: nobody acknowledged.
        late = [clock.delay_ms(said, received) for said in (0, 2_000)]
        assert clock.delay_ms(received + 1_000, received + 1_000) == 0
    assert late == [HOUR_MS + 5_000, HOUR_MS + 3_000]
    assert clock.skew_ms == 0


def test_a_clock_that_was_ahead_for_a_quarter_of_an_hour_is_as_it_was() -> None:
    clock = DeviceClock()
    said = [(at * MINUTE + (HOUR_MS if 9 < at < 25 else 0), at * MINUTE) for at in range(40)]
    assert [clock.delay_ms(claimed, received) for claimed, received in said] == [0] * 40
    assert clock.skew_ms == 0


def test_a_clock_that_stays_ahead_is_ahead_and_what_is_late_then_is_late() -> None:
    clock = DeviceClock()
    for minute in range(80):
        clock.delay_ms(minute * MINUTE + (HOUR_MS if minute > 9 else 0), minute * MINUTE)
    assert clock.skew_ms == HOUR_MS
    assert clock.delay_ms(80 * MINUTE, 80 * MINUTE) == HOUR_MS, "it may have been said an hour ago, by this clock"


def test_what_is_late_by_as_much_as_a_clock_was_set_ahead_was_not_said_before_that() -> None:
    clock = DeviceClock()
    for minute in range(20):
        clock.delay_ms(minute * MINUTE + (5 * MINUTE if minute > 9 else 0), minute * MINUTE)
    assert clock.delay_ms(20 * MINUTE, 20 * MINUTE) == 5 * MINUTE


def test_a_backlog_that_is_worked_off_slowly_stays_a_backlog() -> None:
    clock = DeviceClock()
    clock.delay_ms(0, 0)
    late = [clock.delay_ms(said * MINUTE, (20 + said // 3) * MINUTE) for said in range(1, 12)]
    assert late == [(20 + said // 3 - said) * MINUTE for said in range(1, 12)]


def test_a_device_clock_that_drifts_is_followed() -> None:
    clock = DeviceClock()
    for minute in range(6 * 60):
        assert clock.delay_ms(minute * MINUTE - minute * 50, minute * MINUTE) == 0


def test_a_skew_is_told_when_it_has_settled_and_again_when_it_changes() -> None:
    clock = DeviceClock()
    told = []
    for minute in range(10):
        clock.delay_ms(minute * MINUTE + (90_000 if minute < 5 else 200_000), minute * MINUTE)
        told.append(clock.take_told(minute * MINUTE))
    assert told == [None, 90_000, None, None, None, None, 200_000, None, None, None]


def test_a_clock_that_is_right_is_not_worth_a_word() -> None:
    clock = DeviceClock()
    for minute in range(10):
        clock.delay_ms(minute * MINUTE + 5000, minute * MINUTE)
        assert clock.take_told(minute * MINUTE) is None


def test_when_the_gateways_own_clock_is_set_the_device_is_neither_late_nor_early() -> None:
    clock = DeviceClock()
    clock.delay_ms(0, 0)
    clock.shift(HOUR_MS)
    assert clock.delay_ms(MINUTE, HOUR_MS + MINUTE) == 0
    assert clock.skew_ms == -HOUR_MS


def test_what_was_learnt_survives_a_restart_so_that_a_backlog_is_seen_as_one() -> None:
    before = DeviceClock()
    before.delay_ms(0, 0)
    after = msgspec.json.decode(msgspec.json.encode(before), type=DeviceClock)
    assert after.delay_ms(MINUTE, 11 * MINUTE) == 10 * MINUTE
