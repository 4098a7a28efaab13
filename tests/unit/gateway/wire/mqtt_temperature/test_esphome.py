import pytest

from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_temperature.esphome import MAX_NODES, EspHome

TOPIC = "fridge/sensor/probe/state"


def said(text: str, *, topic: str = TOPIC, dialect: EspHome | None = None) -> Item:
    (item,) = (dialect or EspHome()).read(topic, text.encode())
    return item


def test_plain_number_is_a_reading_named_by_node_and_object() -> None:
    assert said("4.3") == Reading("fridge/probe", 430)
    assert said(" -28.5\n", topic="bank/1/sensor/freezer/state") == Reading("bank/1/freezer", -2850)


@pytest.mark.parametrize(
    "text", ["nan", "NaN", "inf", "unknown", "unavailable", "85.0", "-127.00", "127.94", "1e6", "9" * 18]
)
def test_what_is_no_temperature_is_a_fault(text: str) -> None:
    reading = said(text)
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.quality) == (None, "fault")


@pytest.mark.parametrize(
    "measured", ["fridge_humidity", "wifi_signal", "uptime", "voltage", "esp32_internal_temp", "rh"]
)
def test_object_that_measures_something_else_is_no_temperature(measured: str) -> None:
    assert isinstance(said("42", topic=f"fridge/sensor/{measured}/state"), Status)


def test_door_in_a_name_does_not_hide_a_temperature() -> None:
    assert said("4.3", topic="fridge/sensor/door_temperature/state") == Reading("fridge/door_temperature", 430)


def test_fahrenheit_in_a_name_is_converted() -> None:
    assert said("39.2", topic="fridge/sensor/temp_f/state") == Reading("fridge/temp_f", 400)
    assert said("4.0", topic="fridge/sensor/temp_fridge/state") == Reading("fridge/temp_fridge", 400)


def test_node_that_goes_takes_its_sensors_along() -> None:
    dialect = EspHome()
    said("4.3", dialect=dialect)
    assert dialect.read("fridge/status", b"offline") == [Status("offline", "fridge"), Status("offline", "fridge/probe")]


def test_memory_of_nodes_is_bounded() -> None:
    dialect = EspHome()
    for number in range(MAX_NODES + 7):
        said("4.3", topic=f"{number}/sensor/probe/state", dialect=dialect)
    assert len(dialect._sensors) == MAX_NODES


@pytest.mark.parametrize("text", ["four", "{}", "4,3", "0x10"])
def test_anything_else_is_noise(text: str) -> None:
    assert isinstance(said(text), Noise)


def test_topic_of_the_sites_own_is_read_and_never_good() -> None:
    reading = said("4.3", topic="bank/fridge/temperature")
    assert isinstance(reading, Reading)
    assert (reading.sensor, reading.centi_celsius, reading.quality) == ("bank/fridge/temperature", 430, "suspect")
