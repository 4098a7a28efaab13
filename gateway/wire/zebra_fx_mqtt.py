"""Zebra readers over MQTT: FX and ATR fixed readers (IoT Connector) and RFD40, RFD90 handhelds.

    [{"data": {"idHex": "1122…", "antenna": 1, "peakRssi": -53, "eventNum": 1759}, "timestamp": "…", "type": "SIMPLE"}]
    {"data": {"tagData": [{"EPCid": "BEDD…", "peakRssi": -39, "eventNum": 1}]}, "timestamp": "…", "type": "PROFILE"}

A fixed reader sends one object a tag, usually in a list; a handheld sends a list of tags in one object, where only
`eventNum` is always there, and barcodes beside them. What is sent is "a statistical view of the tag population" (Zebra,
RFD40/90 MQTT): a sample, no log. `eventNum` counts on, so that a hole shows what was lost. Heart beats, alerts and
answers to commands come on topics of their own and never hold a tag. The offset of a time stamp has no colon. Topics
are free.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import msgspec

from gateway.wire.decoder import Counters
from gateway.wire.items import Fault, Item, LabelScan, Noise, Status, TagRead
from gateway.wire.lines import MAX_LINE_BYTES
from gateway.wire.mqtt_json import MAX_PAYLOAD_BYTES, as_object, as_text, json_in, time_in, written_number_in

MAX_EPC_BYTES = 62
"""Five bits of the PC word count 16-bit words (EPC Gen2, 6.3.2.1.2.2)."""
WINDOW = 256
"""So far behind the highest a number may be of an old event; farther, the reader has begun to count anew."""
MAX_TOPICS = 64
"""Topics whose last `eventNum` is remembered."""

_EPC_NAMES = ("idHex", "EPCid", "epcId", "EPC")
_NO_PORT = 0
_MESSAGE_MARKS = {"type", "timestamp", "eventNum", "command", "command_id", "requestId", "response", "radio_control"}
_Many: TypeAlias = list[msgspec.Raw]
_EVENTS = msgspec.json.Decoder(_Many)
_DISCONNECTED = "disconnected"


@dataclass(slots=True)
class ZebraDecoder:
    """See `MessageDecoder`."""

    counters: Counters = field(default_factory=Counters, init=False)
    _event_numbers: dict[str, int] = field(default_factory=dict, init=False)
    _connected: set[int] = field(default_factory=set, init=False)

    def feed_message(self, topic: str, payload: bytes, *, retained: bool) -> list[Item]:
        """See `MessageDecoder.feed_message`."""
        self.counters.received += len(payload)
        items = self._read(topic, payload)
        discarded = sum(item.count_bytes for item in items if isinstance(item, Noise))
        self.counters.discarded += discarded
        self.counters.accepted += len(payload) - discarded
        if not retained:
            return items
        return [Status("retained", topic) if isinstance(item, TagRead | LabelScan) else item for item in items]

    def _read(self, topic: str, payload: bytes) -> list[Item]:
        if len(payload) > MAX_PAYLOAD_BYTES:
            return [Noise(len(payload), "too long a message")]
        if not payload.lstrip().startswith(b"["):
            return self._event(topic, payload)
        try:
            events = _EVENTS.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return [Noise(len(payload), f"no Zebra event: {error}")]
        items: list[Item] = []
        for event in events:
            items += self._event(topic, bytes(event))
        return items or [Status("empty-report", topic)]

    def _event(self, topic: str, content: bytes) -> list[Item]:
        """What one event says."""
        event = as_object(json_in(content))
        if event is None:
            return [Noise(len(content), "no Zebra event: expected a JSON object")]
        if "command" in event:
            return [Status("response" if "response" in event else "command", as_text(event["command"])[:200])]
        tags = list(_tags_of(event))
        if tags:
            return self._tags(topic, tags, time_in(as_text(event.get("timestamp"))), len(content))
        scans = _barcodes(event.get("data"))
        if scans:
            return scans
        if _MESSAGE_MARKS.isdisjoint(event) and not any(name.endswith(("EVT", "Event")) for name in event):
            return [Noise(len(content), "no Zebra event: no member that is known")]
        return self._sign_of_life(as_text(event.get("type")) or "heartbeat", event)

    def _tags(
        self, topic: str, tags: Sequence[Mapping[str, object]], claimed: datetime | None, size: int
    ) -> list[Item]:
        items: list[Item] = []
        for tag in tags:
            read = _tag_read(tag, claimed)
            items += [*self._gap(topic, tag), read or Status("unreadable", "no hex of an EPC")]
        if any(isinstance(item, TagRead) for item in items):
            return items
        return [Noise(size, "EPC: expected hex of 1 to 62 bytes")]

    def _gap(self, topic: str, tag: Mapping[str, object]) -> list[Item]:
        counted = written_number_in(tag.get("eventNum"))
        if counted is None or counted != int(counted):
            return []
        number = int(counted)
        before = self._event_numbers.pop(topic, None)
        if before is not None and 0 <= before - number < WINDOW:
            # A broker told it again, or late: the next number is held against the highest.
            number = before
        if len(self._event_numbers) >= MAX_TOPICS:
            del self._event_numbers[next(iter(self._event_numbers))]
        self._event_numbers[topic] = number
        if before is None or number <= before + 1:
            return []
        return [Status("gap", f"{number - before - 1} events between {before} and {number} never came")]

    def _sign_of_life(self, name: str, event: Mapping[str, object]) -> list[Item]:
        """A heart beat or another event; an antenna that was there and is not any more is an illness."""
        data = as_object(event.get("data")) or event
        radio = as_object(data.get("radio_control")) or data
        items: list[Item] = [Status(name.lower()[:60], as_text(event.get("component"))[:200])]
        for port, state in (as_object(radio.get("antennas")) or {}).items():
            if not port.isdecimal() or len(port) > 2 or not isinstance(state, str):
                continue
            items += self._antenna(int(port), state)
        return items

    def _antenna(self, port: int, state: str) -> list[Item]:
        """Unused ports are disconnected for ever, so only the change counts."""
        if state != _DISCONNECTED:
            new = port not in self._connected
            self._connected.add(port)
            return [Status("antenna-connected", "", port)] if new else []
        if port not in self._connected:
            return []
        self._connected.discard(port)
        return [Fault(f"antenna {port} disconnected", port)]


def _tags_of(event: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Every record of a tag in an event, whichever form it has."""
    data = event.get("data")
    content = as_object(data)
    records = _records(data) or _records((content or {}).get("tagData")) or [content or event]
    for record in records:
        tag = as_object(record)
        if tag is not None and any(name in tag for name in _EPC_NAMES):
            yield tag


