"""A fridge gets warm at night: who is woken, when, and what ends it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gateway.alarm.condition import Condition
from gateway.alarm.escalation import Escalation
from gateway.alarm.settings import AlarmSchema, AlarmSettings
from ledger.core import kinds
from tests.unit.gateway.alarm.conftest import Time

WARM = Condition("excursion", "device:gw-centre/fridge-1-air", "8.20 °C", "place:centre/fridge-1")
LOST = Condition("reader_lost", "device:gw-centre/gate", "unplugged")
NURSE = "person:" + "1" * 32


def settings(**changed: object) -> AlarmSettings:
    outputs = [{"kind": "mqtt", "name": name, "topic": name} for name in ("lamp", "horn", "sms")]
    steps = [
        {"after_seconds": 0, "outputs": ["lamp"]},
        {"after_seconds": 120, "outputs": ["horn"]},
        {"after_seconds": 600, "outputs": ["sms"], "causes": ["excursion"]},
    ]
    loaded = AlarmSchema().load({"output": outputs, "step": steps, "repeat_seconds": 300} | changed)
    assert isinstance(loaded, AlarmSettings)
    return loaded


@pytest.fixture
def escalation() -> Escalation:
    return Escalation("gw-centre", settings())


def told(escalation: Escalation) -> list[tuple[str, str]]:
    """What went to which output since this was last asked."""
    said = [(order.output, order.notice.phase) for order in escalation.orders]
    escalation.orders.clear()
    return said


def test_step_after_step_and_the_last_again_until_somebody_takes_charge(escalation: Escalation, time: Time) -> None:
    change = escalation.turn([WARM], time.now())
    assert [each.kind for each in change.claims] == [kinds.AlarmRaised]
    assert told(escalation) == [("lamp", "raised")]
    escalation.turn([WARM], time.after(119))
    assert told(escalation) == []
    escalation.turn([WARM], time.after(1))
    assert told(escalation) == [("horn", "raised")]
    escalation.turn([WARM], time.after(480))
    assert told(escalation) == [("sms", "raised")]
    escalation.turn([WARM], time.after(299))
    assert told(escalation) == []
    escalation.turn([WARM], time.after(1))
    assert told(escalation) == [("sms", "raised")]
    change = escalation.acknowledge(NURSE, way="card", device="", moment=time.now())
    assert told(escalation) == [("horn", "acknowledged"), ("lamp", "acknowledged"), ("sms", "acknowledged")]
    assert change.claims[0].kind is kinds.AlarmAcknowledged
    assert change.claims[0].fields["by"] == NURSE
    escalation.turn([WARM], time.after(3600))
    assert told(escalation) == []


def test_the_reason_is_that_of_now_and_the_alarm_the_same(escalation: Escalation, time: Time) -> None:
    escalation.turn([WARM], time.now())
    change = escalation.turn([replace(WARM, reason="12.00 °C")], time.after(120))
    assert change.claims == []
    assert [order.notice.reason for order in escalation.orders] == ["8.20 °C", "12.00 °C"]
    assert escalation.alarms()[0].reason == "12.00 °C"


def test_a_fridge_that_is_well_again_still_wants_somebody(escalation: Escalation, time: Time) -> None:
    escalation.turn([WARM], time.now())
    ended = escalation.turn([], time.after(60))
    assert [each.kind for each in ended.claims] == [kinds.AlarmEnded]
    escalation.turn([], time.after(60))
    assert told(escalation) == [("lamp", "raised"), ("horn", "raised")]
    assert escalation.alarms()[0].over is not None
    change = escalation.acknowledge(NURSE, way="command", device="", moment=time.now())
    assert escalation.alarms() == []
    assert list(change.state.values()) == [None]


def test_a_reader_that_is_back_wakes_nobody_any_more(escalation: Escalation, time: Time) -> None:
    escalation.turn([LOST], time.now())
    escalation.turn([], time.after(60))
    assert told(escalation) == [("lamp", "raised"), ("lamp", "over")]
    escalation.turn([], time.after(3600))
    assert (told(escalation), escalation.alarms()) == ([], [])


def test_where_no_output_of_a_step_works_the_next_is_tried_at_once(escalation: Escalation, time: Time) -> None:
    escalation.turn([WARM], time.now())
    told(escalation)
    escalation.sounded("lamp", WARM.key, failed=True, moment=time.now())
    escalation.turn([WARM], time.after(1))
    assert told(escalation) == [("horn", "raised")]
    escalation.sounded("horn", WARM.key, failed=False, moment=time.now())
    escalation.turn([WARM], time.after(1))
    assert told(escalation) == [], "the horn works: the message waits its ten minutes"


def test_one_output_that_works_is_enough_for_a_step(time: Time) -> None:
    both = [{"outputs": ["lamp", "horn"]}, {"after_seconds": 60, "outputs": ["sms"]}]
    escalation = Escalation("gw-centre", settings(step=both))
    escalation.turn([WARM], time.now())
    told(escalation)
    escalation.sounded("lamp", WARM.key, failed=True, moment=time.now())
    escalation.sounded("horn", WARM.key, failed=False, moment=time.now())
    escalation.turn([WARM], time.after(1))
    assert told(escalation) == []


def test_a_step_for_some_causes_leaves_the_others_out(escalation: Escalation, time: Time) -> None:
    for _ in range(9):
        escalation.turn([LOST], time.after(120))
    assert {output for output, _ in told(escalation)} == {"lamp", "horn"}


def test_after_a_restart_what_sounded_sounds_again(time: Time) -> None:
    before = Escalation("gw-centre", settings())
    kept: dict[str, bytes | None] = {}
    for moment in (time.now(), time.after(120)):
        kept |= before.turn([WARM], moment).state
    after = Escalation("gw-centre", settings())
    after.restore({name: value for name, value in kept.items() if value is not None}, time.after(5))
    change = after.turn([WARM], time.now())
    assert told(after) == [("lamp", "raised"), ("horn", "raised")]
    assert change.claims == [], "it is the same alarm"
    after.turn([WARM], time.after(599))
    assert told(after) == []


def test_who_took_charge_is_known_after_a_restart(escalation: Escalation, time: Time) -> None:
    kept = escalation.turn([WARM], time.now()).state
    kept |= escalation.acknowledge(NURSE, way="card", device="", moment=time.now()).state
    after = Escalation("gw-centre", settings())
    after.restore({name: value for name, value in kept.items() if value is not None}, time.after(5))
    after.turn([WARM], time.after(900))
    assert told(after) == []
    assert after.alarms()[0].by == NURSE


def restarted(state: Mapping[str, bytes | None], time: Time) -> Escalation:
    after = Escalation("gw-centre", settings())
    after.restore({name: value for name, value in state.items() if value is not None}, time.after(5))
    return after


def test_what_ended_while_the_gateway_was_down_is_told_to_whoever_was_told_of_it(
    escalation: Escalation, time: Time
) -> None:
    first = restarted(escalation.turn([LOST], time.now()).state, time)
    first.turn([], time.after(1))
    assert told(first) == [("lamp", "over")]
    escalation.turn([LOST], time.after(120))
    taken = escalation.acknowledge(NURSE, way="card", device="", moment=time.now()).state
    second = restarted(taken, time)
    second.turn([], time.after(1))
    assert told(second) == [("horn", "over"), ("lamp", "over")]


def test_after_a_restart_nothing_is_over_that_nobody_looked_at(escalation: Escalation, time: Time) -> None:
    after = restarted(escalation.turn([LOST], time.now()).state, time)
    undecided = frozenset({LOST.device})
    assert after.turn([], time.after(1), undecided=undecided).claims == []
    assert after.turn([LOST], time.after(9)).claims == [], "it is the same alarm"
    ended = after.turn([], time.after(1))
    assert [each.kind for each in ended.claims] == [kinds.AlarmEnded]


def test_charge_of_one_device_leaves_the_others_sounding(escalation: Escalation, time: Time) -> None:
    escalation.turn([WARM, LOST], time.now())
    change = escalation.acknowledge(NURSE, way="command", device=LOST.device, moment=time.now())
    assert [each.fields["cause"] for each in change.claims] == ["reader_lost"]
    assert escalation.acknowledge(NURSE, way="command", device=LOST.device, moment=time.now()).claims == []


def test_without_steps_alarms_are_kept_and_shown_all_the_same(time: Time) -> None:
    escalation = Escalation("gw-centre", settings(step=[]))
    assert len(escalation.turn([WARM], time.now()).claims) == 1
    assert (told(escalation), len(escalation.alarms())) == ([], 1)


def test_the_same_fridge_warm_again_before_anybody_came_is_the_same_alarm(escalation: Escalation, time: Time) -> None:
    escalation.turn([WARM], time.now())
    escalation.turn([], time.after(10))
    change = escalation.turn([WARM], time.after(10))
    assert change.claims == []
    assert [each.over for each in escalation.alarms()] == [None]
