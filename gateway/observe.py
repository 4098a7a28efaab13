"""Presence: from a hundred reads a second to two edges, arrived and left, per tag and read point.

Pure: reads, completed rounds and an instant in; edges out. The rules, all in clock time:

* *Arrive*: so many reads within so long at one place, which then is the strongest.
* *Leave*: silent for so long **and** missed by several completed inventory rounds of a healthy reader in that time.
  The departure happened at the last read; it is recorded when it is certain.
* *Move* between places of one reader: another place must hear the tag stronger by a margin, or the old one not at all,
  for a dwell. A tag is never in two places.
* A faulty, silent or restarting reader makes its tags *unobserved*: nobody leaves, and the silence starts anew after.

What a tag stands for is the ledger's business. Tags outside the site's own numbering are reported once a presence.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.wire.items import TagRead
from ledger.core.ids import is_id

MISSED_ROUNDS = 3
"""Fewer would let one jump of the clock turn a tag's flicker into a departure."""
_WINDOW_READS = 64


@dataclass(frozen=True, slots=True)
class PresenceRule:
    """How one reader's reads are believed.

    Attributes:
        places: antenna → place; several antennas may watch one place. Antenna 0: the reader does not say which.
        arrive_reads: reads that make an arrival, within `arrive_within_ms`.
        leave_after_ms: silence that makes a departure.
        margin_centi_dbm: how much stronger another place must hear a tag.
        dwell_ms: for how long it must.
        known_tags: prefixes of the site's own numbering, upper-case hex; empty: every tag.
    """

    places: Mapping[int, str]
    arrive_reads: int = 2
    arrive_within_ms: int = 10_000
    leave_after_ms: int = 30_000
    margin_centi_dbm: int = 600
    dwell_ms: int = 5_000
    known_tags: tuple[str, ...] = ()

    def place_of(self, antenna: int) -> str | None:
        """Which place an antenna watches; a reader that does not say is believed if it has only one."""
        if antenna in self.places or len(set(self.places.values())) != 1:
            return self.places.get(antenna)
        return next(iter(self.places.values())) if antenna == 0 else None

    def knows(self, epc: str) -> bool:
        """Whether the tag is of the site's own numbering."""
        return not self.known_tags or epc.startswith(self.known_tags)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A tag is at `place` since `time_ms`."""

    tag: str
    place: str
    antenna: int
    time_ms: int
    recorded_ms: int
    reads: int
    rssi_centi_dbm: int | None


@dataclass(frozen=True, slots=True)
class Left:
    """A tag was last seen at `place` at `time_ms`, after `reads` reads there."""

    tag: str
    place: str
    time_ms: int
    recorded_ms: int
    reads: int


@dataclass(frozen=True, slots=True)
class UnknownSeen:
    """A tag outside the site's numbering is at `place` since `time_ms`."""

    tag: str
    place: str
    antenna: int
    time_ms: int
    recorded_ms: int
    reads: int


Edge: TypeAlias = Arrived | Left | UnknownSeen


@dataclass(frozen=True, slots=True)
class Present:
    """A tag that is present: what must survive a restart, so that arrivals and departures go on alternating."""

    tag: str
    place: str
    antenna: int
    last_ms: int
    reads: int


@dataclass(slots=True)
class _Window:
    """The last reads of one tag at one place: (instant, centi-dBm)."""

    reads: deque[tuple[int, int | None]] = field(default_factory=lambda: deque(maxlen=_WINDOW_READS))

    def since(self, instant_ms: int) -> list[tuple[int, int | None]]:
        return [read for read in self.reads if read[0] >= instant_ms]

    def strength(self, since_ms: int) -> float | None:
        """Mean signal since then, in centi-dBm; None where nothing was heard, or the reader gives no signal."""
        heard = [rssi for at_ms, rssi in self.reads if at_ms >= since_ms and rssi is not None]
        return sum(heard) / len(heard) if heard else None


@dataclass(slots=True)
class _Tag:
    """What is known of one tag; `place` None: not yet arrived."""

    windows: dict[str, _Window] = field(default_factory=dict)
    place: str | None = None
    antenna: int = 0
    last_ms: int = 0
    reads: int = 0
    missed: int = 0
    seen_this_round: bool = False
    challenger: str | None = None
    challenged_ms: int = 0


