"""Impinj R700 (IoT Device Interface) over MQTT: one JSON event a message, or a webhook's array of them.

The reader's operator chooses which fields are sent, so nearly every field may be absent, the event's type among them:
the kind of event is told by the member that it carries. EPC and TID come as url-safe base64, as hex, or both; when both
come and differ, neither is believed. Times have nanoseconds. The topic is free and means nothing. A reader that locates
tags (`tagLocationEntry`, `Update`, `Exit`) sees them on entry and update; an exit is its own conclusion and no read.
"""

from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec
from msgspec import Struct

from gateway.wire.decoder import Counters
from gateway.wire.items import Fault, Item, Noise, Status, TagRead
from gateway.wire.mqtt_json import MAX_PAYLOAD_BYTES, as_object, json_in, time_in

MAX_EPC_BYTES = 62
"""Five bits of the PC word count 16-bit words (EPC Gen2, 6.3.2.1.2.2)."""
_MOST_PORTS, _MOST_CDBM = 64, 20_000


class TagInventory(Struct, rename="camel"):
    """The `tagInventoryEvent` members that count."""

    epc: str | None = None
    epc_hex: str | None = None
    tid: str | None = None
    tid_hex: str | None = None
    antenna_port: float | None = None
    peak_rssi_cdbm: float | None = None
    last_seen_time: str | None = None


class Inventory(Struct, rename="camel"):
    """The `inventoryStatusEvent`."""

    inventory_status: str | None = None


class Antenna(Struct, rename="camel"):
    """The `antennaConnectedEvent` and `antennaDisconnectedEvent`."""

    antenna_port: float | None = None
    antenna_name: str | None = None


class Other(Struct, rename="camel"):
    """An event whose presence says it all; its words are for a person."""

    reason: object = None
    code: object = None
    message: object = None
    description: object = None

    @property
    def words(self) -> str:
        """What it says beside that it happened."""
        told = (self.reason, self.code, self.message, self.description)
        return " ".join(str(word) for word in told if isinstance(word, str | int | float) and word != "")[:400]


class Event(Struct, rename="camel"):
    """One event; members that are not named here are a sign of life and no more."""

    event_type: str | None = None
    timestamp: str | None = None
    tag_inventory_event: TagInventory | None = None
    inventory_status_event: Inventory | None = None
    antenna_connected_event: Antenna | None = None
    antenna_disconnected_event: Antenna | None = None
    inventory_terminated_event: Other | None = None
    overflow_event: Other | None = None
    diagnostic_event: Other | None = None
    tag_location_entry_event: TagInventory | None = None
    tag_location_update_event: TagInventory | None = None
    tag_location_exit_event: TagInventory | None = None


_Many: TypeAlias = list[msgspec.Raw]
# Proxies on the way (jq, flows of a script) may have made text of its numbers.
_EVENT = msgspec.json.Decoder(Event, strict=False)
_EVENTS = msgspec.json.Decoder(_Many)
_BY_TYPE_ALONE = {
    "antennaDisconnected": Event(antenna_disconnected_event=Antenna()),
    "inventoryTerminated": Event(inventory_terminated_event=Other()),
    "overflow": Event(overflow_event=Other()),
}
"""What is told by the type alone where the operator left the member out."""
# UnicodeDecodeError comes from broken UTF-8 inside a string, RecursionError from deep nesting.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


@dataclass(slots=True)
class R700Decoder:
    """See `MessageDecoder`."""

    counters: Counters = field(default_factory=Counters, init=False)

    def feed_message(self, topic: str, payload: bytes, *, retained: bool) -> list[Item]:
        """See `MessageDecoder.feed_message`."""
        self.counters.received += len(payload)
        items = _read(payload)
        discarded = sum(item.count_bytes for item in items if isinstance(item, Noise))
        self.counters.discarded += discarded
        self.counters.accepted += len(payload) - discarded
        if not retained:
            return items
        return [Status("retained", topic) if isinstance(item, TagRead) else item for item in items]


def _read(payload: bytes) -> list[Item]:
    if len(payload) > MAX_PAYLOAD_BYTES:
        return [Noise(len(payload), "too long a message")]
    if not payload.lstrip().startswith(b"["):
        lines = [line for line in payload.splitlines() if line.strip()]
        # A proxy of the reader's event stream passes several events on, a line each.
        several = len(lines) > 1 and all(line.startswith(b"{") and line.endswith(b"}") for line in lines)
        return [_event(line) for line in lines] if several else [_event(payload)]
    try:
        events = _EVENTS.decode(payload)
    except _UNREADABLE as error:
        return [Noise(len(payload), f"no R700 event: {error}")]
    return [_event(bytes(event)) for event in events] or [Status("empty-report")]


