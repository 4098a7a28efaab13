import pytest

from gateway.wire.sparkplug_b.names import is_fahrenheit, is_humidity, is_kelvin, is_temperature


@pytest.mark.parametrize(
    "name", ["Temperature", "Fridge 3/Air Temp", "fridgeTemp", "TEMP_1", "Inputs/tempC", "FR-07/temperature"]
)
def test_temperature_is_told_by_its_words(name: str) -> None:
    assert is_temperature(name, "")


@pytest.mark.parametrize(
    "name",
    [
        "Attempts",
        "Template",
        "Setpoint/Temperature",
        "Temp Set Point",
        "CPU Temperature",
        "Temp High Alarm",
        "Max Temp",
        "Door",
    ],
)
def test_what_only_sounds_like_one_or_is_no_storage_is_none(name: str) -> None:
    assert not is_temperature(name, "")


def test_unit_settles_what_a_name_leaves_open() -> None:
    assert is_temperature("Inputs/AI 1", "°C")
    assert is_temperature("Inputs/AI 1", "DegF")
    assert not is_temperature("Inputs/AI 1", "%")
    assert not is_temperature("Limit 1", "°C")


@pytest.mark.parametrize(
    ("name", "unit", "fahrenheit"),
    [
        ("TempF", "", True),
        ("temp_f", "", True),
        ("Air Temperature F", "", True),
        ("Temp Fridge", "", False),
        ("TempF", "°C", False),
        ("Temperature", "°F", True),
    ],
)
def test_fahrenheit_is_told_by_unit_and_without_one_by_name(name: str, unit: str, *, fahrenheit: bool) -> None:
    assert is_fahrenheit(name, unit) is fahrenheit


def test_humidity_and_kelvin() -> None:
    assert is_humidity("Air/Humidity")
    assert not is_humidity("Humidity Setpoint")
    assert is_kelvin("K")
    assert not is_kelvin("°C")
