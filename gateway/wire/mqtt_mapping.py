"""MQTT devices of other makes: JSON whose members a mapping in the configuration names, instead of a decoder.

A mapping gives a topic pattern (`acme/{sensor}/state`) and JSON pointers (RFC 6901) to what counts. It can say where a
value is and what it means; it cannot say what else a make gets wrong, so a make with habits of its own deserves a
dialect. A value whose unit cannot be told is a fault, and so is everything that the other dialects hold for a marker.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from gateway.wire.decoder import Counters
from gateway.wire.items import Item, Noise, Reading, Status, lost
from gateway.wire.mqtt_json import (
    MAX_PAYLOAD_BYTES,
    as_object,
    json_in,
    text_in,
    time_in,
    unix_seconds_in,
    written_number_in,
)
from gateway.wire.mqtt_temperature.dialect import celsius_of, judged

Unit: TypeAlias = Literal["C", "F", "K"]
TimeForm: TypeAlias = Literal["rfc3339", "seconds", "milliseconds"]

SENSOR = "{sensor}"
_KELVIN_AT_ZERO = Decimal("273.15")
_UNITS: Mapping[str, Unit] = {"c": "C", "celsius": "C", "f": "F", "fahrenheit": "F", "k": "K", "kelvin": "K"}
_INDEX = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)
_NO_NUMBER = {"nan", "null", "none", "unknown", "unavailable", "", "-", "--"}


class PointerError(ValueError):
    """Text that is no JSON pointer."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """A JSON pointer: the way into a document, step by step; no step is the whole document."""

    steps: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Pointer":
        """Read RFC 6901 text: empty, or `/` before each step, with `~1` for `/` and `~0` for `~`.

        Raises:
            PointerError: any other text.
        """
        if text and not text.startswith("/"):
            raise PointerError(f"expected a JSON pointer such as /data/temperature; got {text!r}")
        if re.search("~(?![01])", text):
            raise PointerError(f"expected ~0 or ~1 after each ~ of a JSON pointer; got {text!r}")
        return cls(tuple(step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]))

    def resolve(self, document: object) -> tuple[bool, object]:
        """Whether the document has such a place, and what is there."""
        for step in self.steps:
            if isinstance(document, list):
                if not _INDEX.fullmatch(step) or int(step) >= len(document):
                    return False, None
                document = document[int(step)]
                continue
            members = as_object(document)
            if members is None or step not in members:
                return False, None
            document = members[step]
        return True, document


@dataclass(frozen=True, slots=True)
class JsonMapping:
    """How one make's messages are read.

    Attributes:
        name: in the configuration.
        topic: the pattern; `{sensor}` stands for one whole level, which names the sensor.
        value: where the temperature is.
        unit: of the value; None where `unit_at` says it.
        unit_at: where the message tells its unit.
        scale: degrees that a value of 1 stands for.
        humidity: where the relative humidity in percent is.
        time: where the device's time is.
        time_form: how that is written.
        sequence: where the device's counter is.
        sensor: where the sensor's name is; None: in the topic, or it has none.
    """

    name: str
    topic: str
    value: Pointer
    unit: Unit | None = "C"
    unit_at: Pointer | None = None
    scale: Decimal = Decimal(1)
    humidity: Pointer | None = None
    time: Pointer | None = None
    time_form: TimeForm = "rfc3339"
    sequence: Pointer | None = None
    sensor: Pointer | None = None

    @property
    def topic_filter(self) -> str:
        """What a client subscribes to."""
        return self.topic.replace(SENSOR, "+")

    def sensor_of(self, topic: str) -> str | None:
        """The name that a topic holds; empty where the pattern names none, None if the topic does not fit it."""
        levels, pattern = topic.split("/"), self.topic.split("/")
        if pattern[-1] == "#" and len(levels) >= len(pattern) - 1:
            levels, pattern = levels[: len(pattern) - 1], pattern[:-1]
        if len(levels) != len(pattern):
            return None
        name = ""
        for level, expected in zip(levels, pattern, strict=True):
            if expected == SENSOR:
                name = level
            elif expected not in {"+", level}:
                return None
        return name


@dataclass(slots=True)
class MappedDecoder:
    """See `MessageDecoder`. Reads the messages of one mapping."""

    mapping: JsonMapping
    counters: Counters = field(default_factory=Counters, init=False)

    def feed_message(self, topic: str, payload: bytes, *, retained: bool) -> list[Item]:
        """See `MessageDecoder.feed_message`."""
        item = self._read(topic, payload)
        discarded = item.count_bytes if isinstance(item, Noise) else 0
        self.counters.received += len(payload)
        self.counters.discarded += discarded
        self.counters.accepted += len(payload) - discarded
        return [Status("retained", item.sensor) if retained and isinstance(item, Reading) else item]

    def _read(self, topic: str, payload: bytes) -> Item:
        mapping = self.mapping
        sensor = mapping.sensor_of(topic)
        if sensor is None:
            return Noise(len(payload), f"the topic {topic[:80]} is not of the mapping {mapping.name}")
        document = _document(payload)
        if document is None:
            return Noise(len(payload), "expected JSON, a plain number or nan")
        if mapping.sensor is not None:
            sensor = str(mapping.sensor.resolve(document)[1] or "")[:200]
        found, value = mapping.value.resolve(document)
        if not found:
            return Status("no-temperature", sensor)
        claimed, sequence = _time(mapping, document), _sequence(mapping, document)
        unit = _unit(mapping, document)
        if unit is None:
            return lost(sensor, "the message does not tell its unit", claimed_time=claimed)
        humidity = None if mapping.humidity is None else written_number_in(mapping.humidity.resolve(document)[1])
        celsius = _celsius(written_number_in(value), unit, mapping.scale)
        return judged(sensor, celsius, humidity=humidity, sequence=sequence, claimed_time=claimed)


def _document(payload: bytes) -> object:
    """The JSON value, or the text of a payload that is a word for no number; None if it is neither."""
    document = json_in(payload)
    if document is not None:
        return document
    text = text_in(payload) if len(payload) <= MAX_PAYLOAD_BYTES else None
    return text if text is not None and text.strip().lower() in _NO_NUMBER else None


def _celsius(number: Decimal | None, unit: Unit, scale: Decimal) -> Decimal | None:
    if number is None:
        return None
    scaled = number * scale
    return scaled if unit == "C" else celsius_of(scaled) if unit == "F" else scaled - _KELVIN_AT_ZERO


def _unit(mapping: JsonMapping, document: object) -> Unit | None:
    if mapping.unit_at is None:
        return mapping.unit
    told = mapping.unit_at.resolve(document)[1]
    return _UNITS.get(told.strip().lower().lstrip("°")) if isinstance(told, str) else None


def _time(mapping: JsonMapping, document: object) -> datetime | None:
    if mapping.time is None:
        return None
    told = mapping.time.resolve(document)[1]
    if mapping.time_form == "seconds":
        return unix_seconds_in(told)
    wanted = str if mapping.time_form == "rfc3339" else int
    return time_in(told) if isinstance(told, wanted) else None


def _sequence(mapping: JsonMapping, document: object) -> int | None:
    if mapping.sequence is None:
        return None
    told = mapping.sequence.resolve(document)[1]
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 <= told < 2**63 else None
