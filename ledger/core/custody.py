"""Custody: what a unit's events say about where it was, who held it, and what it became.

Gateways come back from days offline, so arrival order and event time differ. This module decides the two orders of
docs/custody.md: *by time* for whereabouts, and *fold order* for state. It folds events into stays, holdings and
lineage, and nothing else: whither one event moves a unit is `ledger.core.moves`, which state a unit is in is
`ledger.rules.lifecycle`, how warm it was is `ledger.rules.exposure`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from operator import attrgetter, itemgetter
from typing import NamedTuple

from msgspec import Struct

from ledger.core import kinds
from ledger.core.ids import parse_instant
from ledger.core.kinds import AnyEvent
from ledger.core.moves import Arrive, Leave, move

IN_TRANSIT = "transit"
"""The holder between a dispatch and its receipt."""

SINGLE_SUBJECTS = (
    "unit", "din", "sample", "tag", "box", "probe", "place", "device", "donor", "patient", "dispatch_note", "key",
    "replaces", "organisation", "sample", "container", "lot", "order", "case",
)  # fmt: skip
"""Fields that hold one identifier that the event is about."""
LISTED_SUBJECTS = (
    "units", "parents", "boxes", "found", "missing", "surplus", "unfit", "undecided", "lots", "equipment", "about",
)  # fmt: skip
"""Fields that hold several, or in some kinds one."""


class Recorded(Struct, frozen=True, gc=False):
    """An event with its place in the log.

    Attributes:
        event: the event.
        log_index: index of its batch in the log.
        position: its position in the batch, from 0.
        trusted: whether its producer's clock can be trusted on this site.
    """

    event: AnyEvent
    log_index: int
    position: int
    trusted: bool = True

    @property
    def time_ms(self) -> int:
        """When it happened, in milliseconds since the Unix epoch."""
        return parse_instant(self.event.time)

    @property
    def log_place(self) -> tuple[int, int]:
        """(log index, position): the order in which the ledger learnt of things."""
        return self.log_index, self.position


_log_place = attrgetter("log_index", "position")
_time = attrgetter("event.time")
"""An instant has one spelling (docs/format.md §2), so that instants sort as their texts do."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A unit was at `place` from `since_ms` until `until_ms` (None: it still is)."""

    place: str
    since_ms: int
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Holding:
    """An organisation, or `transit`, held a unit from `since_ms` until `until_ms` (None: it still does)."""

    holder: str
    since_ms: int
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Edge:
    """Lineage: `parent` became `child` by the event of `kind` at `time_ms`."""

    parent: str
    child: str
    kind: str
    time_ms: int


def subjects(event: AnyEvent) -> tuple[str, ...]:
    """Every identifier that the event is about, each once, in field order."""
    single, listed = _subject_fields(type(event))
    found: dict[str, None] = {}
    for name in single:
        value = getattr(event, name)
        if value is not None:
            found[value] = None
    for name in listed:
        value = getattr(event, name) or ()
        found.update(dict.fromkeys((value,) if isinstance(value, str) else value))  # a case is about one thing
    if isinstance(event, kinds.Transformation):
        found.update((child.unit, None) for child in event.children)
        found.update((child.container, None) for child in event.children if child.container is not None)
    return tuple(found)


