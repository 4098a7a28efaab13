"""Tasmota: `tele/<device>/SENSOR` with a JSON object of sensors, `…/LWT` with `Online` or `Offline`.

    {"Time": "2025-05-13T09:50:50", "DS18B20": {"Id": "0000005CBBBA", "Temperature": 19.9}, "TempUnit": "C"}

`Time` is the device's local time without a zone, which nobody can place: never a claim (with a zone, by SetOption52, it
is one). The unit is one for all sensors of a message, and Fahrenheit is a common setting: it is converted, and where a
message names no unit its values are suspect. A probe is named by its one-wire code (`Id`, in older versions `Address`),
any other sensor by device and kind. A thermocouple (MAX31855, MAX6675) and older versions' MAX31865 tell the probe's
temperature as `ProbeTemperature` beside that of the chip or a resistance; what its `Error` names is no temperature.
Analogue inputs count theirs where there are several (`Temperature1`). The chip's own (`ESP32`) is nobody's storage.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.wire.items import Item, Noise, Reading, Status, lost
from gateway.wire.mqtt_json import as_object, as_text, object_in, text_in, time_in, written_number_in
from gateway.wire.mqtt_temperature.dialect import celsius_of, doubted, judged, presence_of

MAX_DEVICES = 1024
"""Devices whose sensors are remembered; beyond it the oldest is forgotten."""

_PREFIXES = {"tele", "stat", "cmnd"}
_READINGS = {"SENSOR": None, "STATUS8": "StatusSNS", "STATUS10": "StatusSNS"}
_OTHERS = {"STATE", "RESULT", "STATUS", "UPTIME", "LOGGING", "POWER", "MARGINS", "ENERGY", "WAKEUP"}
_CHIP = "ESP32"
_TEMPERATURE = re.compile(r"(?:Probe)?Temperature(\d{0,2})")
_DISCOVERY = "tasmota/discovery/"
_LWT = {"Online": "online", "Offline": "offline"}


@dataclass(slots=True)
class Tasmota:
    """See `Dialect`."""

    _sensors: dict[str, list[str]] = field(default_factory=dict, init=False)

    def claims(self, topic: str) -> bool:
        """See `Dialect.claims`. The prefix stands first, or second to last where FullTopic was turned round."""
        levels = topic.split("/")
        if topic.startswith(_DISCOVERY):
            return True
        return len(levels) > 2 and not _PREFIXES.isdisjoint((levels[0], levels[-2]))

    def recognises(self, payload: bytes) -> bool:
        """See `Dialect.recognises`."""
        state = object_in(payload) or {}
        return "TempUnit" in state or "StatusSNS" in state

    def read(self, topic: str, payload: bytes) -> list[Item]:
        """See `Dialect.read`."""
        if topic.startswith(_DISCOVERY):
            # What the device was like when it started, values included: kept by the broker, and no measurement.
            return [Status("discovery", topic)]
        levels = topic.split("/")
        kind = levels.pop()
        device = "/".join(level for level in levels if level not in _PREFIXES)
        if "cmnd" in levels:
            return [Status("command", topic)]
        if kind == "LWT":
            return self._availability(device, payload)
        content = object_in(payload)
        if kind.rstrip("0123456789") in _OTHERS and kind not in _READINGS:
            return [Status("state", topic)]
        if content is None:
            return [Noise(len(payload), "expected a JSON object of sensors")]
        inner = _READINGS.get(kind)
        state = as_object(content.get(inner or "StatusSNS")) or content
        return self._readings(device, state) or [Status("no-temperature", device)]

    def _availability(self, device: str, payload: bytes) -> list[Item]:
        word = _LWT.get(text_in(payload) or "")
        if word is None:
            return [Noise(len(payload), "expected Online or Offline")]
        return presence_of(word, device, self._sensors.get(device, []))

    def _readings(self, device: str, state: Mapping[str, object]) -> list[Item]:
        claimed, unit = time_in(as_text(state.get("Time"))), as_text(state.get("TempUnit"))
        readings: list[Reading] = []
        for kind, member, sensor in _sensors_of(state):
            celsius = written_number_in(sensor[member])
            if unit == "F":
                celsius = celsius_of(celsius)
            code = as_text(sensor.get("Id")) or as_text(sensor.get("Address"))
            name = code or f"{device}/{kind}"
            reading = judged(name, celsius, humidity=written_number_in(sensor.get("Humidity")), claimed_time=claimed)
            if written_number_in(sensor.get("Error")):
                reading = lost(name, f"the sensor says error {str(sensor['Error'])[:20]}", claimed_time=claimed)
            if unit not in {"C", "F"}:
                reading = doubted(reading, "the message names no unit: perhaps Fahrenheit")
            if kind.startswith("DS18") and reading.centi_celsius == 0:
                reading = doubted(reading, "0.0 °C may be an all-zero scratchpad")
            readings.append(reading)
        # Probes that have a code of their own come first.
        readings.sort(key=lambda each: each.sensor.startswith(f"{device}/"))
        self._remember(device, readings)
        return list[Item](readings)

    def _remember(self, device: str, readings: list[Reading]) -> None:
        if device not in self._sensors and len(self._sensors) >= MAX_DEVICES:
            del self._sensors[next(iter(self._sensors))]
        if readings:
            self._sensors[device] = [reading.sensor for reading in readings]


def _sensors_of(state: Mapping[str, object]) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Every temperature: its sensor's name, its own, and the sensor; some versions put several below one member."""
    for kind, value in state.items():
        sensor = as_object(value)
        if sensor is None or kind == _CHIP:
            continue
        temperatures = list(_temperatures_of(kind, sensor))
        yield from temperatures
        if temperatures:
            continue
        for name, inner in sensor.items():
            yield from _temperatures_of(f"{kind}/{name}", as_object(inner) or {})


def _temperatures_of(kind: str, sensor: dict[str, object]) -> Iterator[tuple[str, str, dict[str, object]]]:
    """A sensor's one temperature, or each of those that it counts."""
    found = [each for each in map(_TEMPERATURE.fullmatch, sensor) if each]
    plain = [each[0] for each in found if not each[1]]
    if plain:
        yield kind, plain[0], sensor
    for each in [] if plain else found:
        yield f"{kind}/{each[0]}", each[0], sensor
