"""Sightings: the values of presence. How reads are believed, what the edges say, and who is present."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """How much it takes to arrive, to leave and to move at one read point; all times are clock time.

    Attributes:
        arrive_reads: reads that make an arrival, within `arrive_within_ms`.
        leave_after_ms: silence that makes a departure.
        margin_centi_dbm: how much stronger than another place it must hear a tag.
        dwell_ms: for how long it must.
    """

    arrive_reads: int = 2
    arrive_within_ms: int = 10_000
    leave_after_ms: int = 30_000
    margin_centi_dbm: int = 600
    dwell_ms: int = 5_000


@dataclass(frozen=True, slots=True)
class PresenceRule:
    """How one reader's reads are believed.

    Attributes:
        places: antenna → place; several antennas may watch one place. Antenna 0: the reader does not say which.
        usual: the hysteresis of its read points.
        own: antenna → the hysteresis of a read point that has one of its own.
        known_tags: prefixes of the site's own numbering, upper-case hex; empty: every tag.
        unknown_reads: reads that make a tag outside that numbering more than a ghost.
    """

    places: Mapping[int, str]
    usual: Hysteresis = field(default_factory=Hysteresis)
    own: Mapping[int, Hysteresis] = field(default_factory=dict)
    known_tags: tuple[str, ...] = ()
    unknown_reads: int = 3

    def place_of(self, antenna: int) -> str | None:
        """Which place an antenna watches; a reader that does not say is believed if it has only one."""
        if antenna in self.places or len(set(self.places.values())) != 1:
            return self.places.get(antenna)
        return next(iter(self.places.values())) if antenna == 0 else None

    def at(self, antenna: int) -> Hysteresis:
        """The hysteresis of a read point."""
        return self.own.get(antenna, self.usual)

    def knows(self, epc: str) -> bool:
        """Whether the tag is of the site's own numbering."""
        return not self.known_tags or epc.startswith(self.known_tags)

    def reads_needed(self, epc: str, antenna: int) -> int:
        """How many reads make a tag more than a ghost there."""
        needed = self.at(antenna).arrive_reads
        return needed if self.knows(epc) else max(needed, self.unknown_reads)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A tag is at `place` since `time_ms`; `claimed_ms` is what the reader's own clock said when that was certain."""

    tag: str
    reader: str
    place: str
    antenna: int
    time_ms: int
    recorded_ms: int
    reads: int
    rssi_centi_dbm: int | None
    claimed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """A tag was last seen at `place` at `time_ms`, after `reads` reads there."""

    tag: str
    reader: str
    place: str
    time_ms: int
    recorded_ms: int
    reads: int


@dataclass(frozen=True, slots=True)
class UnknownSeen:
    """A tag outside the site's numbering is at `place` since `time_ms`."""

    tag: str
    reader: str
    place: str
    antenna: int
    time_ms: int
    recorded_ms: int
    reads: int


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A tag is at one of `places`, and nothing tells at which; it is counted at none but where it was already."""

    tag: str
    reader: str
    places: tuple[str, ...]
    time_ms: int
    recorded_ms: int
    reads: int


Edge: TypeAlias = Arrived | Left | UnknownSeen | Uncertain


@dataclass(frozen=True, slots=True)
class Present:
    """A tag that is present: what must survive a restart, so that arrivals and departures go on alternating."""

    tag: str
    reader: str
    place: str
    antenna: int
    last_ms: int
    reads: int
