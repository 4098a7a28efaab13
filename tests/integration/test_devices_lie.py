"""What devices do in the field, and the right answer: a story for each of the behaviours that docs/devices.md lists.

From the bytes or the message that a device sends to the events that the gateway makes of them, through the decoder and
the watch. What needs a real line, broker or process is told where those are; the table names every story.
"""

import binascii
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gateway import config
from gateway.device import Change
from gateway.ports.mailbox import Heard, Lost, Opened, Stepped
from gateway.ports.mqtt_port import is_publishable
from gateway.session import Moment
from gateway.watch import Watch
from gateway.wire.families import FAMILIES, ByteFamily
from gateway.wire.items import RESTARTED, ROUND_FINISHED, ROUND_PARTIAL, Fault, Item, Status
from ledger.core.errors import ConfigError
from tests.support.gateway_ledger import RECEIPT_VKEY

if TYPE_CHECKING:
    from gateway.wire.decoder import ByteDecoder, MessageDecoder

NOON = 1_772_452_800_000
BAG, STRANGER = "E280A9990000000000000001", "300833B2DDD9014000000000"
EMPTY = bytes.fromhex("BB01FF000115167E")
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
port = "/shelf"
antennas = [{{antenna = 1, place = "place:shelf"}}]
known_tags = ["E280A999"]
[[reader]]
name = "gate"
family = "impinj_r700_mqtt"
topic = "rfid/gate"
antennas = [{{antenna = 1, place = "place:gate"}}, {{antenna = 2, place = "place:dock"}}]
[[scanner]]
name = "desk"
port = "/desk"
place = "place:desk"
[[probe]]
name = "w1"
family = "ds18b20_serial"
port = "/w1"
place = "place:shelf"
measures = "air"
low = 200
high = 600
[[probe]]
name = "zigbee"
family = "mqtt_temperature"
topic = "zigbee2mqtt/fridge"
sensor = "fridge"
place = "place:gate"
measures = "air"
low = 200
high = 600
[[probe]]
name = "lora"
family = "mqtt_temperature"
topic = "v3/app/devices/lora/up"
sensor = "lora"
place = "place:dock"
measures = "load"
"""
LINES = {"/shelf": "m100_uhf", "/desk": "barcode_isbt128", "/w1": "ds18b20_serial"}
TOPICS = {
    "rfid/gate": "impinj_r700_mqtt",
    "zigbee2mqtt/fridge": "mqtt_temperature",
    "v3/app/devices/lora/up": "mqtt_temperature",
}


class Gateway:
    """Decoders and the watch; times in seconds, clock and real alike."""

    def __init__(self, state: dict[str, bytes] | None = None, *, at: float = 0) -> None:
        self.watch = Watch(config.parse(TOML.encode(), Path("/")), salt=lambda: bytes(16))
        self.state = dict(state or {})
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.lines: dict[str, ByteDecoder] = {}
        self.topics: dict[str, MessageDecoder] = {}
        for line, name in LINES.items():
            family = FAMILIES[name]
            assert isinstance(family, ByteFamily)
            self.lines[line] = family.live()
        for topic, name in TOPICS.items():
            spoken = FAMILIES[name]
            assert not isinstance(spoken, ByteFamily)
            self.topics[topic] = spoken.live()  # type: ignore[assignment]  # a family of messages
        self.keep(self.watch.restore(self.state, moment(at)))

    def line(self, at: float, line: str, *pieces: bytes) -> list[str]:
        """Bytes of a serial device."""
        items = [item for piece in pieces for item in self.lines[line].feed(piece)]
        return self.keep(self.watch.letter(Heard(line, tuple(items), moment(at))))

    def publish(self, at: float, topic: str, said: object, *, retained: bool = False) -> list[str]:
        """A message of a device on the broker."""
        items = self.topics[topic].feed_message(topic, json.dumps(said).encode(), retained=retained)
        return self.keep(
            self.watch.letter(
                Heard("mqtt" if topic == "rfid/gate" else "mqtt/readings", tuple(items), moment(at), topic)
            )
        )

    def items(self, at: float, source: str, *items: Item, topic: str = "") -> list[str]:
        """What a session or a decoder made of a device's bytes."""
        return self.keep(self.watch.letter(Heard(source, items, moment(at), topic)))

    def keep(self, change: Change) -> list[str]:
        for name, value in change.state.items():
            self.state.pop(name, None)
            if value is not None:
                self.state[name] = value
        said = [(str(each.kind.__struct_config__.tag), dict(each.fields)) for each in change.claims]
        self.told += said
        return [kind for kind, _ in said]

    def close(self, at: float) -> list[dict[str, Any]]:
        """Let the gateway stop; every segment."""
        self.keep(self.watch.close(moment(at)))
        return [fields for kind, fields in self.told if kind == "temperature_segment"]

    def rounds(self, start: int, stop: int) -> list[str]:
        """Empty rounds of the shelf's reader, one a second."""
        return [kind for at in range(start, stop) for kind in self.line(at, "/shelf", EMPTY)]


