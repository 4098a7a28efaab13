"""Whose data are late, and until when each stream of them is known."""

from dataclasses import replace

from ledger.read.lateness import QUIET_MS, Late, late_gateways, stopped_streams
from ledger.read.values import ProducerState

NOW = 1_772_452_800_000
MINUTE = 60_000


def stream(name: str, minutes_ago: int, status: str = "active") -> ProducerState:
    return ProducerState(name, 7, NOW - minutes_ago * MINUTE, status)


def test_what_a_gateway_saw_is_known_up_to_the_newest_that_came_of_it_and_its_readings_up_to_their_own() -> None:
    away = [stream("gw/1/c", 90), stream("gw/1/t", 60), stream("other/1/t", 5), stream("web", 900)]
    assert late_gateways(away, NOW) == (Late("gw", NOW - 60 * MINUTE, NOW - 60 * MINUTE),)
    behind = [stream("gw/1/c", 40), stream("gw/1/t", 300)]
    assert late_gateways(behind, NOW) == (Late("gw", NOW - 40 * MINUTE, NOW - 300 * MINUTE),)


def test_while_a_weeks_readings_follow_or_its_probes_are_silent_only_the_readings_are_late() -> None:
    assert late_gateways([stream("gw/1/c", 1), stream("gw/1/t", 60)], NOW) == (Late("gw", None, NOW - 60 * MINUTE),)


def test_custody_speaks_only_when_something_happens() -> None:
    assert late_gateways([stream("gw/1/c", 300)], NOW) == ()
    assert late_gateways([stream("gw/1/c", 300), stream("gw/1/t", 5)], NOW) == ()


def test_what_was_stopped_is_late_since_it_stopped_until_a_later_epoch_goes_on() -> None:
    stopped = [stream("gw/1/c", 40, "quarantined"), stream("gw/1/t", 1)]
    assert late_gateways(stopped, NOW) == (Late("gw", NOW - 40 * MINUTE, None),)
    assert stopped_streams(stopped) == [stopped[0]]
    resumed = [*stopped, stream("gw/2/c", 2)]
    assert late_gateways(resumed, NOW) == ()
    assert stopped_streams(resumed) == []


def test_readings_that_were_stopped_are_late_however_new_they_are() -> None:
    stopped = [stream("gw/1/c", 1), stream("gw/1/t", 2, "quarantined")]
    assert late_gateways(stopped, NOW) == (Late("gw", None, NOW - 2 * MINUTE),)


def test_the_tenth_epoch_is_later_than_the_ninth() -> None:
    assert late_gateways([stream("gw/9/t", 300), stream("gw/10/t", 5)], NOW) == ()


def test_half_an_hour_is_not_late() -> None:
    assert late_gateways([ProducerState("gw/1/t", 1, NOW - QUIET_MS, "active")], NOW) == ()
    assert late_gateways([ProducerState("gw/1/t", 1, NOW - QUIET_MS - 1, "active")], NOW)


def test_a_gateway_without_a_key_is_waited_for_no_more() -> None:
    gone = [
        replace(stream("gw/1/t", 600), may_speak=False),
        replace(stream("gw/1/c", 600, "quarantined"), may_speak=False),
    ]
    assert late_gateways(gone, NOW) == ()
    assert stopped_streams(gone) == []
    assert [each.gateway for each in late_gateways([*gone, stream("other/1/t", 60)], NOW)] == ["other"]
