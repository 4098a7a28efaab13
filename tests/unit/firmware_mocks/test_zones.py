"""Zones are read from options, obey commands, and leave a ground truth."""

import json
from pathlib import Path

import pytest

from firmware_mocks.control import CommandError
from firmware_mocks.faults import FaultPlan
from firmware_mocks.zones import Truth, Zones, parse_zone


@pytest.mark.parametrize(
    ("specification", "reason"),
    [
        ("1", "expected NAME=KIND"),
        ("=fridge", "expected NAME=KIND"),
        ("1=oven", "expected NAME=KIND"),
        ("1=fridge,colour=red", "colour unknown"),
        ("1=fridge,probe=ground", "probe is air or load"),
        ("1=fridge,start=cold", "could not convert"),
    ],
)
def test_a_zone_that_cannot_be_is_refused(specification: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_zone(specification, seed=0)


def test_a_zone_is_as_its_option_says() -> None:
    zone = parse_zone("7=freezer,probe=load,start=-25.5,ambient=30,rom=28AA", seed=0)
    assert (zone.name, zone.cabinet.kind, zone.probe, zone.rom) == ("7", "freezer", "load", "28AA")
    assert zone.conditions.ambient_celsius == 30.0
    assert abs(zone.celsius() + 25.5) < 0.2


def test_no_zone_and_a_zone_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        Zones([], seed=0)
    with pytest.raises(ValueError, match="twice"):
        Zones(["1=fridge", "1=freezer"], seed=0)


def test_commands_change_one_zone_from_now_on() -> None:
    zones = Zones(["1=fridge,start=4.0", "2=fridge,start=4.0"], seed=0)
    zones.advance(0)
    assert zones.obey("compressor", {"zone": "1", "on": False}, 0) == {}
    assert zones.obey("ambient", {"zone": "1", "celsius": 35}, 0) == {}
    zones.advance(3_600_000)
    first, second = zones
    assert first.celsius() > 9
    assert second.celsius() < 5
    before = second.celsius()
    zones.obey("defrost", {"zone": "2"}, 3_600_000)
    zones.advance(3_600_000 + 900_000)
    assert second.celsius() > before + 5
    with pytest.raises(CommandError, match="expected one of 1, 2"):
        zones.obey("door", {"zone": "3", "open": True}, 0)


def test_a_stuck_reading_is_the_same_until_it_is_mended() -> None:
    zones = Zones(["1=fridge"], seed=0)
    (zone,) = zones
    plan = FaultPlan(0, {}, known=["stuck"])
    plan.order_until("stuck", 3_600_000)
    stuck = {zones.reading(zone, minute * 60_000, plan) for minute in range(60)}
    assert {fault for _, fault in stuck} == {"stuck"}
    assert len(stuck) == 1
    celsius, fault = zones.reading(zone, 3_600_000, plan)
    assert fault is None
    assert (celsius, "stuck") not in stuck


def test_the_truth_names_every_fault_and_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "truth"
    Truth(path).served("1", 5, 412, [None])
    truth = Truth(path)
    truth.served("2", 6, None, ["invalid", None, "noise", "split"])
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"at_ms": 5, "zone": "1", "centi_celsius": 412, "fault": None},
        {"at_ms": 6, "zone": "2", "centi_celsius": None, "fault": "invalid+noise+split"},
    ]
    assert truth.counters() == {"readings": 1, "readings_by_zone": {"2": 1}}
