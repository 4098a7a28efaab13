"""What uplinks of LoRaWAN probes have in common, whichever network server passes them on.

A network server knows the frame counter, the port and what the device's payload formatter made of the bytes: an object
whose names are the device maker's. A Dragino LHT65 or LHT52 has two sensors: `TempC_DS` is the probe on its cable, and
the one that counts; `TempC_SHT` is inside the case, and told under a name of its own so that it is never taken for the
probe. Formatters write numbers as numbers or as text, and 327.67 for a probe that is not there.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from gateway.wire.items import Item, Noise, Reading, Status, lost
from gateway.wire.mqtt_json import as_object, as_text, written_number_in
from gateway.wire.mqtt_temperature.dialect import celsius_of, doubted, judged

MAX_DEVICES = 1024
"""Devices whose probe is remembered; beyond it the oldest is forgotten."""

DEVICE_INFO_PORT = 5
"""Dragino sends its device information on port 5: no reading. Other makes send readings there, and those are read."""

_PROBES = ("TempC_DS", "TempC_Probe", "TempC_probe", "temp_probe", "temperature_probe", "ext_temp", "temp_external")
_CASES = ("TempC_SHT", "TempC_Board", "temperature_board")
_ROOMS = (
    *("temperature", "Temperature", "temp", "Temp", "TempC", "tempC", "temp_c", "temperature_c", "airTemperature"),
    *("ambient_temp", "TempC1", "Temp_C1", "temp1", "Tem1", "TEMP"),
)
_FAHRENHEIT = ("TempF_DS", "temperature_f", "temp_f", "TempF", "tempF", "temperatureF")
_HUMIDITIES = ("humidity", "Humidity", "hum", "Hum", "relative_humidity", "rh")
_MAX_CHANNELS = 16
_CHANNEL = re.compile(r"(temperature|(?:relative_)?humidity)_(\d{1,3})")
"""Cayenne LPP as The Things Network writes it; ChirpStack has an object of channels for each type."""
_CASE_HUMIDITIES = ("Hum_SHT", "Hum_Board")
_DRAGINO = {"TempC_DS", "TempC_SHT", "TempC1"}
"""Temperatures that only its formatters name so: on the port of its device information, some make them of that."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """One uplink of one device.

    Attributes:
        device: the device's name, as in its topic.
        port: the LoRaWAN port.
        counter: the frame counter, 0 included.
        decoded: what the payload formatter made of it; None without one.
        raw: the frame's payload, base64.
        claimed_time: when the network received it.
        simulated: somebody made it up on the server's console; no radio heard it.
    """

    device: str
    port: int
    counter: int
    decoded: Mapping[str, object] | None
    raw: str
    claimed_time: datetime | None
    simulated: bool = False


@dataclass(slots=True)
class Uplinks:
    """Makes readings of uplinks, and remembers which devices have a probe on a cable."""

    _with_probe: dict[str, None] = field(default_factory=dict, init=False)

    def read(self, uplink: Uplink) -> list[Item]:
        """The readings of an uplink; a status where it carries none."""
        if uplink.port == 0 and not uplink.decoded:
            return [Status("uplink", f"{uplink.device}: MAC commands only")]
        if uplink.decoded is None and uplink.port == DEVICE_INFO_PORT:
            return [Status("device-info", uplink.device)]
        if uplink.decoded is None:
            return [Status("undecoded", f"{uplink.device}: {_hex(uplink.raw)}")]
        if uplink.port == DEVICE_INFO_PORT and not _DRAGINO.isdisjoint(uplink.decoded):
            return [Status("device-info", uplink.device)]
        readings = list[Item](self._readings(uplink, uplink.decoded))
        if uplink.simulated:
            readings = [doubted(reading, "simulated on the network server's console") for reading in readings]
        nothing = "device-info" if uplink.port == DEVICE_INFO_PORT else "no-temperature"
        return readings or [Status(nothing, uplink.device)]

    def _readings(self, uplink: Uplink, decoded: Mapping[str, object]) -> list[Reading]:
        readings: list[Reading] = []
        probe = _first(decoded, _PROBES)
        case = _first(decoded, _CASES)
        if probe:
            self._remember(uplink.device)
            readings.append(_judged(uplink, uplink.device, written_number_in(decoded[probe])))
        elif case and uplink.device in self._with_probe:
            missing = lost(uplink.device, "the probe is not in the message", claimed_time=uplink.claimed_time)
            readings.append(missing)
        if case:
            celsius, humidity = written_number_in(decoded[case]), _humidity(decoded, _CASE_HUMIDITIES)
            readings.append(_judged(uplink, f"{uplink.device}/{case}", celsius, humidity))
        if not readings:
            readings += _only_sensor(uplink, decoded)
        return readings

    def _remember(self, device: str) -> None:
        if device not in self._with_probe and len(self._with_probe) >= MAX_DEVICES:
            del self._with_probe[next(iter(self._with_probe))]
        self._with_probe[device] = None


def _only_sensor(uplink: Uplink, decoded: Mapping[str, object]) -> list[Reading]:
    humidity = _humidity(decoded, _HUMIDITIES)
    channels = as_object(decoded.get("temperatureSensor"))
    if channels:
        humidities = as_object(decoded.get("humiditySensor")) or {}
        return _on_channels(uplink, "temperatureSensor ", channels, humidities)
    room = _first(decoded, _ROOMS)
    if room:
        value, unit = _measured(decoded[room], decoded.get("unit") or decoded.get("temperature_unit"))
        celsius = written_number_in(value)
        if unit.lower().lstrip("°") in {"f", "fahrenheit"}:
            celsius = celsius_of(celsius)
        return [_judged(uplink, uplink.device, celsius, humidity)]
    fahrenheit = _first(decoded, _FAHRENHEIT)
    if fahrenheit:
        return [_judged(uplink, uplink.device, celsius_of(written_number_in(decoded[fahrenheit])), humidity)]
    found = [each for each in map(_CHANNEL.fullmatch, decoded) if each]
    temperatures = {each[2]: decoded[each[0]] for each in found if each[1] == "temperature"}
    return _on_channels(
        uplink, "temperature_", temperatures, {each[2]: decoded[each[0]] for each in found if each[1] != "temperature"}
    )


def _on_channels(
    uplink: Uplink, prefix: str, temperatures: Mapping[str, object], humidities: Mapping[str, object]
) -> list[Reading]:
    """A device's only temperature, with its only humidity; of several each by its channel, with that one's."""
    if len(temperatures) == len(humidities) == 1:
        humidities = dict.fromkeys(temperatures, next(iter(humidities.values())))
    alone = len(temperatures) == 1
    return [
        _judged(
            uplink,
            uplink.device if alone else f"{uplink.device}/{prefix}{channel}",
            written_number_in(value),
            written_number_in(humidities[channel]) if channel in humidities else None,
        )
        for channel, value in list(temperatures.items())[:_MAX_CHANNELS]
    ]


def _measured(value: object, unit: object) -> tuple[object, str]:
    """A value and its unit; some formatters put both into an object of their own."""
    whole = as_object(value)
    if whole is None:
        return value, as_text(unit)
    return whole.get("value"), as_text(whole.get("unit")) or as_text(unit)


def _judged(uplink: Uplink, sensor: str, celsius: Decimal | None, humidity: Decimal | None = None) -> Reading:
    return judged(sensor, celsius, humidity=humidity, sequence=uplink.counter, claimed_time=uplink.claimed_time)


def _first(decoded: Mapping[str, object], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in decoded), "")


def _humidity(decoded: Mapping[str, object], names: tuple[str, ...]) -> Decimal | None:
    name = _first(decoded, names)
    return written_number_in(decoded[name]) if name else None


def _hex(raw: str) -> str:
    """The frame's bytes as hex, at most LoRaWAN's 242; as they came where they are no base64."""
    try:
        return b64decode(raw.encode(), validate=True)[:242].hex().upper()
    except ValueError:
        return raw[:200]


def count_in(value: object) -> int:
    """A counter or port, also as text: absent is 0, because protobuf's JSON leaves zeros out."""
    count = written_number_in(value)
    return int(count) if count is not None and count == int(count) and count >= 0 else 0


def unreadable(payload: bytes) -> list[Item]:
    """What is said of an uplink that is no JSON object of its server."""
    return [Noise(len(payload), "expected the network server's JSON object")]