def _event(content: bytes) -> Item:
    try:
        event = _EVENT.decode(content)
    except _UNREADABLE as error:
        return Noise(len(content), f"no R700 event: {error}")
    tag = event.tag_inventory_event or event.tag_location_entry_event or event.tag_location_update_event
    if tag:
        return _tag(tag, event.timestamp, len(content))
    if event.inventory_status_event:
        return Status(event.inventory_status_event.inventory_status or "unknown", "inventory")
    return _reader_event(event, content)


def _reader_event(event: Event, content: bytes) -> Item:
    if event.antenna_disconnected_event:
        port = _port(event.antenna_disconnected_event.antenna_port)
        return Fault(f"antenna {port or '?'} disconnected", port)
    if event.antenna_connected_event:
        port = _port(event.antenna_connected_event.antenna_port)
        return Status("antenna-connected", event.antenna_connected_event.antenna_name or "", port)
    if event.overflow_event:
        return Fault(f"overflow: the reader dropped tag events {event.overflow_event.words}".rstrip())
    if event.inventory_terminated_event:
        return Status("terminated", f"inventory {event.inventory_terminated_event.words}".rstrip())
    return _sign_of_life(event, content)


def _sign_of_life(event: Event, content: bytes) -> Item:
    if event.diagnostic_event:
        return Status("diagnostic", event.diagnostic_event.words)
    if event.tag_location_exit_event:
        gone = event.tag_location_exit_event
        return Status("tag-location-exit", _code(gone.epc, gone.epc_hex) or "")
    if event.event_type:
        told = _BY_TYPE_ALONE.get(event.event_type)
        return _reader_event(told, content) if told else Status("event", event.event_type[:100])
    if any(name.endswith("Event") for name in as_object(json_in(content)) or ()):
        return Status("event", "of a kind that is not known")
    return Noise(len(content), "no R700 event: no eventType and no member that is known")


def _tag(tag: TagInventory, timestamp: str | None, size: int) -> Item:
    epc = _code(tag.epc, tag.epc_hex)
    if epc is None and not (tag.epc or tag.epc_hex) and _code(tag.tid, tag.tid_hex):
        # The operator left the EPC out. A chip's number is not what the site's tags are registered by.
        return Status("tag-without-epc", _code(tag.tid, tag.tid_hex) or "")
    if epc is None:
        return Noise(size, "epc: expected base64 or hex of 1 to 62 bytes, both the same")
    tid = _code(tag.tid, tag.tid_hex)
    if tid is None and (tag.tid or tag.tid_hex):
        return Noise(size, "tid: expected base64 or hex of 1 to 62 bytes, both the same")
    heard = tag.peak_rssi_cdbm
    rssi_dbm = heard / 100 if heard is not None and abs(heard) <= _MOST_CDBM else None
    claimed_time = time_in(tag.last_seen_time) or time_in(timestamp)
    return TagRead(epc, _port(tag.antenna_port), rssi_dbm, tid, claimed_time)


def _port(antenna_port: float | None) -> int:
    """Ports count from 1; 0 where the reader does not say, or says what no port is."""
    return int(antenna_port) if antenna_port and antenna_port in range(1, _MOST_PORTS + 1) else 0


def _code(base64_text: str | None, hex_text: str | None) -> str | None:
    """Upper-case hex of a code that came as base64, hex or both; None if it is absent or contradicts itself."""
    base64_text, hex_text = base64_text or "", hex_text or ""
    try:
        from_hex = bytes.fromhex(hex_text)
        # The vendor's alphabet is the url-safe one; captures of proxies show the other, and padding cut off.
        padded = base64_text.translate({43: "-", 47: "_"}) + "=" * (-len(base64_text) % 4)
        from_base64 = urlsafe_b64decode(padded.encode("ascii"))
    except ValueError:
        return None
    if from_hex and from_base64 and from_hex != from_base64:
        return None
    code = from_hex or from_base64
    return code.hex().upper() if 0 < len(code) <= MAX_EPC_BYTES else None
