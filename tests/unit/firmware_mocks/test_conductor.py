"""The clock's only writer: exact, never backwards, and never ahead of the slowest."""

import subprocess
import sys
from pathlib import Path

import pytest

from firmware_mocks.clock import SimulatedClock
from firmware_mocks.conductor import AMBLE_MS, CRAWL_MS, STEP_MS, ConductedClock, Conductor

START = 1_772_407_800_000


def test_readers_see_what_is_written_in_place(tmp_path: Path) -> None:
    clock = ConductedClock(tmp_path / "clock", start_ms=START)
    reader = SimulatedClock(tmp_path / "clock")
    assert reader.now_ms() == START
    clock.set(START + 7)
    assert reader.now_ms() == START + 7
    assert (tmp_path / "clock").stat().st_size == 8


def test_no_reader_ever_finds_a_time_that_was_not_written(tmp_path: Path) -> None:
    clock = ConductedClock(tmp_path / "clock", start_ms=START)
    looking = (
        "import mmap, sys\n"
        "file = open(sys.argv[1], 'rb')\n"
        "view = memoryview(mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)).cast('q')\n"
        "print('up', flush=True)\n"
        "print(min(view[0] for _ in range(1_000_000)))\n"
    )
    command = [sys.executable, "-c", looking, str(tmp_path / "clock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout
        assert reader.stdout.readline() == "up\n"
        for later in range(1, 400_000):
            clock.set(START + later)
        lowest = int(reader.stdout.readline())
    assert lowest >= START


def test_time_goes_on_where_it_stopped(tmp_path: Path) -> None:
    clock = ConductedClock(tmp_path / "clock", start_ms=START)
    clock.set(START + 99)
    clock.close()
    assert ConductedClock(tmp_path / "clock", start_ms=START).now_ms() == START + 99


def test_time_never_goes_back(tmp_path: Path) -> None:
    clock = ConductedClock(tmp_path / "clock", start_ms=START)
    with pytest.raises(ValueError, match="never goes back"):
        clock.set(START - 1)


def test_it_stops_exactly_at_the_instant_in_steps_that_a_device_can_follow(tmp_path: Path) -> None:
    clock = ConductedClock(tmp_path / "clock", start_ms=START)
    seen: list[int] = []
    target = START + 3 * STEP_MS + 1
    Conductor(clock, all_keep_up=lambda _: True, at_each_step=seen.append).run_until(target)
    assert seen[-1] == clock.now_ms() == target
    assert max(after - before for before, after in zip([START, *seen], seen, strict=False)) == STEP_MS


def test_it_ambles_where_somebody_has_to_look(tmp_path: Path) -> None:
    clock = ConductedClock(tmp_path / "clock", start_ms=START)
    seen: list[int] = []
    target = START + 2 * AMBLE_MS + 1
    Conductor(clock, all_keep_up=lambda _: True, at_each_step=seen.append).amble_until(target)
    assert seen == [START + AMBLE_MS, START + 2 * AMBLE_MS, target]


def test_it_crawls_while_somebody_lags_and_then_runs(tmp_path: Path) -> None:
    clock = ConductedClock(tmp_path / "clock", start_ms=START)
    seen: list[int] = []
    patience = iter([False, False, False, True])
    conductor = Conductor(clock, all_keep_up=lambda _: next(patience, True), at_each_step=seen.append)
    conductor.run_until(START + STEP_MS)
    steps = [after - before for before, after in zip([START, *seen], seen, strict=False)]
    assert steps[:2] == [CRAWL_MS, CRAWL_MS]
    assert seen[-1] == START + STEP_MS
    assert conductor.crawled_seconds > 0


def test_who_stops_it_stops_it_between_two_steps(tmp_path: Path) -> None:
    clock = ConductedClock(tmp_path / "clock", start_ms=START)

    def stop(now_ms: int) -> None:
        raise KeyboardInterrupt(now_ms)

    with pytest.raises(KeyboardInterrupt):
        Conductor(clock, all_keep_up=lambda _: True, at_each_step=stop).run_until(START + 10 * STEP_MS)
    assert clock.now_ms() == START + STEP_MS


def test_it_leaps_at_once_where_nobody_lives_by_the_clock_and_never_back(tmp_path: Path) -> None:
    seen: list[int] = []
    clock = ConductedClock(tmp_path / "clock", start_ms=START)
    conductor = Conductor(clock, all_keep_up=lambda _: False, at_each_step=seen.append)
    conductor.leap_to(START + 10 * STEP_MS)
    conductor.leap_to(START)
    assert seen == [START + 10 * STEP_MS] * 2
