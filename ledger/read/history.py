"""What the log holds about a subject: rows back into events, in any order that is asked for."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from msgspec import Struct
from sqlalchemy import Connection, select

from ledger.core import correcting, custody, kinds
from ledger.core.custody import Recorded
from ledger.core.errors import FormatError
from ledger.core.events import judge, kind_of, understood_apart
from ledger.core.ids import parse_instant, parse_instants
from ledger.core.kinds import AnyEvent
from ledger.rules.exposure import Track
from ledger.store import contents, event_lists
from ledger.store.contents import StoredBatch, StoredEvent
from ledger.store.names import Names
from ledger.store.packing import event_id
from ledger.store.tables import excursions, subjects, tags

SEGMENT_REACH_MS = 2 * 3600 * 1000
"""The longest time that one temperature segment speaks of (docs/format.md §3): how far back a search has to begin."""

LATELY_MS = 2 * 3600 * 1000
"""So long ago a probe may have been heard, and still be one that speaks now."""

CLOCK_UNTRUSTED = "clock-untrusted"

MAX_KNOWN = 10_000
"""So many events are remembered by one history at most, and as many more as one question asks for."""

_UNDERSTOOD_AT_ONCE, _JUDGED_ALONE = 256, 16
"""So many stored events are understood together, and, where one of them is spelt otherwise, so few one by one."""


class Entry(Struct, frozen=True, gc=False):
    """One stored event.

    Attributes:
        id: its surrogate number, in log order.
        log_index: index of its batch.
        position: its position in the batch.
        stream: its stream.
        seq: its number in the stream.
        kind: what it says it is.
        time_ms: when it happened.
        leaf: its leaf hash.
        body: its verbatim bytes; None once erased.
        defect: why it is kept without being understood.
        recorded: the event; None where it has a defect or was erased.
    """

    id: int
    log_index: int
    position: int
    stream: str
    seq: int
    kind: str
    time_ms: int
    leaf: bytes
    body: bytes | None
    defect: str | None
    recorded: Recorded | None


class History:
    """The log's events by subject, on one connection with one snapshot."""

    def __init__(self, connection: Connection, *, demo: bool, below: int | None = None) -> None:
        self._connection = connection
        self._demo = demo
        self._below = below
        self._known: dict[int, Entry] = {}
        self._ahead: dict[str, list[int]] = {}
        self._shortened: set[str] = set()

    def read_ahead(self, names: Sequence[str], *, upto: Callable[[int], int] | None = None) -> None:
        """Read at once what is asked next with `of`, subject by subject: whose events lie in the same rows.

        Of more than are remembered those of the first subjects are read; what is asked of the others reads theirs.

        Args:
            names: the subjects.
            upto: for a subject's number the id from which on its events need not be read, and are not answered by `of`
                until something else is read ahead, or `lengthen` is called.
        """
        numbers = self._numbers(names)
        lists = event_lists.events_of(self._connection, list(numbers.values()))
        self._ahead = {name: lists[numbers[name]] if name in numbers else [] for name in names}
        self._shortened.clear()
        if upto is not None:
            self._shorten({name: upto(number) for name, number in numbers.items()})
        soon: set[int] = set()
        for ids in self._ahead.values():
            if len(soon) + len(ids) > MAX_KNOWN:
                break
            soon.update(ids)
        self._known.clear()
        self._listed(soon)

    def is_shortened(self, name: str) -> bool:
        """Whether `of` leaves out something of a subject."""
        return name in self._shortened

    def lengthen(self, name: str) -> None:
        """Leave out nothing of a subject any more."""
        self._ahead.pop(name, None)
        self._shortened.discard(name)

    def of(self, names: Iterable[str]) -> list[Entry]:
        """Every event about any of the subjects, each once, in log order; temperature segments among them.

        Of a subject that `is_shortened` only what was read ahead.
        """
        wanted = list(names)
        if self._ahead.keys() >= set(wanted):
            return self._listed({each for name in wanted for each in self._ahead[name]})
        lists = event_lists.events_of(self._connection, list(self._numbers(wanted).values()))
        return self._listed({each for ids in lists.values() for each in ids})

    def of_each(self, names: Sequence[str]) -> dict[str, list[Entry]]:
        """For each subject every event about it, in log order; all of them read at once."""
        numbers = self._numbers(names)
        lists = event_lists.events_of(self._connection, list(numbers.values()))
        known = {entry.id: entry for entry in self._listed({each for ids in lists.values() for each in ids})}
        return {
            name: [known[each] for each in lists[numbers[name]] if each in known] if name in numbers else []
            for name in names
        }

    def of_tag(self, tag: str) -> list[Entry]:
        """Every event that names a tag, in log order; where it was seen is listed under the units it pointed to."""
        pointed_to = set(self._connection.execute(select(tags.c.unit).where(tags.c.tag == tag)).scalars())
        of_units = self.of(pointed_to)
        seen = [
            each for each in of_units if each.recorded is not None and getattr(each.recorded.event, "tag", "") == tag
        ]
        found = {entry.id: entry for entry in (*self.of([tag]), *seen)}
        return [found[key] for key in sorted(found)]

    def excursions(self, *, limit: int) -> list[Entry]:
        """The latest excursions and their ends, newest first."""
        latest = select(excursions.c.event_id).order_by(excursions.c.event_id.desc()).limit(limit)
        return self._listed(self._connection.execute(latest).scalars())[::-1]

    def segments(self, place: str, *, start_ms: int, end_ms: int) -> list[Entry]:
        """The temperature segments of a place that may speak of [start_ms, end_ms]."""
        number, first_ms = self._numbers([place]).get(place, 0), start_ms - SEGMENT_REACH_MS
        ids = event_lists.telemetry_within(self._connection, number, start_ms=first_ms, end_ms=end_ms)
        stored = contents.events_with(self._connection, ids)
        told = self._entries(each for each in stored if each.kind == "temperature_segment")
        return [each for each in told if first_ms <= each.time_ms <= end_ms]

    def latest_segments(self, place: str, *, now_ms: int) -> dict[str, kinds.TemperatureSegment]:
        """The newest segment of each probe that spoke lately of a place, by its name."""
        number = self._numbers([place]).get(place, 0)
        ids = event_lists.telemetry_within(self._connection, number, start_ms=now_ms - LATELY_MS, end_ms=now_ms)
        newest: dict[str, kinds.TemperatureSegment] = {}
        asked, wanted = 0, 2
        # Gateways close segments together: further back is looked only where each of the last was another probe's.
        while asked < min(wanted, len(ids)):
            more = ids[-wanted : len(ids) - asked]
            for entry in reversed(list(self._entries(contents.events_with(self._connection, more)))):
                event = None if entry.recorded is None else entry.recorded.event
                if isinstance(event, kinds.TemperatureSegment):
                    newest.setdefault(event.probe, event)
            asked = wanted
            wanted = 2 * wanted if len(newest) == asked else asked
        return newest

    def segments_elsewhere(self, probe: str, place: str, *, start_ms: int, end_ms: int) -> list[Entry]:
        """The temperature segments of a probe that may speak of [start_ms, end_ms], of any place but one."""
        numbers, first_ms = self._numbers([probe, place]), start_ms - SEGMENT_REACH_MS
        of_probe, of_place = (
            event_lists.telemetry_within(self._connection, numbers.get(name, 0), start_ms=first_ms, end_ms=end_ms)
            for name in (probe, place)
        )
        stored = contents.events_with(self._connection, set(of_probe).difference(of_place))
        told = self._entries(each for each in stored if each.kind == "temperature_segment")
        return [each for each in told if first_ms <= each.time_ms <= end_ms]

    def told_of(self, name: str, *, until_ms: int) -> list[Entry]:
        """Every event about a subject up to an instant, in log order, telemetry left out."""
        number = self._numbers([name]).get(name, 0)
        ids = event_lists.told_within(self._connection, number, start_ms=0, end_ms=until_ms)
        return [each for each in self._listed(ids) if each.time_ms <= until_ms]

    def at_place(self, place: str, *, start_ms: int, end_ms: int) -> list[Entry]:
        """What people, readers and scanners said of a place in [start_ms, end_ms], in log order."""
        number = self._numbers([place]).get(place, 0)
        told = self._listed(event_lists.told_within(self._connection, number, start_ms=start_ms, end_ms=end_ms))
        return [each for each in told if start_ms <= each.time_ms <= end_ms]

    def of_stream(self, name: str) -> list[Entry]:
        """Every event of one stream, in log order."""
        return [each for batch in contents.batches_of(self._connection, name) for each in self._entries(batch.events())]

    def of_kinds(self, name: str, wanted: Sequence[str]) -> list[Entry]:
        """The events of one stream that are of these kinds, in log order."""
        return [
            each
            for batch in contents.batches_of(self._connection, name)
            for each in self._entries(batch.of_kinds(wanted))
        ]

    def at(self, log_index: int, position: int) -> Entry:
        """The event at a place of the log, which there must be."""
        (found,) = self._listed([event_id(log_index, position)])
        return found

    def with_id(self, event_id: int) -> Entry | None:
        """The event with a surrogate number; None if there is none, or it came after what this history knows."""
        return next(iter(self._listed([event_id])), None)

    def bodies(self, log_index: int) -> list[bytes | None]:
        """The bytes of every event of a batch, in order; None once erased."""
        return [body or None for body in self._batch(log_index).bodies]

    def leaves(self, log_index: int) -> list[bytes]:
        """The leaf hashes of one batch's events, in order."""
        return contents.leaves_of(self._connection, log_index)

    def _shorten(self, ends: Mapping[str, int]) -> None:
        for name, end in ends.items():
            ids = self._ahead[name]
            if ids and ids[-1] >= end:
                self._ahead[name] = ids[: bisect_left(ids, end)]
                self._shortened.add(name)

    def _batch(self, log_index: int) -> StoredBatch:
        (found,) = contents.batches_between(self._connection, log_index, log_index + 1)
        return found

    def _numbers(self, names: Iterable[str]) -> dict[str, int]:
        return Names(subjects).find(self._connection, names)

    def _listed(self, ids: Iterable[int]) -> list[Entry]:
        """These events in log order; those that were read before are not read again: a snapshot does not change."""
        wanted = sorted(set(ids))
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        unread = [each for each in wanted if each not in self._known]
        self._known.update((entry.id, entry) for entry in self._entries(contents.events_with(self._connection, unread)))
        return [self._known[each] for each in wanted if each in self._known]

    def _entries(self, stored: Iterable[StoredEvent]) -> Iterator[Entry]:
        given = iter(stored)
        while some := list(islice(given, _UNDERSTOOD_AT_ONCE)):
            yield from self._understood([each for each in some if self._below is None or each.log_index < self._below])

    def _understood(self, stored: Sequence[StoredEvent]) -> list[Entry]:
        plain = [(each, each.body) for each in stored if each.defect is None and each.body is not None]
        events = _events(plain)
        times_ms = parse_instants(event.time for event in events)
        told = {each.event_id: (event, at_ms) for (each, _), event, at_ms in zip(plain, events, times_ms, strict=True)}
        return [self._entry(each, *told.get(each.event_id, (None, each.sealed_ms))) for each in stored]

    def _entry(self, stored: StoredEvent, event: AnyEvent | None, time_ms: int) -> Entry:
        recorded = None
        if event is not None:
            recorded = Recorded(event, stored.log_index, stored.position, trusted=self._trusted(event.clock))
        return Entry(
            stored.event_id, stored.log_index, stored.position, stored.stream, stored.seq,
            stored.kind if event is None else kind_of(event), time_ms,
            stored.leaf, stored.body, stored.defect, recorded,
        )  # fmt: skip

    def _trusted(self, clock: str) -> bool:
        return clock == "synchronised" or (clock == "simulated" and self._demo)


