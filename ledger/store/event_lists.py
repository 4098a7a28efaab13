"""Lists of events by subject: one row for all events of a batch about one subject within one hour.

A place or a device is in every event of a gateway's batch, and a row an event for each of them cost more than the
events themselves. The hour stands in the key so that what a place's probes said of a span is found without reading its
whole past; who wants a finer span looks at the events' own times.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import BigInteger, Connection, bindparam, delete, literal_column, select

from ledger.core.batch import MAX_EVENTS
from ledger.store import tables as t
from ledger.store.entries import Entry
from ledger.store.prepared import Prepared, Value, insertion, numbers_in, numbers_within

HOUR_MS = 3_600_000
_INSERT = insertion(t.subject_events)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[int]).decode
_LISTED = (t.subject_events.c.subject_id, t.subject_events.c.event_id, t.subject_events.c.further)
_OF_SUBJECTS = Prepared(select(*_LISTED).where(numbers_within(t.subject_events.c.subject_id, "subjects")), "subjects")
_WITHIN = Prepared(
    select(*_LISTED).where(
        t.subject_events.c.subject_id == bindparam("subject"),
        t.subject_events.c.hour.between(bindparam("first"), bindparam("last")),
    ),
    *("subject", "first", "last"),
)
_A_BATCH = literal_column(str(MAX_EVENTS), type_=BigInteger())
_TELEMETRY_WITHIN = Prepared(
    select(*_LISTED)
    .join_from(t.subject_events, t.batches, t.batches.c.log_index == t.subject_events.c.event_id // _A_BATCH)
    .where(
        t.subject_events.c.subject_id == bindparam("subject"),
        t.subject_events.c.hour.between(bindparam("first"), bindparam("last")),
        t.batches.c.stream_id.in_(select(t.streams.c.id).where(t.streams.c.name.like(bindparam("named")))),
    ),
    *("subject", "first", "last", "named"),
)
_TELEMETRY = "%/t"
"""How the names of telemetry streams end (docs/format.md §2)."""

_IN_BATCH = (
    t.subject_events.c.subject_id == bindparam("subject"),
    t.subject_events.c.event_id >= bindparam("first"),
    t.subject_events.c.event_id < bindparam("end"),
)
_OF_BATCH = Prepared(
    select(t.subject_events.c.event_id, t.subject_events.c.further).where(*_IN_BATCH), *("subject", "first", "end")
)
_FORGET = Prepared(delete(t.subject_events).where(*_IN_BATCH), *("subject", "first", "end"))


def write(connection: Connection, batches: Iterable[Mapping[int, Sequence[Entry]]]) -> None:
    """Write what each batch says about each subject, by its number; the events in log order."""
    rows: list[tuple[Value, ...]] = []
    for about in batches:
        for number, entries in about.items():
            first = entries[0]
            if len(entries) == 1:
                rows.append((number, first.time_ms // HOUR_MS, first.event_id, None))
            else:
                rows += _rows(number, entries)
    # In the order of the table: most of a subject's rows then fall on one page.
    _INSERT.run_many(connection, sorted(rows))


def events_of(connection: Connection, subject_ids: Collection[int]) -> dict[int, list[int]]:
    """The ids of every event about each subject, ascending."""
    found: dict[int, list[int]] = {number: [] for number in subject_ids}
    for subject, event_id, further in _OF_SUBJECTS.run(connection, numbers_in(subject_ids)):
        found[subject] += _ids(event_id, further)
    return {number: sorted(ids) for number, ids in found.items()}


def events_within(connection: Connection, subject_id: int, *, start_ms: int, end_ms: int) -> list[int]:
    """The ids of a subject's events of the hours that [start_ms, end_ms] touches, ascending."""
    rows = _WITHIN.run(connection, subject_id, start_ms // HOUR_MS, end_ms // HOUR_MS)
    return sorted(each for _, event_id, further in rows for each in _ids(event_id, further))


def telemetry_within(connection: Connection, subject_id: int, *, start_ms: int, end_ms: int) -> list[int]:
    """The same of telemetry alone: a place's many sightings are passed over by the row, not read one by one."""
    rows = _TELEMETRY_WITHIN.run(connection, subject_id, start_ms // HOUR_MS, end_ms // HOUR_MS, _TELEMETRY)
    return sorted(each for _, event_id, further in rows for each in _ids(event_id, further))


def rewrite(connection: Connection, subject_id: int, times_ms: Mapping[int, int]) -> None:
    """Write again what one batch says about one subject, whose rows were taken out: event id → when it happened."""
    _INSERT.run_many(connection, sorted(_by_hour(subject_id, sorted(times_ms.items()))))


def take_out(connection: Connection, subject_id: int, *, first: int, end: int) -> list[int]:
    """Delete what a batch, whose events have ids in [first, end), says about a subject; the ids that were listed."""
    rows = _OF_BATCH.run(connection, subject_id, first, end).all()
    _FORGET.run(connection, subject_id, first, end)
    return sorted(each for event_id, further in rows for each in _ids(event_id, further))


def _rows(number: int, entries: Sequence[Entry]) -> Iterable[tuple[Value, ...]]:
    return _by_hour(number, ((entry.event_id, entry.time_ms) for entry in entries))


def _by_hour(number: int, times_ms: Iterable[tuple[int, int]]) -> Iterable[tuple[Value, ...]]:
    hours: dict[int, list[int]] = {}
    for event_id, time_ms in times_ms:
        hours.setdefault(time_ms // HOUR_MS, []).append(event_id)
    return [(number, hour, ids[0], _further(ids)) for hour, ids in hours.items()]


def _further(ids: Sequence[int]) -> str | None:
    first = ids[0]
    return _encode([each - first for each in ids[1:]]).decode() if len(ids) > 1 else None


def _ids(first: int, further: str | None) -> Iterator[int]:
    yield first
    if further is not None:
        yield from (first + offset for offset in _decode(further))
