"""Chooses the dialect of a temperature message by its topic, and keeps retained messages from becoming readings."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.wire.decoder import Counters
from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_temperature.dialect import Dialect


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
        return [Noise(len(payload), f"no dialect for the topic {topic[:80]}")]
