"""The columns of loggers' files, by the names that their makers gave them."""

import pytest

from ledger.core.errors import FormatError
from ledger.rules.logger_columns import Columns, columns_of


@pytest.mark.parametrize("name", ["time", "Time", "Date/Time", "DateTime", "Date Time", "date_time", "Timestamp",
                                  "Date & Time", "时间", "日期时间", "日期/时间", "记录时间", "采集时间",
                                  "测量时间"])  # fmt: skip
def test_the_time_however_it_is_called(name: str) -> None:
    assert columns_of(["no", name, "celsius"]) == Columns(1, 2, None, says_unit=True, width=3)


@pytest.mark.parametrize("name", ["celsius", "Celsius", "Temp (°C)", "Temp.(℃)", "Temperature [°C]", "Temperature °C",
                                  "Temperature_C", "Temp/°C", "temperature (Celsius)", "TEMP(DEGC)", "温度", "温度(℃)",
                                  "温度（℃）", "温度/℃", "温度值", "温度（摄氏度）", "实时温度(°C)"])  # fmt: skip
def test_the_temperature_however_it_is_called(name: str) -> None:
    assert columns_of(["时间", name]) == Columns(0, 1, None, says_unit=True, width=2)


@pytest.mark.parametrize("name", ["temperature", "Temp", "Temp.", "Temperature Value"])
def test_an_english_name_without_its_unit_leaves_it_to_the_values(name: str) -> None:
    assert columns_of(["time", name]) == Columns(0, 1, None, says_unit=False, width=2)


@pytest.mark.parametrize("date", ["Date", "日期", "记录日期"])
@pytest.mark.parametrize("time", ["Time", "时间", "测量时间"])
def test_a_date_beside_the_time(date: str, time: str) -> None:
    assert columns_of([time, "温度", date]) == Columns(0, 1, 2, says_unit=True, width=3)


def test_a_column_of_both_needs_no_date() -> None:
    assert columns_of(["日期", "日期时间", "温度"]) == Columns(1, 2, None, says_unit=True, width=3)
    assert columns_of(["日期", "日期", "日期时间", "时间", "温度"]).time == 2


def test_the_plain_names_go_before_every_other() -> None:
    assert columns_of(["日期时间", "温度", "time", "celsius"]) == Columns(2, 3, None, says_unit=True, width=4)


def test_of_celsius_and_fahrenheit_the_first_is_taken_wherever_it_stands() -> None:
    assert columns_of(["time", "Temp (°F)", "Temp (°C)"]) == Columns(0, 2, None, says_unit=True, width=3)
    assert columns_of(["time", "Temp (C)", "Temp (F)"]) == Columns(0, 1, None, says_unit=True, width=3)


@pytest.mark.parametrize(
    "name", ["Temp (°F)", "Temperature_F", "temp fahrenheit", "温度(℉)", "温度（华氏度）", "TempDegF"]
)
def test_degrees_fahrenheit_are_named_and_refused(name: str) -> None:
    with pytest.raises(FormatError) as refused:
        columns_of(["time", name])
    assert str(refused.value) == f"expected degrees Celsius; the column {name} is in degrees Fahrenheit"


@pytest.mark.parametrize(
    "header",
    [
        ["time"], ["celsius"], ["time", "time", "celsius"], ["time", "celsius", "celsius"], ["日期", "温度"],
        ["时间", "记录时间", "温度"], ["日期", "Date", "时间", "温度"], ["时间", "温度", "温度(℃)"], ["时间", "温度1"],
        ["时间", "湿度(%)"], ["日期时间", "datetime", "温度"], ["time", "c"], ["time", "Temp (K)"],
    ],
)  # fmt: skip
def test_what_is_missing_or_there_twice_is_refused_and_nothing_is_guessed(header: list[str]) -> None:
    with pytest.raises(FormatError) as refused:
        columns_of(header)
    named = "the columns time and celsius, each once, or as loggers name them (日期时间, 温度(℃), Temp (°C))"
    assert str(refused.value) == f"expected {named}; came {', '.join(header)}"


def test_of_a_long_row_the_beginning_is_told() -> None:
    with pytest.raises(FormatError, match=r"came x{80}$"):
        columns_of(["x" * 200])
