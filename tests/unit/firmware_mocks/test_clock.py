"""The shared clock file, and how often things happen by it."""

from pathlib import Path

import pytest

from firmware_mocks.clock import Pace, RealClock, SimulatedClock, open_clock, rfc3339, write_clock


def test_a_clock_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    path.write_bytes(bytes.fromhex("00a0724e9b010000"))
    clock = open_clock(path)
    assert isinstance(clock, SimulatedClock)
    assert clock.now_ms() == 0x019B4E72A000
    write_clock(path, -5)
    assert clock.now_ms() == -5


def test_a_clock_file_of_another_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    path.write_bytes(bytes(7))
    with pytest.raises(ValueError, match="expected 8 bytes, found 7"):
        open_clock(path)


def test_without_a_file_time_is_real() -> None:
    assert isinstance(open_clock(None), RealClock)
    assert open_clock(None).now_ms() > 1_700_000_000_000


def test_times_are_written_as_rfc_3339() -> None:
    assert rfc3339(1_687_937_040_277) == "2023-06-28T07:24:00.277Z"
    assert rfc3339(1_687_937_040_277, fraction="766184") == "2023-06-28T07:24:00.277766184Z"


def test_what_a_jump_skipped_did_not_happen() -> None:
    pace = Pace(1000, floor_seconds=0.0)
    assert [pace.due(at) for at in (5000, 5999, 6000, 16_000, 16_500, 17_000)] == [True, False, True, True, False, True]


def test_a_clock_set_back_starts_a_new_interval() -> None:
    pace = Pace(1000, floor_seconds=0.0)
    assert [pace.due(at) for at in (5000, 1000, 1500, 2000)] == [True, True, False, True]


def test_no_pace_is_faster_than_the_device() -> None:
    pace = Pace(1000, floor_seconds=60.0)
    assert pace.due(0)
    assert not pace.due(1_000_000)
