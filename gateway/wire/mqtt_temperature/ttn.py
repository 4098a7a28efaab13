"""The Things Network, The Things Stack v3: `v3/<application>@<tenant>/devices/<device>/up` (MQTT server, data formats).

Only `up` can carry a reading; joins, downlinks and locations are signs of life. Empty fields are left out of the JSON,
so `f_cnt` is absent when it is 0. `normalized_payload` is a list of measurements in units that the server prescribes,
`air.temperature` in °C among them: read where the device's own formatter gives none. What somebody simulated on the
console says so, and is no measurement.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.wire.items import Item, Status
from gateway.wire.mqtt_json import as_object, as_text, object_in, time_in
from gateway.wire.mqtt_temperature.lorawan import Uplink, Uplinks, count_in, unreadable


@dataclass(slots=True)
class Ttn:
    """See `Dialect`."""

    _uplinks: Uplinks = field(default_factory=Uplinks, init=False)

    def claims(self, topic: str) -> bool:
        """See `Dialect.claims`."""
        levels = topic.split("/")
        return levels[0] == "v3" and len(levels) > 4 and levels[2] == "devices"

    def recognises(self, payload: bytes) -> bool:
        """See `Dialect.recognises`."""
        return "end_device_ids" in (object_in(payload) or {})

    def read(self, topic: str, payload: bytes) -> list[Item]:
        """See `Dialect.read`."""
        message = object_in(payload)
        if message is None:
            return unreadable(payload)
        levels = topic.split("/")
        ids = as_object(message.get("end_device_ids")) or {}
        device = levels[3] if self.claims(topic) else as_text(ids.get("device_id"))
        uplink = as_object(message.get("uplink_message"))
        if "down" in levels[4:]:
            return [Status("command", topic)]
        if uplink is None:
            return [Status("event", topic)]
        claimed = time_in(as_text(uplink.get("received_at"))) or time_in(as_text(message.get("received_at")))
        return self._uplinks.read(
            Uplink(
                device=device,
                port=count_in(uplink.get("f_port")),
                counter=count_in(uplink.get("f_cnt")),
                decoded=as_object(uplink.get("decoded_payload")) or _normalized(uplink),
                raw=as_text(uplink.get("frm_payload")),
                claimed_time=claimed,
                simulated=message.get("simulated") is True or uplink.get("simulated") is True,
            )
        )


def _normalized(uplink: Mapping[str, object]) -> dict[str, object] | None:
    """The newest of the server's normalised measurements of the air, under the names of a device's formatter."""
    told = uplink.get("normalized_payload")
    measurements = [as_object(each) or {} for each in (told if isinstance(told, list) else [told])]
    air = [found for each in measurements if (found := as_object(each.get("air")))]
    if not air:
        return None
    names = {"temperature": "temperature", "relativeHumidity": "humidity"}
    return {ours: air[-1][name] for name, ours in names.items() if name in air[-1]}
