from gateway.wire.items import Item, Reading, Status
from gateway.wire.mqtt_temperature.lorawan import MAX_DEVICES, Uplink, Uplinks


def said(
    decoded: dict[str, object] | None, *, uplinks: Uplinks | None = None, device: str = "d", port: int = 2
) -> list[Item]:
    uplink = Uplink(device, port, 0, decoded, "qg==", None)
    return (uplinks or Uplinks()).read(uplink)


def named(items: list[Item]) -> list[tuple[str, int | None]]:
    return [(item.sensor, item.centi_celsius) for item in items if isinstance(item, Reading)]


def test_probe_on_the_cable_is_the_device_and_the_case_has_a_name_of_its_own() -> None:
    assert named(said({"TempC_DS": 4.1, "TempC_SHT": 21})) == [("d", 410), ("d/TempC_SHT", 2100)]


def test_case_never_stands_in_for_a_probe_that_was_there() -> None:
    uplinks = Uplinks()
    said({"TempC_DS": 4.1, "TempC_SHT": 21}, uplinks=uplinks)
    assert named(said({"TempC_SHT": 4.0}, uplinks=uplinks)) == [("d", None), ("d/TempC_SHT", 400)]


def test_fahrenheit_is_converted_wherever_it_is_told() -> None:
    assert named(said({"TempF": 39.2})) == [("d", 400)]
    assert named(said({"temperature": 39.2, "unit": "°F"})) == [("d", 400)]


def test_counter_0_and_number_as_text_count() -> None:
    (reading,) = said({"temperature": "4.10"})
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.sequence) == (410, 0)


def test_frames_without_a_reading_are_signs_of_life() -> None:
    assert said({"SENSOR_MODEL": "LHT65"}, port=5) == said(None, port=5) == [Status("device-info", "d")]
    assert said(None) == [Status("undecoded", "d: AA")]
    assert said({"door": 1}) == [Status("no-temperature", "d")]
    assert said(None, port=0) == [Status("uplink", "d: MAC commands only")]


def test_memory_of_devices_is_bounded() -> None:
    uplinks = Uplinks()
    for number in range(MAX_DEVICES + 7):
        said({"TempC_DS": 4.1}, uplinks=uplinks, device=str(number))
    assert len(uplinks._with_probe) == MAX_DEVICES


def test_formatters_that_nest_their_values_are_read() -> None:
    assert named(said({"temperature": {"displayName": "T", "unit": "°C", "value": 4.1}})) == [("d", 410)]
    assert named(said({"temperature": {"unit": "°F", "value": 39.2}})) == [("d", 400)]
    assert named(said({"temperatureSensor": {"1": 4.1}})) == [("d", 410)]
    two = [("d/temperatureSensor 1", 410), ("d/temperatureSensor 2", -2400)]
    assert named(said({"temperatureSensor": {"1": 4.1, "2": -24}})) == two


def test_channels_of_cayenne_are_read_whatever_their_number() -> None:
    assert named(said({"temperature_3": 4.1})) == [("d", 410)]
    two = [("d/temperature_3", 2720), ("d/temperature_5", -2550)]
    assert named(said({"temperature_3": 27.2, "temperature_5": -25.5, "digital_in_1": 0})) == two
    humid = [Reading("d", 410, 5550, sequence=0)]
    assert said({"temperature_1": 4.1, "relative_humidity_2": 55.5}) == humid
    assert said({"temperatureSensor": {"1": 4.1}, "humiditySensor": {"2": 55.5}}) == humid
    rooms = {"temperature_1": 4.1, "temperature_2": 5, "humidity_2": 60}
    assert said(rooms) == [
        Reading("d/temperature_1", 410, sequence=0),
        Reading("d/temperature_2", 500, 6000, sequence=0),
    ]


def test_make_that_sends_readings_on_the_information_port_is_read() -> None:
    assert named(said({"temperature": 4.1}, port=5)) == [("d", 410)]
    assert said({"TempC_DS": 4.1, "BatV": 3.1}, port=5) == [Status("device-info", "d")], (
        "Dragino's port 5 never has one"
    )
