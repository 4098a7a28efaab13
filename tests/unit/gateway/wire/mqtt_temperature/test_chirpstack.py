import json

import pytest

from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_temperature.chirpstack import ChirpStack

UP = "application/1/device/a840/event/up"


def said(message: object, topic: str = UP) -> Item:
    return ChirpStack().read(topic, json.dumps(message).encode())[0]


def test_counter_that_is_left_out_is_0() -> None:
    reading = said({"time": "2026-03-01T08:00:00+00:00", "fPort": 2, "object": {"temperature": 4.25}})
    assert isinstance(reading, Reading)
    assert (reading.sensor, reading.centi_celsius, reading.sequence) == ("a840", 425, 0)


def test_version_3_sends_the_object_as_text() -> None:
    reading = said({"fPort": 2, "fCnt": 3, "objectJSON": '{"temperature": 4.25}'})
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.sequence) == (425, 3)


@pytest.mark.parametrize("kind", ["join", "status", "log", "ack", "txack", "location", "integration"])
def test_other_events_are_signs_of_life(kind: str) -> None:
    assert isinstance(said({"object": {"temperature": 4}}, UP.replace("/up", f"/{kind}")), Status)


def test_host_and_garbage() -> None:
    assert isinstance(said({}, "application/1/device/a840/command/down"), Status)
    assert isinstance(said([]), Noise)
