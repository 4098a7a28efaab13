"""A Sparkplug B edge node with one device a zone: births with names and aliases, data by alias, a will.

    python -m firmware_mocks.sparkplug_node --port 1883 --zone FR-07=fridge [--node gw-2] [--every 60]

It obeys `Node Control/Rebirth`. Faults: those of mqtt_probes, and `lost`, a message whose number is used up and that
never leaves.
"""

import struct

from firmware_mocks.clock import Pace
from firmware_mocks.control import Request, Setting, run, setting
from firmware_mocks.faults import MESSAGE_FAULTS, READING_FAULTS
from firmware_mocks.links import MqttLink
from firmware_mocks.mqtt_probes import parser_of
from firmware_mocks.zones import Truth, Zone, Zones

FAULTS = {
    **MESSAGE_FAULTS,
    **READING_FAULTS,
    "invalid": "is_null",
    "nan": "a float that is no number",
    "lost": "a message that never leaves, though its number is used up",
}

GROUP = "BloodBank"
_DOUBLE, _BOOLEAN, _UINT64 = 10, 11, 4
_REBIRTH = b"Node Control/Rebirth"
_FLOOR_SECONDS = 0.02
_CONNECT_SECONDS = 15.0


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    octets = b""
    while value > 0x7F:
        octets += bytes([value & 0x7F | 0x80])
        value >>= 7
    return octets + bytes([value])


def number(field: int, value: int) -> bytes:
    """A varint field."""
    return varint(field << 3) + varint(value)


def octets(field: int, content: bytes) -> bytes:
    """A field with a length."""
    return varint(field << 3 | 2) + varint(len(content)) + content


class Node:
    """The edge node and its devices."""

    def __init__(self, link: MqttLink, common: Setting, zones: Zones, *, name: str, every_seconds: float) -> None:
        """A node that is not born yet."""
        self._link, self._plan, self._zones, self._name = link, common.plan, zones, name
        self._pace = Pace(round(every_seconds * 1000), floor_seconds=_FLOOR_SECONDS)
        self._truth = Truth(common.truth)
        self._seq = 0
        self._counts = {"births": 0, "rebirths": 0}

    def receive(self, octets_: bytes, now_ms: int) -> None:
        """Obey the rebirth commands that came."""
        del octets_
        if any(_REBIRTH in payload for _, payload in self._link.heard()):
            self._counts["rebirths"] += 1
            self._be_born(now_ms)

    def advance(self, now_ms: int) -> None:
        """Be born at every connection, and report when it is time."""
        self._zones.advance(now_ms)
        if self._link.just_connected():
            self._be_born(now_ms)
        if self._counts["births"] and self._pace.due(now_ms):
            for alias, zone in enumerate(self._zones, start=1):
                self._report(alias, zone, now_ms)

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey the commands of zones."""
        return self._zones.obey(command, request, now_ms)

    def counters(self) -> dict[str, object]:
        """Births, and the readings served."""
        return {**self._counts, **self._truth.counters()}

    def _be_born(self, now_ms: int) -> None:
        self._counts["births"] += 1
        self._seq = 0
        metrics = octets(2, octets(1, b"bdSeq") + number(4, _UINT64) + number(11, 0))
        metrics += octets(2, octets(1, _REBIRTH) + number(4, _BOOLEAN) + number(14, 0))
        self._send(f"spBv1.0/{GROUP}/NBIRTH/{self._name}", metrics, now_ms)
        for alias, zone in enumerate(self._zones, start=1):
            value, fault = self._value(zone, now_ms)
            metric = octets(1, b"Temperature") + number(2, alias) + number(3, now_ms) + number(4, _DOUBLE) + value
            struck = self._send(f"spBv1.0/{GROUP}/DBIRTH/{self._name}/{zone.name}", octets(2, metric), now_ms)
            self._note(zone, value, [fault, *struck], now_ms)

    def _report(self, alias: int, zone: Zone, now_ms: int) -> None:
        value, fault = self._value(zone, now_ms)
        metric = number(2, alias) + number(3, now_ms) + number(4, _DOUBLE) + value
        struck = self._send(f"spBv1.0/{GROUP}/DDATA/{self._name}/{zone.name}", octets(2, metric), now_ms)
        self._note(zone, value, [fault, *struck], now_ms)

    def _note(self, zone: Zone, value: bytes, faults: list[str | None], now_ms: int) -> None:
        carried = None if {"invalid", "nan"} & set(faults) else round(struct.unpack("<d", value[1:])[0] * 100)
        self._truth.served(zone.name, now_ms, carried, faults)

    def _value(self, zone: Zone, now_ms: int) -> tuple[bytes, str | None]:
        celsius, fault = self._zones.reading(zone, now_ms, self._plan)
        if self._plan.strikes("invalid", now_ms):
            return number(7, 1), "invalid"
        if self._plan.strikes("nan", now_ms):
            return varint(13 << 3 | 1) + struct.pack("<d", float("nan")), "nan"
        return varint(13 << 3 | 1) + struct.pack("<d", round(celsius, 2)), fault

    def _send(self, topic: str, metrics: bytes, now_ms: int) -> tuple[str, ...]:
        payload = number(1, now_ms) + metrics + number(3, self._seq)
        self._seq = (self._seq + 1) % 256
        if self._plan.strikes("lost", now_ms):
            return ("lost",)
        self._link.publish(topic, payload)
        return ()


def main() -> None:
    """Run the node until stdin ends."""
    parser = parser_of(__doc__ or "")
    parser.add_argument("--node", default="gw-2", help="the node's name")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    try:
        zones = Zones(options.zone, seed=common.seed)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    will = octets(2, octets(1, b"bdSeq") + number(4, _UINT64) + number(11, 0))
    death = f"spBv1.0/{GROUP}/NDEATH/{options.node}"
    link = MqttLink(options.host, options.port, client_id=f"sparkplug_{options.node}", will=(death, will))
    link.listen(f"spBv1.0/{GROUP}/NCMD/{options.node}")
    link.connect(within_seconds=_CONNECT_SECONDS)
    run(Node(link, common, zones, name=options.node, every_seconds=options.every), link, common)


if __name__ == "__main__":
    main()