def _records(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _tag_read(tag: Mapping[str, object], claimed: datetime | None) -> TagRead | None:
    text = next(as_text(tag[name]) for name in _EPC_NAMES if name in tag)
    epc, tid = _hex(text), _hex(as_text(tag.get("TID")))
    if epc is None:
        return None
    # Transformations on the reader (jq) may have made text of its numbers.
    rssi, port = written_number_in(tag.get("peakRssi")), written_number_in(tag.get("antenna"))
    antenna = int(port) if port is not None and port == int(port) and 0 < port < 65 else _NO_PORT
    rssi_dbm = None if rssi is None or abs(rssi) > 200 else float(rssi)
    return TagRead(epc, antenna, rssi_dbm, tid, time_in(as_text(tag.get("timestamp"))) or claimed)


def _hex(text: str) -> str | None:
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        return None
    return octets.hex().upper() if 0 < len(octets) <= MAX_EPC_BYTES else None


def _barcodes(data: object) -> list[Item]:
    """The scans of a handheld; what is not printable ASCII is no label."""
    scans: list[Item] = []
    for record in _records((as_object(data) or {}).get("barcodeData")):
        text = as_text((as_object(record) or {}).get("decodedBarcode")).strip()
        readable = text and text.isascii() and text.isprintable() and len(text) <= MAX_LINE_BYTES
        scans.append(LabelScan(text) if readable else Status("unreadable", "a barcode"))
    return scans