def moment(at: float) -> Moment:
    return Moment(round(at * 1000) + NOON, at)


def notice(epc: str = BAG, *, rssi: int = -55, spoil: bool = False) -> bytes:
    """What an M100 module says of one tag; `spoil`: the tag's own checksum is another's."""
    told = b"\x30\x00" + bytes.fromhex(epc)
    crc = (binascii.crc_hqx(told, 0xFFFF) ^ 0xFFFF) + spoil
    parameters = bytes((rssi & 0xFF,)) + told + (crc & 0xFFFF).to_bytes(2, "big")
    body = b"\x02\x22" + len(parameters).to_bytes(2, "big") + parameters
    return b"\xbb" + body + bytes((sum(body) & 0xFF, 0x7E))


def seen(at: float, *, epc: str = BAG, port: int = 1, rssi: int = -5500) -> dict[str, object]:
    """What an R700 publishes of one tag."""
    minutes, seconds = divmod(round(at), 60)
    stamp = f"2026-03-02T{12 + minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}.000Z"
    return {"tagInventoryEvent": {"epcHex": epc, "antennaPort": port, "peakRssiCdbm": rssi, "lastSeenTime": stamp}}


def zigbee(celsius: float | None, minute: int) -> dict[str, object]:
    return {"temperature": celsius, "last_seen": f"2026-03-02T12:{minute:02d}:00.000Z"}


def lora(celsius: float, counter: int, minute: int) -> dict[str, object]:
    return {
        "end_device_ids": {"device_id": "lora"},
        "received_at": f"2026-03-02T12:{minute:02d}:00.000Z",
        "uplink_message": {"f_port": 2, "f_cnt": counter, "decoded_payload": {"TempC_DS": celsius}},
    }


def w1(text: str) -> bytes:
    return f"28FF641DCD96F201 {text}\n".encode()


def arrived(gateway: Gateway | None = None) -> Gateway:
    gateway = gateway or Gateway()
    gateway.line(0, "/shelf", notice())
    assert gateway.line(1, "/shelf", notice()) == ["tag_arrived"]
    return gateway


def test_the_same_tag_a_hundred_times_a_second_is_one_arrival() -> None:
    gateway = Gateway()
    told = [kind for at in range(100) for kind in gateway.line(at / 100, "/shelf", notice())]
    assert told == ["tag_arrived"]


def test_a_tag_that_flickers_neither_leaves_nor_arrives_again() -> None:
    gateway = arrived()
    assert gateway.rounds(2, 20) + gateway.line(20, "/shelf", notice()) + gateway.rounds(21, 45) == []
    assert gateway.rounds(45, 60) == ["tag_left"]
    kind, left = gateway.told[-1]
    assert (kind, left["time"], left["recorded_at"]) == (
        "tag_left",
        "2026-03-02T12:00:20.000Z",
        "2026-03-02T12:00:50.000Z",
    )


def test_a_stray_read_by_the_neighbour_moves_no_bag() -> None:
    gateway = Gateway()
    for at in range(20):
        gateway.publish(at, "rfid/gate", seen(at, rssi=-4800))
        gateway.publish(at, "rfid/gate", seen(at, port=2, rssi=-6800))
    assert [(kind, fields["place"]) for kind, fields in gateway.told] == [("tag_arrived", "place:gate")]


