"""A reader under watch: what counts as evidence that somebody is gone, and what its table in gateway.toml says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway import config
from gateway.ports.mailbox import Lost, Opened
from gateway.reader_watch import rule_of
from gateway.wire.items import GAP, NO_TAG, RESTARTED, ROUND_FINISHED, ROUND_PARTIAL, Fault, Status, TagRead
from tests.support.gateway_ledger import RECEIPT_VKEY
from tests.unit.gateway.test_watch import BAG, Story, arrived, empty_rounds, moment

SPEAKING_GATE = 'topic = "rfid/gate"\nsilent_after_seconds = 60.5\n'


def statuses(story: Story, name: str, start: int, stop: int) -> list[str]:
    return [told for at in range(start, stop) for told in story.heard(at, "/m100", Status(name))]


def test_a_round_in_which_only_new_tags_answer_is_no_evidence_of_absence() -> None:
    story = arrived()
    assert statuses(story, ROUND_PARTIAL, 2, 200) == []
    assert statuses(story, ROUND_FINISHED, 200, 202) == [], "the tag answered in the first, since the last true one"
    assert statuses(story, ROUND_FINISHED, 202, 205) == ["TagLeft"]


@pytest.mark.parametrize("name", ["module-info", "command", "answer", "keep-alive"])
def test_a_keep_alive_is_life_and_nobody_leaves(name: str) -> None:
    story = arrived()
    assert statuses(story, name, 2, 200) == []
    assert {each.name: each.state for each in story.watch.statuses()}["shelf"] == "ok"


def test_a_reader_that_restarts_tells_the_gap_and_nobody_leaves_for_it() -> None:
    story = arrived()
    empty_rounds(story, 2, 25)
    assert story.heard(25, "/m100", Status(RESTARTED, "from its bootloader")) == ["Gap"]
    (gap,) = story.claims
    assert (gap.fields["device"], gap.fields["reason"]) == (
        "device:gw/shelf",
        "the reader restarted from its bootloader",
    )
    assert empty_rounds(story, 26, 55) == []
    assert empty_rounds(story, 55, 60) == ["TagLeft"]


@pytest.mark.parametrize("antenna", [0, 1])
def test_a_reader_that_is_too_hot_makes_its_tags_unobserved(antenna: int) -> None:
    story = arrived()
    assert story.heard(2, "/m100", Fault("0504: too hot", antenna)) == ["DeviceFault"]
    for at in range(3, 200):
        assert story.heard(at, "/m100", Status(ROUND_FINISHED, antenna=2)) == [], "another antenna's round"


def test_before_a_reader_has_shown_that_it_works_nobody_looks_at_its_places() -> None:
    before = arrived()
    after = Story(dict(before.state), at=100)
    assert after.watch._presence.suspended("shelf") == {0}
    assert empty_rounds(after, 101, 131) == []
    assert empty_rounds(after, 131, 140) == ["TagLeft"]


def test_a_bag_that_another_reader_hears_best_leaves_the_one_and_arrives_at_the_other() -> None:
    story = arrived()
    told: list[str] = []
    for at in range(2, 20):
        empty_rounds(story, at, at + 1)
        told += story.heard(at, "mqtt", TagRead(BAG, 1, -50.0), topic="rfid/gate")
        if "TagLeft" in told:
            break
    left, came = story.claims
    assert told == ["TagLeft", "TagArrived"]
    assert (left.fields["device"], left.fields["place"]) == ("device:gw/shelf", "place:a")
    assert (came.fields["device"], came.fields["place"]) == ("device:gw/gate", "place:gate")
    assert [name for name in story.state if name.startswith("presence/")] == [f"presence/{BAG}"]
    after = Story(dict(story.state), at=100)
    assert [was.place for was in after.watch._presence.present("gate")] == ["place:gate"]


def test_who_was_at_a_reader_that_is_gone_from_the_configuration_leaves() -> None:
    before = arrived()
    state = {f"presence/{BAG}": before.state[f"presence/{BAG}"].replace(b'"shelf"', b'"sold"')}
    after = Story(state, at=100)
    assert after.told == ["TagLeft"]
    assert after.claims[0].fields["device"] == "device:gw/sold"
    assert f"presence/{BAG}" not in after.state


def test_an_unplugged_reader_and_a_stray_read_next_door_are_an_uncertainty_and_no_move() -> None:
    story = arrived()
    story.letter(Lost("/m100", "unplugged", moment(2)))
    told = [word for at in range(3, 60) for word in story.heard(at, "mqtt", TagRead(BAG, 1, -75.0), topic="rfid/gate")]
    assert told == ["TagUncertain"]


def test_a_read_point_says_what_differs_from_its_reader() -> None:
    toml = f"""
