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


class Steps:
    """A clock that answers what it is told to."""

    name: Trust = "synchronised"

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)

    def now_ms(self) -> int:
        return self.answers.pop(0)

    def monotonic(self) -> float:
        return 0.0


def test_a_small_step_back_is_waited_out_and_a_large_one_believed_and_told() -> None:
    instants = Instants(Steps(100_000, 100_500, 99_000, 100_400, 20_000, 20_100))
    told = [(instants.now_ms(), instants.take_step_back_ms()) for _ in range(5)]
    assert told == [(100_500, 0), (100_500, 0), (100_500, 0), (20_000, 80_500), (20_100, 0)]
