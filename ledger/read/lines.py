"""Events as the pages show them, a line each."""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection

from ledger.core import correcting
from ledger.core.events import ERASED_KIND
from ledger.core.ids import parse_instant
from ledger.read.history import Entry, as_said
from ledger.read.values import Erasure, HistoryLine, Named
from ledger.store import erasures

_ELSEWHERE = frozenset({"exposure_stated", "temperature_segment"})
"""What the cold chain's part of a page tells."""


def lines_of(connection: Connection, entries: Iterable[Entry], *, places: Mapping[str, Named]) -> Iterator[HistoryLine]:
    """Newest first by event time; late ones marked.

    Args:
        connection: of one snapshot.
        entries: the events.
        places: every registered place and box.
    """
    entries = list(entries)
    corrections = correcting.read(as_said(entries))
    late = _late(entries)
    for entry in sorted(entries, key=lambda each: (each.time_ms, each.log_index, each.position), reverse=True):
        if entry.kind in _ELSEWHERE:
            continue
        place = entry.recorded.event.place if entry.recorded else None
        yield HistoryLine(
            recorded=entry.recorded,
            kind=entry.kind,
            time_ms=entry.time_ms,
            place=None if place is None else places.get(place, Named(place, place, place, "")),
            stream=entry.stream,
            seq=entry.seq,
            late=entry.id in late,
            defect=entry.defect,
            erasure=_erasure(connection, entry.id) if entry.kind == ERASED_KIND else None,
            struck_by=corrections.struck.get((entry.stream, entry.seq)),
            stands_for=corrections.stands_for.get((entry.stream, entry.seq)),
        )


def _late(entries: Iterable[Entry]) -> set[int]:
    """Those that the log heard of after later ones."""
    late, latest = set(), 0
    for entry in sorted(entries, key=lambda each: (each.log_index, each.position)):
        if entry.time_ms < latest:
            late.add(entry.id)
        latest = max(latest, entry.time_ms)
    return late


def _erasure(connection: Connection, event_id: int) -> Erasure | None:
    """What the log says of an event's erasure."""
    said = erasures.said_of(connection, event_id)
    return None if said is None else Erasure(parse_instant(said.time), said.reason, said.by, said.second)
