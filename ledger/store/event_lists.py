"""Lists of events by subject: what each event is about.

A batch first has one row of its own (`unlisted`), which tells for every subject its events there. Whenever the log has
grown by `WINDOW_BATCHES`, those rows become rows by subject (`subject_events`): one for all events of the window about
one subject within one hour. A unit is in every few batches and a place in each: a row for each of these cost more than
the events themselves. Who asks is told from both tables, so nothing has to wait for a window to be full.

The hour stands in the key so that what a place's probes said of a span is found without reading its whole past, and
telemetry has rows of its own, so that a place's sightings are not read beside it; who wants a finer span looks at the
events' own times.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import TypeAlias

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from ledger.core.events import Carrier, carrier_of
from ledger.core.ids import HOUR_MS
from ledger.store import tables as t
from ledger.store.entries import Entry
from ledger.store.packing import event_id, ids_of, log_place
from ledger.store.prepared import Prepared, Value, insertion, numbers_in, numbers_within

WINDOW_BATCHES = 64
"""Windows end where the log's size is a multiple of this: which rows there are follows from the log alone."""
_LONG = 64 * 1024
"""What a whole run is about is longer, and not worth remembering."""

_About: TypeAlias = dict[int, dict[int, list[int]]]
"""Hour since the Unix epoch → subject's number → positions in the batch."""

_encode = msgspec.json.Encoder().encode
_offsets = msgspec.json.Decoder(list[int]).decode
_decode_about = msgspec.json.Decoder(_About).decode
_INSERT, _INSERT_UNLISTED = insertion(t.subject_events), insertion(t.unlisted)
_UNLISTED = Prepared(
    select(t.unlisted.c.log_index, t.unlisted.c.telemetry, t.unlisted.c.about).order_by(t.unlisted.c.log_index)
)
_UNLISTED_OF = Prepared(
    select(t.unlisted.c.log_index, t.unlisted.c.about)
    .where(t.unlisted.c.telemetry == bindparam("telemetry"))
    .order_by(t.unlisted.c.log_index),
    "telemetry",
)
_CLEAR = Prepared(delete(t.unlisted))
_LISTED = (t.subject_events.c.subject_id, t.subject_events.c.event_id, t.subject_events.c.further)
_OF_SUBJECTS = Prepared(select(*_LISTED).where(numbers_within(t.subject_events.c.subject_id, "subjects")), "subjects")
_WITHIN = Prepared(
    select(*_LISTED).where(
        t.subject_events.c.subject_id == bindparam("subject"),
        t.subject_events.c.telemetry == bindparam("telemetry"),
        t.subject_events.c.hour.between(bindparam("first"), bindparam("last")),
    ),
    *("subject", "telemetry", "first", "last"),
)


def write(connection: Connection, batches: Iterable[tuple[Sequence[Entry], Mapping[int, list[int]]]]) -> None:
    """Write what batches are about, in log order.

    Args:
        connection: the writing connection.
        batches: for each its events, and for every subject, by its number, the positions of those that are about it, in
            log order.
    """
    rows: list[tuple[Value, ...]] = []
    for entries, about in batches:
        first = entries[0]
        rows.append((first.log_index, int(_is_telemetry(first.stream)), _told(entries, about)))
        if (first.log_index + 1) % WINDOW_BATCHES == 0:
            _INSERT_UNLISTED.run_many(connection, rows)
            rows.clear()
            _list(connection)
    _INSERT_UNLISTED.run_many(connection, rows)


def write_run(connection: Connection, about: Mapping[int, list[int]], *, first: int, end: int, hour: int) -> None:
    """Write what batches of custody streams are about as one; in a window that the last or a later of them fills.

    Args:
        connection: the writing connection.
        about: for every subject, by its number, the events about it: how far each id is behind the first batch's first,
            ascending.
        first: the log index of the first batch.
        end: the log index behind the last.
        hour: the hour since the Unix epoch in which all of it happened.
    """
    is_full = end % WINDOW_BATCHES == 0
    if is_full and end - first == WINDOW_BATCHES:
        first_id = event_id(first, 0)
        rows = [_row_of_run(number, hour, first_id, about[number]) for number in sorted(about)]
        _INSERT.run_many(connection, rows)
        return
    _INSERT_UNLISTED.run_many(connection, [(first, 0, _spelt({hour: dict(about)}))])
    if is_full:
        _list(connection)


