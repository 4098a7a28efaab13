"""Ruuvi tags behind a Ruuvi Gateway: `ruuvi/<gateway>/<tag>` with a JSON object that carries the raw advertisement.

    {"gw_mac": "C8:25:…", "rssi": -26, "gwts": "1653668027", "ts": "1653668027", "data": "0201061BFF990405…"}

`data` is the hex of the Bluetooth advertisement (Core Specification 5.3, vol. 3 part C, 11: length, type, content); the
maker's part begins with the company 0499. Formats (Ruuvi, "Bluetooth advertisements"):

    05  temperature int16 in 0.005 °C, humidity uint16 in 0.0025 %, sequence at 16, address at 18; 8000 and FFFF: none
    C5  the same without acceleration
    06  the same beginning, one byte of sequence at 15, the last three bytes of the address at 17
    E1  the same beginning, three bytes of sequence at 25, address at 34
    03  humidity in halves, temperature as sign and magnitude with hundredths; no sequence, no address

A gateway that is set to decode sends `temperature`, `humidity` and `measurementSequenceNumber` instead. One that relays
in batches sends them under `data.tags`; a microcontroller may publish the bytes of the advertisement as they are. A tag
repeats an advertisement until its next measurement: the sequence tells.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_json import as_object, as_text, json_in, object_in, text_in, unix_seconds_in, written_number_in
from gateway.wire.mqtt_temperature.dialect import judged

_RAW_V2 = 0x05
_COMPANY = bytes.fromhex("9904")
_MANUFACTURER = 0xFF
_INVALID_TEMPERATURE = 0x8000
_INVALID_WORD = 0xFFFF
_NO_ADDRESS = {"", "ffffffffffff"}
_MAX_TAGS = 128


@dataclass(frozen=True, slots=True)
class Measured:
    """What a tag's advertisement says; None where it was not measured or the format does not tell."""

    celsius: Decimal | None
    humidity: Decimal | None
    sequence: int | None
    address: str


class Ruuvi:
    """See `Dialect`."""

    def claims(self, topic: str) -> bool:
        """See `Dialect.claims`."""
        return topic.startswith("ruuvi/")

    def recognises(self, payload: bytes) -> bool:
        """See `Dialect.recognises`."""
        if _holds_advertisement(payload):
            return True
        told = object_in(payload) or {}
        if "gw_mac" in told or "measurementSequenceNumber" in told or "gw_mac" in (as_object(told.get("data")) or {}):
            return True
        return _holds_advertisement(_octets(as_text(told.get("data"))) or b"")

    def read(self, topic: str, payload: bytes) -> list[Item]:
        """See `Dialect.read`."""
        tag = topic.rpartition("/")[2]
        if tag == "gw_status":
            return [_gateway_state(topic.removesuffix("/gw_status"), payload)]
        if _holds_advertisement(payload):
            return [_announced(tag, payload, None, len(payload))]
        told = json_in(payload)
        message = as_object(told)
        if message is None:
            text = as_text(told) or text_in(payload) or ""
            return [_advertised(tag, text.strip(), None, len(payload))]
        relayed = as_object(message.get("data"))
        if relayed is not None:
            return _batch(relayed, len(payload))
        return [_read_tag(tag, message, len(payload))]


def _gateway_state(gateway: str, payload: bytes) -> Item:
    state = as_text((object_in(payload) or {}).get("state"))
    return Status(state, gateway) if state in {"online", "offline"} else Status("gateway")


def _batch(relayed: Mapping[str, object], size: int) -> list[Item]:
    tags = as_object(relayed.get("tags")) or {}
    if not tags or len(tags) > _MAX_TAGS:
        return [Status("no-temperature", "no tags")]
    items = [_read_tag(name, as_object(told) or {}, 0) for name, told in tags.items()]
    if all(isinstance(item, Noise) for item in items):
        return [Noise(size, "no tag's advertisement can be read")]
    return [Status("unreadable", item.reason) if isinstance(item, Noise) else item for item in items]


def _read_tag(name: str, told: Mapping[str, object], size: int) -> Item:
    claimed = unix_seconds_in(told.get("ts")) or unix_seconds_in(told.get("timestamp"))
    data = told.get("data")
    if isinstance(data, str):
        return _advertised(name, data, claimed, size)
    if "temperature" not in told:
        return Status("no-temperature", name) if told else Noise(size, "expected `data` or `temperature`")
    sequence = written_number_in(told.get("measurementSequenceNumber"))
    return judged(
        _address(as_text(told.get("id")) or as_text(told.get("mac")) or name),
        written_number_in(told["temperature"]),
        humidity=written_number_in(told.get("humidity")),
        sequence=int(sequence) if sequence is not None and sequence == int(sequence) else None,
        claimed_time=claimed,
    )


