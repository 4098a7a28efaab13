"""The register of erasures: which events an `erased` event names, and of which a gateway has confirmed it.

Projected from the log like everything else, so that `ledger.fsck` recomputes it. That the bytes then go is
`ledger.store.erasing`.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, and_, bindparam, insert, literal_column, select

from ledger.core import kinds
from ledger.core.batch import MAX_EVENTS
from ledger.core.errors import Refused
from ledger.core.events import SITE_STREAM, producer_of
from ledger.store import tables as t
from ledger.store.contents import event_with, events_with
from ledger.store.entries import Entry
from ledger.store.packing import event_id as event_id_at
from ledger.store.packing import log_place
from ledger.store.prepared import Prepared, addition

_KINDS = frozenset({"erased", "erasure_applied"})
_CONFIRMED = addition(t.confirmations)
_SAID = Prepared(
    select(t.erasures.c.event_id, t.erasures.c.erased_by)
    .where(
        t.erasures.c.event_id >= bindparam("first"),
        t.erasures.c.event_id < bindparam("end"),
        t.erasures.c.what == literal_column("'body'"),
    )
    .order_by(t.erasures.c.erased_by),
    *("first", "end"),
)
_THE_SITES_OWN = "the site's own stream names keys and erasures: every proof rests on it"
_A_PARTNERS_RECORD = (
    "a passport that was accepted stays as its sender signed it, since this site's own passports carry it on;"
    " who its pseudonyms are only the sender can tell, and erase"
)
_UNERASABLE = {
    "tag_associated": "which unit its tag pointed to is what later sightings rest on",
    "tag_removed": "until when its tag pointed to a unit is what later sightings rest on",
    "corrected": "which of two events counts rests on it",
}


def take(connection: Connection, entries: Sequence[Entry]) -> None:
    """Take one batch into the register."""
    for entry in entries:
        if entry.kind not in _KINDS:
            continue
        match entry.event:
            case kinds.Erased() as erased:
                _take_erased(connection, entry, erased)
            case kinds.ErasureApplied() as applied:
                _take_applied(connection, entry, applied)
            case _:
                pass


def find_event(connection: Connection, stream: str, seq: int) -> int | None:
    """The id of an event by its place in its stream; None if the log has no such event."""
    query = (
        select(t.batches.c.log_index, seq - t.batches.c.first_seq)
        .join(t.streams, t.streams.c.id == t.batches.c.stream_id)
        .where(
            t.streams.c.name == stream,
            t.batches.c.first_seq <= seq,
            t.batches.c.first_seq + t.batches.c.count > seq,
        )
        .order_by(t.batches.c.first_seq.desc())
        .limit(1)
    )
    found = connection.execute(query).first()
    return None if found is None else event_id_at(*found)


def refuse(connection: Connection, erased: kinds.Erased) -> Refused | None:
    """Why `erased` must not be recorded; None if what it names is there and may go."""
    place = f"{erased.of_stream} {erased.of_seq}"
    event_id = find_event(connection, erased.of_stream, erased.of_seq)
    if erased.of_stream == SITE_STREAM:
        enclosing = event_id is not None and _kind(connection, event_id) == "passport_accepted"
        return Refused("erasure.protected", _A_PARTNERS_RECORD if enclosing else _THE_SITES_OWN)
    if event_id is None:
        return Refused("erasure.unknown", f"expected an event of the log; there is no {place}")
    rests_on_it = _UNERASABLE.get(_kind(connection, event_id)) if erased.what == "body" else None
    if rests_on_it is not None:
        return Refused("erasure.protected", f"{place} cannot be erased: {rests_on_it}")
    if is_erased(connection, event_id, "body") or is_erased(connection, event_id, erased.what):
        return Refused("erasure.done", f"{place} was erased before")
    return None


def _kind(connection: Connection, event_id: int) -> str:
    """The kind of an event that is understood; of others nothing."""
    stored = event_with(connection, event_id)
    return stored.kind if stored is not None and stored.defect is None else ""


def any_in(connection: Connection) -> bool:
    """Whether anything of the log was ever erased."""
    return connection.execute(select(t.erasures.c.erased_by).limit(1)).first() is not None


def is_erased(connection: Connection, event_id: int, what: str) -> bool:
    """Whether an `erased` event names this event, and that of it."""
    query = select(t.erasures.c.erased_by).where(t.erasures.c.event_id == event_id, t.erasures.c.what == what)
    return connection.execute(query.limit(1)).first() is not None


def _take_erased(connection: Connection, entry: Entry, erased: kinds.Erased) -> None:
    event_id = find_event(connection, erased.of_stream, erased.of_seq)
    if event_id is None or event_id >= entry.event_id or erased.of_stream == SITE_STREAM:
        return
    row = {"erased_by": entry.event_id, "event_id": event_id, "what": erased.what}
    connection.execute(insert(t.erasures), row)


def _take_applied(connection: Connection, entry: Entry, applied: kinds.ErasureApplied) -> None:
    """Only the gateway whose event it was can confirm, and only what was erased."""
    if producer_of(applied.of_stream) != producer_of(entry.stream):
        return
    event_id = find_event(connection, applied.of_stream, applied.of_seq)
    if event_id is None or not is_erased(connection, event_id, applied.what):
        return
    _CONFIRMED.run(connection, event_id, applied.what, entry.event_id)


def of_stream(connection: Connection, stream: str) -> list[tuple[str, int]]:
    """(stream, seq) of every event of a stream of which the bytes or the withheld values were erased."""
    query = (
        select(t.erasures.c.event_id, t.batches.c.first_seq)
        .join(t.batches, t.batches.c.log_index == t.erasures.c.event_id.op("/")(MAX_EVENTS))
        .join(t.streams, t.streams.c.id == t.batches.c.stream_id)
        .where(t.streams.c.name == stream)
        .order_by(t.erasures.c.erased_by)
    )
    return [(stream, first + log_place(number)[1]) for number, first in connection.execute(query)]


def unconfirmed(connection: Connection, producer: str) -> list[tuple[str, str, int]]:
    """(what, stream, seq) of everything erased that the gateway `producer` has not confirmed, in log order."""
    query = (
        select(t.erasures.c.what, t.streams.c.name, t.erasures.c.event_id, t.batches.c.first_seq)
        .join(t.batches, t.batches.c.log_index == t.erasures.c.event_id.op("/")(MAX_EVENTS))
        .join(t.streams, t.streams.c.id == t.batches.c.stream_id)
        .outerjoin(
            t.confirmations,
            and_(t.confirmations.c.event_id == t.erasures.c.event_id, t.confirmations.c.what == t.erasures.c.what),
        )
        .where(t.confirmations.c.event_id.is_(None), t.streams.c.name.startswith(f"{producer}/", autoescape=True))
        .order_by(t.erasures.c.erased_by)
    )
    rows = connection.execute(query)
    return list(dict.fromkeys((what, stream, first + log_place(number)[1]) for what, stream, number, first in rows))


def listed_of(connection: Connection, first: int, end: int) -> dict[int, tuple[str, ...]]:
    """Of the events with ids in [first, end) whose bytes were erased, what they were about as `erased` events say."""
    found: dict[int, tuple[str, ...]] = {}
    for event_id, erased in _said(connection, first, end):
        found[event_id] = (*found.get(event_id, ()), *erased.listed)
    return found


def said_of(connection: Connection, event_id: int) -> kinds.Erased | None:
    """The first `erased` event that names an event whose bytes were erased; None if none does."""
    return next((erased for _, erased in _said(connection, event_id, event_id + 1)), None)


def _said(connection: Connection, first: int, end: int) -> Iterator[tuple[int, kinds.Erased]]:
    said = [(event_id, erased_by) for event_id, erased_by in _SAID.run(connection, first, end)]
    told = {each.event_id: each.understood() for each in events_with(connection, (by for _, by in said))}
    for event_id, erased_by in said:
        event = told.get(erased_by)
        if isinstance(event, kinds.Erased):
            yield event_id, event
