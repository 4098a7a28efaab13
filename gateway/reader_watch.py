"""One RFID reader under watch: reads become edges; while it is ill, nobody departs. Pure.

Until a reader shows that it works, its places are unobserved. What shows that it completed an inventory is its own word
for it (`rounds` of its table says otherwise); a round in which only new tags answer is a sign of life and no evidence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec
from typing_extensions import override

from gateway import claim
from gateway.claim import Claim
from gateway.config import AntennaSettings, ReaderSettings
from gateway.device import Change, Device, Health
from gateway.hearing import Hearing
from gateway.observe import Presence
from gateway.ports.mailbox import Opened
from gateway.remembering import Remembering
from gateway.session import Moment
from gateway.sighting import Arrived, Edge, Hysteresis, Left, PresenceRule, Present, UnknownSeen
from gateway.wire.iso15693 import MemoryRead
from gateway.wire.items import GAP, RESTARTED, Fault, Item, Noise, Status, TagRead

_STOPPED = {"terminated", "offline", "idle"}
"""A reader that says so takes no inventory."""
_NO_LIFE = {"retained", "command", *_STOPPED}
_BEHIND_MS = 1000
"""How often at most a reader whose messages come late has everything to look for anew."""


class ReaderWatch(Device):
    """One RFID reader: its presence, its health as a whole (0) and antenna by antenna."""

    def __init__(self, settings: ReaderSettings, device: str, presence: Presence, remembering: Remembering) -> None:
        """Watch one reader; `presence` and `remembering` are those of the whole gateway."""
        super().__init__(settings.name, device, port=settings.port, topic=settings.topic)
        self.settings, self.presence, self._remembering = settings, presence, remembering
        self._round_ms = 0
        self._read_ms = 0
        self._hearing = Hearing(device, f"heard/{settings.name}")
        self._runs = False
        self._is_ill = False
        self._fell_silent = False
        self._behind_ms: int | None = None
        # Until it shows that it works, nobody looks at its places.
        presence.suspend(settings.name, 0)
        places = {each.place for each in settings.antennas}
        self.health: dict[int, Health] = {0: Health(self.device, places.pop() if len(places) == 1 else None)}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """What the run before knew of the reader's clock; who was present is restored for all readers at once."""
        self._hearing.restore(state)

    @override
    def heard(self, items: Iterable[Item], moment: Moment) -> Change:
        change, now_ms = Change(), moment.clock_ms
        alive_ms: int | None = None
        for item in items:
            if isinstance(item, TagRead):
                alive_ms = self._read(change, item, now_ms) or alive_ms
            elif isinstance(item, Fault):
                change.add(self._fail(item.antenna, item.reason, now_ms))
            elif isinstance(item, MemoryRead):
                change.add(self._remembering.read(self.name, item, now_ms))
            elif isinstance(item, Status):
                alive_ms = alive_ms if item.name in _NO_LIFE else now_ms
                change.add(self._status(item, now_ms))
            self.life.count(type(item).__name__.lower(), item.count_bytes if isinstance(item, Noise) else 1)
        if alive_ms is not None:
            change.add(self._alive(alive_ms, moment))
        return change

    def _read(self, change: Change, read: TagRead, now_ms: int) -> int | None:
        """One read: what it tells is added to `change`; when it was, unless it is evidence of nothing now."""
        said = self._hearing.read(read, now_ms)
        overtaken = said.at_ms < self._read_ms <= now_ms
        if said.at_ms < now_ms:
            self._behind(now_ms, overtaken=overtaken)
        if said.how != "new" or overtaken:
            # A copy, or one that younger ones overtook.
            self.life.count("repeated" if said.how == "repeat" else "overtaken")
            return None
        self._read_ms = said.at_ms
        change.claims += self._recover(read.antenna, now_ms)
        change.add(self._told(self.presence.read(self.name, read, said.at_ms), said.claimed_ms))
        return said.at_ms

    def _alive(self, alive_ms: int, moment: Moment) -> Change:
        """It gave a sign of life, which belongs to `alive_ms`."""
        change = Change()
        if self._fell_silent:
            self._fell_silent = False
            if not self._is_ill:
                change.add(self._is_well(moment.clock_ms))
        self.life.heard, self._runs = moment, not self._is_ill
        if self.settings.rounds != "reported":
            change.add(self._inferred_round(alive_ms))
        return change

    @property
    @override
    def is_decided(self) -> bool:
        """An empty shelf may be silent on a broker, whose connection is all that is lost there."""
        return (self.topic is not None and self.was_opened) or super().is_decided

    @override
    def opened(self, opened: Opened) -> Change:
        """A line that is open proves nothing yet, and a broker that is back makes no reader well that said it is ill.

        Where the broker forgot what came meanwhile, a reader may have stopped: it has to be heard before it is taken
        to run.
        """
        self._runs = self._runs and opened.continues
        if self.settings.topic is None or self._is_ill or self._fell_silent:
            return Change()
        self.presence.resume(self.name, 0, opened.moment.clock_ms)
        return Change(self.health[0].recover(opened.moment.clock_ms))

    @override
    def lost(self, reason: str, moment: Moment) -> Change:
        self.presence.suspend(self.name, 0)
        return Change(self.health[0].fail(reason, moment.clock_ms))

    @override
    def tick(self, moment: Moment) -> Change:
        change = Change(self._hearing.claims(moment.clock_ms))
        if change.claims:
            # With what was told: a kill before the next minute's state would have it told again.
            change.state |= self._hearing.state()
        if self._is_silent(moment):
            self._fell_silent, self._runs = True, False
            self.presence.suspend(self.name, 0)
            reason = f"nothing heard for {self.settings.silent_after_seconds:.0f} s"
            change.claims += self.health[0].fail(reason, moment.clock_ms)
        if self.settings.rounds == "assumed" and self._runs and not self.presence.suspended(self.name):
            change.add(self._inferred_round(moment.clock_ms))
        return change

    @override
    def stepped(self, step_ms: int) -> Change:
        # The presence of the whole gateway is shifted once, by the watch.
        self._hearing.shift(step_ms)
        self._read_ms, self._round_ms = 0, 0
        return super().stepped(step_ms)

    @override
    def refreshed(self) -> dict[str, bytes | None]:
        """Every presence as it is now, and what is known of the reader's clock."""
        return self._hearing.state() | {
            presence_key(was.tag): msgspec.json.encode(was) for was in self.presence.present(self.name)
        }

    def _is_silent(self, moment: Moment) -> bool:
        """Whether a reader on the broker has said nothing for too long; a line of its own has its own watchdog."""
        heard = self.life.heard
        if self.settings.topic is None or heard is None:
            return False
        return moment.seconds - heard.seconds > self.settings.silent_after_seconds

    def _status(self, status: Status, now_ms: int) -> Change:
        if status.name == "antenna-connected":
            self.presence.resume(self.name, status.antenna, now_ms)
            return Change(self._health(status.antenna).recover(now_ms))
        if status.name == RESTARTED:
            return self._restarted(status, now_ms)
        if status.name == GAP:
            since_ms = self.life.heard.clock_ms if self.life.heard else now_ms
            return Change([claim.gap(self.device, status.detail, since_ms=since_ms, now_ms=now_ms)])
        if status.name in _STOPPED:
            return self._fail(0, f"the reader says {status.name} {status.detail}", now_ms)
        change = Change()
        if status.name == "running" or (status.completes_round and status.antenna == 0):
            change.add(self._is_well(now_ms))
        if status.completes_round:
            change.add(self._told(self.presence.round_completed(self.name, now_ms)))
        return change

    def _restarted(self, status: Status, now_ms: int) -> Change:
        self.presence.begin_anew(self.name, now_ms)
        since_ms = self.life.heard.clock_ms if self.life.heard else now_ms
        reason = f"the reader restarted {status.detail}".rstrip()
        return Change([claim.gap(self.device, reason, since_ms=since_ms, now_ms=now_ms)])

    def _inferred_round(self, now_ms: int) -> Change:
        if 0 <= now_ms - self._round_ms < self.settings.interval_seconds * 1000:
            return Change()
        self._round_ms = now_ms
        return self._told(self.presence.round_completed(self.name, now_ms))

    def _fail(self, antenna: int, reason: str, now_ms: int) -> Change:
        """It says that it is ill, or is found so."""
        self.presence.suspend(self.name, antenna)
        if antenna == 0:
            self._is_ill, self._runs = True, False
        return Change(self._health(antenna).fail(reason, now_ms))

    def _is_well(self, now_ms: int) -> Change:
        """It says that it works."""
        self._is_ill = False
        self.presence.resume(self.name, 0, now_ms)
        return Change(self.health[0].recover(now_ms))

    def _behind(self, now_ms: int, *, overtaken: bool) -> None:
        """What it says now was said a while ago, or its clock was set back: what it does not say yet proves nothing.

        Where its reads are its rounds, those it held back are as old as they are, and so is the silence between them.
        """
        if not overtaken and self.settings.rounds == "reads":
            return
        if self._behind_ms is None or not 0 <= now_ms - self._behind_ms < _BEHIND_MS:
            self._behind_ms = now_ms
            self.presence.begin_anew(self.name, now_ms)

    def _recover(self, antenna: int, now_ms: int) -> list[Claim]:
        self._is_ill = False
        claims = self.health[0].recover(now_ms)
        if antenna in self.health and antenna != 0:
            claims += self.health[antenna].recover(now_ms)
        return claims

    def _health(self, antenna: int) -> Health:
        if antenna not in self.health:
            place = self.presence.rules[self.name].place_of(antenna)
            self.health[antenna] = Health(f"{self.device}/antenna-{antenna}", place)
        return self.health[antenna]

    def _told(self, edges: Iterable[Edge], claimed_ms: int | None = None) -> Change:
        edges = [replace(edge, claimed_ms=claimed_ms) if isinstance(edge, Arrived) else edge for edge in edges]
        for edge in edges:
            self.life.count(type(edge).__name__.lower())
        change = told(edges, self.presence, self.device.rpartition("/")[0])
        change.add(self._remembering.follow(edges))
        return change

    @override
    def close(self, moment: Moment) -> Change:
        return Change()

    @override
    def healths(self) -> Iterable[Health]:
        return self.health.values()

    @override
    def counts(self) -> dict[str, int]:
        return {
            "present": sum(1 for _ in self.presence.present(self.name)),
            "ignored": self.presence.ignored.get(self.name, 0),
        }


