"""Presence: from a hundred reads a second to two edges, arrived and left, per tag and read point.

Pure: reads, completed rounds and an instant in; edges out. One presence for all readers of a gateway, so that a tag
that two of them hear is still in one place. The rules, in clock time, each read point with a `Hysteresis` of its own:

* *Arrive*: so many reads within so long at one place, which no other place hears nearly as well: by signal, or by reads
  where a reader gives no signal. Places that hear it alike for a dwell make it *uncertain*, once, and it is at neither.
* *Leave*: silent for so long **and** missed by several completed inventory rounds of a healthy reader in that time.
  The departure happened at the last read; it is recorded when it is certain.
* *Move*: another place must hear the tag stronger by a margin, or the old one not at all, for a dwell.
* A faulty, silent or restarting reader makes its tags *unobserved*: nobody leaves, and the silence starts anew after.
  What a neighbour hears meanwhile moves a tag only if it hears it as well as its own place last did; else it is
  uncertain.

What a tag stands for is the ledger's business. Tags outside the site's own numbering are reported once a presence.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gateway.sighting import Arrived, Edge, Hysteresis, Left, PresenceRule, Present, Uncertain, UnknownSeen
from gateway.wire.items import TagRead
from ledger.core.ids import is_id

MISSED_ROUNDS = 3
"""Fewer would let one jump of the clock turn a tag's flicker into a departure."""
TIMES_THE_READS = 2
"""Without signal strengths, the place that reads a tag so many times as often as another is where it is."""
_WINDOW_READS = 64


@dataclass(slots=True)
class _Window:
    """The last reads of one tag at one place: (instant, centi-dBm)."""

    reads: deque[tuple[int, int | None]] = field(default_factory=lambda: deque(maxlen=_WINDOW_READS))

    def since(self, instant_ms: int) -> list[tuple[int, int | None]]:
        return [read for read in self.reads if read[0] >= instant_ms]

    def strength(self, since_ms: int | None = None) -> float | None:
        """Mean signal since then, in centi-dBm; None where nothing was heard, or the reader gives no signal."""
        heard = [rssi for at_ms, rssi in self.reads if rssi is not None and (since_ms is None or at_ms >= since_ms)]
        return sum(heard) / len(heard) if heard else None

    def shift(self, step_ms: int) -> None:
        self.reads = deque(((at_ms + step_ms, rssi) for at_ms, rssi in self.reads), maxlen=_WINDOW_READS)


@dataclass(slots=True)
class _Tag:
    """What is known of one tag; `place` None: not yet arrived."""

    windows: dict[str, _Window] = field(default_factory=dict)
    place: str | None = None
    reader: str = ""
    antenna: int = 0
    last_ms: int = 0
    reads: int = 0
    missed: int = 0
    seen_by: set[str] = field(default_factory=set)
    challenger: str | None = None
    challenged_ms: int = 0
    doubted_ms: int | None = None
    doubt_told: bool = False

    def window(self, place: str) -> _Window:
        """Its reads at a place."""
        return self.windows.setdefault(place, _Window())


