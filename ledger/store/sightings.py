"""Runs of sightings: what batches that hold nothing else say together, tag by tag instead of event by event.

A ledger is full of sightings, and a tag that stays where it is is seen again and again. An examination looks at many
batches at once, so it need not take them as they came: a run's events are sorted by tag once, and what follows from a
tag's sightings follows for all of them together. Only what is understood, is of one hour and is said in a gateway's
custody stream belongs into a run; every other batch is taken as an append takes it.
"""

from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter
from typing import cast, get_args

from msgspec import Struct

from ledger.core import kinds
from ledger.core.events import Carrier, carrier_of
from ledger.core.ids import HOUR_MS, parse_instant
from ledger.core.kinds import AnyEvent
from ledger.store.packing import event_id

INSTANT_LENGTH = len("2026-03-02T08:20:00.000Z")
_HOUR_LENGTH = len("2026-03-02T08")
_SEEN = frozenset(get_args(kinds.Seen)) - {kinds.TagMemoryRead}
"""Of a read memory each says something else: nothing stands for several of them."""


class SeenTag(Struct, frozen=True, array_like=True, gc=False):
    """The sightings of one tag in a run, in log order.

    Attributes:
        offsets: their events' ids, each less the run's first id.
        leaves: their leaf hashes, one behind the other.
        times: their times, one behind the other: 24 characters each.
        first: the earliest of them.
        last: the latest of them.
        said: for each which of the run's `said` it says; empty where the run says but one thing.
    """

    offsets: list[int]
    leaves: bytes
    times: str
    first: str
    last: str
    said: list[int]


class Run(Struct, frozen=True, array_like=True):
    """Batches that follow each other in the log and hold nothing but sightings of one hour.

    Attributes:
        first: the log index of the first batch.
        counts: how many events each batch has.
        hour: the hour since the Unix epoch in which all of it happened.
        said: for each kind and place of a sighting one event's bytes, as an example of what is said.
        said_at: the offset of each of these.
        tags: the sightings of each tag.
        places: each place, with the offsets of the events that name it, ascending.
        devices: each device, likewise.
    """

    first: int
    counts: list[int]
    hour: int
    said: list[bytes]
    said_at: list[int]
    tags: dict[str, SeenTag]
    places: dict[str, list[int]]
    devices: dict[str, list[int]]

    @property
    def first_id(self) -> int:
        """The id of its first event, from which offsets count."""
        return event_id(self.first, 0)

    @property
    def end(self) -> int:
        """The log index behind its last batch."""
        return self.first + len(self.counts)


class Gathering:
    """A run in the making. `add` batches as long as they `fit`; `run` is what they say together."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._counts: list[int] = []
        self._hour: str | None = None
        self._tags: list[str] = []
        self._times: list[str] = []
        self._leaves: list[bytes] = []
        self._offsets: list[int] = []
        self._said: dict[tuple[type, str | None], tuple[int, int, bytes]] = {}
        self._which: list[int] = []
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        self._devices: defaultdict[str, list[int]] = defaultdict(list)

    @property
    def batches(self) -> int:
        """How many batches it has."""
        return len(self._counts)

    def fits(self, events: Sequence[kinds.Seen]) -> bool:
        """Whether a batch of `sightings` is of the same hour."""
        return self._hour in {None, _hour_of(events)}

    def add(self, events: Sequence[kinds.Seen], bodies: Sequence[bytes], leaves: Sequence[bytes]) -> None:
        """Take one more batch, the next of the log."""
        start = event_id(len(self._counts), 0)
        offsets = range(start, start + len(events))
        self._counts.append(len(events))
        self._hour = _hour_of(events)
        self._offsets += offsets
        self._tags += [event.tag for event in events]
        self._times += [event.time for event in events]
        self._leaves += leaves
        places, devices = [event.place for event in events], [event.device for event in events]
        self._say(list(map(type, events)), places, bodies, start)
        _sort(places, offsets, self._places)
        _sort(devices, offsets, self._devices)

    def run(self) -> Run:
        """What was added."""
        said = list(self._said.values())
        return Run(
            first=self._first,
            counts=self._counts,
            hour=0 if self._hour is None else parse_instant(f"{self._hour}:00:00.000Z") // HOUR_MS,
            said=[body for _, _, body in said],
            said_at=[offset for _, offset, _ in said],
            tags=self._by_tag(),
            places=dict(self._places),
            devices=dict(self._devices),
        )

    def _say(
        self, types: Sequence[type[kinds.Seen]], places: Sequence[str | None], bodies: Sequence[bytes], start: int
    ) -> None:
        if len(set(types)) == 1 and len(set(places)) == 1:
            self._which += [self._number(types[0], places[0], bodies[0], start)] * len(types)
            return
        for at, said in enumerate(zip(types, places, strict=True)):
            self._which.append(self._number(*said, bodies[at], start + at))

    def _number(self, said: type[kinds.Seen], place: str | None, body: bytes, offset: int) -> int:
        """Which of what the run says this is."""
        return self._said.setdefault((said, place), (len(self._said), offset, body))[0]

    def _by_tag(self) -> dict[str, SeenTag]:
        numbers: defaultdict[str, list[int]] = defaultdict(list)
        for number, tag in enumerate(self._tags):
            numbers[tag].append(number)
        several = len(self._said) > 1
        return {tag: self._seen(of_tag, several=several) for tag, of_tag in numbers.items()}

    def _seen(self, numbers: list[int], *, several: bool) -> SeenTag:
        if len(numbers) == 1:
            (at,) = numbers
            time = self._times[at]
            said = [self._which[at]] if several else []
            return SeenTag([self._offsets[at]], self._leaves[at], time, time, time, said)
        pick = itemgetter(*numbers)
        times: tuple[str, ...] = pick(self._times)
        said = list(pick(self._which)) if several else []
        leaves = b"".join(pick(self._leaves))
        return SeenTag(list(pick(self._offsets)), leaves, "".join(times), min(times), max(times), said)


def sightings(events: Sequence[AnyEvent], *, stream: str) -> Sequence[kinds.Seen] | None:
    """The events of a batch that may be part of a run; None of one that may not.

    Those of a gateway's custody stream may, if they are sightings of one hour.

    Args:
        events: its events, all of them understood, and believed if their time is simulated.
        stream: its stream.
    """
    if carrier_of(stream) is not Carrier.CUSTODY or not _SEEN.issuperset(map(type, events)):
        return None
    times = [event.time for event in events]
    if min(times)[:_HOUR_LENGTH] != max(times)[:_HOUR_LENGTH]:
        return None
    return cast("Sequence[kinds.Seen]", events)


def _hour_of(events: Sequence[kinds.Seen]) -> str:
    return events[0].time[:_HOUR_LENGTH]


def _sort(names: Sequence[str | None], offsets: range, into: defaultdict[str, list[int]]) -> None:
    """Put the offset of each event under the name that it has, if any."""
    if len(set(names)) == 1:
        (name,) = set(names)
        if name is not None:
            into[name] += offsets
        return
    for offset, name in zip(offsets, names, strict=True):
        if name is not None:
            into[name].append(offset)
