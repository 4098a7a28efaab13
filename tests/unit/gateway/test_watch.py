"""The watch: what letters of the ports become, and what survives a restart."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway import config
from gateway.device import Change
from gateway.ports.mailbox import Heard, Letter, Lost, Opened, Stepped
from gateway.session import Moment
from gateway.watch import Watch
from gateway.wire.items import Fault, Item, LabelScan, Reading, Status, TagRead
from gateway.wire.sparkplug_b.decoder import HOLE, REBIRTH_NEEDED
from ledger.core import kinds
from ledger.core.ids import format_instant
from tests.support.gateway_ledger import RECEIPT_VKEY

BAG = "E280A9990000000000000001"
TOML = f"""
[gateway]
name = "gw"
origin = "demo.a9999.example/ledger/1"
[uplink]
url = "http://127.0.0.1"
receipt_key = "{RECEIPT_VKEY}"
[mqtt]
host = "127.0.0.1"
[[reader]]
name = "shelf"
family = "m100_uhf"
port = "/m100"
antennas = [{{antenna = 1, place = "place:a"}}, {{antenna = 2, place = "place:b"}}]
[[reader]]
name = "gate"
family = "impinj_r700_mqtt"
topic = "rfid/gate"
antennas = [{{antenna = 1, place = "place:gate"}}]
[[scanner]]
name = "desk"
port = "/scanner"
place = "place:desk"
[[probe]]
name = "p1"
family = "modbus_rtu_temp"
port = "/bus"
slave = 1
place = "place:a"
measures = "air"
high = 600
[[probe]]
name = "p2"
family = "modbus_rtu_temp"
port = "/bus"
slave = 2
place = "place:b"
measures = "air"
high = 600
"""


class Story:
    """A watch over four devices, its outbox a list and a dictionary; times in seconds, clock and real alike."""

    def __init__(
        self, state: dict[str, bytes] | None = None, *, at: float = 0, more: str = "", toml: str = TOML
    ) -> None:
        """`more` stands in the place of the gate's topic."""
        toml = toml.replace('topic = "rfid/gate"\n', more) if more else toml
        self.watch = Watch(config.parse(toml.encode(), Path("/")), salt=lambda: bytes(16))
        self.state = state or {}
        self.told: list[str] = []
        self.keep(self.watch.restore(self.state, moment(at)))

    def heard(self, at: float, source: str, *items: Item, topic: str = "") -> list[str]:
        return self.letter(Heard(source, items, moment(at), topic))

    def letter(self, letter: Letter) -> list[str]:
        return self.keep(self.watch.letter(letter))

    def tick(self, at: float) -> list[str]:
        return self.keep(self.watch.tick(moment(at)))

    def keep(self, change: Change) -> list[str]:
        for name, value in change.state.items():
            self.state.pop(name, None)
            if value is not None:
                self.state[name] = value
        told = [each.kind.__name__ for each in change.claims]
        self.told += told
        self.claims = change.claims
        return told


def moment(at: float) -> Moment:
    return Moment(round(at * 1000) + 1_772_452_800_000, at)


def empty_rounds(story: Story, start: int, stop: int) -> list[str]:
    return [told for at in range(start, stop) for told in story.heard(at, "/m100", Status("no-tag"))]


def arrived(at: float = 0) -> Story:
    story = Story()
    story.heard(at, "/m100", TagRead(BAG, 1, -50.0))
    assert story.heard(at + 1, "/m100", TagRead(BAG, 1, -50.0)) == ["TagArrived"]
    return story


def test_an_unplug_is_told_once_and_nobody_leaves() -> None:
    story = arrived()
    lost = [story.letter(Lost("/m100", "unplugged", moment(at))) for at in (2, 3, 4)]
    assert lost == [["DeviceFault"], [], []]
    assert empty_rounds(story, 100, 101) == ["DeviceRestored"]
    assert empty_rounds(story, 101, 129) == []
    assert empty_rounds(story, 129, 140) == ["TagLeft"]


