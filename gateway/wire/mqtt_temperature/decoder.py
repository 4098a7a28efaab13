"""Chooses the dialect of a temperature message, and keeps retained messages from becoming readings.

The topic decides. Where no dialect claims it, because a bridge was given another base topic, the payload may: it has
members that only one dialect knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.wire.decoder import Counters
from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_temperature.chirpstack import ChirpStack
from gateway.wire.mqtt_temperature.dialect import Dialect
from gateway.wire.mqtt_temperature.esphome import EspHome
from gateway.wire.mqtt_temperature.ruuvi import Ruuvi
from gateway.wire.mqtt_temperature.tasmota import Tasmota
from gateway.wire.mqtt_temperature.ttn import Ttn


def other_dialects() -> list[Dialect]:
    """Every dialect but that of Zigbee2MQTT, whose memory differs between a gateway and a capture."""
    return [Ttn(), ChirpStack(), Ruuvi(), Tasmota(), EspHome()]


@dataclass(slots=True)
class MqttTemperatureDecoder:
    """See `MessageDecoder`. The first dialect that claims a topic reads it."""

    dialects: Sequence[Dialect]
    counters: Counters = field(default_factory=Counters, init=False)

    def feed_message(self, topic: str, payload: bytes, *, retained: bool) -> list[Item]:
        """See `MessageDecoder.feed_message`."""
        items = self._read(topic, payload)
        discarded = sum(item.count_bytes for item in items if isinstance(item, Noise))
        self.counters.received += len(payload)
        self.counters.discarded += discarded
        self.counters.accepted += len(payload) - discarded
        if not retained:
            return items
        return [Status("retained", item.sensor) if isinstance(item, Reading) else item for item in items]

    def _read(self, topic: str, payload: bytes) -> list[Item]:
        for dialect in self.dialects:
            if dialect.claims(topic):
                return dialect.read(topic, payload)
        # The first dialect is the least particular about payloads, so it is asked last.
        for dialect in reversed(self.dialects):
            if dialect.recognises(payload):
                return dialect.read(topic, payload)
        return [Noise(len(payload), f"no dialect for the topic {topic[:80]}")]
