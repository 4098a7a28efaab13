"""The watch: what the letters of the ports mean for every configured device.

Pure: letters and moments in, changes out. Here reads become edges, readings become segments, scans become labels, and
the health of each device is kept: a fault is told once when it begins and once when it is over. `runner` commits each
`Change` to the outbox as a whole, so that after a kill the watch is restored to exactly what the events say.
"""

from collections.abc import Callable, Iterable, Mapping

from gateway import claim
from gateway.claim import Claim
from gateway.config import Config
from gateway.device import BROKER, READINGS_BROKER, Change, Device, DeviceStatus
from gateway.identity import STATE, Door
from gateway.observe import Presence
from gateway.ports.mailbox import Heard, Letter, Lost, Opened, Stepped
from gateway.probe_watch import ProbeWatch
from gateway.reader_watch import ReaderWatch, restored, rule_of
from gateway.remembering import Remembering
from gateway.scanner_watch import ScannerWatch
from gateway.session import Moment
from gateway.wire.families import FAMILIES
from gateway.wire.items import Status
from gateway.wire.sparkplug_b.decoder import HOLE
from ledger.core.ids import format_instant, parse_instant
from ledger.core.labels.reading import ISBT_128_ALONE, Reading

REFRESH_SECONDS = 60.0


class Watch:
    """All devices of one gateway. See the module."""

    def __init__(self, config: Config, *, salt: Callable[[], bytes], reading: Reading = ISBT_128_ALONE) -> None:
        """Watch what `config` names; `salt` gives 16 random bytes, `reading` is how labels are read."""
        name = config.gateway.name
        self._gateway = f"device:{name}"
        self._presence = Presence({each.name: rule_of(each) for each in config.readers})
        layouts = {each.name: each.memory for each in config.readers if each.memory is not None}
        self._remembering = Remembering(self._gateway, self._presence, layouts, salt)
        self._readers = [
            ReaderWatch(each, f"device:{name}/{each.name}", self._presence, self._remembering)
            for each in config.readers
        ]
        self._probes = [ProbeWatch(each, f"device:{name}/{each.name}") for each in config.probes]
        scanners = [ScannerWatch(each, f"device:{name}/{each.name}", salt, reading) for each in config.scanners]
        self._devices: list[Device] = [*self._readers, *self._probes, *scanners]
        # A reader whose identity a person wrote down is judged by that alone: where it is greeted, if that is here.
        self._doors = {
            each.name: Door(each.name, wanted=each.identity)
            for each in config.readers
            if each.port and (not each.identity or each.family not in FAMILIES)
        }
        self._refreshed_at: float | None = None
        self._brokers_seen: set[str] = set()
        self._broker_away_ms: dict[str, int] = {}

    def restore(self, state: Mapping[str, bytes], moment: Moment) -> Change:
        """What the run before left behind; tells the gap since then."""
        change = Change()
        for reader in self._readers:
            reader.restore(state)
        self._remembering.restore(state)
        change.add(restored(state, self._presence, self._gateway, moment.clock_ms))
        for probe in self._probes:
            change.add(probe.restore(state))
        for name, door in self._doors.items():
            door.known = "" if door.wanted else state.get(STATE + name, b"").decode()
        self._brokers_seen = {source for source in (BROKER, READINGS_BROKER) if _seen(source) in state}
        alive = state.get("alive")
        if alive is not None:
            since_ms = parse_instant(alive.decode())
            self._broker_away_ms = dict.fromkeys(self._brokers_seen, since_ms)
            reason = "the gateway was not running"
            change.claims.append(claim.gap(self._gateway, reason, since_ms=since_ms, now_ms=moment.clock_ms))
        return change

    def letter(self, letter: Letter) -> Change:
        """What one letter of a port means."""
        if isinstance(letter, Heard):
            # First: a hole is as old as what was heard before this message.
            holes = self._holes(letter)
            change = _all(self._heard(device, letter) for device in self._devices if device.hears(letter))
            change.claims += holes
            return change
        if isinstance(letter, Stepped):
            return self.stepped(letter)
        here = [device for device in self._devices if device.is_on(letter.source)]
        if isinstance(letter, Lost):
            if letter.source in {BROKER, READINGS_BROKER}:
                self._broker_away_ms.setdefault(letter.source, _last_heard_ms(here, letter.moment.clock_ms))
            return _all(device.lost(letter.reason, letter.moment) for device in here)
        for device in here:
            if (door := self._doors.get(device.name)) is not None:
                door.opened()
            device.was_opened = True
        change = _all(device.opened(letter) for device in here)
        if letter.source in {BROKER, READINGS_BROKER}:
            change.add(self._broker_opened(letter))
        return change

    def _heard(self, device: Device, letter: Heard) -> Change:
        change = device.spoilt(letter.items, letter.moment)
        door = self._doors.get(device.name)
        if door is None:
            change.add(device.heard(letter.items, letter.moment))
            return change
        admitted, told = door.admit(letter.items)
        change.add(told)
        change.add(device.heard(admitted, letter.moment))
        return change

    def _holes(self, letter: Heard) -> list[Claim]:
        """The numbers that a Sparkplug node left out: told once, whichever of its devices lost a message."""
        holes = []
        for item in letter.items:
            node, _, why = item.detail.partition(": ") if isinstance(item, Status) else ("", "", "")
            here = [each for each in self._probes if why == HOLE and each.hears(letter) and each.is_of_node(node)]
            if here:
                now_ms = letter.moment.clock_ms
                reason = f"the node {node} left out a number: a message of one of its devices may be gone"
                since_ms = _last_heard_ms(here, now_ms)
                holes.append(claim.gap(f"{self._gateway}/{letter.source}", reason, since_ms=since_ms, now_ms=now_ms))
        return holes

    def tick(self, moment: Moment) -> Change:
        """Time passed: silence, and once a minute the state that only grows older."""
        change = _all(device.tick(moment) for device in self._devices)
        if self._refreshed_at is None or moment.seconds - self._refreshed_at >= REFRESH_SECONDS:
            self._refreshed_at = moment.seconds
            change.state |= self._refreshed(moment.clock_ms)
        return change

    def stepped(self, stepped: Stepped) -> Change:
        """The gateway's clock was set: intervals go on, what is remembered moves along, and the step is told."""
        self._presence.shift(stepped.step_ms)
        away = self._broker_away_ms
        self._broker_away_ms = {source: since_ms + stepped.step_ms for source, since_ms in away.items()}
        change = _all(device.stepped(stepped.step_ms) for device in self._devices)
        told = claim.clock_skew(self._gateway, "interval", stepped.step_ms, now_ms=stepped.now_ms)
        change.claims.append(told)
        change.state |= self._refreshed(stepped.now_ms)
        return change

    def close(self, moment: Moment) -> Change:
        """The gateway stops: segments close; who is present stays present, unobserved."""
        change = _all(device.close(moment) for device in self._devices)
        change.state |= self._refreshed(moment.clock_ms)
        return change

    def undecided(self) -> frozenset[str]:
        """The devices of which this run does not know yet whether they work."""
        return frozenset(each.device for each in self._devices if not each.is_decided)

    def statuses(self) -> list[DeviceStatus]:
        """Every device, for a person."""
        return [device.status() for device in self._devices]

    def _broker_opened(self, opened: Opened) -> Change:
        """A broker that forgot our session may have forgotten messages; at the very first connection it owes none."""
        source, now_ms = opened.source, opened.moment.clock_ms
        change = Change(state={_seen(source): b"seen"})
        # What is heard of the new connection already, before its last subscription is granted, ends no hole.
        away_ms = self._broker_away_ms.pop(source, None)
        if source in self._brokers_seen and not opened.continues:
            reason = "the broker lost the session: messages in between may be gone"
            here = [device for device in self._devices if device.is_on(source)]
            since_ms = _last_heard_ms(here, now_ms) if away_ms is None else away_ms
            change.claims.append(claim.gap(f"{self._gateway}/{source}", reason, since_ms=since_ms, now_ms=now_ms))
        self._brokers_seen.add(source)
        return change

    def _refreshed(self, now_ms: int) -> dict[str, bytes | None]:
        state: dict[str, bytes | None] = {"alive": format_instant(now_ms).encode()}
        for device in self._devices:
            state |= device.refreshed()
        return state


def _seen(source: str) -> str:
    """Under which name it is kept that a connection was open once."""
    return f"broker/{source}"


def _last_heard_ms(devices: Iterable[Device], now_ms: int) -> int:
    """When one of them was last heard; the present where none was."""
    return max((each.life.heard.clock_ms for each in devices if each.life.heard), default=now_ms)


def _all(changes: Iterable[Change]) -> Change:
    whole = Change()
    for change in changes:
        whole.add(change)
    return whole
