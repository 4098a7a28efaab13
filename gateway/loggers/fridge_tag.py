"""The text file of a Berlinger Fridge-tag 2 (and 2 E): configuration, and a day's extremes and alarms, newest first.

    Device: Q-tag Fridge-tag 2          Hist:
    Vers: 0.5                            TS Report Creation: 2022-03-28 07:26
    Conf:                                1:
     Serial: 130400141244                 Date: 2022-03-28
     Temp unit: C                         Min T: +3.2, TS Min T: 05:24
     Alarm:                               Max T: +3.5, TS Max T: 00:00
      0:                                  Alarm:
       T AL: -0.5, t AL: 60                0:
      1:                                    t Acc: 0
       T AL: +8.3, t AL: 600               1:
                                            t Acc: 615, TS A: 14:10, C A: 1
                                          Int Sensor timeout:
                                           t AccST: 0
                                        Cert: …   Sig Cert: …   Sig: …

Indentation by spaces says what belongs to what; `key: value` pairs may share a line. Alarm 0 is the low one, alarm 1
the high one; `t AL` and `t Acc` are minutes. Times are the logger's own local time without a zone. The file ends with
the maker's signature. How it is made is not published, so it can be asked for and not checked: a file without one, or
with one that is no hex, is refused, and what is imported says that it was not checked.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal

from ledger.core.errors import FormatError

MAX_FILE_BYTES = 1024 * 1024
MAX_LINES = 20_000
MAX_DAYS = 400
_DEVICE = re.compile(r"(?:Q-tag )?Fridge-tag 2(?: ?[A-Z])?")
_PAIR = re.compile(r"(?P<key>[A-Za-z0-9 ]{1,40}):(?: (?P<value>[^,]*))?")
_TEMPERATURE = re.compile(r"[+-]?\d{1,2}\.\d")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){32,512}")
_FAHRENHEIT_ZERO = 32


class LoggerFileError(FormatError):
    """A logger's file that cannot be taken; the message says where and what was expected."""


@dataclass(slots=True)
class Node:
    """What a line says, and what is indented below it."""

    value: str = ""
    line: int = 0
    below: dict[str, "Node"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extreme:
    """A day's lowest or highest temperature, in centi-degrees, and the local time of day."""

    centi_celsius: int
    at: time


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a level of alarm had accumulated on a day: minutes beyond its limit, and when it was set off, if it was."""

    limit_centi_celsius: int
    minutes: int
    set_off_at: time | None


@dataclass(frozen=True, slots=True)
class Day:
    """One day.

    Attributes:
        date: in the logger's own calendar.
        lowest: None where nothing was measured.
        highest: likewise.
        low: the low alarm.
        high: the high alarm.
        timeout_minutes: how long the sensor did not answer.
    """

    date: date
    lowest: Extreme | None
    highest: Extreme | None
    low: Alarm
    high: Alarm
    timeout_minutes: int


@dataclass(frozen=True, slots=True)
class LoggerFile:
    """What a logger's file says: its serial number, when it was made (local time), its days from the oldest on."""

    device: str
    serial: str
    created: datetime
    days: tuple[Day, ...]


def parse(content: bytes) -> LoggerFile:
    """Read a file.

    Raises:
        LoggerFileError: another device's file, an unknown layout, or no signature in its place.
    """
    root = _tree(content)
    device = _need(root, "Device").value
    if not _DEVICE.fullmatch(device):
        raise LoggerFileError(f"line 1: expected the file of a Fridge-tag 2; got {device!r}")
    for name in ("Sig Cert", "Sig"):
        signature = _find(root, name)
        if signature is None or not _HEX.fullmatch(signature.value):
            raise LoggerFileError(
                f"{name}: expected the maker's signature in hex at the end of the file; it is not there"
            )
    configuration, history = _need(root, "Conf"), _need(root, "Hist")
    serial = _need(configuration, "Serial").value
    if not re.fullmatch(r"[0-9]{6,20}", serial):
        raise LoggerFileError(f"Conf.Serial: expected digits; got {serial!r}")
    unit = _need(configuration, "Temp unit").value
    if unit not in {"C", "F"}:
        raise LoggerFileError(f"Conf.Temp unit: expected C or F; got {unit!r}")
    reader = _Reader(unit, _limits(configuration, unit))
    days = [reader.day(node) for name, node in history.below.items() if name.isdecimal()]
    if not days or len(days) > MAX_DAYS or len({day.date for day in days}) != len(days):
        raise LoggerFileError(f"Hist: expected 1 to {MAX_DAYS} days, each once; got {len(days)}")
    created = _instant(_need(history, "TS Report Creation"))
    return LoggerFile(device, serial, created, tuple(sorted(days, key=lambda day: day.date)))


def _tree(content: bytes) -> Node:
    """The lines as a tree, by their indentation."""
    if len(content) > MAX_FILE_BYTES:
        raise LoggerFileError(f"expected a file of at most {MAX_FILE_BYTES} bytes; got {len(content)}")
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise LoggerFileError(f"expected text; got byte {error.object[error.start]:02X} at {error.start}") from error
    root = Node()
    open_: list[tuple[int, Node]] = [(-1, root)]
    for number, line in enumerate(lines[:MAX_LINES], start=1):
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip(" "))
        while open_[-1][0] >= depth:
            open_.pop()
        node = Node()
        for key, value in _pairs(line.strip(), number):
            node = Node(value, number)
            if key in open_[-1][1].below:
                raise LoggerFileError(f"line {number}: expected {key!r} once")
            open_[-1][1].below[key] = node
        open_.append((depth, node))
    return root


