"""Zigbee2MQTT: `zigbee2mqtt/<friendly name>` with a JSON object, `…/availability` with online or offline.

The bridge publishes its cached state again when it starts, and a payload has no time of its own unless `last_seen` is
switched on, as it should be. So: a `last_seen` that did not move is no measurement; without one, neither is a payload
that is byte for byte the last one, and a first payload is suspect, since nobody can tell it from the cache.
"""

from dataclasses import dataclass, field, replace
from hashlib import blake2b

from typing_extensions import override

from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_json import number_in, object_in, text_in, time_in
from gateway.wire.mqtt_temperature.dialect import judged

MAX_SENSORS = 1024
"""More than a coordinator can pair; beyond it the oldest memory is dropped."""

_AVAILABILITY = "/availability"
_COMMANDS = ("/set", "/get")


@dataclass(slots=True)
class Zigbee2Mqtt:
    """See `Dialect`.

    Attributes:
        base_topic: what the bridge was configured to publish under.
    """

    base_topic: str = "zigbee2mqtt"
    _last: dict[str, bytes] = field(default_factory=dict, init=False)

    def claims(self, topic: str) -> bool:
        """See `Dialect.claims`."""
        return topic.startswith(self.base_topic + "/")

    def read(self, topic: str, payload: bytes) -> list[Item]:
        """See `Dialect.read`."""
        name = topic.removeprefix(self.base_topic + "/")
        if name.endswith(_AVAILABILITY):
            return [_availability(name.removesuffix(_AVAILABILITY), payload)]
        if name == "bridge" or name.startswith("bridge/"):
            return [Status("bridge", name.removeprefix("bridge").lstrip("/"))]
        if name.endswith(_COMMANDS):
            return [Status("command", name)]
        state = object_in(payload)
        if state is None:
            return [Noise(len(payload), "expected a JSON object of the sensor's state")]
        if "temperature" not in state:
            return [Status("no-temperature", name)]
        return [self._reading(name, state, payload)]

    def _reading(self, name: str, state: dict[str, object], payload: bytes) -> Item:
        last_seen = state.get("last_seen")
        mark = str(last_seen).encode() if last_seen else blake2b(payload, digest_size=16).digest()
        before = self._last.pop(name, None)
        if before is None and len(self._last) >= MAX_SENSORS:
            del self._last[next(iter(self._last))]
        self._last[name] = mark
        if mark == before:
            return Status("repeated", name)
        celsius, humidity = number_in(state["temperature"]), number_in(state.get("humidity"))
        reading = judged(name, celsius, humidity=humidity, claimed_time=time_in(last_seen))
        if reading.quality == "good" and before is None and not last_seen:
            return self.first_undated(reading)
        return reading

    def first_undated(self, reading: Reading) -> Reading:
        """What a sensor's first payload without `last_seen` is worth."""
        return replace(reading, quality="suspect", reason="first payload, and no last_seen: perhaps from the cache")


class Zigbee2MqttCapture(Zigbee2Mqtt):
    """Reads a capture taken while the bridge had long been running: its first payload is not from the cache."""

    @override
    def first_undated(self, reading: Reading) -> Reading:
        return reading


def _availability(name: str, payload: bytes) -> Item:
    state = object_in(payload)
    word = state.get("state") if state else text_in(payload)
    if isinstance(word, str) and word in {"online", "offline"}:
        return Status(word, name)
    return Noise(len(payload), "expected online or offline")
