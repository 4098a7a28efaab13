"""Zigbee2MQTT: `zigbee2mqtt/<friendly name>` with a JSON object, `…/availability` with online or offline.

The bridge's base topic may be another one; a state shows the radio's `linkquality`. Sensors with a second probe on a
cable tell it as `temperature_probe` or with an endpoint (`temperature_l2`): a sensor of its own, `<name>/<member>`. A
bridge that is set to publish attributes sends `<name>/temperature` with a plain number.

The bridge publishes its cached state again when it starts, and a payload has no time of its own unless `last_seen` is
switched on, as it should be. So: a `last_seen` that did not move is no measurement; without one, neither is a payload
that is byte for byte the last one, and a first payload is suspect, since nobody can tell it from the cache.
"""

from dataclasses import dataclass, field
from hashlib import blake2b

from msgspec.structs import replace
from typing_extensions import override

from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_json import as_object, json_in, object_in, text_in, time_in, written_number_in
from gateway.wire.mqtt_temperature.dialect import doubted, judged, presence_of

MAX_SENSORS = 1024
"""More than a coordinator can pair; beyond it the oldest memory is dropped."""

_AVAILABILITY, _BRIDGE = "/availability", "bridge"
_COMMANDS = ("/set", "/get")
_PROBES = (
    *("temperature_probe", "temperature_probe_1", "temperature_probe_2", "external_temperature"),
    *(f"temperature_{endpoint}" for endpoint in ("1", "2", "3", "4", "l1", "l2", "l3", "l4")),
)
_ATTRIBUTES = {
    "temperature",
    "humidity",
    "battery",
    "linkquality",
    "voltage",
    "pressure",
    "last_seen",
    "power_outage_count",
}


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

    def recognises(self, payload: bytes) -> bool:
        """See `Dialect.recognises`."""
        state = object_in(payload) or {}
        return "linkquality" in state or ("last_seen" in state and "temperature" in state)

    def read(self, topic: str, payload: bytes) -> list[Item]:
        """See `Dialect.read`."""
        name = topic.removeprefix(self.base_topic + "/")
        if name.endswith(_AVAILABILITY):
            return self._availability(name.removesuffix(_AVAILABILITY), payload)
        if name == _BRIDGE or name.startswith(_BRIDGE + "/"):
            return self._bridge(name.removeprefix(_BRIDGE).lstrip("/"), payload)
        if name.endswith(_COMMANDS) or any(f"{command}/" in name for command in _COMMANDS):
            return [Status("command", name)]
        value = json_in(payload)
        state = as_object(value)
        if state is None:
            return self._attribute(name, value, payload)
        members = [member for member in ("temperature", *_PROBES) if member in state]
        if not members:
            return [Status("no-temperature", name)]
        return self._readings(name, members, state, payload)

    def _attribute(self, name: str, value: object, payload: bytes) -> list[Item]:
        device, _, member = name.rpartition("/")
        if not device or member not in _ATTRIBUTES:
            return [Noise(len(payload), "expected a JSON object of the sensor's state")]
        if member != "temperature":
            return [Status("no-temperature", name)]
        return [self._reading(device, {"temperature": value}, b"", payload)]

    def _bridge(self, topic: str, payload: bytes) -> list[Item]:
        """Its own messages; when it is gone, nothing comes of the sensors that it was heard to pass on."""
        if topic == "state" and _word_in(payload) == "offline":
            return presence_of("offline", _BRIDGE, list(self._last))
        return [Status("bridge", topic)]

    def _availability(self, name: str, payload: bytes) -> list[Item]:
        word = _word_in(payload)
        if word is None:
            return [Noise(len(payload), "expected online or offline")]
        return presence_of(word, name, [f"{name}/{member}" for member in _PROBES if f"{name}/{member}" in self._last])

    def _readings(self, name: str, members: list[str], state: dict[str, object], payload: bytes) -> list[Item]:
        """The sensor's own reading, and one for each probe beside it; all of one payload."""
        items: list[Item] = []
        for member in members:
            sensor = name if member == "temperature" else f"{name}/{member}"
            shown = {**state, "temperature": state[member]}
            if member != "temperature":
                shown.pop("humidity", None)
            items.append(self._reading(sensor, shown, _seen_mark(state), payload))
        return items

    def _reading(self, name: str, state: dict[str, object], seen: bytes, payload: bytes) -> Item:
        last_seen = state.get("last_seen")
        mark = seen or blake2b(payload, digest_size=16).digest()
        before = self._last.pop(name, None)
        if before is None and len(self._last) >= MAX_SENSORS:
            del self._last[next(iter(self._last))]
        self._last[name] = mark
        if mark == before:
            return Status("repeated", name)
        celsius, humidity = written_number_in(state["temperature"]), written_number_in(state.get("humidity"))
        reading = judged(name, celsius, humidity=humidity, claimed_time=time_in(last_seen))
        if state.get("temperature_unit") == "fahrenheit":
            reading = doubted(reading, "the device is set to Fahrenheit")
        if reading.quality == "good" and before is None and not last_seen:
            return self.first_undated(reading)
        return reading

    def first_undated(self, reading: Reading) -> Reading:
        """What a sensor's first payload without `last_seen` is worth."""
        return replace(reading, quality="suspect", reason="first payload, and no last_seen: perhaps from the cache")


class Zigbee2MqttCapture(Zigbee2Mqtt):
    """Reads a capture taken while the bridge had long been running: its first payload is not from the cache.

    A capture may be of anything that has a temperature; what no dialect knows is shown, and never good.
    """

    @override
    def recognises(self, payload: bytes) -> bool:
        return "temperature" in (object_in(payload) or {})

    @override
    def read(self, topic: str, payload: bytes) -> list[Item]:
        items = Zigbee2Mqtt.read(self, topic, payload)
        if self.claims(topic) or Zigbee2Mqtt.recognises(self, payload):
            return items
        reason = "no dialect knows this topic: nobody says in which unit"
        return [doubted(item, reason) if isinstance(item, Reading) else item for item in items]

    @override
    def first_undated(self, reading: Reading) -> Reading:
        return reading


def _seen_mark(state: dict[str, object]) -> bytes:
    last_seen = state.get("last_seen")
    return str(last_seen).encode() if last_seen else b""


def _word_in(payload: bytes) -> str | None:
    state = object_in(payload)
    word = state.get("state") if state else text_in(payload)
    return word if isinstance(word, str) and word in {"online", "offline"} else None
