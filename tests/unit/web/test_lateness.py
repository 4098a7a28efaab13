"""Whose data are late, and since when."""

from dataclasses import replace

from ledger.read.values import ProducerState
from web.lateness import QUIET_MS, late_gateways, late_streams

NOW = 1_772_452_800_000


def stream(name: str, minutes_ago: int, status: str = "active") -> ProducerState:
    return ProducerState(name, 7, NOW - minutes_ago * 60_000, status)


def test_a_gateway_whose_readings_stopped_is_late_since_the_newest_that_came_of_it() -> None:
    away = [stream("gw/1/c", 90), stream("gw/1/t", 60), stream("other/1/t", 5), stream("web", 900)]
    assert [each.stream for each in late_streams(away, NOW)] == ["gw/1/t"]
    assert late_gateways(away, NOW) == [("gw", NOW - 60 * 60_000)]


def test_a_gateway_that_speaks_of_scans_is_not_away_because_its_probes_are_silent() -> None:
    assert late_gateways([stream("gw/1/c", 1), stream("gw/1/t", 60)], NOW) == []
    assert late_gateways([stream("gw/1/c", 300)], NOW) == [], "custody speaks only when something happens"


def test_what_was_stopped_is_late_since_it_stopped_until_a_later_epoch_goes_on() -> None:
    stopped = [stream("gw/1/c", 40, "quarantined"), stream("gw/1/t", 1)]
    assert late_gateways(stopped, NOW) == [("gw", NOW - 40 * 60_000)]
    assert late_gateways([*stopped, stream("gw/2/c", 2)], NOW) == []


def test_half_an_hour_is_not_late() -> None:
    assert late_gateways([ProducerState("gw/1/t", 1, NOW - QUIET_MS, "active")], NOW) == []


def test_a_gateway_without_a_key_is_waited_for_no_more() -> None:
    gone = [
        replace(stream("gw/1/t", 600), may_speak=False),
        replace(stream("gw/1/c", 600, "quarantined"), may_speak=False),
    ]
    assert late_streams(gone, NOW) == []
    assert late_gateways([*gone, stream("other/1/t", 60)], NOW) == [("other", NOW - 60 * 60_000)]