def events_of(connection: Connection, subject_ids: Collection[int]) -> dict[int, list[int]]:
    """The ids of every event about each subject, ascending."""
    found: dict[int, list[int]] = {number: [] for number in subject_ids}
    for subject, first, further in _OF_SUBJECTS.rows(connection, numbers_in(subject_ids)):
        found[subject].append(first)
        if further is not None:  # as `_ids`, without a generator for each of thousands of rows
            found[subject] += [first + offset for offset in _offsets(further)]
    for first, _, hours in _unlisted(connection):
        for subjects in hours.values():
            for number in found.keys() & subjects.keys():
                found[number] += [first + position for position in subjects[number]]
    return {number: sorted(ids) for number, ids in found.items()}


def events_within(connection: Connection, subject_id: int, *, start_ms: int, end_ms: int) -> list[int]:
    """The ids of a subject's events of the hours that [start_ms, end_ms] touches, ascending."""
    return sorted(
        each
        for telemetry in (0, 1)
        for each in _within(connection, subject_id, telemetry, start_ms=start_ms, end_ms=end_ms)
    )


def telemetry_within(connection: Connection, subject_id: int, *, start_ms: int, end_ms: int) -> list[int]:
    """The same of telemetry alone."""
    return sorted(_within(connection, subject_id, 1, start_ms=start_ms, end_ms=end_ms))


def told_within(connection: Connection, subject_id: int, *, start_ms: int, end_ms: int) -> list[int]:
    """The same without telemetry."""
    return sorted(_within(connection, subject_id, 0, start_ms=start_ms, end_ms=end_ms))


def listed_numbers(connection: Connection) -> Iterator[int]:
    """The numbers of subjects that have events in the last window, which is not full yet; some more than once."""
    for _, _, hours in _unlisted(connection):
        for subjects in hours.values():
            yield from subjects


def list_again(connection: Connection, subject_id: int, number: int, *, hour: int | None) -> None:
    """List an event that lost its bytes under the hour in which its batch was sealed, or (None) no more at all.

    Args:
        connection: the writing connection.
        subject_id: the subject whose list it is on.
        number: the event's id.
        hour: that hour, since the Unix epoch.
    """
    log_index, position = log_place(number)
    table = t.unlisted
    about = connection.execute(select(table.c.about).where(table.c.log_index == log_index)).scalar()
    if about is None:
        _list_again_in_window(connection, subject_id, number, hour=hour)
        return
    hours = _decode_about(about)
    for subjects in hours.values():
        left = [each for each in subjects.pop(subject_id, ()) if each != position]
        if left:
            subjects[subject_id] = left
    if hour is not None:
        positions = hours.setdefault(hour, {}).setdefault(subject_id, [])
        positions.append(position)
        positions.sort()
    connection.execute(update(table).where(table.c.log_index == log_index).values(about=_spelt(hours)))


def _list_again_in_window(connection: Connection, subject_id: int, number: int, *, hour: int | None) -> None:
    table, window = t.subject_events, log_place(number)[0] // WINDOW_BATCHES
    here = (
        (table.c.subject_id == subject_id)
        & (table.c.event_id >= ids_of(window * WINDOW_BATCHES)[0])
        & (table.c.event_id < ids_of((window + 1) * WINDOW_BATCHES)[0])
    )
    lists = {
        (row.telemetry, row.hour): list(_ids(row.event_id, row.further))
        for row in connection.execute(select(table).where(here))
    }
    (key,) = (key for key, ids in lists.items() if number in ids)
    lists[key].remove(number)
    if hour is not None:
        lists.setdefault((key[0], hour), []).append(number)
    connection.execute(delete(table).where(here))
    _INSERT.run_many(connection, [_row(subject_id, *key, sorted(ids)) for key, ids in sorted(lists.items()) if ids])


