"""What the gateway makes of captured bytes: one JSON object a line in, one JSON object a line out.

In: `hex`, `text`, or `topic` with `payload` (JSON, or a string for a plain one) or `payload_hex`, and `retained` where
it was, or `retain` as mosquitto_sub's `%j` and `%J` write it; other members are ignored, so that captures may carry
notes. Out: `{"items": [...]}`, one for each line whatever it holds: of an empty line no items, of a line that cannot be
used a `noise` that says why. Every line is read by a decoder of its own, fed once, after which the line falls silent;
only families that announce their names at birth (Sparkplug B) are read by one decoder from the first line to the last.
A line of `mqtt_json` is read by each `[[mapping]]` whose topic it fits. This is a person's tool: whoever commissions a
reader, writes a mapping or doubts a probe reads here what the gateway would have understood.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from gateway import config, mappings
from gateway.drivers import family_of, names
from gateway.wire.decoder import ByteDecoder, Counters, MessageDecoder
from gateway.wire.families import BirthFamily, ByteFamily, Family, MessageFamily
from gateway.wire.iso15693 import SystemInformation
from gateway.wire.items import Fault, Item, LabelScan, Noise, Reading, Status, TagRead
from gateway.wire.mqtt_mapping import JsonMapping, MappedDecoder
from ledger.core.errors import FormatError, LabelError
from ledger.core.labels.reading import ISBT_128_ALONE


class CaptureError(FormatError):
    """A line of a capture, or the name of its device family, that cannot be used."""


@dataclass(slots=True)
class Capture:
    """A capture that is being read.

    Attributes:
        refused: what could not be used of the lines read so far, each with its number.
    """

    family: Family
    refused: list[str] = field(default_factory=list, init=False)

    def read(self, lines: Iterable[bytes]) -> Iterator[dict[str, object]]:
        """One object for each line: JSON objects in UTF-8, one a line."""
        read = _reader(self.family)
        for number, line in enumerate(lines, start=1):
            try:
                items = read(_LINE.decode(line.removeprefix(_BYTE_ORDER_MARK))) if line.strip() else []
            except (msgspec.MsgspecError, RecursionError, ValueError, CaptureError) as error:
                self.refused.append(f"line {number}: {error}")
                items = [Noise(len(line.strip()), f"line {number}: {error}")]
            yield {"items": [_plain(item) for item in items]}


class _Line(Struct):
    hex: str | None = None
    text: str | None = None
    topic: str | None = None
    payload: msgspec.Raw | UnsetType = UNSET
    payload_hex: str | None = None
    retained: bool | Literal[0, 1] | None = None
    retain: bool | Literal[0, 1] | None = None


_LINE = msgspec.json.Decoder(_Line)
_HERE = Path()
_BEGINS_STRUCTURE = ("=", "&")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def capture_of(family: str, directory: Path = _HERE) -> Capture:
    """A capture of this device family, to be read.

    Args:
        family: a name in `gateway.wire.families`, one that a driver brings, or `mqtt_json`.
        directory: the gateway's folder, whose gateway.toml has the mappings of `mqtt_json`.

    Raises:
        CaptureError: the family is unknown.
        ConfigError: the family's driver, or a mapping, cannot be used.
    """
    if family == mappings.FAMILY:
        known = config.load_mappings(directory)
        return Capture(MessageFamily(lambda: _Mapped(known), lambda: _Mapped(known)))
    spoken = family_of(family)
    if spoken is None:
        known_names = ", ".join([*names(), mappings.FAMILY])
        raise CaptureError(f"unknown device family {family!r}: expected one of {known_names}")
    return Capture(spoken)


@dataclass(slots=True)
class _Mapped:
    """See `MessageDecoder`. Reads a message by each mapping whose topic it fits: in a gateway, each has its probes."""

    known: Sequence[JsonMapping]
    counters: Counters = field(default_factory=Counters)

    def feed_message(self, topic: str, payload: bytes, *, retained: bool) -> list[Item]:
        """See `MessageDecoder.feed_message`."""
        fitting = [MappedDecoder(each) for each in self.known if each.sensor_of(topic) is not None]
        if not fitting:
            patterns = ", ".join(f"{each.name} ({each.topic})" for each in self.known)
            return [Noise(len(payload), f"the topic {topic[:80]!r} is of no mapping: {patterns}")]
        return [item for each in fitting for item in each.feed_message(topic, payload, retained=retained)]


def _reader(family: Family) -> Callable[[_Line], list[Item]]:
    """What reads the lines of a capture."""
    match family:
        case ByteFamily():
            return lambda line: _heard(family.capture(), line)
        case MessageFamily():
            return lambda line: _received(family.capture(), line)
        case BirthFamily():
            decoder = family.capture()
            return lambda line: _received(decoder, line)


def _heard(decoder: ByteDecoder, line: _Line) -> list[Item]:
    return decoder.feed(_octets(line)) + decoder.idle()


def _received(decoder: MessageDecoder, line: _Line) -> list[Item]:
    return decoder.feed_message(line.topic or "", _octets(line), retained=bool(line.retained or line.retain))


def _octets(line: _Line) -> bytes:
    for digits in (line.hex, line.payload_hex):
        if digits is not None:
            return _pairs(digits)
    if line.text is not None:
        return line.text.encode()
    if isinstance(line.payload, UnsetType):
        raise CaptureError("expected `hex`, `text`, or `topic` with `payload` or `payload_hex`")
    verbatim = bytes(line.payload)
    # A JSON string stands for a payload that is not JSON itself, `Offline` or `4.3` say.
    return msgspec.json.decode(verbatim, type=str).encode() if verbatim.startswith(b'"') else verbatim


def _pairs(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError as error:
        raise CaptureError(f"expected pairs of hex digits, came {digits[:40]!r}") from error


def _plain(item: Item) -> dict[str, object]:
    return {name: value for name, value in _members(item).items() if value not in (None, "")}


def _members(item: Item) -> dict[str, object]:
    match item:
        case TagRead():
            return _tag(item)
        case Reading():
            return _reading(item)
        case LabelScan():
            return _label(item)
        case Status():
            return _status(item)
        case Fault():
            return {"type": "fault", "reason": item.reason, "antenna": item.antenna or None}
        case Noise():
            return {"type": "noise", "bytes": item.count_bytes, "reason": item.reason}


def _tag(tag: TagRead) -> dict[str, object]:
    return {
        "type": "tag",
        tag.numbered_by: tag.epc,
        "tid": tag.tid,
        "antenna": tag.antenna or None,
        "rssi_dbm": tag.rssi_dbm,
        "time": _rfc3339(tag.claimed_time),
    }


def _status(status: Status) -> dict[str, object]:
    return {
        "type": "status",
        "name": status.name,
        "detail": status.detail,
        "antenna": status.antenna or None,
        "uid" if isinstance(status, SystemInformation) else "epc": status.tag,
        "celsius": status.celsius,
    }


def _reading(reading: Reading) -> dict[str, object]:
    return {
        "type": "reading",
        "sensor": reading.sensor,
        "celsius": None if reading.centi_celsius is None else reading.centi_celsius / 100,
        "humidity": None if reading.centi_humidity is None else reading.centi_humidity / 100,
        "quality": reading.quality,
        "reason": reading.reason,
        "sequence": reading.sequence,
        "time": _rfc3339(reading.claimed_time),
    }


def _label(scan: LabelScan) -> dict[str, object]:
    """The scan and its structures; one that begins like ISBT 128 and is refused as none must not look like a label."""
    shown: dict[str, object] = {"type": "label", "text": scan.text, "aim": scan.aim}
    if not scan.text.startswith(_BEGINS_STRUCTURE):
        return shown
    try:
        label = ISBT_128_ALONE.read(scan.text).label
    except LabelError as error:
        return {"type": "noise", "bytes": len(scan.aim) + len(scan.text), "reason": str(error)}
    if label is None:
        return shown
    return {**shown, "structures": [structure.ds for structure in label.structures], "compound": label.compound}


def _rfc3339(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else None