def _advertised(name: str, hex_text: str, claimed: datetime | None, size: int) -> Item:
    octets = _octets(hex_text)
    return Noise(size, "data: expected hex") if octets is None else _announced(name, octets, claimed, size)


def _octets(hex_text: str) -> bytes | None:
    try:
        return bytes.fromhex(hex_text)
    except ValueError:
        return None


def _holds_advertisement(octets: bytes) -> bool:
    """Whether these are the bytes of one of Ruuvi's, whole: some gateways publish them as they are."""
    if len(octets) == _FORMATS[_RAW_V2][0] and octets[0] == _RAW_V2:
        return True
    maker = (manufacturer_data(octets) if _COMPANY in octets else None) or b""
    return maker[:1] != b"" and maker[0] in _FORMATS and len(maker) >= _FORMATS[maker[0]][0]


def _announced(name: str, octets: bytes, claimed: datetime | None, size: int) -> Item:
    maker = manufacturer_data(octets)
    if maker is None:
        return Status("advertisement", "of another maker")
    if not maker:
        return Noise(size, "data: no advertisement")
    read = _FORMATS.get(maker[0])
    if read is None:
        return Status("advertisement", f"data format {maker[0]:02X}")
    length, measure = read
    if len(maker) < length:
        return Noise(size, f"data format {maker[0]:02X}: expected {length} bytes, got {len(maker)}")
    measured = measure(maker)
    return _reading(measured, _address(name if measured.address in _NO_ADDRESS else measured.address), claimed)


def _reading(measured: Measured, sensor: str, claimed: datetime | None) -> Reading:
    return judged(
        sensor, measured.celsius, humidity=measured.humidity, sequence=measured.sequence, claimed_time=claimed
    )


def manufacturer_data(octets: bytes) -> bytes | None:
    """The Ruuvi part of an advertisement, or of one without its frame; empty if cut; None if it is another maker's."""
    framed = _framed(octets)
    # An advertisement may begin with the bytes of a format: 03 03 98FC lists the services of a Ruuvi Air.
    if not framed and octets[:1] and octets[0] in _FORMATS and len(octets) >= _FORMATS[octets[0]][0]:
        return octets
    return framed


def _framed(octets: bytes) -> bytes | None:
    """The Ruuvi part of a whole advertisement."""
    at = 0
    while at < len(octets) and octets[at]:
        content = octets[at + 1 : at + 1 + octets[at]]
        if len(content) < octets[at]:
            return b""
        if content[0] == _MANUFACTURER:
            return content[3:] if content[1:3] == _COMPANY else None
        at += 1 + octets[at]
    return None if at else b""


def _address(text: str) -> str:
    return text.replace(":", "").upper()


def _word(octets: bytes, at: int) -> int:
    return int.from_bytes(octets[at : at + 2], "big")


def _climate(octets: bytes) -> tuple[Decimal | None, Decimal | None]:
    raw, humidity = _word(octets, 1), _word(octets, 3)
    signed = raw - 0x10000 if raw >= _INVALID_TEMPERATURE else raw
    celsius = None if raw == _INVALID_TEMPERATURE else Decimal(signed * 5) / 1000
    return celsius, None if humidity == _INVALID_WORD else Decimal(humidity * 25) / 10000


def _format_5(octets: bytes) -> Measured:
    sequence = _word(octets, 16)
    return Measured(*_climate(octets), None if sequence == _INVALID_WORD else sequence, octets[18:24].hex())


def _format_c5(octets: bytes) -> Measured:
    sequence = _word(octets, 10)
    return Measured(*_climate(octets), None if sequence == _INVALID_WORD else sequence, octets[12:18].hex())


def _format_6(octets: bytes) -> Measured:
    return Measured(*_climate(octets), octets[15], "")


def _format_e1(octets: bytes) -> Measured:
    sequence = int.from_bytes(octets[25:28], "big")
    return Measured(*_climate(octets), None if sequence == 0xFFFFFF else sequence, octets[34:40].hex())


def _format_3(octets: bytes) -> Measured:
    magnitude = Decimal(octets[2] & 0x7F) + Decimal(octets[3]) / 100
    return Measured(-magnitude if octets[2] & 0x80 else magnitude, Decimal(octets[1]) / 2, None, "")


_FORMATS: dict[int, tuple[int, Callable[[bytes], Measured]]] = {
    0x03: (14, _format_3),
    _RAW_V2: (24, _format_5),
    0x06: (20, _format_6),
    0xC5: (18, _format_c5),
    0xE1: (40, _format_e1),
}
