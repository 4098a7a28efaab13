import json

from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_temperature.ttn import Ttn


def said(message: object, topic: str = "v3/a@ttn/devices/fridge/up") -> Item:
    return Ttn().read(topic, json.dumps(message).encode())[0]


def test_network_dates_the_reading_and_counts_it() -> None:
    uplink = {"f_port": 2, "f_cnt": 7, "received_at": "2026-03-01T08:00:00Z", "decoded_payload": {"temperature": 4.25}}
    reading = said({"uplink_message": uplink, "received_at": "2026-03-01T08:00:09Z"})
    assert isinstance(reading, Reading)
    assert (reading.sensor, reading.centi_celsius, reading.sequence) == ("fridge", 425, 7)
    assert str(reading.claimed_time) == "2026-03-01 08:00:00+00:00"


def test_device_is_named_by_the_message_where_the_topic_is_a_bridges() -> None:
    reading = said(
        {"end_device_ids": {"device_id": "f"}, "uplink_message": {"decoded_payload": {"temp": 4}}}, "bridge/x"
    )
    assert isinstance(reading, Reading)
    assert reading.sensor == "f"


def test_other_messages_are_signs_of_life() -> None:
    assert isinstance(said({"join_accept": {}}), Status)
    assert said({}, "v3/a@ttn/devices/fridge/down/push") == Status("command", "v3/a@ttn/devices/fridge/down/push")
    assert isinstance(said([]), Noise)
