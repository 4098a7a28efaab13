"""Which columns of a logger's file say when and how warm it was, by the names in its first row. Reads no value.

`time` and `celsius` go before every other spelling. Else: the names that loggers and spreadsheets write, in English and
Chinese, capitals, spaces, underlines and full-width forms being the same; the unit behind a name or in it. A date and a
time of day may be two columns. A name that is not in these tables is no column that is read, and two columns for one
thing are refused: nothing is guessed.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core.errors import FormatError

_MOMENT: Final = frozenset(
    {"datetime", "date/time", "date&time", "timestamp", "日期时间", "日期/时间", "时间日期", "日期及时间"}
)  # fmt: skip
_TIME: Final = frozenset(
    {"time", "logtime", "recordtime", "recordedtime", "measurementtime", "时间", "记录时间", "测量时间", "采集时间",
     "采样时间", "监测时间", "检测时间", "数据时间", "时刻"}
)  # fmt: skip
"""A whole instant, or a time of day where a column beside it says the date."""
_DATE: Final = frozenset({"date", "日期", "记录日期", "测量日期", "采集日期", "监测日期"})
_SELF_EVIDENT: Final = frozenset(
    {"celsius", "温度", "温度值", "当前温度", "实时温度", "测量温度", "采集温度", "监测温度", "记录温度", "摄氏温度"}
)  # fmt: skip
"""Degrees Celsius without saying so: China measures in nothing else."""
_WARMTH: Final = _SELF_EVIDENT | {"temperature", "temp", "temp.", "temperaturevalue"}
_UNIT: Final = re.compile(r"(.+?)/?[(\[]?(°c|degc|c|celsius|摄氏度|°f|degf|f|fahrenheit|华氏度)[)\]]?")
_FAHRENHEIT: Final = frozenset({"°f", "degf", "f", "fahrenheit", "华氏度"})
EXPECTED: Final = "the columns time and celsius, each once, or as loggers name them (日期时间, 温度(℃), Temp (°C))"


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a row what stands.

    Attributes:
        time: the column of the time.
        celsius: the column of the temperature.
        date: the column of the date, where one stands beside the time.
        says_unit: whether the temperature's name says that it is in degrees Celsius; else each value has to.
        width: how many columns there are.
    """

    time: int
    celsius: int
    date: int | None
    says_unit: bool
    width: int


def columns_of(header: Sequence[str]) -> Columns:
    """The columns that a file's first row names.

    Raises:
        FormatError: one of them is missing, there twice, or in degrees Fahrenheit; with what came.
    """
    names = [_plain(each) for each in header]
    celsius, says_unit = _warmth(header, names)
    time, date = _when(header, names)
    return Columns(time, celsius, date, says_unit, len(header))


def _plain(name: str) -> str:
    """`温度（℃）` becomes `温度(°c)`, `Date Time` becomes `datetime`."""
    return re.sub(r"[\s_]", "", unicodedata.normalize("NFKC", name)).lower()


def _when(header: Sequence[str], names: Sequence[str]) -> tuple[int, int | None]:
    """The time's column, and the date's where one stands beside a time of day."""
    plainly = names.count("time") == 1
    moments = [] if plainly else _at(names, _MOMENT)
    times = [names.index("time")] if plainly else moments or _at(names, _TIME)
    dates = [] if moments else _at(names, _DATE)
    match times, dates:
        case [time], []:
            return time, None
        case [time], [date]:
            return time, date
        case _:
            raise _refused(header)


def _warmth(header: Sequence[str], names: Sequence[str]) -> tuple[int, bool]:
    """The temperature's column, and whether its name says the unit."""
    if names.count("celsius") == 1:
        return names.index("celsius"), True
    units = {at: unit for at, name in enumerate(names) if (unit := _unit_of(name)) is not None}
    taken = [at for at, unit in units.items() if unit not in _FAHRENHEIT]
    if units and not taken:
        other = header[next(iter(units))]
        raise FormatError(f"expected degrees Celsius; the column {other[:40]} is in degrees Fahrenheit")
    match taken:
        case [at]:
            return at, bool(units[at])
        case _:
            raise _refused(header)


def _unit_of(name: str) -> str | None:
    """The unit that a temperature's name says, empty if none; None: it is no temperature's name."""
    if name in _WARMTH:
        return "c" if name in _SELF_EVIDENT else ""
    found = _UNIT.fullmatch(name)
    return found[2] if found is not None and found[1] in _WARMTH else None


def _at(names: Sequence[str], wanted: frozenset[str]) -> list[int]:
    return [at for at, name in enumerate(names) if name in wanted]


def _refused(header: Sequence[str]) -> FormatError:
    return FormatError(f"expected {EXPECTED}; came {', '.join(header)[:80]}")
