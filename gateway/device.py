"""What every watched device has: its health, its signs of life, and the changes that letters of its port bring.

A `Change` is what is committed as a whole: the events to be, and the state that must survive with them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from gateway import claim
from gateway.claim import Claim
from gateway.clock import Trust
from gateway.noise import NoiseRate
from gateway.ports.mailbox import Heard, Opened
from gateway.session import Moment
from gateway.wire.items import Item, Noise
from ledger.core.ids import format_instant

BROKER, READINGS_BROKER = "mqtt", "mqtt/readings"
"""The two connections to the broker: readings that wait for room on the disk must not hold up custody behind them."""
"""The source of letters that came through the broker."""


@dataclass(slots=True)
class Change:
    """What happened: events to be, and the state that goes with them."""

    claims: list[Claim] = field(default_factory=list)
    state: dict[str, bytes | None] = field(default_factory=dict)
    unpaired: list[str] = field(default_factory=list)
    """The lines of scanners where the half of a bag came to nothing, and somebody has to hear that."""

    def add(self, other: "Change") -> None:
        """This, and then that."""
        self.claims += other.claims
        self.state |= other.state
        self.unpaired += other.unpaired

    def observed(self, clock: Trust | None) -> "Change":
        """The same, by a clock that was trusted so far."""
        return Change([claim.observed(each, clock) for each in self.claims], self.state, self.unpaired)


@dataclass(slots=True)
class Health:
    """Whether one device can be believed, told in events only when that changes."""

    device: str
    place: str | None
    since_ms: int | None = field(default=None, init=False)
    reason: str = field(default="", init=False)

    def fail(self, reason: str, now_ms: int) -> list[Claim]:
        """It is ill; said once."""
        if self.since_ms is not None:
            return []
        self.since_ms, self.reason = now_ms, reason
        return [claim.device_fault(self.device, reason, place=self.place, now_ms=now_ms)]

    def shift(self, step_ms: int) -> None:
        """The clock was set by so much: it is ill for as long as it is."""
        self.since_ms = None if self.since_ms is None else self.since_ms + step_ms

    def recover(self, now_ms: int) -> list[Claim]:
        """It works; said only if it was ill."""
        if self.since_ms is None:
            return []
        since_ms, self.since_ms, self.reason = self.since_ms, None, ""
        return [claim.device_restored(self.device, place=self.place, since_ms=since_ms, now_ms=now_ms)]


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """One device as a person wants to see it.

    Attributes:
        name: as configured.
        device: its identifier.
        state: `ok`, `fault`, or `waiting` (nothing heard yet).
        reason: why it is ill.
        last_heard: an instant of clock time; None before the first.
        counts: what was heard and what became of it.
        place: where it stands; empty where it stands at several.
        reading: a probe's newest temperature, centi-degrees; None for other devices, and while it is not believed.
        low: the lowest allowed, inclusive; None: no limit.
        high: the highest allowed, likewise.
        beyond: the side of its alarm limits that a probe is beyond, `low` or `high`, once told and until a good
            reading within; else empty.
        warned: the same of its warning limits.
        wants: what a scanner that saw half a bag waits for, `donation` or `product`; else empty.
    """

    name: str
    device: str
    state: str
    reason: str
    last_heard: str | None
    counts: dict[str, int]
    place: str = ""
    reading: int | None = None
    low: int | None = None
    high: int | None = None
    beyond: str = ""
    warned: str = ""
    wants: str = ""


@dataclass(slots=True)
class Life:
    """When a device was last heard, and how often what."""

    heard: Moment | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def stepped(self, step_ms: int) -> None:
        """The clock was set by so much."""
        if self.heard is not None:
            self.heard = replace(self.heard, clock_ms=self.heard.clock_ms + step_ms)

    def count(self, what: str, number: int = 1) -> None:
        """So many more of these."""
        self.counts[what] = self.counts.get(what, 0) + number


class Device(ABC):
    """One device of the configuration. Its methods are told only what concerns its own line or topic.

    Attributes:
        name: as configured.
        device: its identifier, `device:…`.
        port: its serial port; None for a device on the broker.
        topic: its topic filter; None for a device on a serial port.
        was_opened: whether its line was open in this run.
    """

    broker: ClassVar[str] = BROKER
    """The connection of such a device that publishes."""

    def __init__(self, name: str, device: str, *, port: str | None, topic: str | None) -> None:
        self.name, self.device, self.port, self.topic = name, device, port, topic
        self.life = Life()
        self.was_opened = False
        self._noise = NoiseRate()

    @property
    def is_decided(self) -> bool:
        """Whether this run knows already how it is: it was heard, or is ill."""
        return self.life.heard is not None or any(health.since_ms is not None for health in self.healths())

    @property
    def place(self) -> str | None:
        """Where it stands, if at one place."""
        return next((health.place for health in self.healths()), None)

    def is_on(self, source: str) -> bool:
        """Whether the device hangs on this line."""
        return source == (self.port or self.broker)

    def hears(self, letter: Heard) -> bool:
        """Whether what a letter says may be about this device."""
        return self.is_on(letter.source) and (self.port is not None or letter.topic == self.topic)

    def spoilt(self, items: Sequence[Item], moment: Moment) -> Change:
        """Whether so much of what was said is spoilt that somebody has to look."""
        spoilt = sum(isinstance(item, Noise) for item in items)
        told = self._noise.heard(spoilt, len(items) - spoilt, moment.clock_ms)
        if told is None:
            return Change()
        since_ms, reason = told
        return Change([claim.gap(self.device, reason, since_ms=since_ms, now_ms=moment.clock_ms)])

    @abstractmethod
    def heard(self, items: Iterable[Item], moment: Moment) -> Change:
        """Its line or topic said something."""

    @abstractmethod
    def opened(self, opened: Opened) -> Change:
        """Its line is open."""

    @abstractmethod
    def lost(self, reason: str, moment: Moment) -> Change:
        """Its line is closed."""

    @abstractmethod
    def tick(self, moment: Moment) -> Change:
        """Time passed."""

    def stepped(self, step_ms: int) -> Change:
        """The clock was set by so much; by default only its life and its illnesses remember it."""
        self.life.stepped(step_ms)
        for health in self.healths():
            health.shift(step_ms)
        return Change()

    @abstractmethod
    def close(self, moment: Moment) -> Change:
        """The gateway stops."""

    @abstractmethod
    def refreshed(self) -> dict[str, bytes | None]:
        """State that only grows older, as it is now; kept once a minute."""

    @abstractmethod
    def healths(self) -> Iterable[Health]:
        """Its own health, and that of its parts."""

    @abstractmethod
    def counts(self) -> dict[str, int]:
        """What it counts beside what was heard."""

    def status(self) -> DeviceStatus:
        """How it is, for a person."""
        ill = [health for health in self.healths() if health.since_ms is not None]
        state = "fault" if ill else "ok" if self.life.heard else "waiting"
        heard = format_instant(self.life.heard.clock_ms) if self.life.heard else None
        reason = "; ".join(f"{health.device}: {health.reason}" for health in ill)
        counts = self.life.counts | self.counts()
        return DeviceStatus(self.name, self.device, state, reason, heard, counts, self.place or "")