def _pairs(line: str, number: int) -> Iterator[tuple[str, str]]:
    for part in line.split(", "):
        pair = _PAIR.fullmatch(part)
        if pair is None:
            raise LoggerFileError(f"line {number}: expected `key: value`; got {part[:60]!r}")
        yield pair["key"], (pair["value"] or "").strip()


def _find(node: Node, name: str) -> Node | None:
    """The first node of a name, at any depth."""
    for key, inner in node.below.items():
        found = inner if key == name else _find(inner, name)
        if found is not None:
            return found
    return None


def _need(node: Node, name: str) -> Node:
    found = node.below.get(name)
    if found is None:
        raise LoggerFileError(f"line {node.line}: expected {name!r} below; an unknown layout")
    return found


def _limits(configuration: Node, unit: str) -> Mapping[str, int]:
    alarms = _need(configuration, "Alarm")
    return {level: _centi(_need(_need(alarms, level), "T AL"), unit) for level in ("0", "1")}


def _centi(node: Node, unit: str) -> int:
    if not _TEMPERATURE.fullmatch(node.value):
        raise LoggerFileError(f"line {node.line}: expected a temperature such as +3.2; got {node.value!r}")
    number = Decimal(node.value)
    celsius = (number - _FAHRENHEIT_ZERO) * 5 / 9 if unit == "F" else number
    return int((celsius * 100).to_integral_value())


def _minutes(node: Node) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", node.value):
        raise LoggerFileError(f"line {node.line}: expected minutes; got {node.value!r}")
    return int(node.value)


def _time(node: Node) -> time:
    try:
        return datetime.strptime(node.value, "%H:%M").time()  # noqa: DTZ007 - a time of day in the logger's own zone
    except ValueError as error:
        raise LoggerFileError(f"line {node.line}: expected a time such as 05:24; got {node.value!r}") from error


def _instant(node: Node) -> datetime:
    try:
        return datetime.strptime(node.value, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - the logger's own zone
    except ValueError as error:
        raise LoggerFileError(
            f"line {node.line}: expected a time such as 2022-03-28 07:26; got {node.value!r}"
        ) from error


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads days in the file's unit and with its limits."""

    unit: str
    limits: Mapping[str, int]

    def day(self, node: Node) -> Day:
        on = _need(node, "Date")
        try:
            on_date = date.fromisoformat(on.value)
        except ValueError as error:
            raise LoggerFileError(f"line {on.line}: expected a date such as 2022-03-28; got {on.value!r}") from error
        alarms, timeout = _need(node, "Alarm"), _need(node, "Int Sensor timeout")
        day = Day(
            on_date,
            self._extreme(node, "Min T"),
            self._extreme(node, "Max T"),
            self._alarm(alarms, "0"),
            self._alarm(alarms, "1"),
            _minutes(_need(timeout, "t AccST")),
        )
        if day.lowest and day.highest and day.lowest.centi_celsius > day.highest.centi_celsius:
            raise LoggerFileError(f"line {node.line}: expected Min T below Max T on {on_date}")
        return day

    def _extreme(self, node: Node, name: str) -> Extreme | None:
        shown = _need(node, name)
        if shown.value in {"", "null", "--", "---"}:
            return None
        return Extreme(_centi(shown, self.unit), _time(_need(node, f"TS {name}")))

    def _alarm(self, alarms: Node, level: str) -> Alarm:
        node = _need(alarms, level)
        set_off = node.below.get("TS A")
        at = _time(set_off) if set_off is not None and set_off.value not in {"", "null"} else None
        return Alarm(self.limits[level], _minutes(_need(node, "t Acc")), at)
