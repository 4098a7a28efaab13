"""An Impinj R700 reader that publishes tag events over MQTT (Impinj IoT Device Interface), one message an event.

    python -m firmware_mocks.impinj_r700 --port 1883 [--topic rfid/r700] [--antenna 1=issue-counter] [--epc-hex]

At every inventory round (a second of the clock) each tag in the field gives a `tagInventory` event: EPC in url-safe
base64, with `--epc-hex` in hex too, antenna port and, where `--antenna` names it, its name, peak RSSI in hundredths of
a dBm, time stamps with nanoseconds. `inventoryStatus` says `running` at every connection.

Commands: `field`; `{"cmd": "antenna", "antenna": 2, "connected": false}` publishes `antennaDisconnected` and hides that
antenna's tags. Faults: those of a message, those of a field, and `antenna_disconnected`, which takes antenna 1 away
while it lasts.
"""

import base64
import json
import random
from collections.abc import Iterable

from firmware_mocks.clock import Pace, rfc3339
from firmware_mocks.control import (
    CommandError,
    Request,
    Setting,
    common_options,
    flag,
    mqtt_options,
    number,
    run,
    setting,
)
from firmware_mocks.faults import MESSAGE_FAULTS
from firmware_mocks.field import FIELD_FAULTS, Field, Read
from firmware_mocks.links import MqttLink
from firmware_mocks.messages import FaultyTopic

FAULTS = {**MESSAGE_FAULTS, **FIELD_FAULTS, "antenna_disconnected": "antenna 1 is off while this lasts"}

_ROUND_MS = 1000
_ROUND_FLOOR_SECONDS = 0.05
_FAULTY_ANTENNA = 1
# The four channels of the European upper band, in kHz.
_CHANNELS_KHZ = (916300, 917500, 918700, 919900)
_POWER_CDBM = 3000
_CONNECT_SECONDS = 15.0


class Reader:
    """The reader's inventory and its events."""

    def __init__(
        self,
        link: MqttLink,
        common: Setting,
        *,
        topic: str,
        hostname: str,
        antenna_names: dict[int, str],
        hex_too: bool,
    ) -> None:
        """A reader that begins its inventory as soon as it is connected."""
        self._link, self._plan, self._hostname = link, common.plan, hostname
        self._topic = FaultyTopic(link, common.plan, topic, late_seconds=common.late_seconds)
        self._names, self._hex_too = antenna_names, hex_too
        self._field = Field(common.plan, seed=common.seed)
        self._jitter = random.Random(f"{common.seed}:events")
        self._pace = Pace(_ROUND_MS, floor_seconds=_ROUND_FLOOR_SECONDS)
        self._off: set[int] = set()
        self._taken_by_fault = False
        self._counts = {"rounds": 0, "tag_events": 0, "other_events": 0}

    def receive(self, octets: bytes, now_ms: int) -> None:
        """The reader does not listen."""

    def advance(self, now_ms: int) -> None:
        """Say that the inventory runs, and do the next round when it is time."""
        if self._link.just_connected():
            self._event("inventoryStatus", {"inventoryStatus": "running"}, now_ms)
        if not self._pace.due(now_ms):
            return
        self._counts["rounds"] += 1
        self._faulty_antenna(now_ms)
        for read in self._field.round(now_ms):
            if read.tag.antenna not in self._off:
                self._tag_event(read, now_ms)

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey `field` and `antenna`."""
        if command == "field":
            self._field.replace(request)
            return {"tags": len(self._field.tags)}
        if command == "antenna":
            self._switch(round(number(request, "antenna")), now_ms, connected=flag(request, "connected"))
            return {"disconnected": sorted(self._off)}
        raise CommandError(f"unknown command {command!r}")

    def counters(self) -> dict[str, object]:
        """Rounds and events."""
        return {**self._counts}

    def _faulty_antenna(self, now_ms: int) -> None:
        taken = self._plan.strikes("antenna_disconnected", now_ms)
        if taken != self._taken_by_fault:
            self._taken_by_fault = taken
            self._switch(_FAULTY_ANTENNA, now_ms, connected=not taken)

    def _switch(self, antenna: int, now_ms: int, *, connected: bool) -> None:
        """Connect or disconnect an antenna, and say so if that is a change."""
        if connected != (antenna in self._off):
            return
        (self._off.discard if connected else self._off.add)(antenna)
        kind = "antennaConnected" if connected else "antennaDisconnected"
        self._event(kind, self._antenna(antenna), now_ms)

    def _antenna(self, antenna: int) -> dict[str, object]:
        name = self._names.get(antenna)
        return {"antennaPort": antenna} | ({"antennaName": name} if name else {})

    def _event(self, kind: str, content: dict[str, object], now_ms: int) -> None:
        self._counts["other_events"] += 1
        event = self._envelope(kind, now_ms) | {f"{kind}Event": content}
        self._link.publish(self._topic.name, json.dumps(event).encode())

    def _tag_event(self, read: Read, now_ms: int) -> None:
        self._counts["tag_events"] += 1
        content: dict[str, object] = {"epc": base64.urlsafe_b64encode(read.reported_epc).decode()}
        if self._hex_too:
            content["epcHex"] = read.reported_epc.hex().upper()
        content |= {"pc": base64.urlsafe_b64encode(read.tag.pc.to_bytes(2, "big")).decode()}
        content |= self._antenna(read.tag.antenna)
        content |= {
            "peakRssiCdbm": round(read.rssi_dbm * 2) * 50,
            "frequency": self._jitter.choice(_CHANNELS_KHZ),
            "transmitPowerCdbm": _POWER_CDBM,
            "lastSeenTime": self._nanoseconds(now_ms),
            "phaseAngle": round(self._jitter.uniform(0.0, 360.0), 2),
        }
        event = self._envelope("tagInventory", now_ms) | {"tagInventoryEvent": content}
        self._topic.publish(json.dumps(event).encode(), now_ms)

    def _envelope(self, kind: str, now_ms: int) -> dict[str, object]:
        return {"timestamp": self._nanoseconds(now_ms), "hostname": self._hostname, "eventType": kind}

    def _nanoseconds(self, now_ms: int) -> str:
        return rfc3339(now_ms, fraction=f"{self._jitter.randrange(1_000_000):06d}")


def antenna_names(options: Iterable[str]) -> dict[int, str]:
    """Read `PORT=NAME` options.

    Raises:
        ValueError: an option of another shape.
    """
    names: dict[int, str] = {}
    for option in options:
        port, equals, name = option.partition("=")
        if not equals or not port.isdecimal():
            raise ValueError(f"antenna {option!r}: expected PORT=NAME")
        names[int(port)] = name
    return names


def main() -> None:
    """Run the reader until stdin ends."""
    parser = common_options(__doc__ or "")
    mqtt_options(parser)
    parser.add_argument("--topic", default="rfid/r700", help="where events are published")
    parser.add_argument("--hostname", default="impinj-00-00-01", help="the reader's own name")
    parser.add_argument("--antenna", action="append", default=[], metavar="PORT=NAME", help="repeatable")
    parser.add_argument("--epc-hex", action="store_true", help="send epcHex beside the base64 epc")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    try:
        names = antenna_names(options.antenna)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    link = MqttLink(options.host, options.port, client_id=options.hostname)
    link.connect(within_seconds=_CONNECT_SECONDS)
    reader = Reader(
        link,
        common,
        topic=options.topic,
        hostname=options.hostname,
        antenna_names=names,
        hex_too=options.epc_hex,
    )
    run(reader, link, common)


if __name__ == "__main__":
    main()
