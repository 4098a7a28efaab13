import json

import pytest

from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_temperature.tasmota import MAX_DEVICES, Tasmota


def said(payload: object, *, topic: str = "tele/cold/SENSOR", dialect: Tasmota | None = None) -> list[Item]:
    content = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    return (dialect or Tasmota()).read(topic, content)


def probe(celsius: object, **members: object) -> dict[str, object]:
    return {"DS18B20": {"Id": "0000005CBBBA", "Temperature": celsius}, "TempUnit": "C", **members}


def test_fahrenheit_is_converted_exactly() -> None:
    assert said(probe(24.88, TempUnit="F")) == [Reading("0000005CBBBA", -396)]
    assert said(probe(39.2, TempUnit="F")) == [Reading("0000005CBBBA", 400)]


@pytest.mark.parametrize("unit", [None, "K", "", 1])
def test_unit_that_is_not_told_makes_a_value_suspect(unit: object) -> None:
    (reading,) = said(probe(4.2, TempUnit=unit))
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.quality) == (420, "suspect")


def test_local_time_is_no_claim() -> None:
    (reading,) = said(probe(4.2, Time="2025-05-13T09:50:50"))
    assert isinstance(reading, Reading)
    assert reading.claimed_time is None


def test_device_that_goes_takes_its_sensors_along() -> None:
    dialect = Tasmota()
    said(probe(4.2), dialect=dialect)
    gone = said("Offline", topic="tele/cold/LWT", dialect=dialect)
    assert gone == [Status("offline", "cold"), Status("offline", "0000005CBBBA")]


@pytest.mark.parametrize("celsius", [None, 85, 85.0, -127, 327.67, "nan", True, 1e9])
def test_marker_is_a_fault_without_a_value(celsius: object) -> None:
    (reading,) = said(probe(celsius))
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.quality) == (None, "fault")


def test_probe_with_a_code_comes_before_the_boards_own_sensors() -> None:
    items = said({"ANALOG": {"Temperature": 20}, **probe(4.2)})
    assert [item.sensor for item in items if isinstance(item, Reading)] == ["0000005CBBBA", "cold/ANALOG"]


def test_memory_of_devices_is_bounded() -> None:
    dialect = Tasmota()
    for number in range(MAX_DEVICES + 7):
        said(probe(4.2), topic=f"tele/{number}/SENSOR", dialect=dialect)
    assert len(dialect._sensors) == MAX_DEVICES


@pytest.mark.parametrize("payload", ["", "[]", "4.2", "{", "null"])
def test_anything_else_is_noise(payload: str) -> None:
    assert isinstance(said(payload)[0], Noise)
    assert isinstance(said(payload, topic="tele/cold/LWT")[0], Noise)


def test_number_as_text_is_one_and_what_was_kept_at_discovery_is_none() -> None:
    assert said(probe("4.2")) == [Reading("0000005CBBBA", 420)]
    topic = "tasmota/discovery/AABBCC/sensors"
    assert Tasmota().claims(topic)
    assert said({"sn": probe(4.2)}, topic=topic) == [Status("discovery", topic)]


def test_thermocouple_is_read_at_its_probe_and_not_at_its_chip() -> None:
    thermocouple = {"ProbeTemperature": -78.5, "ReferenceTemperature": 21.4, "Error": 0}
    assert said({"MAX31855": thermocouple, "TempUnit": "C"}) == [Reading("cold/MAX31855", -7850)]
    (broken,) = said({"MAX31855": {**thermocouple, "Error": 1}, "TempUnit": "C"})
    assert isinstance(broken, Reading)
    assert (broken.centi_celsius, broken.quality, broken.reason) == (None, "fault", "the sensor says error 1")


def test_several_analogue_inputs_are_told_apart() -> None:
    analogue = {"ANALOG": {"Temperature1": 4.2, "Temperature2": 5.5}, "TempUnit": "C"}
    assert said(analogue) == [Reading("cold/ANALOG/Temperature1", 420), Reading("cold/ANALOG/Temperature2", 550)]
    assert said({"ANALOG": {"Temperature": 4.2, "Temperature1": 9.0}, "TempUnit": "C"}) == [Reading("cold/ANALOG", 420)]
