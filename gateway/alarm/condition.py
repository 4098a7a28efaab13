"""What is wrong right now: conditions, each with its cause, the device that it is about, and why. Pure.

A condition becomes an alarm once it has lasted as long as its cause may: a probe that went silent at once, a ledger
that is out of reach only after an hour. `Patience` keeps that time in real seconds, so that a jump of the clock alone
raises nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.alarm.kept import Key
from gateway.alarm.settings import AlarmSettings
from gateway.config import Config
from gateway.device import DeviceStatus
from gateway.status import UPLINK, Status
from ledger.core.kinds import AlarmCause

CLOCKS_APART_MS = 5 * 60_000
"""So far may the ledger's clock be off before a person hears of it: a wrong time server, a day, an hour."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is wrong.

    Attributes:
        cause: see `kinds.AlarmCause`.
        device: what it is about, `device:…`; the gateway itself where it is about that.
        reason: in words.
        place: where; empty where that says nothing.
    """

    cause: AlarmCause
    device: str
    reason: str
    place: str = ""

    @property
    def key(self) -> Key:
        """See `Key`."""
        return self.cause, self.device


@dataclass(frozen=True, slots=True)
class Facts:
    """What the conditions are judged from.

    Attributes:
        status: the gateway's.
        refusal: why the ledger is not believed; empty while it is.
        storage: why nothing can be kept; empty while it can.
        mains: whether there is mains power; None: nobody tells.
        outputs: why each ill output is ill, by its name.
        undecided: the devices of which nothing is known yet since the start.
    """

    status: Status
    refusal: str = ""
    storage: str = ""
    mains: bool | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    undecided: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Roles:
    """Which device is what, by the configuration."""

    readers: frozenset[str]
    scanners: frozenset[str]
    probes: frozenset[str]

    @classmethod
    def of(cls, config: Config) -> "Roles":
        """The roles that a configuration gives."""
        return cls(
            frozenset(each.name for each in config.readers),
            frozenset(each.name for each in config.scanners),
            frozenset(each.name for each in config.probes),
        )

    def lost(self, name: str) -> AlarmCause:
        """The cause of an alarm about this device's own illness."""
        if name in self.probes:
            return "probe_silent"
        return "scanner_lost" if name in self.scanners else "reader_lost"


def conditions(facts: Facts, roles: Roles, settings: AlarmSettings) -> list[Condition]:
    """Everything that is wrong at this second."""
    found = [each for device in facts.status.devices for each in _of_device(device, roles)]
    return [*found, *_of_gateway(facts, settings)]


def _of_device(device: DeviceStatus, roles: Roles) -> Iterator[Condition]:
    if device.beyond:
        now = "" if device.reading is None else f"{device.reading / 100:.2f} °C, "
        limit = device.high if device.beyond == "high" else device.low
        bound = "" if limit is None else f"the limit is {limit / 100:.2f} °C"
        yield Condition("excursion", device.device, f"{now}{bound}", device.place)
    elif device.warned:
        now = "" if device.reading is None else f"{device.reading / 100:.2f} °C, "
        yield Condition("temperature_warning", device.device, f"{now}beyond its warning limit", device.place)
    if device.state == "fault":
        yield Condition(roles.lost(device.name), device.device, device.reason, device.place)
    elif device.name in roles.probes and device.last_heard is not None and device.reading is None:
        yield Condition("probe_unknown", device.device, "what it says cannot be believed", device.place)


def _of_gateway(facts: Facts, settings: AlarmSettings) -> Iterator[Condition]:
    status = facts.status
    gateway = f"device:{status.gateway}"
    yield from _of_ledger(facts, gateway)
    room = status.room
    if room is not None and room.free_bytes < settings.free_mb * 1e6:
        reason = f"{room.free_bytes / 1e6:.0f} MB are free, expected {settings.free_mb:.0f} at least"
        yield Condition("outbox_full", gateway, reason)
    if facts.storage:
        yield Condition("storage_failed", gateway, facts.storage)
    if abs(status.ledger_ahead_ms) >= CLOCKS_APART_MS:
        yield Condition("clock_lost", gateway, status.clocks_apart)
    elif status.clock == "unsynchronised":
        yield Condition("clock_lost", gateway, "nothing disciplines the clock")
    if facts.mains is False:
        yield Condition("power_lost", gateway, "there is no mains power")
    for name, reason in facts.outputs.items():
        yield Condition("output_failed", f"{gateway}/{name}", reason)


def _of_ledger(facts: Facts, gateway: str) -> Iterator[Condition]:
    status = facts.status
    if facts.refusal:
        yield Condition("ledger_refused", gateway, facts.refusal)
    stopped = [f"{name}: {stream.stopped}" for name, stream in status.streams.items() if stream.stopped]
    if stopped:
        yield Condition("stream_stopped", gateway, "; ".join(stopped))
    undelivered = [each for each in status.alarms if each.startswith(UPLINK)]
    if status.ledger != "reachable":
        yield Condition("ledger_unreachable", gateway, "the ledger does not answer")
    elif undelivered:
        # It answers, and not with a receipt: for whoever waits for what was observed that is the same.
        yield Condition("ledger_unreachable", gateway, undelivered[0].removeprefix(UPLINK))


@dataclass(slots=True)
class Patience:
    """Lets a condition through once it has lasted long enough, in real seconds."""

    settings: AlarmSettings
    _since: dict[Key, float] = field(default_factory=dict, init=False)

    def lasting(
        self, found: Sequence[Condition], now: float, *, standing: Collection[Key] = frozenset()
    ) -> list[Condition]:
        """Those that have lasted, `standing` alarms' among them; what is not `found` any more begins anew."""
        self._since = {each.key: self._since.get(each.key, now) for each in found}
        return [
            each
            for each in found
            if each.key in standing or now - self._since[each.key] >= self._allowed_seconds(each.cause)
        ]

    def _allowed_seconds(self, cause: AlarmCause) -> float:
        match cause:
            case "probe_unknown":
                return self.settings.unknown_after_seconds
            case "clock_lost":
                return self.settings.clock_after_seconds
            case "ledger_unreachable":
                return self.settings.ledger_after_seconds
            case _:
                return 0.0


def by_key(found: Iterable[Condition]) -> dict[Key, Condition]:
    """Each condition under its key."""
    return {each.key: each for each in found}