def _list(connection: Connection) -> None:
    """Turn the rows of a full window into rows by subject."""
    lists: defaultdict[tuple[int, int], defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for first, telemetry, hours in _unlisted(connection):
        for hour, subjects in hours.items():
            into = lists[telemetry, hour]
            for subject, positions in subjects.items():
                if len(positions) == 1:
                    into[subject].append(first + positions[0])
                else:
                    into[subject] += [first + position for position in positions]
    rows = [_row(subject, *key, ids) for key, subjects in lists.items() for subject, ids in subjects.items()]
    # In the order of the table: rows that belong together then fall on one page.
    rows.sort(key=itemgetter(0, 1, 2))
    _INSERT.run_many(connection, rows)
    _CLEAR.run(connection)


def _row(subject: int, telemetry: int, hour: int, ids: Sequence[int]) -> tuple[Value, ...]:
    first = ids[0]
    further = _encode([each - first for each in ids[1:]]).decode() if len(ids) > 1 else None
    return subject, telemetry, hour, first, further


def _row_of_run(subject: int, hour: int, first_id: int, offsets: Sequence[int]) -> tuple[Value, ...]:
    first = offsets[0]
    further = _encode([each - first for each in offsets[1:]]).decode() if len(offsets) > 1 else None
    return subject, 0, hour, first_id + first, further


def _unlisted(connection: Connection) -> Iterator[tuple[int, int, _About]]:
    """Of each batch of the last window the id of its first event, whether it is telemetry, and what it is about."""
    for log_index, telemetry, about in _UNLISTED.rows(connection):
        yield event_id(log_index, 0), telemetry, _about(about)


def _about(text: str) -> _About:
    return (_read if len(text) < _LONG else _decode_about)(text)


@lru_cache(maxsize=4 * WINDOW_BATCHES)  # every reader asks for the same few batches
def _read(about: str) -> _About:
    return _decode_about(about)


def _told(entries: Sequence[Entry], about: Mapping[int, list[int]]) -> str:
    times_ms = [entry.time_ms for entry in entries]
    first, last = min(times_ms) // HOUR_MS, max(times_ms) // HOUR_MS
    if first == last:
        return _spelt({first: about})
    told: _About = {}
    for number, positions in about.items():
        for position in positions:
            told.setdefault(times_ms[position] // HOUR_MS, {}).setdefault(number, []).append(position)
    return _spelt(told)


def _spelt(hours: Mapping[int, Mapping[int, list[int]]]) -> str:
    """The one spelling: hours and subjects in ascending order, and nothing that is empty."""
    ordered = {
        hour: {subject: subjects[subject] for subject in sorted(subjects)}
        for hour, subjects in sorted(hours.items())
        if subjects
    }
    return _encode(ordered).decode()


def _within(connection: Connection, subject_id: int, telemetry: int, *, start_ms: int, end_ms: int) -> Iterator[int]:
    first_hour, last_hour = start_ms // HOUR_MS, end_ms // HOUR_MS
    for _, first, further in _WITHIN.rows(connection, subject_id, telemetry, first_hour, last_hour):
        yield from _ids(first, further)
    for log_index, about in _UNLISTED_OF.rows(connection, telemetry):
        first = event_id(log_index, 0)
        for hour, subjects in _about(about).items():
            if first_hour <= hour <= last_hour:
                yield from (first + position for position in subjects.get(subject_id, ()))


def _is_telemetry(stream: str) -> bool:
    return carrier_of(stream) is Carrier.TELEMETRY


def _ids(first: int, further: str | None) -> Iterator[int]:
    yield first
    if further is not None:
        yield from (first + offset for offset in _offsets(further))
