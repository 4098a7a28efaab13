"""The two times of the gateway."""

import struct
from pathlib import Path

import pytest

from gateway.clock import Instants, SimulatedClock, SystemClock, Trust
from ledger.core.errors import ConfigError


def test_the_simulated_clock_follows_its_conductor(tmp_path: Path) -> None:
    file = tmp_path / "sim-clock"
    file.write_bytes(struct.pack("<q", 1_772_452_800_000))
    clock = SimulatedClock(file)
    assert (clock.name, clock.now_ms()) == ("simulated", 1_772_452_800_000)
    with file.open("r+b") as conductor:
        conductor.write(struct.pack("<q", 1_772_453_400_000))
    assert clock.now_ms() == 1_772_453_400_000


@pytest.mark.parametrize("content", [b"", b"1234567", b"123456789"])
def test_a_file_that_is_no_clock_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sim-clock").write_bytes(content)
    with pytest.raises(ConfigError, match=r"clock\.path: expected 8 bytes"):
        SimulatedClock(tmp_path / "sim-clock")
    with pytest.raises(ConfigError, match=r"clock\.path"):
        SimulatedClock(tmp_path / "nowhere")


def test_the_system_clock_says_whether_the_kernel_trusts_it() -> None:
    assert SystemClock().name in {"synchronised", "unsynchronised"}


class Told:
    """A clock that says what it is told to, and the steps that were seen in it."""

    def __init__(self, name: Trust = "synchronised") -> None:
        self.name: Trust = name
        self.wall_ms, self.seconds = 100_000, 50.0
        self.steps: list[tuple[int, int]] = []
        self.held_up: list[float] = []
        self.instants = Instants(self, lambda step_ms, now_ms: self.steps.append((step_ms, now_ms)))

    def now_ms(self) -> int:
        if self.held_up:
            self.seconds += self.held_up.pop()
        return self.wall_ms

    def monotonic(self) -> float:
        return self.seconds

    def after(self, seconds: float, wall_ms: int | None = None) -> int:
        """Let time pass, by the wall as much or as told; what it is then."""
        self.seconds += seconds
        self.wall_ms += round(seconds * 1000) if wall_ms is None else wall_ms
        return self.instants.now()[0]


def test_time_that_passed_is_no_step_however_long() -> None:
    clock = Told()
    assert [clock.after(0.02), clock.after(3600), clock.after(0)] == [100_020, 3_700_020, 3_700_020]
    assert (clock.steps, clock.instants.steps) == ([], 0)


@pytest.mark.parametrize("step_ms", [-80_000, -1500, 1500, 3_600_000, 1_700_000_000_000])
def test_a_clock_that_was_set_is_told_with_its_step_before_the_new_time_is_given_out(step_ms: int) -> None:
    clock = Told()
    assert clock.after(10, 10_000 + step_ms) == 110_000 + step_ms
    assert clock.steps == [(step_ms, 110_000 + step_ms)]
    assert clock.after(1) == 111_000 + step_ms
    assert clock.instants.steps == 1
    assert clock.instants.last_step == (step_ms, 110_000 + step_ms)


def test_a_clock_that_is_slewed_is_no_step_and_never_goes_back() -> None:
    clock = Told()
    seen = [clock.after(0.1, 100 + slew) for slew in (-120, -120, 40, 90, 90, -50)]
    assert seen == sorted(seen)
    assert clock.steps == []


def test_a_process_that_was_held_up_between_two_questions_asks_again() -> None:
    clock = Told()
    clock.held_up = [5.0, 3.0]
    clock.wall_ms += 8000
    assert clock.instants.now()[0] == 108_000
    assert clock.steps == []


def test_a_simulated_clock_may_jump_and_is_set_only_when_it_goes_back_by_more_than_a_minute() -> None:
    clock = Told("simulated")
    assert [clock.after(0.1, jump) for jump in (600_000, -30_000)] == [700_000, 700_000]
    assert clock.after(0.1, -100_000) == 570_000
    assert clock.steps == [(-130_000, 570_000)]