@dataclass(slots=True)
class Presence:
    """The tags of one gateway's readers. See the module.

    Attributes:
        rules: reader → how its reads are believed.
        ignored: reads that no edge can come from: an antenna without a place, a number that is no tag's.
    """

    rules: Mapping[str, PresenceRule]
    ignored: dict[str, int] = field(default_factory=dict, init=False)
    _tags: dict[str, _Tag] = field(default_factory=dict, init=False)
    _suspended: dict[str, set[int]] = field(default_factory=dict, init=False)
    _observed_since: dict[tuple[str, str], int] = field(default_factory=dict, init=False)

    def read(self, reader: str, read: TagRead, now_ms: int) -> list[Edge]:
        """One answer of one tag. It also shows that its antenna works."""
        rule = self.rules[reader]
        place = rule.place_of(read.antenna)
        if place is None or not is_id(f"tag:{read.epc}", "tag"):
            self.ignored[reader] = self.ignored.get(reader, 0) + 1
            return []
        self.resume(reader, read.antenna, now_ms)
        tag = self._tags.setdefault(read.epc, _Tag())
        rssi = None if read.rssi_dbm is None else round(read.rssi_dbm * 100)
        tag.window(place).reads.append((now_ms, rssi))
        tag.seen_by.add(reader)
        if tag.place is None:
            return self._consider_arrival(read.epc, tag, reader, read.antenna, now_ms)
        if place == tag.place:
            tag.last_ms, tag.reader, tag.antenna = now_ms, reader, read.antenna
            tag.reads += 1
            tag.doubted_ms, tag.doubt_told = None, False
            self._give_up_challenge(tag, now_ms)
            return []
        return self._consider_move(read.epc, tag, reader, read.antenna, now_ms)

    def round_completed(self, reader: str, now_ms: int) -> list[Edge]:
        """A healthy reader completed an inventory: whom it missed may have left."""
        edges: list[Edge] = []
        for epc, tag in list(self._tags.items()):
            seen = reader in tag.seen_by
            tag.seen_by.discard(reader)
            if tag.place is None:
                if not any(each.since(now_ms - self._memory_ms(reader)) for each in tag.windows.values()):
                    del self._tags[epc]
                continue
            if tag.reader != reader:
                continue
            tag.missed = 0 if seen else tag.missed + 1
            if self._has_left(tag, tag.place, now_ms):
                edges += self._leave(epc, tag, tag.place, tag.last_ms, now_ms)
                del self._tags[epc]
        return edges

    def suspend(self, reader: str, antenna: int) -> bool:
        """The reader (0) or one antenna cannot be believed: its tags are unobserved. Whether that is new."""
        ill = self._suspended.setdefault(reader, set())
        new = antenna not in ill
        ill.add(antenna)
        return new

    def resume(self, reader: str, antenna: int, now_ms: int) -> bool:
        """The reader, or an antenna and with it the reader, works again. Whether it had not."""
        ill = self.suspended(reader) & {0, antenna}
        if not ill:
            return False
        self._suspended[reader] -= ill
        places = self.rules[reader].places
        for place in set(places.values()) if 0 in ill else {places.get(antenna, "")}:
            self._start_observing(reader, place, now_ms)
        return True

    def begin_anew(self, reader: str, now_ms: int) -> None:
        """The reader restarted: what it missed meanwhile proves nothing."""
        for place in set(self.rules[reader].places.values()):
            self._start_observing(reader, place, now_ms)

    def shift(self, step_ms: int) -> None:
        """The clock was set by so much: every instant that is remembered is that much later by the new one."""
        self._observed_since = {key: at_ms + step_ms for key, at_ms in self._observed_since.items()}
        for tag in self._tags.values():
            tag.last_ms += step_ms
            tag.challenged_ms += step_ms
            tag.doubted_ms = None if tag.doubted_ms is None else tag.doubted_ms + step_ms
            for window in tag.windows.values():
                window.shift(step_ms)

    def suspended(self, reader: str) -> frozenset[int]:
        """The antennas that cannot be believed now; 0 stands for the whole reader."""
        return frozenset(self._suspended.get(reader, ()))

    def present(self, reader: str) -> Iterator[Present]:
        """Every tag that has arrived, was seen by this reader last, and has not left."""
        for epc, tag in self._tags.items():
            if tag.place is not None and tag.reader == reader:
                yield Present(epc, tag.reader, tag.place, tag.antenna, tag.last_ms, tag.reads)

    def present_tag(self, epc: str) -> Present | None:
        """One tag, if it has arrived and not left."""
        tag = self._tags.get(epc)
        if tag is None or tag.place is None:
            return None
        return Present(epc, tag.reader, tag.place, tag.antenna, tag.last_ms, tag.reads)

    def restore(self, was: Present, now_ms: int) -> list[Edge]:
        """The gateway starts again: the tag was present, and has been unobserved since.

        Where its place is no longer watched, it leaves: nobody would ever say so otherwise.
        """
        rule = self.rules.get(was.reader)
        if rule is None or was.place not in rule.places.values():
            known = rule is None or rule.knows(was.tag)
            return [Left(was.tag, was.reader, was.place, was.last_ms, now_ms, was.reads)] if known else []
        self._tags[was.tag] = _Tag(
            place=was.place, reader=was.reader, antenna=was.antenna, last_ms=was.last_ms, reads=was.reads
        )
        self._start_observing(was.reader, was.place, now_ms)
        return []

    def _memory_ms(self, reader: str) -> int:
        rule = self.rules[reader]
        return max(each.arrive_within_ms for each in (rule.usual, *rule.own.values()))

    def _consider_arrival(self, epc: str, tag: _Tag, reader: str, antenna: int, now_ms: int) -> list[Edge]:
        rule, point = self.rules[reader], self.rules[reader].at(antenna)
        place = rule.place_of(antenna) or ""
        since_ms = now_ms - point.arrive_within_ms
        heard = tag.window(place).since(since_ms)
        if len(heard) < rule.reads_needed(epc, antenna):
            return []
        rivals = [name for name, window in tag.windows.items() if name != place and window.since(since_ms)]
        if any(_leads(tag, each, place, since_ms, point) for each in rivals):
            return []  # that one is about to be where it arrives
        if all(_leads(tag, place, each, since_ms, point) for each in rivals) or not rule.knows(epc):
            return [self._arrive(epc, tag, reader, place, antenna, now_ms)]
        return self._consider_doubt(epc, tag, reader, (place, *rivals), now_ms, point)

    def _consider_doubt(
        self, epc: str, tag: _Tag, reader: str, places: Iterable[str], now_ms: int, point: Hysteresis
    ) -> list[Edge]:
        """Tell once that nobody knows, when it has been so for a dwell."""
        if tag.doubted_ms is None:
            tag.doubted_ms = now_ms
        if tag.doubt_told or now_ms - tag.doubted_ms < point.dwell_ms or not self.rules[reader].knows(epc):
            return []
        tag.doubt_told = True
        reads = sum(len(tag.window(each).since(now_ms - point.arrive_within_ms)) for each in places)
        return [Uncertain(epc, reader, tuple(sorted(set(places))), tag.doubted_ms, now_ms, reads)]

    def _arrive(self, epc: str, tag: _Tag, reader: str, place: str, antenna: int, now_ms: int) -> Arrived | UnknownSeen:
        rule, point = self.rules[reader], self.rules[reader].at(antenna)
        heard = tag.window(place).since(now_ms - point.arrive_within_ms)[-rule.reads_needed(epc, antenna) :]
        first_ms = heard[0][0]
        tag.place, tag.reader, tag.antenna, tag.last_ms, tag.reads = place, reader, antenna, now_ms, len(heard)
        tag.missed, tag.challenger, tag.doubted_ms, tag.doubt_told = 0, None, None, False
        if not rule.knows(epc):
            return UnknownSeen(epc, reader, place, antenna, first_ms, now_ms, tag.reads)
        best = max((rssi for _, rssi in heard if rssi is not None), default=None)
        return Arrived(epc, reader, place, antenna, first_ms, now_ms, tag.reads, best)

    def _give_up_challenge(self, tag: _Tag, now_ms: int) -> None:
        """Its own place heard it: a challenger that no longer outdoes that has to begin again."""
        if tag.challenger is not None and tag.place is not None:
            point = self.rules[tag.reader].at(tag.antenna)
            if not self._outdoes(tag, tag.place, tag.challenger, now_ms, point):
                tag.challenger = None

    def _consider_move(self, epc: str, tag: _Tag, reader: str, antenna: int, now_ms: int) -> list[Edge]:
        rule, here = self.rules[reader], tag.place or ""
        place, point = rule.place_of(antenna) or "", rule.at(antenna)
        if not self._outdoes(tag, here, place, now_ms, point):
            if tag.challenger == place:
                tag.challenger = None
            if self._is_unobserved(tag.reader, here):
                return self._consider_doubt(epc, tag, reader, (here, place), now_ms, point)
            return []
        if tag.challenger != place:
            tag.challenger, tag.challenged_ms = place, now_ms
        heard = tag.window(place).since(tag.challenged_ms)
        if now_ms - tag.challenged_ms < point.dwell_ms or len(heard) < rule.reads_needed(epc, antenna):
            return []
        moved_ms = tag.challenged_ms
        edges = self._leave(epc, tag, here, min(tag.last_ms, moved_ms), now_ms)
        arrival = self._arrive(epc, tag, reader, place, antenna, now_ms)
        if isinstance(arrival, Arrived):
            best = arrival.rssi_centi_dbm
            edges.append(Arrived(epc, reader, place, antenna, moved_ms, now_ms, len(heard), best))
        return edges

    def _outdoes(self, tag: _Tag, here: str, place: str, now_ms: int, point: Hysteresis) -> bool:
        """Whether `place` hears the tag better than where it is, by the margin, in the last dwell."""
        since_ms = now_ms - point.dwell_ms
        own, other = tag.window(here), tag.window(place)
        if self._is_unobserved(tag.reader, here):
            last, theirs = own.strength(), other.strength(since_ms)
            return last is not None and theirs is not None and theirs >= last
        if not own.since(since_ms):
            return now_ms - self._observed_since.get((tag.reader, here), since_ms) >= point.dwell_ms
        mine, theirs = own.strength(since_ms), other.strength(since_ms)
        return mine is not None and theirs is not None and theirs >= mine + point.margin_centi_dbm

    def _has_left(self, tag: _Tag, place: str, now_ms: int) -> bool:
        if self._is_unobserved(tag.reader, place) or tag.missed < MISSED_ROUNDS:
            return False
        silent_since_ms = max(tag.last_ms, self._observed_since.get((tag.reader, place), 0))
        return now_ms - silent_since_ms >= self.rules[tag.reader].at(tag.antenna).leave_after_ms

    def _is_unobserved(self, reader: str, place: str) -> bool:
        places = self.rules[reader].places
        return any(antenna == 0 or places.get(antenna) == place for antenna in self._suspended.get(reader, ()))

    def _leave(self, epc: str, tag: _Tag, place: str, time_ms: int, now_ms: int) -> list[Edge]:
        known = self.rules[tag.reader].knows(epc)
        return [Left(epc, tag.reader, place, time_ms, now_ms, tag.reads)] if known else []

    def _start_observing(self, reader: str, place: str, now_ms: int) -> None:
        self._observed_since[reader, place] = now_ms
        for tag in self._tags.values():
            if tag.place == place and tag.reader == reader:
                tag.missed = 0


def _leads(tag: _Tag, place: str, rival: str, since_ms: int, point: Hysteresis) -> bool:
    """Whether `place` hears the tag clearly better than `rival`: by signal, or by reads without one."""
    mine, theirs = tag.window(place).strength(since_ms), tag.window(rival).strength(since_ms)
    if mine is not None and theirs is not None:
        return mine >= theirs + point.margin_centi_dbm
    own, other = tag.window(place).since(since_ms), tag.window(rival).since(since_ms)
    return len(own) >= TIMES_THE_READS * len(other)
