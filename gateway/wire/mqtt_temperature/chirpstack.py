"""ChirpStack: `application/<id>/device/<EUI>/event/up` (version 4, JSON marshaler; version 3 is read too).

`object` is what the device profile's codec made of the frame; without a codec there is only `data`, base64. Protobuf's
JSON leaves zeros out: `fCnt` and `fPort` are absent when they are 0, but a frame with data has a port. Other events
(join, status, log, ack, txack, location) are signs of life; `…/command/down` is the host's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.wire.items import Item, Status
from gateway.wire.mqtt_json import as_object, as_text, object_in, time_in
from gateway.wire.mqtt_temperature.lorawan import Uplink, Uplinks, count_in, unreadable


@dataclass(slots=True)
class ChirpStack:
    """See `Dialect`."""

    _uplinks: Uplinks = field(default_factory=Uplinks, init=False)

    def claims(self, topic: str) -> bool:
        """See `Dialect.claims`."""
        levels = topic.split("/")
        return "application" in levels and "device" in levels and not {"event", "command", "rx"}.isdisjoint(levels)

    def recognises(self, payload: bytes) -> bool:
        """See `Dialect.recognises`."""
        message = object_in(payload) or {}
        return "deduplicationId" in message or "deviceInfo" in message

    def read(self, topic: str, payload: bytes) -> list[Item]:
        """See `Dialect.read`."""
        levels = topic.split("/")
        if "command" in levels:
            return [Status("command", topic)]
        message = object_in(payload)
        if message is None:
            return unreadable(payload)
        if self.claims(topic) and levels[-1] not in {"up", "rx"}:
            return [Status("event", topic)]
        info = as_object(message.get("deviceInfo")) or message
        device = as_text(info.get("devEui")) or as_text(info.get("devEUI")) or as_text(info.get("deviceName"))
        if self.claims(topic):
            device = levels[levels.index("device") + 1]
        return self._uplinks.read(
            Uplink(
                device=device,
                port=count_in(message.get("fPort")),
                counter=count_in(message.get("fCnt")),
                decoded=_decoded(message),
                raw=as_text(message.get("data")),
                claimed_time=time_in(as_text(message.get("time"))),
            )
        )


def _decoded(message: Mapping[str, object]) -> Mapping[str, object] | None:
    """The codec's object; version 3 sends it as text."""
    return as_object(message.get("object")) or object_in(as_text(message.get("objectJSON")).encode())