@cache
def _subject_fields(kind: type[AnyEvent]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields of a kind that name one subject each, and those that list several."""
    fields = frozenset(kind.__struct_fields__)
    single = tuple(name for name in SINGLE_SUBJECTS if name in fields)
    return single, tuple(name for name in LISTED_SUBJECTS if name in fields)


def once(history: Sequence[Recorded]) -> Sequence[Recorded]:
    """The history without what it holds already: of an event that was carried over, the first in the log counts.

    Args:
        history: in log order. An event is the same as another if both were first said at one place with one nonce.
    """
    carried = [each for each in history if isinstance(each.event, kinds.Reported) and each.event.first_said is not None]
    if not carried:
        return history
    told: dict[tuple[str, int, str], Recorded] = {}
    for each in history:
        told.setdefault(_first_place(each.event), each)
    return list(told.values())


def _first_place(event: AnyEvent) -> tuple[str, int, str]:
    said = event.first_said if isinstance(event, kinds.Reported) else None
    return (event.stream, event.seq, event.nonce) if said is None else (said.stream, said.seq, event.nonce)


def by_time(history: Iterable[Recorded]) -> list[Recorded]:
    """The history as it happened: by event time, then log place."""
    return sorted(sorted(history, key=_log_place), key=_time)  # the second keeps the first's order of equals


def fold_order(history: Iterable[Recorded]) -> list[Recorded]:
    """The order in which state folds: by (time, log place) where the producer's clock is trusted, else in log order.

    An event with an untrusted clock takes the latest time that the log had seen before it, so that it stays behind
    everything that was known when it came.
    """
    in_log_order = sorted(history, key=_log_place)
    effective = []
    latest = 0
    for recorded in in_log_order:
        at = recorded.time_ms if recorded.trusted else latest
        latest = max(latest, at)
        effective.append(at)
    # Sorting keeps the order of equals, which is that of the log.
    return [recorded for _, recorded in sorted(zip(effective, in_log_order, strict=True), key=itemgetter(0))]


def stays(history: Iterable[Recorded], unit: str) -> tuple[Stay, ...]:
    """Where `unit` was, by event time; moments at no known place belong to no stay.

    Args:
        history: the unit's events, among them the tag events that the ledger resolved to it.
        unit: whose whereabouts.
    """
    found: list[Stay] = []
    here: str | None = None
    for recorded in by_time(history):
        match move(recorded.event, unit):
            case None:
                continue
            case Arrive(place) if place != here:
                _leave(found, recorded.time_ms)
                found.append(Stay(place, recorded.time_ms, None))
                here = place
            case Leave() as leave if here is not None and leave.is_from(here):
                _leave(found, recorded.time_ms)
                here = None
            case Arrive() | Leave():
                continue
    return tuple(stay for stay in found if stay.until_ms is None or stay.until_ms > stay.since_ms)


class Whereabouts(NamedTuple):
    """Where a unit is, and since when.

    Attributes:
        place: None: at no known place.
        moved_ms: when that last changed; None: it never was anywhere.
        arrived_ms: when it last arrived at a place, new to it or not; None: it never did. Where it is follows from that
            event and those after it alone: an earlier one, whenever it is learnt of, does not change it.
    """

    place: str | None
    moved_ms: int | None
    arrived_ms: int | None


def whereabouts(history: Iterable[Recorded], unit: str) -> Whereabouts:
    """Where `unit` is, by event time."""
    here: str | None = None
    moved_ms: int | None = None
    arrived_ms: int | None = None
    for recorded in by_time(history):
        match move(recorded.event, unit):
            case None:
                continue
            case Arrive(place):
                arrived_ms = recorded.time_ms
                if place != here:
                    here, moved_ms = place, arrived_ms
            case Leave() as leave:
                if here is not None and leave.is_from(here):
                    here, moved_ms = None, recorded.time_ms
    return Whereabouts(here, moved_ms, arrived_ms)


def holdings(
    history: Iterable[Recorded], unit: str, *, organisation_of: Callable[[str], str | None]
) -> tuple[Holding, ...]:
    """Who held `unit`, by event time.

    Custody begins with the first assertion at a place, and passes by assertion only: a dispatch begins a transit, a
    receipt or a return ends it. A tag seen or a label scanned somewhere passes nothing, nor does any other step.

    Args:
        history: the unit's events.
        unit: whose custody.
        organisation_of: the organisation that a place belongs to; None if it is not registered.
    """
    found: list[Holding] = []
    for recorded in by_time(history):
        holder = _holder_after(recorded.event, unit, found[-1].holder if found else None, organisation_of)
        if found and found[-1].until_ms is not None:
            break
        if holder is not None and (not found or found[-1].holder != holder):
            if found:
                found[-1] = replace(found[-1], until_ms=recorded.time_ms)
            found.append(Holding(holder, recorded.time_ms, None))
        if found and _ends(recorded.event, unit):
            found[-1] = replace(found[-1], until_ms=recorded.time_ms)
    return tuple(found)


def ended_ms(history: Iterable[Recorded], unit: str) -> int | None:
    """When `unit` ceased to be that unit: transfused, discarded, or made into others; None while it exists."""
    return min((recorded.time_ms for recorded in history if _ends(recorded.event, unit)), default=None)


def edges(history: Iterable[Recorded]) -> Iterator[Edge]:
    """The lineage edges that these events made."""
    for recorded in history:
        event = recorded.event
        if isinstance(event, kinds.Transformation):
            kind = str(type(event).__struct_config__.tag)
            for parent in event.parents:
                for child in event.children:
                    yield Edge(parent, child.unit, kind, recorded.time_ms)


def dispatched_units(history: Iterable[Recorded], note: str) -> tuple[str, ...]:
    """The units that the `dispatched` events of a dispatch note name, each once, in log order."""
    sent = (recorded.event for recorded in history if isinstance(recorded.event, kinds.Dispatched))
    return tuple(dict.fromkeys(unit for event in sent if event.dispatch_note == note for unit in event.units))


def _leave(found: list[Stay], at: int) -> None:
    if found and found[-1].until_ms is None:
        found[-1] = replace(found[-1], until_ms=at)


_SAID = frozenset(kinds.Asserted.__args__)
"""What a person says; a device that saw something says nothing of custody."""


def _holder_after(
    event: AnyEvent, unit: str, holder: str | None, organisation_of: Callable[[str], str | None]
) -> str | None:
    if isinstance(event, kinds.Dispatched):
        return IN_TRANSIT
    passes = isinstance(event, (kinds.Received, kinds.Returned))
    if event.place is None or not (passes or (holder is None and type(event) in _SAID)):
        return holder
    if isinstance(event, kinds.Transformation) and unit in event.parents:
        return holder
    return organisation_of(event.place) or holder


def _ends(event: AnyEvent, unit: str) -> bool:
    if isinstance(event, (kinds.Transfused, kinds.Discarded)):
        return True
    return isinstance(event, kinds.Transformation) and unit in event.parents