def test_places_that_hear_a_tag_alike_are_an_uncertainty_and_no_place() -> None:
    gateway = Gateway()
    for at in range(20):
        gateway.publish(at, "rfid/gate", seen(at, rssi=-5500))
        gateway.publish(at, "rfid/gate", seen(at, port=2, rssi=-5400))
    (told,) = gateway.told
    assert (told[0], told[1]["places"]) == ("tag_uncertain", ["place:dock", "place:gate"])


def test_a_ghost_is_told_by_the_tags_own_checksum_and_by_being_alone() -> None:
    gateway = Gateway()
    for at in range(9):
        assert gateway.line(at, "/shelf", notice(spoil=True)) == []
    assert gateway.line(10, "/shelf", notice()) == [], "once is nobody"
    told = [gateway.line(at, "/shelf", notice(STRANGER)) for at in (11, 12, 13)]
    assert told == [[], [], ["unknown_tag_seen"]]


def test_an_answer_that_there_is_no_tag_is_life_and_no_fault() -> None:
    gateway = Gateway()
    assert gateway.rounds(0, 60) == []
    assert {each.name: each.state for each in gateway.watch.statuses()}["shelf"] == "ok"


@pytest.mark.parametrize("reason", ["0504: too hot, RF throttled", "0505: antenna off", "error 20: no free channel"])
def test_a_reader_that_is_ill_makes_its_tags_unobserved(reason: str) -> None:
    gateway = arrived()
    assert gateway.items(2, "/shelf", Fault(reason)) == ["device_fault"]
    for at in range(3, 100):
        assert gateway.items(at, "/shelf", Status(ROUND_FINISHED, antenna=7)) == []


def test_an_antenna_that_fell_off_makes_nobody_leave() -> None:
    gateway = Gateway()
    for at in (0, 1):
        gateway.publish(at, "rfid/gate", seen(at))
    assert gateway.publish(2, "rfid/gate", {"antennaDisconnectedEvent": {"antennaPort": 1}}) == ["device_fault"]
    other = "E280A9990000000000000002"
    told = [kind for at in range(3, 90) for kind in gateway.publish(at, "rfid/gate", seen(at, epc=other, port=2))]
    assert told == ["tag_arrived"], "the other antenna's tag, and nobody left"


def test_a_reader_that_restarts_is_a_gap_and_everything_is_looked_for_anew() -> None:
    gateway = arrived()
    gateway.rounds(2, 28)
    assert gateway.items(28, "/shelf", Status(RESTARTED)) == ["gap"]
    assert gateway.rounds(29, 58) == []


def test_a_line_that_is_lost_makes_nobody_leave_and_is_told_once() -> None:
    gateway = arrived()
    told = [gateway.keep(gateway.watch.letter(Lost("/shelf", "unplugged", moment(at)))) for at in (2, 3, 4)]
    assert told == [["device_fault"], [], []]
    assert gateway.rounds(100, 101) == ["device_restored"]
    assert gateway.rounds(101, 129) == []


def test_frames_that_are_split_merged_and_noisy_are_the_same_frames() -> None:
    octets = b"\xbb\x00garbage" + notice() + b"\x7e\xbb" + notice() + EMPTY
    whole, split = Gateway(), Gateway()
    assert whole.line(0, "/shelf", octets) == ["tag_arrived"]
    assert split.line(0, "/shelf", *(octets[at : at + 1] for at in range(len(octets)))) == ["tag_arrived"]
    assert split.lines["/shelf"].counters == whole.lines["/shelf"].counters


def test_a_spoilt_frame_is_dropped_and_counted_and_many_are_told() -> None:
    gateway = Gateway()
    spoilt = bytearray(notice())
    spoilt[-2] ^= 1
    told = [gateway.line(at, "/shelf", bytes(spoilt), EMPTY) for at in range(30)]
    assert [kind for kinds in told for kind in kinds] == ["gap"]
    assert "look at the cable" in gateway.told[-1][1]["reason"]
    counts = {each.name: each.counts for each in gateway.watch.statuses()}["shelf"]
    assert counts["noise"] == 30 * len(spoilt)
    assert "tagread" not in counts, "never repaired"


