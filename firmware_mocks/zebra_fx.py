"""A Zebra fixed reader (IoT Connector) that publishes its tags in lists: `<base>/d-evt`, heart beats on `<base>/m-evt`.

    python -m firmware_mocks.zebra_fx --port 1883 [--base fx] [--handheld]

At every round (a second of the clock) the tags in the field go out as one list; `eventNum` counts every tag. A heart
beat with the state of the antennas goes out every ten rounds. `--handheld` is an RFD90: one object with `tagData`.

Commands: `field`; `{"cmd": "antenna", "antenna": 2, "connected": false}`. Faults: those of a message and of a field,
and `lost`, a list that never leaves, though its numbers are used up.
"""

import json

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

FAULTS = {**MESSAGE_FAULTS, **FIELD_FAULTS, "lost": "a list that never leaves, though its numbers are used up"}

_ROUND_MS = 1000
_ROUND_FLOOR_SECONDS = 0.05
_ROUNDS_A_HEARTBEAT = 10
_ANTENNAS = 4
_CONNECT_SECONDS = 15.0


class Reader:
    """The reader."""

    def __init__(self, link: MqttLink, common: Setting, *, base: str, handheld: bool) -> None:
        """A reader that begins as soon as it is connected."""
        self._link, self._plan, self._handheld = link, common.plan, handheld
        self._data = FaultyTopic(link, common.plan, f"{base}/d-evt", late_seconds=common.late_seconds)
        self._management = f"{base}/m-evt"
        self._field = Field(common.plan, seed=common.seed)
        self._pace = Pace(_ROUND_MS, floor_seconds=_ROUND_FLOOR_SECONDS)
        self._off: set[int] = set()
        self._numbers = 0
        self._rounds = 0

    def receive(self, octets: bytes, now_ms: int) -> None:
        """The reader does not listen."""

    def advance(self, now_ms: int) -> None:
        """Do the next round when it is time."""
        if self._link.just_connected():
            self._heartbeat(now_ms)
        if not self._pace.due(now_ms):
            return
        self._rounds += 1
        reads = [read for read in self._field.round(now_ms) if read.tag.antenna not in self._off]
        tags = [self._tag(read) for read in reads]
        if tags and not self._plan.strikes("lost", now_ms):
            self._data.publish(json.dumps(self._events(tags, now_ms)).encode(), now_ms)
        if self._rounds % _ROUNDS_A_HEARTBEAT == 0:
            self._heartbeat(now_ms)

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey `field` and `antenna`."""
        if command == "field":
            self._field.replace(request)
            return {"tags": len(self._field.tags)}
        if command == "antenna":
            antenna = round(number(request, "antenna"))
            (self._off.discard if flag(request, "connected") else self._off.add)(antenna)
            self._heartbeat(now_ms)
            return {"disconnected": sorted(self._off)}
        raise CommandError(f"unknown command {command!r}")

    def counters(self) -> dict[str, object]:
        """Rounds and tag events."""
        return {"rounds": self._rounds, "tag_events": self._numbers}

    def _tag(self, read: Read) -> dict[str, object]:
        self._numbers += 1
        epc = read.reported_epc.hex()
        shown = {"eventNum": self._numbers, "peakRssi": round(read.rssi_dbm)}
        if self._handheld:
            return {"EPCid": epc.upper(), **shown}
        return {"idHex": epc, "antenna": read.tag.antenna, "format": "epc", "reads": 1, **shown}

    def _events(self, tags: list[dict[str, object]], now_ms: int) -> object:
        stamp = rfc3339(now_ms).replace("Z", "+0000")
        if self._handheld:
            return {"type": "BALANCED_PERFORMANCE", "timestamp": rfc3339(now_ms), "data": {"tagData": tags}}
        return [{"data": tag, "timestamp": stamp, "type": "SIMPLE"} for tag in tags]

    def _heartbeat(self, now_ms: int) -> None:
        states = {str(port): "disconnected" if port in self._off else "connected" for port in range(1, _ANTENNAS + 1)}
        beat = {
            "type": "heartbeat",
            "timestamp": rfc3339(now_ms),
            "component": "RC",
            "data": {"radio_control": {"antennas": states, "radioActivity": "active"}},
        }
        self._link.publish(self._management, json.dumps(beat).encode())


def main() -> None:
    """Run the reader until stdin ends."""
    parser = common_options(__doc__ or "")
    mqtt_options(parser)
    parser.add_argument("--base", default="fx", help="the base of its topics")
    parser.add_argument("--handheld", action="store_true", help="an RFD90")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    link = MqttLink(options.host, options.port, client_id=f"zebra_{options.base}")
    link.connect(within_seconds=_CONNECT_SECONDS)
    run(Reader(link, common, base=options.base, handheld=options.handheld), link, common)


if __name__ == "__main__":
    main()