def _events(plain: Sequence[tuple[StoredEvent, bytes]]) -> list[AnyEvent]:
    """What events say that nothing is wrong with, all at once; few at once where one has its fields in an own order."""
    events = understood_apart([body for _, body in plain], said=[(each.stream, each.seq) for each, _ in plain])
    if events is not None:
        return events
    if len(plain) > _JUDGED_ALONE:
        half = len(plain) // 2
        return _events(plain[:half]) + _events(plain[half:])
    return [_judged(each, body) for each, body in plain]


def _judged(stored: StoredEvent, body: bytes) -> AnyEvent:
    event = getattr(judge(body, stream=stored.stream, seq=stored.seq), "event", None)
    if event is None:
        raise FormatError(f"event {stored.stream} {stored.seq} is not what was stored; run: xuemai fsck")
    found: AnyEvent = event
    return found


def recorded(entries: Iterable[Entry]) -> list[Recorded]:
    """The understood events among the entries that count, in log order: each fact once, and corrections in force."""
    return list(correcting.in_force(as_said(entries)))


def as_said(entries: Iterable[Entry]) -> list[Recorded]:
    """The understood events among the entries, each fact once, as they were said: what was corrected since, too."""
    return list(custody.once([entry.recorded for entry in entries if entry.recorded is not None]))


def track(told: Recorded, event: kinds.TemperatureSegment) -> Track:
    """A temperature segment as the exposure rule takes it.

    A segment whose clock cannot be trusted says nothing of any minute: its readings are kept, and none of them stands.
    """
    start, quality, reason = parse_instant(event.time), event.quality, event.reason
    if quality == "good" and not told.trusted:
        quality, reason = "suspect", CLOCK_UNTRUSTED
    return Track(
        probe=event.probe,
        start_ms=start,
        end_ms=parse_instant(event.until),
        samples=tuple((start + offset, centi) for offset, centi in event.readings),
        quality=quality,
        reason=reason,
        gaps=tuple((start + gap.start_ms, start + gap.end_ms, gap.reason) for gap in event.gaps),
        measures=event.measures,
        calibration_until_ms=parse_instant(event.calibration_until) if event.calibration_until else None,
    )