[gateway]
name = "gw"
origin = "demo.a9999.example/ledger/1"
[uplink]
url = "http://127.0.0.1"
receipt_key = "{RECEIPT_VKEY}"
[[reader]]
name = "r"
family = "m100_uhf"
port = "/r"
arrive_reads = 3
leave_after_seconds = 60
unknown_reads = 9
antennas = [
  {{antenna = 1, place = "place:a"}},
  {{antenna = 2, place = "place:b", arrive_reads = 1, leave_after_seconds = 2.5, margin_db = 0, dwell_seconds = 1}},
]
"""
    rule = rule_of(config.parse(toml.encode(), Path("/")).readers[0])
    shelf, gate = rule.at(1), rule.at(2)
    assert (shelf.arrive_reads, shelf.leave_after_ms, shelf.margin_centi_dbm, shelf.dwell_ms) == (3, 60_000, 600, 5000)
    assert (gate.arrive_reads, gate.leave_after_ms, gate.margin_centi_dbm, gate.dwell_ms) == (1, 2500, 0, 1000)
    assert (gate.arrive_within_ms, rule.unknown_reads) == (10_000, 9)


def test_an_empty_shelf_is_a_completed_round() -> None:
    story = arrived()
    assert statuses(story, NO_TAG, 2, 40) == ["TagLeft"]


def claimed(at: float, *, rssi: float = -50.0) -> TagRead:
    """A read that the reader at the gate stamped itself."""
    return TagRead(BAG, 1, rssi, claimed_time=datetime.fromtimestamp(moment(at).clock_ms / 1000, UTC))


def test_a_redelivered_read_is_no_second_read() -> None:
    story = Story()
    told = [story.heard(at, "mqtt", claimed(0), topic="rfid/gate") for at in (0, 1, 2)]
    assert told == [[], [], []], "one read is a ghost, however often it is delivered"
    assert story.heard(3, "mqtt", claimed(3), topic="rfid/gate") == ["TagArrived"]


def test_what_a_broker_held_back_arrives_and_leaves_when_it_did() -> None:
    story = Story()
    story.heard(0, "mqtt", claimed(0), topic="rfid/gate")
    other = TagRead("E280A9990000000000000002", 1)
    for at in (600, 601):
        story.heard(3600, "mqtt", claimed(at), topic="rfid/gate")
    (came,) = story.claims
    assert came.fields["time"] == "2026-03-02T12:10:00.000Z"
    assert came.fields["device_time"] == "2026-03-02T12:10:01.000Z"
    left = next(
        each
        for at in range(3601, 3640)
        if "TagLeft" in story.heard(at, "mqtt", other, topic="rfid/gate")
        for each in story.claims
    )
    assert (left.fields["time"], left.fields["recorded_at"]) == (
        "2026-03-02T12:10:01.000Z",
        "2026-03-02T13:00:03.000Z",
    )


def test_a_read_that_younger_ones_overtook_is_no_evidence_of_now() -> None:
    story = Story()
    for at in (0, 1, 60, 61):
        story.heard(at, "mqtt", claimed(at), topic="rfid/gate")
    assert story.heard(62, "mqtt", claimed(30), topic="rfid/gate") == []
    assert {each.name: each.counts for each in story.watch.statuses()}["gate"]["overtaken"] == 1


def test_a_hole_in_a_readers_own_count_is_a_gap() -> None:
    story = Story()
    assert story.heard(5, "mqtt", Status(GAP, "3 events never came"), topic="rfid/gate") == ["Gap"]


def test_a_reader_on_a_broker_that_should_speak_and_does_not_is_ill_and_nobody_leaves() -> None:
    story = Story(more=SPEAKING_GATE)
    for at in (0, 1):
        story.heard(at, "mqtt", claimed(at), topic="rfid/gate")
    assert [story.tick(at) for at in (60, 62, 63)] == [[], ["DeviceFault"], []]
    assert story.heard(90, "mqtt", Status("event", "heartbeat"), topic="rfid/gate") == ["DeviceRestored"]
    assert story.heard(91, "mqtt", claimed(91), topic="rfid/gate") == []


def test_a_reader_on_a_broker_may_be_silent_where_nothing_else_is_said() -> None:
    story = Story()
    for at in (0, 1):
        story.heard(at, "mqtt", claimed(at), topic="rfid/gate")
    assert "DeviceFault" not in story.tick(10_000)


ASSUMED_GATE = 'topic = "rfid/gate"\nrounds = "assumed"\n'


def at_the_gate(more: str = ASSUMED_GATE) -> Story:
    """A bag that arrived at a reader on a broker."""
    story = Story(more=more)
    story.letter(Opened("mqtt", moment(0), continues=False))
    for at in (0, 1):
        story.heard(at, "mqtt", TagRead(BAG, 1, -50.0), topic="rfid/gate")
    assert story.told == ["TagArrived"]
    return story


def ticks(story: Story, start: int, stop: int) -> list[str]:
    return [told for at in range(start, stop) for told in story.tick(at)]


@pytest.mark.parametrize("word", ["terminated", "offline", "idle"])
def test_a_broker_that_is_back_makes_no_stopped_reader_look_at_its_shelf(word: str) -> None:
    story = at_the_gate()
    assert story.heard(2, "mqtt", Status(word), topic="rfid/gate") == ["DeviceFault"]
    story.letter(Lost("mqtt", "lost", moment(3)))
    assert story.letter(Opened("mqtt", moment(4), continues=True)) == []
    assert ticks(story, 5, 100) == []
    assert story.heard(100, "mqtt", Status("running", "inventory"), topic="rfid/gate") == ["DeviceRestored"]
    assert ticks(story, 101, 130) == []
    assert ticks(story, 130, 133) == ["TagLeft"]


def test_a_reader_that_is_assumed_to_run_has_to_be_heard_after_a_restart() -> None:
    after = Story(dict(at_the_gate().state), at=100, more=ASSUMED_GATE)
    after.letter(Opened("mqtt", moment(100), continues=True))
    assert ticks(after, 101, 200) == [], "nobody knows whether it still runs"
    after.heard(200, "mqtt", Status("diagnostic"), topic="rfid/gate")
    assert ticks(after, 201, 240) == ["TagLeft"]


def test_a_broker_that_forgot_what_came_may_have_forgotten_that_the_reader_stopped() -> None:
    story = at_the_gate()
    story.letter(Lost("mqtt", "lost", moment(3)))
    assert story.letter(Opened("mqtt", moment(4), continues=False)) == ["DeviceRestored", "Gap"]
    assert ticks(story, 5, 100) == []


def test_a_sign_of_life_after_a_silence_does_not_start_an_inventory_that_was_ended() -> None:
    story = at_the_gate(SPEAKING_GATE)
    story.heard(2, "mqtt", Status("terminated"), topic="rfid/gate")
    assert ticks(story, 3, 100) == []
    assert story.heard(100, "mqtt", Status("diagnostic"), topic="rfid/gate") == []
    assert story.watch._presence.suspended("gate") == {0}


def test_a_silent_reader_is_no_healthier_because_the_broker_is_back() -> None:
    story = at_the_gate(SPEAKING_GATE)
    assert ticks(story, 2, 100) == ["DeviceFault"]
    story.letter(Lost("mqtt", "lost", moment(100)))
    assert story.letter(Opened("mqtt", moment(101), continues=True)) == []
    assert story.heard(102, "mqtt", Status("diagnostic"), topic="rfid/gate") == ["DeviceRestored"]


def test_a_reader_whose_clock_is_set_back_makes_nobody_leave() -> None:
    story = at_the_gate()
    for at in range(2, 300):
        # It was right for half a minute, and is an hour behind from then on.
        claimed = datetime.fromtimestamp(moment(at - (3600 if at > 30 else 0)).clock_ms / 1000, UTC)
        read = TagRead(BAG, 1, -50.0, claimed_time=claimed)
        story.heard(at, "mqtt", read, topic="rfid/gate")
        story.tick(at + 0.5)
    assert set(story.told) - {"DeviceFault"} == {"TagArrived", "ClockSkew"}, "the probes nearby are silent"


def test_a_readers_skew_that_was_told_is_not_told_again_after_a_kill() -> None:
    story = Story()
    for at in range(6, 69, 2):
        hour_ahead = datetime.fromtimestamp(moment(at + 3600).clock_ms / 1000, UTC)
        story.heard(at, "mqtt", TagRead(BAG, 1, -50.0, claimed_time=hour_ahead), topic="rfid/gate")
        # The second comes before what only grows older is kept again.
        told = story.tick(at + 0.5) if at in {60, 68} else []
    assert told == ["ClockSkew"]
    again = Story(dict(story.state), at=69)
    assert "ClockSkew" not in again.tick(69.5)
