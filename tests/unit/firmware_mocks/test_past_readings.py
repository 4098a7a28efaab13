"""What the probes read in the weeks before the played day: within limits, without holes, the same in every run."""

from itertools import pairwise

import pytest

from firmware_mocks.past_readings import EVERY_MS, PROBES, segments
from firmware_mocks.script import at
from firmware_mocks.site_plan import DEVICES

LIMITS = {"fridge": (200, 600), "freezer": (-8000, -1800), "platelet_incubator": (2000, 2400),
          "transport_box": (200, 1000)}  # fmt: skip


@pytest.mark.parametrize("gateway", PROBES)
def test_a_week_is_within_limits_and_lively(gateway: str) -> None:
    kinds = {probe: kind for _, probe, kind in PROBES[gateway]}
    for each in segments(gateway, after_ms=at("-20 07:00"), until_ms=at("-13 07:00")):
        low, high = LIMITS[kinds[each.probe]]
        assert all(low <= centi <= high for _, centi in each.readings)
        assert len({centi for _, centi in each.readings}) > 20


def test_one_span_follows_the_other_without_a_hole_or_a_repetition() -> None:
    ends = [at(f"-3 {clock}") for clock in ("07:20", "10:00", "10:01", "14:57", "17:00")]
    times = [
        at_ms
        for after_ms, until_ms in pairwise(ends)
        for each in segments("gw-hospital", after_ms=after_ms, until_ms=until_ms)
        for at_ms, _ in each.readings
    ]
    assert all(other - one == EVERY_MS for one, other in pairwise(times))
    assert (times[0], times[-1]) == (at("-3 07:24"), at("-3 16:59"))


def test_nothing_was_read_in_less_than_five_minutes() -> None:
    assert segments("gw-van", after_ms=at("-3 07:19"), until_ms=at("-3 07:23")) == []


def test_the_box_is_warmer_on_the_road_than_in_the_cold_room() -> None:
    (road,) = segments("gw-van", after_ms=at("-3 16:50"), until_ms=at("-3 17:00"))
    (room,) = segments("gw-van", after_ms=at("-3 10:50"), until_ms=at("-3 11:00"))
    assert min(centi for _, centi in road.readings) > max(centi for _, centi in room.readings)


def test_every_probe_is_one_of_the_sites_and_at_the_place_where_the_sites_own_gateway_reads_it() -> None:
    known = {probe for device in DEVICES for _, probe in device.zones}
    assert {probe for probes in PROBES.values() for _, probe, _ in probes} == known
