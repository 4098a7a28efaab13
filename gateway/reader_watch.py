"""One RFID reader under watch: reads become edges; while it is ill, nobody departs. Pure."""

from collections.abc import Iterable, Mapping

import msgspec
from typing_extensions import override

from gateway import claim
from gateway.claim import Claim
from gateway.config import ReaderSettings
from gateway.device import Change, Device, Health
from gateway.observe import Arrived, Edge, Left, Presence, PresenceRule, Present
from gateway.ports.mailbox import Opened
from gateway.session import Moment
from gateway.wire.items import Fault, Item, Noise, Status, TagRead

_NO_LIFE = {"retained", "terminated", "offline", "command"}


class ReaderWatch(Device):
    """One RFID reader: its presence, its health as a whole (0) and antenna by antenna."""

    def __init__(self, settings: ReaderSettings, device: str) -> None:
        super().__init__(settings.name, device, port=settings.port, topic=settings.topic)
        self.settings = settings
        self._round_ms = 0
        self._connected = False
        self.presence = Presence(
            PresenceRule(
                places={each.antenna: each.place for each in settings.antennas},
                arrive_reads=settings.arrive_reads,
                arrive_within_ms=round(settings.arrive_within_seconds * 1000),
                leave_after_ms=round(settings.leave_after_seconds * 1000),
                margin_centi_dbm=round(settings.margin_db * 100),
                dwell_ms=round(settings.dwell_seconds * 1000),
                known_tags=settings.known_tags,
            )
        )
        places = {each.place for each in settings.antennas}
        self.health: dict[int, Health] = {0: Health(self.device, places.pop() if len(places) == 1 else None)}

    def restore(self, state: Mapping[str, bytes], now_ms: int) -> Change:
        """Who was present in the run before; nobody saw them since."""
        change = Change()
        for value in state.values():
            was = msgspec.json.decode(value, type=Present)
            change.add(self._told(self.presence.restore(was, now_ms)))
        return change

    @override
    def heard(self, items: Iterable[Item], moment: Moment) -> Change:
        change = Change()
        now_ms = moment.clock_ms
        alive = False
        for item in items:
            if isinstance(item, TagRead):
                alive = True
                change.claims += self._recover(item.antenna, now_ms)
                change.add(self._told(self.presence.read(item, now_ms)))
            elif isinstance(item, Fault):
                self.presence.suspend(item.antenna)
                change.claims += self._health(item.antenna).fail(item.reason, now_ms)
            elif isinstance(item, Status):
                alive = alive or item.name not in _NO_LIFE
                change.add(self._status(item, now_ms))
            self.life.count(type(item).__name__.lower(), item.count_bytes if isinstance(item, Noise) else 1)
        if alive:
            self.life.heard = moment
            if self.settings.rounds != "reported":
                change.add(self._inferred_round(now_ms))
        return change

    @override
    def opened(self, opened: Opened) -> Change:
        """A line that is open proves nothing yet; a broker's reader is believed until it is heard to be ill."""
        self._connected = True
        if self.settings.topic is None:
            return Change()
        self.presence.resume(0, opened.moment.clock_ms)
        return Change(self.health[0].recover(opened.moment.clock_ms))

    @override
    def lost(self, reason: str, moment: Moment) -> Change:
        self._connected = False
        self.presence.suspend(0)
        return Change(self.health[0].fail(reason, moment.clock_ms))

    @override
    def tick(self, moment: Moment) -> Change:
        if self.settings.rounds != "assumed" or not self._connected or self.presence.suspended():
            return Change()
        return self._inferred_round(moment.clock_ms)

    @override
    def refreshed(self) -> dict[str, bytes | None]:
        """Every presence as it is now."""
        return {self._key(was.tag): msgspec.json.encode(was) for was in self.presence.present()}

    def _status(self, status: Status, now_ms: int) -> Change:
        if status.name == "antenna-connected":
            self.presence.resume(status.antenna, now_ms)
            return Change(self._health(status.antenna).recover(now_ms))
        if status.name in {"terminated", "offline"}:
            self.presence.suspend(0)
            return Change(self.health[0].fail(f"the reader says {status.name} {status.detail}", now_ms))
        if not status.completes_round:
            return Change()
        change = Change()
        if status.antenna == 0:
            change.claims += self.health[0].recover(now_ms)
            self.presence.resume(0, now_ms)
        change.add(self._told(self.presence.round_completed(now_ms)))
        return change

    def _inferred_round(self, now_ms: int) -> Change:
        if 0 <= now_ms - self._round_ms < self.settings.interval_seconds * 1000:
            return Change()
        self._round_ms = now_ms
        return self._told(self.presence.round_completed(now_ms))

    def _recover(self, antenna: int, now_ms: int) -> list[Claim]:
        claims = self.health[0].recover(now_ms)
        if antenna in self.health and antenna != 0:
            claims += self.health[antenna].recover(now_ms)
        return claims

    def _health(self, antenna: int) -> Health:
        if antenna not in self.health:
            place = self.presence.rule.place_of(antenna)
            self.health[antenna] = Health(f"{self.device}/antenna-{antenna}", place)
        return self.health[antenna]

    def _told(self, edges: Iterable[Edge]) -> Change:
        change = Change()
        for edge in edges:
            present = self.presence.present_tag(edge.tag)
            change.state[self._key(edge.tag)] = None if present is None else msgspec.json.encode(present)
            if isinstance(edge, Arrived):
                change.claims.append(claim.arrived(edge, device=self.device))
            elif isinstance(edge, Left):
                change.claims.append(claim.left(edge, device=self.device))
            else:
                change.claims.append(claim.unknown_seen(edge, device=self.device))
            self.life.count(type(edge).__name__.lower())
        return change

    def _key(self, tag: str) -> str:
        return f"presence/{self.settings.name}/{tag}"

    @override
    def close(self, moment: Moment) -> Change:
        return Change()

    @override
    def healths(self) -> Iterable[Health]:
        return self.health.values()

    @override
    def counts(self) -> dict[str, int]:
        return {"present": sum(1 for _ in self.presence.present()), "ignored": self.presence.ignored}