@dataclass(slots=True)
class Presence:
    """The tags of one reader. See the module.

    Attributes:
        rule: see `PresenceRule`.
        ignored: reads that no edge can come from: an antenna without a place, a number that is no tag's.
    """

    rule: PresenceRule
    ignored: int = field(default=0, init=False)
    _tags: dict[str, _Tag] = field(default_factory=dict, init=False)
    _suspended: set[int] = field(default_factory=set, init=False)
    _observed_since: dict[str, int] = field(default_factory=dict, init=False)

    def read(self, read: TagRead, now_ms: int) -> list[Edge]:
        """One answer of one tag. It also shows that its antenna works."""
        place = self.rule.place_of(read.antenna)
        if place is None or not is_id(f"tag:{read.epc}", "tag"):
            self.ignored += 1
            return []
        self.resume(read.antenna, now_ms)
        tag = self._tags.setdefault(read.epc, _Tag())
        rssi = None if read.rssi_dbm is None else round(read.rssi_dbm * 100)
        tag.windows.setdefault(place, _Window()).reads.append((now_ms, rssi))
        tag.seen_this_round = True
        if tag.place is None:
            return self._consider_arrival(read.epc, tag, place, read.antenna, now_ms)
        if place == tag.place:
            tag.last_ms, tag.antenna = now_ms, read.antenna
            tag.reads += 1
        return self._consider_move(read.epc, tag, place, read.antenna, now_ms)

    def round_completed(self, now_ms: int) -> list[Edge]:
        """A healthy reader completed an inventory: whom it missed may have left."""
        edges: list[Edge] = []
        for epc, tag in list(self._tags.items()):
            tag.missed = 0 if tag.seen_this_round else tag.missed + 1
            tag.seen_this_round = False
            if tag.place is None:
                if not any(each.since(now_ms - self.rule.arrive_within_ms) for each in tag.windows.values()):
                    del self._tags[epc]
            elif self._has_left(tag, tag.place, now_ms):
                edges += self._leave(epc, tag, tag.place, tag.last_ms, now_ms)
                del self._tags[epc]
        return edges

    def suspend(self, antenna: int) -> bool:
        """The reader (0) or one antenna cannot be believed: its tags are unobserved. Whether that is new."""
        new = antenna not in self._suspended
        self._suspended.add(antenna)
        return new

    def resume(self, antenna: int, now_ms: int) -> bool:
        """The reader, or an antenna and with it the reader, works again. Whether it had not."""
        ill = self._suspended & {0, antenna}
        if not ill:
            return False
        self._suspended -= ill
        for place in set(self.rule.places.values()) if 0 in ill else {self.rule.places.get(antenna, "")}:
            self._start_observing(place, now_ms)
        return True

    def suspended(self) -> frozenset[int]:
        """The antennas that cannot be believed now; 0 stands for the whole reader."""
        return frozenset(self._suspended)

    def present(self) -> Iterator[Present]:
        """Every tag that has arrived and not left."""
        for epc, tag in self._tags.items():
            if tag.place is not None:
                yield Present(epc, tag.place, tag.antenna, tag.last_ms, tag.reads)

    def present_tag(self, epc: str) -> Present | None:
        """One tag, if it has arrived and not left."""
        tag = self._tags.get(epc)
        if tag is None or tag.place is None:
            return None
        return Present(epc, tag.place, tag.antenna, tag.last_ms, tag.reads)

    def restore(self, was: Present, now_ms: int) -> list[Edge]:
        """The gateway starts again: the tag was present, and has been unobserved since.

        Where its place is no longer watched, it leaves: nobody would ever say so otherwise.
        """
        if was.place not in self.rule.places.values():
            return [Left(was.tag, was.place, was.last_ms, now_ms, was.reads)] if self.rule.knows(was.tag) else []
        self._tags[was.tag] = _Tag(place=was.place, antenna=was.antenna, last_ms=was.last_ms, reads=was.reads)
        self._start_observing(was.place, now_ms)
        return []

    def _consider_arrival(self, epc: str, tag: _Tag, place: str, antenna: int, now_ms: int) -> list[Edge]:
        since_ms = now_ms - self.rule.arrive_within_ms
        heard = tag.windows[place].since(since_ms)
        if len(heard) < self.rule.arrive_reads or self._is_weaker(tag, place, since_ms):
            return []
        return [self._arrive(epc, tag, place, antenna, now_ms)]

    def _is_weaker(self, tag: _Tag, place: str, since_ms: int) -> bool:
        """Whether any other place hears the tag better: that one is about to be where it arrives."""
        mine = tag.windows[place].strength(since_ms)
        others = [window.strength(since_ms) for name, window in tag.windows.items() if name != place]
        return mine is not None and any(other is not None and other > mine for other in others)

    def _arrive(self, epc: str, tag: _Tag, place: str, antenna: int, now_ms: int) -> Arrived | UnknownSeen:
        heard = tag.windows[place].since(now_ms - self.rule.arrive_within_ms)[-max(self.rule.arrive_reads, 1) :]
        first_ms = heard[0][0]
        tag.place, tag.antenna, tag.last_ms, tag.reads = place, antenna, now_ms, len(heard)
        tag.missed, tag.challenger = 0, None
        if not self.rule.knows(epc):
            return UnknownSeen(epc, place, antenna, first_ms, now_ms, tag.reads)
        best = max((rssi for _, rssi in heard if rssi is not None), default=None)
        return Arrived(epc, place, antenna, first_ms, now_ms, tag.reads, best)

    def _consider_move(self, epc: str, tag: _Tag, place: str, antenna: int, now_ms: int) -> list[Edge]:
        here = tag.place
        if here is None or place == here:
            if tag.challenger is not None and not self._outdoes(tag, tag.challenger, now_ms):
                tag.challenger = None
            return []
        if not self._outdoes(tag, place, now_ms):
            if tag.challenger == place:
                tag.challenger = None
            return []
        if tag.challenger != place:
            tag.challenger, tag.challenged_ms = place, now_ms
        heard = tag.windows[place].since(tag.challenged_ms)
        if now_ms - tag.challenged_ms < self.rule.dwell_ms or len(heard) < self.rule.arrive_reads:
            return []
        edges = self._leave(epc, tag, here, min(tag.last_ms, tag.challenged_ms), now_ms)
        moved_ms = tag.challenged_ms
        arrival = self._arrive(epc, tag, place, antenna, now_ms)
        if isinstance(arrival, Arrived):
            edges.append(Arrived(epc, place, antenna, moved_ms, now_ms, len(heard), arrival.rssi_centi_dbm))
        return edges

    def _outdoes(self, tag: _Tag, place: str, now_ms: int) -> bool:
        """Whether `place` hears the tag better than where it is, by the margin, in the last dwell."""
        since_ms = now_ms - self.rule.dwell_ms
        here = tag.windows.get(tag.place or "", _Window())
        if not here.since(since_ms):
            return True
        mine, theirs = here.strength(since_ms), tag.windows[place].strength(since_ms)
        return mine is not None and theirs is not None and theirs >= mine + self.rule.margin_centi_dbm

    def _has_left(self, tag: _Tag, place: str, now_ms: int) -> bool:
        if self._is_unobserved(place) or tag.missed < MISSED_ROUNDS:
            return False
        return now_ms - max(tag.last_ms, self._observed_since.get(place, 0)) >= self.rule.leave_after_ms

    def _is_unobserved(self, place: str) -> bool:
        return any(antenna == 0 or self.rule.places.get(antenna) == place for antenna in self._suspended)

    def _leave(self, epc: str, tag: _Tag, place: str, time_ms: int, now_ms: int) -> list[Edge]:
        return [Left(epc, place, time_ms, now_ms, tag.reads)] if self.rule.knows(epc) else []

    def _start_observing(self, place: str, now_ms: int) -> None:
        self._observed_since[place] = now_ms
        for tag in self._tags.values():
            if tag.place == place:
                tag.missed = 0
