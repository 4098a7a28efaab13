"""Exactly once: what a device's own count tells of copies, late comers, holes and counters that begin anew."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sequence import PATIENCE_MS, WINDOW, DeviceCount, Missing

SECOND = 1000


def told(count: DeviceCount, *numbers: int, value: int = 400) -> list[str]:
    """Each number says its own value, at its own second of the device's clock."""
    return [count.judge(each, value + each % 7, each * SECOND, each * SECOND) for each in numbers]


def test_a_copy_is_a_repeat_whatever_its_dup_flag_says() -> None:
    assert told(DeviceCount(), 1, 2, 2, 1, 3) == ["new", "new", "repeat", "repeat", "new"]


def test_the_same_frame_over_two_radio_gateways_is_one_reading() -> None:
    count = DeviceCount()
    assert count.judge(7, 425, 0, 0) == "new"
    assert count.judge(7, 425, 48_000, 48_000) == "repeat", "48 s apart"
    assert count.judge(7, 425, None, 50_000) == "repeat"


def test_what_was_overtaken_is_late_and_no_hole() -> None:
    count = DeviceCount()
    assert told(count, *range(1, 20), 21, 20, 22)[-3:] == ["new", "late", "new"]
    assert count.missing(10**9) is None


def test_numbers_that_never_come_are_missing_after_a_while_and_told_once() -> None:
    count = DeviceCount()
    told(count, *range(1, 20), 24)
    assert count.missing(24 * SECOND + PATIENCE_MS - 1) is None
    assert count.missing(24 * SECOND + PATIENCE_MS) == Missing(4, 24 * SECOND)
    assert count.missing(10**9) is None


def test_a_device_that_only_ever_tells_a_sample_misses_nothing() -> None:
    count = DeviceCount()
    told(count, *range(1, 200, 3))
    assert count.missing(10**9) is None


def test_a_counter_that_begins_anew_is_a_new_epoch_and_its_numbers_are_new() -> None:
    count = DeviceCount()
    told(count, *range(1, 40))
    assert count.judge(1, 999, 100 * SECOND, 100 * SECOND) == "reset"
    assert count.judge(2, 998, 101 * SECOND, 101 * SECOND) == "new"
    assert count.epoch == 1


def test_a_counter_that_jumps_back_beyond_the_window_begins_anew_even_unheard() -> None:
    count = DeviceCount()
    told(count, 5000)
    assert count.judge(0, 400, 6000 * SECOND, 6000 * SECOND) == "reset"


def test_a_number_far_behind_the_window_belongs_to_another_epoch_whatever_its_time() -> None:
    count = DeviceCount()
    told(count, 5000)
    assert count.judge(5000 - WINDOW, 400, 0, 6000 * SECOND) == "reset"


def test_a_year_of_numbers_takes_no_more_memory_than_a_day() -> None:
    count = DeviceCount()
    told(count, *range(0, 3000, 2))
    assert (len(count.said), len(count.awaited), len(count.steps)) == (WINDOW, WINDOW, 16)


@pytest.mark.parametrize("last", [255, 65_535])
def test_a_counter_at_the_end_of_its_bits_wraps_without_a_new_epoch(last: int) -> None:
    count = DeviceCount()
    told(count, last - 1, last)
    assert count.judge(0, 1, (last + 1) * SECOND, 0) == "reset"
    assert count.epoch == 0


def test_a_device_that_does_not_count_is_told_by_its_instants() -> None:
    count = DeviceCount()
    said = [count.judge(None, value, claimed, 0) for value, claimed in ((400, 1), (400, 1), (401, 1), (400, 2))]
    assert said == ["new", "repeat", "new", "new"]


def test_a_device_that_neither_counts_nor_stamps_is_always_new() -> None:
    count = DeviceCount()
    assert [count.judge(None, 400, None, 0) for _ in range(3)] == ["new"] * 3


def test_the_memory_survives_a_restart() -> None:
    before = DeviceCount()
    told(before, 1, 2, 4)
    after = msgspec.json.decode(msgspec.json.encode(before), type=DeviceCount)
    assert told(after, 4, 3, 5) == ["repeat", "late", "new"]


@given(st.permutations(range(1, 30)), st.lists(st.integers(1, 29), max_size=40))
def test_shuffled_and_repeated_numbers_count_once_each(order: list[int], copies: list[int]) -> None:
    count = DeviceCount()
    fresh = told(count, 0, *sorted(order, key=lambda number: number // 4), *copies)
    assert len([each for each in fresh if each != "repeat"]) == 30
