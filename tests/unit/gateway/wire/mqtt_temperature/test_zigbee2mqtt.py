import json
from datetime import UTC, datetime

import pytest

from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_temperature.decoder import MqttTemperatureDecoder
from gateway.wire.mqtt_temperature.zigbee2mqtt import MAX_SENSORS, Zigbee2Mqtt, Zigbee2MqttCapture


class Bridge:
    """What a bridge publishes, and what the gateway makes of it."""

    def __init__(self) -> None:
        self.decoder = MqttTemperatureDecoder([Zigbee2Mqtt()])

    def says(self, payload: object, *, topic: str = "zigbee2mqtt/cold room/left", retained: bool = False) -> Item:
        content = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
        (item,) = self.decoder.feed_message(topic, content, retained=retained)
        return item


SENSOR = "cold room/left"


def test_bridge_that_is_gone_takes_its_sensors_with_it() -> None:
    bridge = Bridge()
    bridge.says({"temperature": 4.3})
    assert bridge.says({"state": "online"}, topic="zigbee2mqtt/bridge/state") == Status("bridge", "state")
    assert bridge.decoder.feed_message("zigbee2mqtt/bridge/state", b"offline", retained=False) == [
        Status("offline", "bridge"),
        Status("offline", SENSOR),
    ]


def test_dated_state_is_a_reading_with_the_devices_claim() -> None:
    said = Bridge().says({"temperature": 4.35, "humidity": 45.07, "last_seen": "2026-03-01T08:00:00+01:00"})
    assert said == Reading(SENSOR, 435, 4507, claimed_time=datetime(2026, 3, 1, 7, 0, tzinfo=UTC))


def test_last_seen_may_be_milliseconds() -> None:
    said = Bridge().says({"temperature": 4, "last_seen": 1653668027500})
    assert said == Reading(SENSOR, 400, claimed_time=datetime(2022, 5, 27, 16, 13, 47, 500000, UTC))


def test_last_seen_that_did_not_move_is_no_measurement() -> None:
    bridge = Bridge()
    bridge.says({"temperature": 4.3, "last_seen": 1653668027500})
    assert bridge.says({"temperature": 4.9, "last_seen": 1653668027500}) == Status("repeated", SENSOR)
    assert isinstance(bridge.says({"temperature": 4.9, "last_seen": 1653668087500}), Reading)


def test_undated_first_payload_is_suspect_its_repetition_nothing_and_a_new_one_good() -> None:
    bridge = Bridge()
    first = bridge.says({"temperature": 4.3})
    assert isinstance(first, Reading)
    assert first.quality == "suspect"
    assert bridge.says({"temperature": 4.3}) == Status("repeated", SENSOR)
    assert bridge.says({"temperature": 4.4}) == Reading(SENSOR, 440)


def test_retained_state_is_never_a_measurement() -> None:
    assert Bridge().says({"temperature": 4.3, "last_seen": 1653668027500}, retained=True) == Status("retained", SENSOR)


@pytest.mark.parametrize("value", [327.67, -327.68, -100, 1e6, 10**30, None, "nan", True])
def test_marker_is_a_fault_without_a_value(value: object) -> None:
    said = Bridge().says({"temperature": value, "last_seen": 1653668027500})
    assert isinstance(said, Reading)
    assert (said.centi_celsius, said.quality) == (None, "fault")


@pytest.mark.parametrize("humidity", [None, -1, 100.5, "wet"])
def test_bad_humidity_does_not_spoil_the_temperature(humidity: object) -> None:
    said = Bridge().says({"temperature": 4.3, "humidity": humidity, "last_seen": 1653668027500})
    assert isinstance(said, Reading)
    assert (said.centi_celsius, said.centi_humidity, said.quality) == (430, None, "good")


@pytest.mark.parametrize("payload", ["offline", {"state": "offline"}])
def test_availability_names_the_device(payload: object) -> None:
    assert Bridge().says(payload, topic="zigbee2mqtt/cold room/left/availability") == Status("offline", SENSOR)


def test_bridges_own_messages_commands_and_other_devices_are_no_readings() -> None:
    bridge = Bridge()
    assert bridge.says({"state": "online"}, topic="zigbee2mqtt/bridge/state") == Status("bridge", "state")
    assert bridge.says({"temperature": 4}, topic="zigbee2mqtt/probe/set") == Status("command", "probe/set")
    assert bridge.says({"contact": True}, topic="zigbee2mqtt/door") == Status("no-temperature", "door")


@pytest.mark.parametrize("payload", ["", "{", "[1]", "4.3", "[" * 5000, '{"temperature": NaN}', "9" * 6000])
def test_anything_else_is_noise(payload: str) -> None:
    assert isinstance(Bridge().says(payload), Noise)


def test_topic_of_no_dialect_is_noise() -> None:
    assert isinstance(Bridge().says({"temperature": 4.3}, topic="somewhere/else"), Noise)


def test_memory_of_sensors_is_bounded() -> None:
    dialect = Zigbee2MqttCapture()
    for number in range(MAX_SENSORS + 50):
        dialect.read(f"zigbee2mqtt/{number}", b'{"temperature": 4}')
    assert len(dialect._last) == MAX_SENSORS


def test_broken_utf_8_is_noise() -> None:
    decoder = MqttTemperatureDecoder([Zigbee2Mqtt()])
    for topic in ("zigbee2mqtt/x", "zigbee2mqtt/x/availability"):
        (noise,) = decoder.feed_message(topic, b'{"temperature": "\xb4"}', retained=False)
        assert isinstance(noise, Noise)


@pytest.mark.parametrize("payload", [{"state": []}, {"state": {}}, {"state": None}, {"state": 1}, []])
def test_an_availability_that_is_no_word_is_noise(payload: object) -> None:
    assert isinstance(Bridge().says(payload, topic="zigbee2mqtt/x/availability"), Noise)