def rule_of(settings: ReaderSettings) -> PresenceRule:
    """How a reader's reads are believed, by its table in gateway.toml."""
    usual = Hysteresis(
        settings.arrive_reads,
        round(settings.arrive_within_seconds * 1000),
        round(settings.leave_after_seconds * 1000),
        round(settings.margin_db * 100),
        round(settings.dwell_seconds * 1000),
    )
    return PresenceRule(
        places={each.antenna: each.place for each in settings.antennas},
        usual=usual,
        own={each.antenna: _own(each, usual) for each in settings.antennas},
        known_tags=settings.known_tags,
        unknown_reads=settings.unknown_reads,
    )


def _own(antenna: AntennaSettings, usual: Hysteresis) -> Hysteresis:
    """What a read point says of itself, over what its reader says of all."""

    def milliseconds(seconds: float | None, otherwise: int) -> int:
        return otherwise if seconds is None else round(seconds * 1000)

    return Hysteresis(
        antenna.arrive_reads or usual.arrive_reads,
        milliseconds(antenna.arrive_within_seconds, usual.arrive_within_ms),
        milliseconds(antenna.leave_after_seconds, usual.leave_after_ms),
        usual.margin_centi_dbm if antenna.margin_db is None else round(antenna.margin_db * 100),
        milliseconds(antenna.dwell_seconds, usual.dwell_ms),
    )