def test_a_lost_antenna_is_a_device_of_its_own() -> None:
    story = arrived()
    assert story.heard(2, "/m100", Fault("antenna 2 off", 2)) == ["DeviceFault"]
    assert story.claims[0].fields["device"] == "device:gw/shelf/antenna-2"
    assert story.claims[0].fields["place"] == "place:b"
    assert empty_rounds(story, 3, 40) == ["TagLeft"], "antenna 1 works, and antenna 2 is still off"
    assert story.heard(41, "/m100", TagRead(BAG, 2)) == ["DeviceRestored"]


def test_readings_of_one_bus_go_to_the_probe_that_was_asked() -> None:
    story = Story()
    for at in (0, 60, 120):
        story.heard(at, "/bus", Reading("p1", 400))
        story.heard(at, "/bus", Reading("p2", 1200))
    counts = {each.name: each.counts for each in story.watch.statuses()}
    assert counts["p1"]["kept"] == counts["p2"]["kept"] == 3
    assert story.told.count("Excursion") == 1


def test_a_silent_probe_is_told_once_and_its_segment_closes() -> None:
    story = Story()
    story.tick(0)
    story.heard(1, "/bus", Reading("p1", 400)), story.heard(1, "/bus", Reading("p2", 400))
    assert story.tick(150) == []
    assert story.heard(150, "/bus", Reading("p2", 400)) == ["TemperatureSegment"]
    assert story.tick(152) == ["TemperatureSegment", "DeviceFault"]
    assert story.tick(200) == []
    assert story.heard(201, "/bus", Reading("p1", 400)) == ["DeviceRestored"]


def test_a_jump_of_the_clock_alone_makes_no_probe_silent() -> None:
    story = Story()
    story.heard(1, "/bus", Reading("p1", 400)), story.heard(1, "/bus", Reading("p2", 400))
    jumped = Moment(moment(1).clock_ms + 3_600_000, 1.5)
    assert story.keep(story.watch.tick(jumped)) == []


def test_a_killed_gateway_keeps_presence_readings_and_excursions() -> None:
    before = arrived()
    before.heard(10, "/bus", Reading("p1", 400))
    before.heard(70, "/bus", Reading("p1", 700))
    assert before.told.count("Excursion") == 1
    before.tick(80)
    after = Story(dict(before.state), at=200)
    assert after.told == ["Gap"]
    assert after.heard(201, "/m100", TagRead(BAG, 1)) == []
    told = after.heard(202, "/bus", Reading("p1", 400))
    assert told == ["TemperatureSegment"], "the reading of 700 was not lost"
    (segment,) = after.claims
    assert segment.fields["readings"] == [(0, 700)]
    told = after.heard(262, "/bus", Reading("p1", 400))
    assert told == ["TemperatureSegment", "ExcursionEnded"]
    assert not [name for name in after.state if name.startswith("excursion/")]
    assert len([name for name in after.state if name.startswith("reading/")]) == 1


def test_closing_leaves_no_open_reading_and_nobody_departed() -> None:
    story = arrived()
    story.heard(2, "/bus", Reading("p1", 400))
    assert story.keep(story.watch.close(moment(3))) == ["TemperatureSegment"]
    assert [name for name in story.state if name.startswith("reading/")] == []
    assert f"presence/{BAG}" in story.state


def test_after_a_clean_restart_a_probe_that_says_what_it_said_is_believed() -> None:
    before = Story()
    before.heard(2, "/bus", Reading("p1", 400))
    before.heard(62, "/bus", Reading("p1", 405))
    before.keep(before.watch.close(moment(63)))
    after = Story(dict(before.state), at=200)
    after.heard(202, "/bus", Reading("p1", 410))
    after.keep(after.watch.close(moment(203)))
    (segment,) = after.claims
    assert (segment.fields["quality"], segment.fields["readings"]) == ("good", [(0, 410)])


def test_a_scan_is_told_once_and_its_salt_is_kept() -> None:
    story = Story()
    scan = LabelScan("=;A9999" + "1234567890123456")
    assert [story.heard(at, "/scanner", scan) for at in (0, 0.5)] == [["LabelScanned"], []]
    assert [name for name in story.state if name.startswith("salt/sha256:")]


def test_a_retained_message_is_no_read_and_no_sign_of_life() -> None:
    story = Story()
    for at in range(5):
        assert story.heard(at, "mqtt", Status("retained", "rfid/gate"), topic="rfid/gate") == []
    assert {each.name: each.state for each in story.watch.statuses()}["gate"] == "waiting"