@pytest.mark.parametrize(
    ("text", "quality"),
    [("85.00", "suspect"), ("-127.00", "fault"), ("nan", "fault"), ("127.94", "fault"), ("0.00", "suspect")],
)
def test_what_a_sick_chip_says_is_no_temperature(text: str, quality: str) -> None:
    gateway = Gateway()
    for minute, each in enumerate(("4.00", "4.06", text, "4.12", "4.12")):
        gateway.line(minute * 60, "/w1", w1(each))
    segments = gateway.close(300)
    assert quality in {each["quality"] for each in segments}
    assert "excursion" not in {kind for kind, _ in gateway.told}
    good = [centi for each in segments if each["quality"] == "good" for _, centi in each["readings"]]
    assert set(good) <= {400, 406, 412}


def test_the_first_reading_after_a_reset_never_counts() -> None:
    gateway = Gateway()
    for minute, text in enumerate(("25.00", "4.06", "4.12")):
        gateway.line(minute * 60, "/w1", w1(text))
    (suspect, good) = gateway.close(180)
    assert (suspect["quality"], suspect["readings"]) == ("suspect", [(0, 2500)])
    assert good["quality"] == "good"


@pytest.mark.parametrize("celsius", [None, -100, 327.67, 1_000_000])
def test_a_number_that_is_no_temperature_is_a_fault_and_not_in_range(celsius: float | None) -> None:
    gateway = Gateway()
    for minute, each in enumerate((4.0, 4.1, celsius)):
        gateway.publish(minute * 60, "zigbee2mqtt/fridge", zigbee(each, minute))
    fault = gateway.close(180)[-1]
    assert (fault["quality"], fault["readings"]) == ("fault", [])
    assert "excursion" not in {kind for kind, _ in gateway.told}


def test_a_value_that_never_changes_and_one_that_never_comes_are_both_told() -> None:
    gateway = Gateway()
    for minute in range(40):
        gateway.publish(minute * 60, "zigbee2mqtt/fridge", zigbee(4.1 if minute else 4.0, minute))
    assert gateway.keep(gateway.watch.tick(moment(45 * 60))).count("device_fault") >= 1
    assert gateway.close(2800)[-1]["quality"] == "suspect"


def test_a_retained_message_is_a_state_of_unknown_age() -> None:
    gateway = Gateway()
    assert gateway.publish(0, "zigbee2mqtt/fridge", zigbee(9.0, 0), retained=True) == []
    assert gateway.publish(1, "rfid/gate", seen(1), retained=True) == []
    assert gateway.close(2) == []


def test_a_bridge_that_tells_its_cache_again_measures_nothing() -> None:
    gateway = Gateway()
    for at, minute in ((0, 0), (60, 1), (90, 1), (95, 1)):
        gateway.publish(at, "zigbee2mqtt/fridge", zigbee(4.0 + minute / 10, minute))
    readings = [each for segment in gateway.close(100) for each in segment["readings"]]
    assert len(readings) == 2


def test_a_message_that_is_delivered_twice_counts_once_even_after_a_kill() -> None:
    before = Gateway()
    for minute in range(3):
        before.publish(minute * 60, "v3/app/devices/lora/up", lora(4.0 + minute / 10, minute, minute))
    after = Gateway(before.state, at=130)
    after.publish(131, "v3/app/devices/lora/up", lora(4.2, 2, 2))
    after.publish(180, "v3/app/devices/lora/up", lora(4.3, 3, 3))
    readings = [centi for segment in after.close(200) for _, centi in segment["readings"]]
    assert readings == [410, 420, 430], "the first was suspect, and told before the kill"


def test_what_comes_out_of_order_is_put_where_it_belongs() -> None:
    gateway = Gateway()
    for at, counter in ((0, 0), (60, 1), (180, 3), (208, 2), (240, 4)):
        gateway.publish(at, "v3/app/devices/lora/up", lora(4.0 + counter / 10, counter, counter))
    last = gateway.close(250)[-1]
    assert [centi for _, centi in last["readings"]] == [410, 420, 430, 440]


