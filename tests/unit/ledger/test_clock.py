"""The two clocks of a ledger."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.clock import SimulatedClock, SystemClock, clock_of
from ledger.core.errors import ConfigError
from tests.support.producers import NOON_MS, site_in


def test_the_machines_clock_tells_milliseconds() -> None:
    clock = SystemClock()
    assert clock.name == "synchronised"
    assert abs(clock.now_ms() - time.time_ns() // 1_000_000) < 5_000
    assert clock.monotonic() <= clock.monotonic()


def test_a_demos_clock_shows_what_its_conductor_writes(tmp_path: Path) -> None:
    path = tmp_path / "sim-clock"
    path.write_bytes(NOON_MS.to_bytes(8, "little", signed=True))
    clock = SimulatedClock(path)
    assert (clock.name, clock.now_ms()) == ("simulated", NOON_MS)
    with path.open("r+b") as file:
        file.write((NOON_MS + 1).to_bytes(8, "little", signed=True))
    assert clock.now_ms() == NOON_MS + 1


def test_a_missing_or_short_clock_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^demo\.clock: "):
        SimulatedClock(tmp_path / "none")
    (tmp_path / "short").write_bytes(b"1234")
    with pytest.raises(ConfigError, match=r"^demo\.clock: "):
        SimulatedClock(tmp_path / "short")


def test_the_site_says_which_clock_rules(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    assert clock_of(site).name == "synchronised"
    (tmp_path / "sim-clock").write_bytes(bytes(8))
    assert clock_of(replace(site, simulated_clock=tmp_path / "sim-clock")).name == "simulated"
