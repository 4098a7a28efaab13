"""Sparkplug B over MQTT: `spBv1.0/<group>/<type>/<node>[/<device>]` (specification 3.0, 4 and 6).

    NBIRTH, DBIRTH   every metric with its name, alias and present value
    NDATA, DDATA     what changed, by alias
    NDEATH, DDEATH   the node or one of its devices is gone; the node's is the broker's to publish
    NCMD, DCMD       the host's; STATE the host's own presence

A temperature is named `<node>/<device>/<metric>`. What `is_null` or not a number is a fault; what `is_historical` was
measured earlier and comes late, so it never stands for now and is suspect. Data whose alias no birth announced cannot
be named: a gateway does not guess, it asks for a rebirth, and so it does when the sequence has a hole.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from msgspec import structs
from typing_extensions import override

from gateway.wire.decoder import Counters
from gateway.wire.items import Item, Noise, Reading, Status, lost
from gateway.wire.mqtt_json import MAX_PAYLOAD_BYTES, object_in, text_in, time_in, written_number_in
from gateway.wire.mqtt_temperature.dialect import celsius_of, doubted, judged
from gateway.wire.protobuf import ProtobufError
from gateway.wire.sparkplug_b.births import Announced, Births, Node
from gateway.wire.sparkplug_b.command import NAMESPACE, rebirth
from gateway.wire.sparkplug_b.names import is_fahrenheit, is_humidity, is_kelvin, is_temperature
from gateway.wire.sparkplug_b.payload import Metric, Payload, parse

REBIRTH_NEEDED = "rebirth-needed"
"""The name of the status that says so; the command itself is in `take_answers`."""
HOLE = "the sequence has a hole"
"""Why, where a message was lost."""

MAX_ANSWERS = 64
_KELVIN_AT_ZERO = Decimal("273.15")
_BIRTHS, _DATA, _DEATHS = {"NBIRTH", "DBIRTH"}, {"NDATA", "DDATA"}, {"NDEATH", "DDEATH"}
_COMMANDS = {"NCMD", "DCMD"}


@dataclass(frozen=True, slots=True)
class Topic:
    """What a Sparkplug topic says; `device` is empty for a message of the node itself."""

    group: str
    kind: str
    node: str
    device: str

    @property
    def sender(self) -> str:
        """The node, or the node and its device."""
        return f"{self.node}/{self.device}" if self.device else self.node


@dataclass(slots=True)
class SparkplugDecoder:
    """See `MessageDecoder`."""

    counters: Counters = field(default_factory=Counters, init=False)
    _births: Births = field(default_factory=Births, init=False)
    _answers: list[tuple[str, bytes]] = field(default_factory=list, init=False)

    def take_answers(self) -> list[tuple[str, bytes]]:
        """See `AnsweringDecoder`: the rebirth commands that are due."""
        due, self._answers = self._answers, []
        return due

    def feed_message(self, topic: str, payload: bytes, *, retained: bool) -> list[Item]:
        """See `MessageDecoder.feed_message`."""
        items = self._read(topic, payload)
        discarded = sum(item.count_bytes for item in items if isinstance(item, Noise))
        self.counters.received += len(payload)
        self.counters.discarded += discarded
        self.counters.accepted += len(payload) - discarded
        if not retained:
            return items
        return [Status("retained", item.sensor) if isinstance(item, Reading) else item for item in items]

    def unnamed(self, sender: str, metric: Metric, read: Callable[[Metric, str], Reading]) -> list[Item]:
        """What a metric is worth whose alias no birth announced: nothing."""
        del sender, metric, read
        return []

    def ask_rebirth(self, told: Topic, timestamp: int | None, reason: str) -> list[Item]:
        """A birth is missing, or a message was lost: say so, and ask the node unless it was asked just now."""
        if self._births.node(told.group, told.node).wants_asking() and len(self._answers) < MAX_ANSWERS:
            self._answers.append(rebirth(told.group, told.node, timestamp=timestamp or 0))
        return [Status(REBIRTH_NEEDED, f"{told.group}/{told.node}: {reason}")]

    def _read(self, topic: str, payload: bytes) -> list[Item]:
        levels = topic.split("/")
        if "STATE" in levels[:2]:
            return [_host_state(levels[-1], payload)]
        if len(payload) > MAX_PAYLOAD_BYTES:
            return [Noise(len(payload), "too long a message")]
        told = _topic(levels)
        if told is None:
            return [Noise(len(payload), f"no Sparkplug topic: {topic[:80]}")]
        return [Status("command", topic)] if told.kind in _COMMANDS else self._message(told, payload)

    def _message(self, told: Topic, payload: bytes) -> list[Item]:
        try:
            content = parse(payload)
        except ProtobufError as error:
            return [Noise(len(payload), f"no Sparkplug payload: {error}")]
        if told.kind in _DEATHS:
            return self._died(told, content)
        return self._born_or_told(told, content, payload)

    def _born_or_told(self, told: Topic, content: Payload, payload: bytes) -> list[Item]:
        births = self._births
        node = births.known(told.group, told.node)
        items: list[Item] = []
        missing = (node is None or node.dead) and told.kind != "NBIRTH"
        if told.kind == "NBIRTH":
            node = births.reborn(told.group, told.node)
            node.bd_seq = _bd_seq(content)
        node = node or births.node(told.group, told.node)
        if content.seq is not None and content.seq == node.seq and payload == node.last:
            return [Status("repeated", told.sender)]
        node.last = payload
        if content.seq is not None and not node.follows(content.seq % 256):
            items += self.ask_rebirth(told, content.timestamp, HOLE)
        elif missing and told.kind != "DBIRTH":
            items += self.ask_rebirth(told, content.timestamp, "data before any birth")
        if told.kind in _BIRTHS:
            _announce(node, told.sender, content)
            items = [Status(told.kind.lower(), told.sender), *items]
        readings, unknown = self._readings(told, node, content)
        if unknown and not any(isinstance(item, Status) and item.name == REBIRTH_NEEDED for item in items):
            items += self.ask_rebirth(told, content.timestamp, f"{unknown} aliases that no birth announced")
        told_items = [*readings, *items]
        return told_items or [Status("no-temperature", told.sender)]

    def _readings(self, told: Topic, node: Node, content: Payload) -> tuple[list[Item], int]:
        """The readings of a message, and how many aliases were not announced."""
        metrics, items, unknown = [], list[Item](), 0
        for metric in content.metrics:
            announced = node.aliases.get((told.sender, metric.alias)) if metric.alias is not None else None
            if metric.name or announced:
                metrics.append(_named(metric, announced))
            else:
                unknown += 1
                items += self.unnamed(told.sender, metric, lambda each, name: _reading(each, name, content))
        temperatures = [metric for metric in metrics if is_temperature(metric.name, metric.unit)]
        humidities = [metric for metric in metrics if is_humidity(metric.name)]
        for metric in temperatures:
            reading = _reading(metric, f"{told.sender}/{metric.name}", content)
            if len(temperatures) == len(humidities) == 1:
                reading = _with_humidity(reading, humidities[0])
            node.heard(reading.sensor)
            items.append(reading)
        return items, unknown

    def _died(self, told: Topic, content: Payload) -> list[Item]:
        node = self._births.known(told.group, told.node)
        if node is None:
            return [Status("offline", told.sender)]
        bd_seq = _bd_seq(content)
        if told.kind == "NDEATH" and None not in {bd_seq, node.bd_seq} and bd_seq != node.bd_seq:
            return [Status("stale-death", told.sender)]
        gone = [sensor for sensor in node.sensors if told.kind == "NDEATH" or sensor.startswith(told.sender + "/")]
        if told.kind == "NDEATH":
            node.die()
        else:
            node.bury(told.sender)
            if content.seq is not None:
                node.follows(content.seq % 256)
        return [Status("offline", name) for name in [told.sender, *gone]]


class SparkplugCapture(SparkplugDecoder):
    """Reads a capture, in which the birth may be missing: unnamed values are shown, but none of them counts."""

    @override
    def unnamed(self, sender: str, metric: Metric, read: Callable[[Metric, str], Reading]) -> list[Item]:
        if metric.value is None and not metric.is_null:
            return [Status("unnamed", f"{sender}: alias {metric.alias}")]
        reading = read(metric, f"{sender}/alias {metric.alias}")
        return [doubted(reading, f"no birth says what alias {metric.alias} is")]


def _topic(levels: list[str]) -> Topic | None:
    if len(levels) not in {4, 5} or levels[0] != NAMESPACE or levels[2] not in _BIRTHS | _DATA | _DEATHS | _COMMANDS:
        return None
    is_device = levels[2].startswith("D")
    if is_device != (len(levels) == 5):
        return None
    return Topic(levels[1], levels[2], levels[3], levels[4] if is_device else "")


def _host_state(host: str, payload: bytes) -> Item:
    """The presence of the host application, which is not ours: version 3 in JSON, version 2 as a word."""
    online = (object_in(payload) or {}).get("online")
    word = (
        {True: "online", False: "offline"}.get(online) if isinstance(online, bool) else (text_in(payload) or "").lower()
    )
    return Status("host-state", f"{host} {word}") if word in {"online", "offline"} else Noise(len(payload), "no STATE")


def _bd_seq(content: Payload) -> int | None:
    numbers = [metric.value for metric in content.metrics if metric.name == "bdSeq"]
    return numbers[0] if numbers and isinstance(numbers[0], int) else None


def _announce(node: Node, sender: str, content: Payload) -> None:
    node.bury(sender)
    for metric in content.metrics:
        if metric.alias is not None and metric.name:
            node.announce(sender, metric.alias, Announced(metric.name, metric.unit, metric.datatype))


def _named(metric: Metric, announced: Announced | None) -> Metric:
    if announced is None:
        return metric
    # Data need not repeat the datatype, and a negative integer is only one by its type.
    known = replace(metric, name=metric.name or announced.name, unit=metric.unit or announced.unit)
    return known if metric.datatype else known.of_type(announced.datatype)


def _reading(metric: Metric, sensor: str, content: Payload) -> Reading:
    """What a metric that is a temperature is worth."""
    claimed = time_in(metric.timestamp if metric.timestamp is not None else content.timestamp)
    celsius = _celsius(metric)
    if metric.is_null or celsius is None:
        reason = "null" if metric.is_null else "not a number" if metric.value is not None else "no number"
        return structs.replace(lost(sensor, reason, claimed_time=claimed), sequence=content.seq)
    reading = judged(sensor, celsius, sequence=content.seq, claimed_time=claimed)
    if not metric.is_good:
        reading = doubted(reading, f"the device gives it the quality {metric.quality}")
    return doubted(reading, "historical: measured earlier, sent late") if metric.is_historical else reading


def _celsius(metric: Metric) -> Decimal | None:
    number = _number(metric)
    if number is None:
        return None
    if is_fahrenheit(metric.name, metric.unit):
        return celsius_of(number)
    return number - _KELVIN_AT_ZERO if is_kelvin(metric.unit) else number


def _number(metric: Metric) -> Decimal | None:
    if metric.value is None:
        return written_number_in(metric.text)
    if not math.isfinite(metric.value):
        return None
    # A float of 32 bits has seven digits: 4.2 is 4.199999809 as a double.
    return Decimal(metric.value) if isinstance(metric.value, int) else Decimal(f"{metric.value:.7g}")


def _with_humidity(reading: Reading, metric: Metric) -> Reading:
    number = _celsius(replace(metric, unit="", name=""))
    if reading.quality == "fault" or number is None or not 0 <= number <= 100:
        return reading
    return structs.replace(reading, centi_humidity=int((number * 100).to_integral_value()))
