"""Temperature devices that only publish: what they have in common, whatever their payloads look like.

A `Speech` says how one make words a reading; the rest (zones, pace, faults, the file of truth, births at every
connection) is here. Faults: those of a message, those of a reading, and below.
"""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from firmware_mocks.clock import Pace
from firmware_mocks.control import Request, Setting, common_options, mqtt_options, run, setting
from firmware_mocks.faults import MESSAGE_FAULTS, READING_FAULTS
from firmware_mocks.links import MqttLink
from firmware_mocks.messages import FaultyTopic
from firmware_mocks.zones import Truth, Zone, Zones

FAULTS = {
    **MESSAGE_FAULTS,
    **READING_FAULTS,
    "invalid": "the probe does not answer: null, nan, or the make's own marker",
    "power_on": "85.0 degrees, what a DS18B20 says before it has measured",
    "offline": "the device says goodbye, as it does before a restart, and is back with the next reading",
}

_FLOOR_SECONDS = 0.02
_CONNECT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Message:
    """Something to publish."""

    topic: str
    payload: bytes
    retain: bool = False


class Speech(Protocol):
    """How one make speaks."""

    def births(self, names: list[str]) -> list[Message]:
        """What is said at every connection."""
        ...

    def goodbye(self, name: str) -> Message | None:
        """What is said when a device goes; None if its make says nothing."""
        ...

    def reading(self, name: str, celsius: float | None, *, now_ms: int, count: int) -> Message:
        """One reading; None for a probe that does not answer. `count` goes up with every reading of a zone."""
        ...


class Publisher:
    """The devices of one make, one a zone."""

    def __init__(self, link: MqttLink, common: Setting, zones: Zones, speech: Speech, *, every_seconds: float) -> None:
        """Devices that have not been switched on yet."""
        self._link, self._common, self._plan, self._zones, self._speech = link, common, common.plan, zones, speech
        self._pace = Pace(round(every_seconds * 1000), floor_seconds=_FLOOR_SECONDS)
        self._truth = Truth(common.truth)
        self._counted = {zone.name: 0 for zone in zones}

    def receive(self, octets: bytes, now_ms: int) -> None:
        """These devices do not listen."""

    def advance(self, now_ms: int) -> None:
        """Say what is said at a connection, and report when it is time."""
        self._zones.advance(now_ms)
        if self._link.just_connected():
            self._publish(self._speech.births([zone.name for zone in self._zones]), now_ms)
        if self._pace.due(now_ms):
            for zone in self._zones:
                self._report(zone, now_ms)

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey the commands of zones."""
        return self._zones.obey(command, request, now_ms)

    def counters(self) -> dict[str, object]:
        """The readings served."""
        return self._truth.counters()

    def _publish(self, messages: Iterable[Message], now_ms: int) -> list[str]:
        struck: list[str] = []
        for message in messages:
            topic = FaultyTopic(self._link, self._plan, message.topic, late_seconds=self._common.late_seconds)
            struck += topic.publish(message.payload, now_ms, retain=message.retain)
        return struck

    def _report(self, zone: Zone, now_ms: int) -> None:
        if self._plan.strikes("offline", now_ms):
            goodbye = self._speech.goodbye(zone.name)
            self._publish([goodbye] if goodbye else [], now_ms)
            return
        celsius, fault = self._value(zone, now_ms)
        self._counted[zone.name] += 1
        said = self._speech.reading(zone.name, celsius, now_ms=now_ms, count=self._counted[zone.name])
        struck = self._publish([said], now_ms)
        carried = None if celsius is None else round(celsius * 100)
        self._truth.served(zone.name, now_ms, carried, [fault, *struck])

    def _value(self, zone: Zone, now_ms: int) -> tuple[float | None, str | None]:
        """The temperature in tenths of a degree, and what is wrong with it."""
        celsius, fault = self._zones.reading(zone, now_ms, self._plan)
        wrong: dict[str, float | None] = {"zero": 0.0, "power_on": 85.0, "invalid": None}
        for name, value in wrong.items():
            if self._plan.strikes(name, now_ms):
                return value, name
        return round(celsius, 1), fault


def parser_of(description: str) -> argparse.ArgumentParser:
    """A parser with the options that all these programs have."""
    parser = common_options(description)
    mqtt_options(parser)
    parser.add_argument("--zone", action="append", default=[], metavar="NAME=KIND", help="repeatable; see zones.py")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between readings, by the clock")
    return parser


def serve(options: argparse.Namespace, speech: Speech, *, client_id: str, will: Message | None = None) -> None:
    """Run the devices until stdin ends."""
    common = setting(options, faults=FAULTS)
    try:
        zones = Zones(options.zone, seed=common.seed)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    last = (will.topic, will.payload) if will else None
    link = MqttLink(options.host, options.port, client_id=client_id, will=last)
    link.connect(within_seconds=_CONNECT_SECONDS)
    run(Publisher(link, common, zones, speech, every_seconds=options.every), link, common)