@pytest.mark.parametrize(
    ("letters", "told"),
    [
        ([False], []),
        ([False, True], []),
        ([False, False], ["Gap"]),
    ],
    ids=["first", "kept", "lost"],
)
def test_a_broker_that_lost_the_session_may_have_lost_messages(letters: Sequence[bool], told: list[str]) -> None:
    story = Story()
    for at, continues in enumerate(letters):
        story.letter(Opened("mqtt", moment(at), continues=continues))
    assert story.told == told


def lost_and_opened(story: Story, *, lost: float, opened: float) -> dict[str, object]:
    """The gap that is told; a read comes by the new connection before its last subscription is granted."""
    story.letter(Lost("mqtt", "lost", moment(lost)))
    story.letter(Lost("mqtt", "no broker", moment(lost + 1)))
    story.heard(opened - 0.1, "mqtt", TagRead(BAG, 1), topic="rfid/gate")
    assert story.letter(Opened("mqtt", moment(opened), continues=False)) == ["Gap"]
    return dict(story.claims[-1].fields)


def test_what_a_broker_forgot_is_missing_since_the_connection_before_was_last_heard() -> None:
    story = Story()
    story.letter(Opened("mqtt", moment(0), continues=False))
    assert lost_and_opened(story, lost=5, opened=60)["since"] == "2026-03-02T12:00:05.000Z", "nothing was heard"
    story.heard(70, "mqtt", TagRead(BAG, 1), topic="rfid/gate")
    assert lost_and_opened(story, lost=80, opened=140)["since"] == "2026-03-02T12:01:10.000Z"


def test_what_a_broker_forgot_while_the_gateway_was_away_is_missing_since_it_lived() -> None:
    before = Story()
    before.letter(Opened("mqtt", moment(0), continues=False))
    before.tick(30)
    after = Story(dict(before.state), at=300)
    assert lost_and_opened(after, lost=301, opened=310)["since"] == "2026-03-02T12:00:30.000Z"


def test_the_identity_of_a_drivers_reader_is_held_here_since_its_driver_may_not_look() -> None:
    story = Story(toml=TOML.replace('family = "m100_uhf"', 'family = "acme_shelf"\nidentity = "B12"'))
    reads = [TagRead(BAG, 1, -50.0)] * 2
    assert story.heard(1, "/m100", Status("device-id", "A77"), *reads) == ["DeviceFault"]
    assert story.heard(3, "/m100", *reads) == []
    back = story.heard(5, "/m100", Status("device-id", "B12"), *reads) + story.heard(7, "/m100", *reads)
    assert back == ["DeviceRestored", "TagArrived"]
    assert "identity/shelf" not in story.state, "what a person wrote is not learnt besides"


def test_a_reader_on_a_broker_leaves_by_the_reads_of_others() -> None:
    story = Story()
    for at in (0, 1):
        story.heard(at, "mqtt", TagRead(BAG, 1), topic="rfid/gate")
    for at in range(2, 40):
        story.heard(at, "mqtt", TagRead("E280A9990000000000000002", 1), topic="rfid/gate")
    assert story.told == ["TagArrived", "TagArrived", "TagLeft"]


def test_a_clock_that_is_set_is_told_and_no_interval_with_it() -> None:
    story, hour = arrived(), 3600
    story.heard(1, "/bus", Reading("p1", 400))
    empty_rounds(story, 2, 10)
    stepped = Stepped(hour * 1000, moment(hour + 10).clock_ms)
    assert story.letter(stepped) == ["TemperatureSegment", "ClockSkew"]
    skew = story.claims[-1].fields
    assert (skew["device"], skew["against"], skew["skew_ms"]) == ("device:gw", "interval", hour * 1000)
    later = Moment(moment(hour + 10).clock_ms, 10)
    assert story.keep(story.watch.tick(later)) == [], "nobody is silent, and nobody has left"
    assert empty_rounds(story, hour + 10, hour + 31) == []
    assert empty_rounds(story, hour + 31, hour + 33) == ["TagLeft"]
    assert story.state["alive"].decode() >= "2026-03-02T13:00:10"