def test_a_frame_counter_that_begins_anew_is_a_new_epoch() -> None:
    gateway = Gateway()
    for minute in range(20):
        gateway.publish(minute * 60, "v3/app/devices/lora/up", lora(4.0 + minute / 100, 100 + minute, minute))
    gateway.publish(1200, "v3/app/devices/lora/up", lora(4.5, 0, 20))
    assert "gap" in gateway.keep(gateway.watch.tick(moment(1201)))
    assert gateway.publish(1260, "v3/app/devices/lora/up", lora(4.6, 1, 21)) == []
    assert gateway.close(1300)[-1]["readings"][-1][1] == 460


def test_frames_that_never_come_are_a_gap() -> None:
    gateway = Gateway()
    for minute in (*range(20), 25):
        gateway.publish(minute * 60, "v3/app/devices/lora/up", lora(4.0 + minute / 100, minute, minute))
    assert gateway.keep(gateway.watch.tick(moment(25 * 60 + 61))).count("gap") == 1


def test_a_clock_that_jumps_is_told_and_no_interval_with_it() -> None:
    gateway = arrived()
    gateway.rounds(2, 10)
    stepped = Stepped(3_600_000, moment(3610).clock_ms)
    assert gateway.keep(gateway.watch.letter(stepped)) == ["clock_skew"]
    assert gateway.rounds(3610, 3630) == []
    assert gateway.rounds(3630, 3640) == ["tag_left"]


def test_a_broker_that_lost_the_session_may_have_lost_messages() -> None:
    gateway = Gateway()
    opened = [Opened("mqtt", moment(at), continues=False) for at in (0, 60)]
    assert [gateway.keep(gateway.watch.letter(each)) for each in opened] == [[], ["gap"]]


def test_a_topic_that_would_drop_the_connection_is_never_published_to() -> None:
    topics = ("spBv1.0/G/NCMD/N", "spBv1.0/cold room/NCMD/N", "alarm/#", "a+b", "", "a\nb")
    assert [is_publishable(each) for each in topics] == [True, False, False, False, False, False]
    output = '[alarm]\n[[alarm.output]]\nname = "mqtt"\nkind = "mqtt"\ntopic = "cold room"\n'
    with pytest.raises(ConfigError, match="spaces"):
        config.parse((TOML + output).encode(), Path("/"))


def test_a_sensor_at_ten_times_its_scale_is_refused() -> None:
    gateway = Gateway()
    assert gateway.publish(0, "zigbee2mqtt/fridge", zigbee(41.0, 0)) == ["device_fault"]
    assert "scale" in gateway.told[-1][1]["reason"]


def test_a_reader_that_tells_a_sample_proves_no_absence_by_its_silence() -> None:
    gateway = Gateway()
    for at in (0, 1):
        gateway.publish(at, "rfid/gate", seen(at))
    for at in range(2, 600):
        assert "tag_left" not in gateway.keep(gateway.watch.tick(moment(at)))


@pytest.mark.parametrize("prefix", [b"", b"]C0", b"]d2"])
def test_a_scan_counts_once_whatever_its_prefix_and_never_when_it_is_cut(prefix: bytes) -> None:
    gateway = Gateway()
    scan = prefix + b"=A99992612345600"
    assert gateway.line(0, "/desk", scan + b"\r") == ["label_scanned"]
    assert gateway.line(0.4, "/desk", scan + b"\r") == [], "the trigger was held"
    assert gateway.line(3, "/desk", prefix + b"=A99991712345600=,000012\r\n") == ["label_scanned"], "two bars"
    assert gateway.line(6, "/desk", prefix + b"=A999926\r") == [], "never a short number"


def test_a_tag_that_answers_once_and_is_silent_has_not_left() -> None:
    gateway = arrived()
    told = [gateway.items(at, "/shelf", Status(ROUND_PARTIAL)) for at in range(2, 200)]
    assert [kind for kinds in told for kind in kinds] == []
    told = [gateway.items(at, "/shelf", Status(ROUND_FINISHED)) for at in range(200, 206)]
    assert [kind for kinds in told for kind in kinds] == ["tag_left"], "after true rounds alone"
