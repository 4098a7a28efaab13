"""What the gateway makes of captured bytes: one JSON object a line in, one JSON object a line out.

In: `hex`, `text`, or `topic` with `payload` (JSON, or a string for a plain one) or `payload_hex`, and `retained` where
it was; other members are ignored, so that captures may carry notes. Out: `{"items": [...]}`. Every line is read by a
decoder of its own, fed once, after which the line falls silent; only families that announce their names at birth
(Sparkplug B) are read by one decoder from the first line to the last. This is a person's tool: whoever commissions a
reader or doubts a probe reads here what the gateway would have understood.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, Struct, UnsetType

from gateway.drivers import family_of, names
from gateway.wire.decoder import ByteDecoder, MessageDecoder
from gateway.wire.families import BirthFamily, ByteFamily, Family, MessageFamily
from gateway.wire.items import Fault, Item, LabelScan, Noise, Reading, Status, TagRead
from ledger.core import isbt128
from ledger.core.errors import FormatError, LabelError


class CaptureError(FormatError):
    """A line of a capture, or the name of its device family, that cannot be used."""


class _Capture(Struct):
    hex: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    topic: str = ""
    payload: msgspec.Raw | UnsetType = UNSET
    payload_hex: str | UnsetType = UNSET
    retained: bool = False


_LINE = msgspec.json.Decoder(_Capture)
_BEGINS_STRUCTURE = ("=", "&")


def decode_lines(family: str, lines: Iterable[str]) -> Iterator[dict[str, object]]:
    """One object for each line that is not blank.

    Args:
        family: a name in `gateway.wire.families`, or one that a driver brings.
        lines: JSON objects, one a line.

    Raises:
        CaptureError: the family is unknown (before the first line is read), or a line is malformed.
        ConfigError: the family's driver cannot be used.
    """
    spoken = family_of(family)
    if spoken is None:
        raise CaptureError(f"unknown device family {family!r}: expected one of {', '.join(names())}")
    return _decoded(spoken, lines)


def _decoded(family: Family, lines: Iterable[str]) -> Iterator[dict[str, object]]:
    read = _reader(family)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            capture = _LINE.decode(line)
            items = read(capture)
        except (msgspec.MsgspecError, RecursionError, ValueError, CaptureError) as error:
            raise CaptureError(f"line {number}: {error}") from error
        yield {"items": [_plain(item) for item in items]}


def _reader(family: Family) -> Callable[[_Capture], list[Item]]:
    """What reads the lines of a capture."""
    match family:
        case ByteFamily():
            return lambda capture: _heard(family.capture(), capture)
        case MessageFamily():
            return lambda capture: _received(family.capture(), capture)
        case BirthFamily():
            decoder = family.capture()
            return lambda capture: _received(decoder, capture)


def _heard(decoder: ByteDecoder, capture: _Capture) -> list[Item]:
    return decoder.feed(_bytes(capture)) + decoder.idle()


def _received(decoder: MessageDecoder, capture: _Capture) -> list[Item]:
    return decoder.feed_message(capture.topic, _payload(capture), retained=capture.retained)


def _bytes(capture: _Capture) -> bytes:
    if isinstance(capture.hex, str):
        return bytes.fromhex(capture.hex)
    if isinstance(capture.text, str):
        return capture.text.encode()
    raise CaptureError("expected `hex` or `text`: this family speaks in bytes")


def _payload(capture: _Capture) -> bytes:
    if isinstance(capture.payload_hex, str):
        return bytes.fromhex(capture.payload_hex)
    if isinstance(capture.payload, UnsetType):
        raise CaptureError("expected `topic` and `payload` or `payload_hex`: this family speaks MQTT")
    verbatim = bytes(capture.payload)
    # A JSON string stands for a payload that is not JSON itself, `Offline` or `4.3` say.
    return msgspec.json.decode(verbatim, type=str).encode() if verbatim.startswith(b'"') else verbatim


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
        "epc": status.tag,
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
    """The scan and its structures; one that begins like ISBT 128 and is none must not look like a label."""
    shown: dict[str, object] = {"type": "label", "text": scan.text, "aim": scan.aim}
    if not scan.text.startswith(_BEGINS_STRUCTURE):
        return shown
    try:
        label = isbt128.parse(scan.text)
    except LabelError as error:
        return {"type": "noise", "bytes": len(scan.aim) + len(scan.text), "reason": str(error)}
    return {**shown, "structures": [structure.ds for structure in label.structures], "compound": label.compound}


def _rfc3339(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else None