def test_how_a_device_is_nobody_knows_before_it_is_heard_or_ill() -> None:
    story = Story()
    assert story.watch.undecided() == {f"device:gw/{name}" for name in ("shelf", "gate", "desk", "p1", "p2")}
    for source in ("/m100", "/bus", "/scanner", "mqtt"):
        story.letter(Opened(source, moment(1)))
    assert story.watch.undecided() == {f"device:gw/{name}" for name in ("shelf", "p1", "p2")}, (
        "an open line says little"
    )
    story.heard(2, "/m100", Status("no-tag"))
    story.heard(2, "/bus", Reading("p1", 400))
    assert story.watch.undecided() == {"device:gw/p2"}
    story.tick(2)
    story.tick(300)
    assert story.watch.undecided() == frozenset()


def test_a_clock_that_is_set_makes_no_illness_longer() -> None:
    story, hour = arrived(), 3600
    story.heard(2, "/m100", Fault("too hot"))
    story.letter(Stepped(hour * 1000, moment(hour + 5).clock_ms))
    assert story.heard(hour + 6, "/m100", TagRead(BAG, 1, -50.0)) == ["DeviceRestored"]
    assert story.claims[0].fields["since"] == "2026-03-02T13:00:02.000Z"


def test_what_was_read_before_the_clock_was_synchronised_says_so_although_it_is_told_afterwards() -> None:
    story, hour = Story(), 3600
    for at in (0, 1, 2):
        wrong = Moment(moment(at).clock_ms, at, "unsynchronised")
        story.letter(Heard("/bus", (Reading("p1", 400 + at),), wrong))
    assert story.letter(Stepped(hour * 1000, moment(hour + 3).clock_ms)) == ["TemperatureSegment", "ClockSkew"]
    assert story.claims[0].fields["clock"] == "unsynchronised", "its hour is wrong"
    assert "clock" not in story.claims[1].fields, "the step is told by the new time"


def test_readings_of_an_open_segment_keep_their_clocks_trust_over_a_restart() -> None:
    story = Story()
    for at in (0, 1, 2):
        right = Moment(moment(at).clock_ms, at, "synchronised")
        story.letter(Heard("/bus", (Reading("p1", 400 + at),), right))
    again = Story(story.state, at=10)
    again.letter(Heard("/bus", (Reading("p1", 403),), Moment(moment(10).clock_ms, 10, "unsynchronised")))
    assert [each.fields["clock"] for each in again.claims] == ["synchronised"]


NODES = TOML.partition("[[reader]]")[0] + "".join(
    f"""[[probe]]
name = "{name}"
family = "sparkplug_b"
topic = "spBv1.0/#"
sensor = "{node}/{name}/T"
place = "place:a"
measures = "air"
"""
    for node, name in (("gw-2", "p1"), ("gw-2", "p2"), ("gw-3", "p3"))
)


def test_a_number_that_a_sparkplug_node_left_out_is_the_nodes_and_told_once() -> None:
    story, topic = Story(toml=NODES), "spBv1.0/#"
    story.heard(0, "mqtt/readings", Reading("gw-2/p1/T", 400), topic=topic)
    story.heard(20, "mqtt/readings", Reading("gw-2/p2/T", 400), topic=topic)
    story.heard(40, "mqtt/readings", Reading("gw-3/p3/T", 400), topic=topic)
    before = len(story.told)
    for hole in (f"site/gw-9: {HOLE}", "site/gw-2: data before any birth"):
        story.heard(60, "mqtt/readings", Status(REBIRTH_NEEDED, hole), topic=topic)
    assert len(story.told) == before, "nobody's, and no hole"
    change = story.watch.letter(
        Heard(
            "mqtt/readings",
            (Reading("gw-2/p1/T", 400), Status(REBIRTH_NEEDED, f"site/gw-2: {HOLE}")),
            moment(60),
            topic,
        )
    )
    gaps = [each.fields for each in change.claims if each.kind is kinds.Gap]
    reason = "the node site/gw-2 left out a number: a message of one of its devices may be gone"
    assert [(gap["device"], gap["reason"]) for gap in gaps] == [("device:gw/mqtt/readings", reason)]
    assert gaps[0]["since"] == format_instant(moment(20).clock_ms), "what was last heard of any of its devices"