def presence_key(tag: str) -> str:
    """Under which name a presence is kept."""
    return f"presence/{tag}"


def restored(state: Mapping[str, bytes], presence: Presence, gateway: str, now_ms: int) -> Change:
    """Who was present in the run before; nobody saw them since.

    Args:
        state: what was kept of that run.
        presence: that of this run.
        gateway: its identifier, `device:…`.
        now_ms: the present.
    """
    change = Change()
    for name, value in sorted(state.items()):
        if name.startswith(presence_key("")):
            was = msgspec.json.decode(value, type=Present)
            change.add(told(presence.restore(was, now_ms), presence, gateway))
    return change


def told(edges: Iterable[Edge], presence: Presence, gateway: str) -> Change:
    """The events of edges, and the presence that is kept with them."""
    change = Change()
    for edge in edges:
        present = presence.present_tag(edge.tag)
        change.state[presence_key(edge.tag)] = None if present is None else msgspec.json.encode(present)
        device = f"{gateway}/{edge.reader}"
        if isinstance(edge, Arrived):
            change.claims.append(claim.arrived(edge, device=device))
        elif isinstance(edge, Left):
            change.claims.append(claim.left(edge, device=device))
        elif isinstance(edge, UnknownSeen):
            change.claims.append(claim.unknown_seen(edge, device=device))
        else:
            change.claims.append(claim.uncertain(edge, device=device))
    return change
