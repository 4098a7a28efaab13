"""Zigbee temperature sensors behind Zigbee2MQTT: JSON state on `zigbee2mqtt/<name>`, availability beside it.

    python -m firmware_mocks.zigbee2mqtt --port 1883 --zone fridge-1=fridge [--every 60] [--retain]

A zone's name is the sensor's friendly name. The state carries battery, humidity, last_seen (as `ISO_8601`, or `epoch`
milliseconds, or not at all with `disable`), linkquality, temperature and voltage. `zigbee2mqtt/<name>/availability` and
`zigbee2mqtt/bridge/state` hold `{"state": "online"}`, retained; the broker sets the latter to offline when the bridge
vanishes. At every connection but the first the bridge publishes its cached states again, unchanged.

Commands: those of zones; `{"cmd": "availability", "zone": "fridge-1", "online": false}`, after which the sensor is
silent until it is online again. Faults: those of a message, those of a reading, `invalid`, `null`, `cached`.
"""

import json
import random

from firmware_mocks.clock import Pace, rfc3339
from firmware_mocks.control import (
    CommandError,
    Request,
    Setting,
    common_options,
    flag,
    mqtt_options,
    run,
    setting,
    text,
)
from firmware_mocks.faults import MESSAGE_FAULTS, READING_FAULTS
from firmware_mocks.links import MqttLink
from firmware_mocks.messages import FaultyTopic
from firmware_mocks.zones import Truth, Zone, Zones

FAULTS = {
    **MESSAGE_FAULTS,
    **READING_FAULTS,
    "invalid": "327.67 degrees: 7FFF, what some sensors send below their range",
    "null": "temperature is null",
    "cached": "the previous state again, with its old last_seen",
}

BASE_TOPIC = "zigbee2mqtt"
LAST_SEEN = ("ISO_8601", "epoch", "disable")
_BRIDGE_STATE = f"{BASE_TOPIC}/bridge/state"
_ONLINE, _OFFLINE = '{"state":"online"}', '{"state":"offline"}'
_INVALID_CELSIUS = 327.67
_FLOOR_SECONDS = 0.02
_CONNECT_SECONDS = 15.0
# MQTT wildcards and levels; and a space makes at least one broker drop the connection of who publishes with it.
_NOT_IN_A_NAME = set(" +#/\0")


class Bridge:
    """The bridge and its sensors."""

    def __init__(
        self, link: MqttLink, common: Setting, zones: Zones, *, every_seconds: float, last_seen: str, retain: bool
    ) -> None:
        """A bridge that knows no state yet."""
        self._link, self._plan, self._zones = link, common.plan, zones
        self._last_seen, self._retain = last_seen, retain
        self._topics = {
            zone.name: FaultyTopic(link, common.plan, f"{BASE_TOPIC}/{zone.name}", late_seconds=common.late_seconds)
            for zone in zones
        }
        self._jitter = random.Random(f"{common.seed}:state")
        self._truth = Truth(common.truth)
        self._pace = Pace(round(every_seconds * 1000), floor_seconds=_FLOOR_SECONDS)
        self._cache: dict[str, bytes] = {}
        self._offline: set[str] = set()
        self._states = 0

    def receive(self, octets: bytes, now_ms: int) -> None:
        """The bridge does not listen."""

    def advance(self, now_ms: int) -> None:
        """Announce what is online, and report when it is time."""
        self._zones.advance(now_ms)
        if self._link.just_connected():
            self._announce()
        if self._pace.due(now_ms):
            for zone in self._zones:
                if zone.name not in self._offline:
                    self._report(zone, now_ms)

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey `availability` and the commands of zones."""
        if command != "availability":
            return self._zones.obey(command, request, now_ms)
        name = text(request, "zone")
        if name not in self._topics:
            raise CommandError(f"zone {name!r}: expected one of {', '.join(self._topics)}")
        (self._offline.discard if flag(request, "online") else self._offline.add)(name)
        self._availability(name)
        return {}

    def counters(self) -> dict[str, object]:
        """States published, and the readings served."""
        return {"states": self._states, **self._truth.counters()}

    def _announce(self) -> None:
        self._link.publish(_BRIDGE_STATE, _ONLINE.encode(), retain=True)
        for name, topic in self._topics.items():
            self._availability(name)
            if name in self._cache:
                self._link.publish(topic.name, self._cache[name], retain=self._retain)

    def _availability(self, name: str) -> None:
        state = _OFFLINE if name in self._offline else _ONLINE
        self._link.publish(f"{BASE_TOPIC}/{name}/availability", state.encode(), retain=True)

    def _report(self, zone: Zone, now_ms: int) -> None:
        celsius, fault = self._value(zone, now_ms)
        payload = self._state(celsius, now_ms)
        cached = self._cache.get(zone.name)
        if cached is not None and self._plan.strikes("cached", now_ms):
            payload, fault, celsius = cached, "cached", json.loads(cached)["temperature"]
        self._cache[zone.name] = payload
        self._states += 1
        faults = self._topics[zone.name].publish(payload, now_ms, retain=self._retain)
        carried = None if celsius is None or fault == "invalid" else round(celsius * 100)
        self._truth.served(zone.name, now_ms, carried, [fault, *faults])

    def _value(self, zone: Zone, now_ms: int) -> tuple[float | None, str | None]:
        """The temperature in hundredths' precision, and what is wrong with it."""
        celsius, fault = self._zones.reading(zone, now_ms, self._plan)
        wrong: dict[str, float | None] = {"zero": 0.0, "invalid": _INVALID_CELSIUS, "null": None}
        for name, value in wrong.items():
            if self._plan.strikes(name, now_ms):
                return value, name
        return round(celsius, 2), fault

    def _state(self, celsius: float | None, now_ms: int) -> bytes:
        state: dict[str, object] = {"battery": 97, "humidity": round(55 + self._jitter.uniform(-3, 3), 2)}
        if self._last_seen == "ISO_8601":
            state["last_seen"] = rfc3339(now_ms)
        elif self._last_seen == "epoch":
            state["last_seen"] = now_ms
        state |= {"linkquality": self._jitter.randrange(90, 230), "temperature": celsius, "voltage": 2995}
        return json.dumps(state, separators=(",", ":")).encode()


def main() -> None:
    """Run the bridge until stdin ends."""
    parser = common_options(__doc__ or "")
    mqtt_options(parser)
    parser.add_argument("--zone", action="append", default=[], metavar="NAME=KIND", help="repeatable; see zones.py")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between states, by the clock")
    parser.add_argument("--retain", action="store_true", help="publish every state retained")
    parser.add_argument("--last-seen", choices=LAST_SEEN, default="ISO_8601", help="as in the bridge's configuration")
    parser.add_argument("--client-id", default="zigbee2mqtt_1", help="two bridges on one broker need two")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    try:
        zones = Zones(options.zone, seed=common.seed)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    if spoilt := [zone.name for zone in zones if _NOT_IN_A_NAME & set(zone.name)]:
        raise SystemExit(f"zone {spoilt[0]!r}: a friendly name here has no space, +, # or /")
    link = MqttLink(options.host, options.port, client_id=options.client_id, will=(_BRIDGE_STATE, _OFFLINE))
    link.connect(within_seconds=_CONNECT_SECONDS)
    bridge = Bridge(
        link, common, zones, every_seconds=options.every, last_seen=options.last_seen, retain=options.retain
    )
    run(bridge, link, common)


if __name__ == "__main__":
    main()
