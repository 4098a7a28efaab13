"""ESPHome: `<node>/sensor/<object>/state` with a plain number or `nan`, `<node>/status` with online or offline.

A payload has no unit, no time and no number of its own: what an object measures stands in its name alone. Names that
speak of something else (humidity, signal, voltage) are no temperatures; names that say Fahrenheit are converted.
"""

import re
from dataclasses import dataclass, field

from gateway.wire.items import Item, Noise, Status
from gateway.wire.mqtt_json import text_in, written_number_in
from gateway.wire.mqtt_temperature.dialect import celsius_of, doubted, judged, presence_of

MAX_NODES = 1024
"""Nodes whose sensors are remembered; beyond it the oldest is forgotten."""

_COMPONENTS = {
    *("binary_sensor", "text_sensor", "switch", "light", "fan", "cover", "climate", "button", "number", "select"),
    *("lock", "event", "update", "valve", "text", "alarm_control_panel", "media_player", "datetime"),
}
_NO_STORAGE = re.compile(r"internal|cpu|chip|esp32|setpoint|target|dew")
_OTHER_QUANTITY = re.compile(
    r"humid|(?:^|_)rh(?:_|$)|rssi|signal|wifi|uptime|pressure|volt|battery|power|current|energy|illumin|lux|co2|voc|"
    r"heap|loop|count|duration|moisture|door|weight|percent|speed"
)
_FAHRENHEIT = re.compile(r"fahrenheit|(?:temp|temperature)_f(?:_|$)|deg_?f(?:_|$)")
_OWN_TOPICS = {"temperature", "temp"}
"""A sensor may be given a topic of its own; such a one still says that it is a temperature."""
_PRESENCE = {b"online", b"offline"}
_NOT_A_NUMBER = {"nan", "-nan", "inf", "-inf", "unknown", "unavailable", "none", "null"}


@dataclass(slots=True)
class EspHome:
    """See `Dialect`."""

    _sensors: dict[str, list[str]] = field(default_factory=dict, init=False)

    def claims(self, topic: str) -> bool:
        """See `Dialect.claims`."""
        levels = topic.split("/")
        if levels[0] in {"esphome", "esphome_discovery"} or levels[-1] in _OWN_TOPICS:
            return True
        return len(levels) > 3 and levels[-3] in {"sensor", *_COMPONENTS} and levels[-1] in {"state", "command"}

    def recognises(self, payload: bytes) -> bool:
        """See `Dialect.recognises`. A plain number may be anything; a node's presence is a word, retained."""
        return payload in _PRESENCE

    def read(self, topic: str, payload: bytes) -> list[Item]:
        """See `Dialect.read`."""
        levels = topic.split("/")
        text = text_in(payload)
        if text is None:
            return [Noise(len(payload), "expected text")]
        node = "/".join(levels[:-1])
        if levels[-1] == "status" or (payload in _PRESENCE and levels[-1] != "state"):
            return self._availability(node, text, len(payload))
        if levels[-1] == "command":
            return [Status("command", topic)]
        if levels[-1] in _OWN_TOPICS:
            reading = self._reading(node, levels[-1], text, len(payload))
            return [doubted(each, "a topic of the site's own: nobody says in which unit") for each in reading]
        return self._state(topic, levels, text, len(payload))

    def _state(self, topic: str, levels: list[str], text: str, size: int) -> list[Item]:
        if len(levels) < 4 or levels[-1] != "state" or levels[-3] != "sensor":
            return [Status("state", topic)]
        node, measured = "/".join(levels[:-3]), levels[-2]
        if not text.strip() or not _is_temperature(measured.lower()):
            return [Status("no-temperature", topic)]
        return self._reading(node, measured, text, size)

    def _availability(self, node: str, text: str, size: int) -> list[Item]:
        if text not in {"online", "offline"}:
            return [Noise(size, "expected online or offline")]
        return presence_of(text, node, self._sensors.get(node, []))

    def _reading(self, node: str, measured: str, text: str, size: int) -> list[Item]:
        celsius = written_number_in(text)
        if celsius is None and text.strip().lower() not in _NOT_A_NUMBER:
            return [Noise(size, "expected a number")]
        if _FAHRENHEIT.search(measured.lower()):
            celsius = celsius_of(celsius)
        sensor = f"{node}/{measured}"
        if node not in self._sensors and len(self._sensors) >= MAX_NODES:
            del self._sensors[next(iter(self._sensors))]
        known = self._sensors.setdefault(node, [])
        if sensor not in known and len(known) < MAX_NODES:
            known.append(sensor)
        return [judged(sensor, celsius)]


def _is_temperature(measured: str) -> bool:
    """Whether an object of this name measures the air or the load: the payload itself does not say."""
    if _NO_STORAGE.search(measured):
        return False
    return "temp" in measured or not _OTHER_QUANTITY.search(measured)
