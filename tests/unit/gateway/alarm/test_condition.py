"""What counts as wrong, of which cause, and for how long it may last before it is an alarm."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from gateway.alarm.condition import Condition, Facts, Patience, Roles, conditions
from gateway.alarm.settings import AlarmSchema
from gateway.outbox import StreamState
from gateway.status import Room, Status
from tests.support.statuses import PROBE, READER, TROUBLED

SETTINGS = AlarmSchema().load({"clock_after_seconds": 600, "ledger_after_seconds": 3600})
ROLES = Roles(readers=frozenset({"fridge-1"}), scanners=frozenset({"desk"}), probes=frozenset({"fridge-1-air"}))
WELL = msgspec.structs.replace(
    TROUBLED, devices=[], alarms=[], ledger="reachable", streams={"gw-centre/1/c": StreamState(9, 0, 0, 8, 14, None)}
)


def causes(facts: Facts) -> list[str]:
    return [each.cause for each in conditions(facts, ROLES, SETTINGS)]


def status(**changed: Any) -> Status:
    return msgspec.structs.replace(WELL, **changed)


def test_a_gateway_that_is_well_has_nothing_to_say() -> None:
    assert causes(Facts(WELL)) == []


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (Facts(status(devices=[READER])), "reader_lost"),
        (Facts(status(devices=[replace(READER, name="desk")])), "scanner_lost"),
        (Facts(status(devices=[replace(PROBE, state="fault", reason="no reading for 150 s")])), "probe_silent"),
        (Facts(status(devices=[replace(PROBE, reading=None)])), "probe_unknown"),
        (Facts(status(devices=[replace(PROBE, beyond="high", warned="high")])), "excursion"),
        (Facts(status(devices=[replace(PROBE, warned="high")])), "temperature_warning"),
        (Facts(status(room=Room(outbox_bytes=1, free_bytes=499_000_000))), "outbox_full"),
        (Facts(WELL, storage="database or disk is full"), "storage_failed"),
        (Facts(WELL, refusal="the ledger went back"), "ledger_refused"),
        (Facts(status(streams={"c": StreamState(9, 0, 1, 8, 14, "409 fork")})), "stream_stopped"),
        (Facts(status(ledger="unreachable")), "ledger_unreachable"),
        (Facts(status(alarms=["uplink: no receipt: expected a signature"])), "ledger_unreachable"),
        (Facts(status(clock="unsynchronised")), "clock_lost"),
        (Facts(status(ledger_ahead_ms=301_000)), "clock_lost"),
        (Facts(status(ledger_ahead_ms=-7_200_000, clock="unsynchronised")), "clock_lost"),
        (Facts(WELL, mains=False), "power_lost"),
        (Facts(WELL, outputs={"horn": "no answer"}), "output_failed"),
    ],
)
def test_each_thing_that_is_wrong_has_its_cause(facts: Facts, cause: str) -> None:
    assert causes(facts) == [cause]


def test_clocks_that_are_some_minutes_apart_wake_nobody() -> None:
    assert causes(Facts(status(ledger_ahead_ms=-299_000))) == []


def test_a_probe_that_was_never_heard_is_silent_only_once_its_watch_says_so() -> None:
    assert causes(Facts(status(devices=[replace(PROBE, reading=None, last_heard=None, state="waiting")]))) == []


def test_a_warm_fridge_whose_probe_fell_silent_is_both() -> None:
    silent = replace(PROBE, reading=None, beyond="high", state="fault")
    assert causes(Facts(status(devices=[silent]))) == ["excursion", "probe_silent"]


def test_mains_power_that_nobody_tells_of_is_no_alarm() -> None:
    assert causes(Facts(WELL, mains=None)) == causes(Facts(WELL, mains=True)) == []


def test_a_clock_may_be_alone_for_ten_minutes_and_a_horn_not_for_a_second() -> None:
    patience = Patience(SETTINGS)
    clock, horn = Condition("clock_lost", "device:g", "x"), Condition("output_failed", "device:g/horn", "x")
    assert patience.lasting([clock, horn], 0.0) == [horn]
    assert patience.lasting([clock], 599.0) == []
    assert patience.lasting([clock], 600.0) == [clock]
    assert patience.lasting([], 601.0) == []
    assert patience.lasting([clock], 700.0) == [], "it begins anew"
    assert Patience(SETTINGS).lasting([clock], 0.0, standing={clock.key}) == [clock], "an alarm of the run before"
