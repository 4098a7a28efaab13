"""The one way by which an event's bytes go, and everything that was made of them.

Run in the transaction that records the `erased` event, after that event's own rows: first the log says so, then the
bytes go. Afterwards every row of the projections is what the log implies without those bytes, which `ledger.fsck`
recomputes: the event is a leaf hash that a later `erased` event explains. After the commit the database is written
anew, so that no page keeps a copy; a file beside it says so until that is done, across any crash.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, delete, select, update

from ledger.config import Site
from ledger.core import custody, kinds
from ledger.core.concern import LEFT_OUT, MAPPED, named_by_defect
from ledger.core.custody import Recorded
from ledger.core.events import SITE_STREAM
from ledger.core.ids import HOUR_MS, is_id
from ledger.durable import sync_directory, write_durably
from ledger.folding import fold
from ledger.folding.places import Places
from ledger.store import contents, event_lists, evidence, guards, verdicts
from ledger.store import tables as t
from ledger.store.database import database_of
from ledger.store.discrepancies import Discrepancies
from ledger.store.entries import Entry
from ledger.store.erasures import find_event
from ledger.store.names import Names
from ledger.store.packing import row_key, without
from ledger.store.prepared import among, names_in
from ledger.store.rewriting import NotRewrittenError
from ledger.store.subjects import note_unknown_place, places_of
from ledger.store.tags import note_unknown_tag
from ledger.store.units import note_unknown_unit, read_histories, rewrite_units, units_of_donation
from ledger.store.writer import StorageError, Working

_log = structlog.get_logger("ledger.store.erasing")

MAX_LISTED_BYTES = 2000
"""How much one `erased` event lists, so that with the longest reason it stays within an event's size."""


@dataclass(frozen=True, slots=True)
class _Target:
    """An event that is to lose its bytes.

    Attributes:
        entry: the event, still whole.
        numbers: the subjects that it is listed under, with their numbers.
        sealed_ms: when its batch was sealed.
    """

    entry: Entry
    numbers: dict[str, int]
    sealed_ms: int


def carry_out(site: Site, working: Working, new: Iterable[Recorded]) -> None:
    """Make true, in their own transaction, what `erased` events say of bodies; `finish_erasure` follows the commit.

    Raises:
        StorageError: the file that says so cannot be written; nothing went.
    """
    said = [each.event for each in new if isinstance(each.event, kinds.Erased) and each.event.what == "body"]
    if not said:
        return
    try:
        write_durably(site.unfinished_erasure, b"")
    except OSError as error:
        raise StorageError(f"{site.unfinished_erasure}: {error}") from error
    places = working.projector.places(working.connection)
    for stream, seq in dict.fromkeys((event.of_stream, event.of_seq) for event in said):
        erase_body(working.connection, stream, seq, places=places)
    verdicts.forget(working.connection)
    working.projector.forget()


def finish_erasure(site: Site) -> bool:
    """Leave no copy of what was erased in the database's files; False while that cannot be done: try again."""
    due = site.unfinished_erasure
    begun = due.with_name(due.name + ".begun")
    try:
        if due.exists():
            # An erasure that is committed from here on leaves a file of its own.
            due.replace(begun)
        if not begun.exists():
            return True
        if not database_of(site).rewrite():
            return False
        begun.unlink()
        sync_directory(site.directory)
    except (NotRewrittenError, OSError) as error:
        _log.warning("what was erased may still stand in the database's files; trying again", error=str(error))
        return False
    return True


def listed_subjects(connection: Connection, stream: str, seq: int) -> list[str]:
    """The things on whose lists of the unit map an event stands: what its `erased` event has to say."""
    target = _read(connection, stream, seq)
    return [] if target is None else _mapped(target)


def portions(listed: Sequence[str]) -> list[list[str]]:
    """What is listed, a portion for each `erased` event; at least one, which may be empty."""
    made: list[list[str]] = [[]]
    for name in listed:
        if made[-1] and sum(map(len, made[-1])) + len(name) > MAX_LISTED_BYTES:
            made.append([])
        made[-1].append(name)
    return made


def erase_body(connection: Connection, stream: str, seq: int, *, places: Places) -> None:
    """Erase an event's bytes, and bring the projections to where they would be had nobody ever read them.

    An `erased` event that names it must be in the log and in the register. Whoever remembers projections between
    batches has to forget them.

    Raises:
        SQLAlchemyError: nothing names the event; nothing went.
    """
    target = _read(connection, stream, seq)
    if target is None:
        return
    units = _units(connection, target)
    _delete_bytes(connection, target)
    _list_again(connection, target)
    discrepancies = Discrepancies()
    for rule, subject, about in _delete_discrepancies(connection, target.entry):
        if rule == "place.unknown":
            _name_place_again(connection, subject, discrepancies)
        if rule == "tag.unknown":
            _see_tag_again(connection, subject, about, discrepancies)
    names = Names(t.subjects)
    rewrite_units(connection, units, names=names, places=places, discrepancies=discrepancies)
    for unit in units:
        _name_unit_again(connection, unit, names=names, places=places, discrepancies=discrepancies)
    discrepancies.write(connection)
    _drop_subjects(connection, target.numbers)


# ── what is there ─────────────────────────────────────────────────────────────────────────────────────────────────


def _read(connection: Connection, stream: str, seq: int) -> _Target | None:
    """The event and everything that it is listed under; None if it is not there or has no bytes."""
    number = find_event(connection, stream, seq)
    stored = None if number is None else contents.event_with(connection, number)
    if stored is None or stored.body is None:
        return None
    entry = contents.as_entry(stored)
    named = named_by_defect(entry.body) if entry.event is None else custody.subjects(entry.event)
    candidates = Names(t.subjects).find(connection, [*named, *_pointed_to(connection, entry)])
    numbers = {name: number for name, number in candidates.items() if _is_listed(connection, entry, number)}
    return _Target(entry, numbers, stored.sealed_ms)


def _about(connection: Connection, subject: str) -> Iterator[Entry]:
    """Every understood event that is listed under the subject, in log order."""
    number = Names(t.subjects).find(connection, [subject]).get(subject, 0)
    ids = event_lists.events_of(connection, [number])[number]
    return (contents.as_entry(each) for each in contents.events_with(connection, ids) if each.defect is None)


def _pointed_to(connection: Connection, entry: Entry) -> list[str]:
    """Every unit that the event's tag ever pointed to."""
    tag = getattr(entry.event, "tag", None)
    return list(connection.execute(select(t.tags.c.unit).where(t.tags.c.tag == tag).distinct()).scalars())


def _is_listed(connection: Connection, entry: Entry, number: int) -> bool:
    within = event_lists.events_within(connection, number, start_ms=entry.time_ms, end_ms=entry.time_ms)
    return entry.event_id in within


def _mapped(target: _Target) -> list[str]:
    if target.entry.kind in LEFT_OUT:
        return []
    return sorted(name for name in target.numbers if name.startswith(MAPPED))


def _units(connection: Connection, target: _Target) -> list[str]:
    """The units whose histories lose the event: those that it is listed under, and all of a donation."""
    own = [name for name in target.numbers if is_id(name, "unit")]
    dins = [name for name in target.numbers if is_id(name, "din")]
    return list(dict.fromkeys([*own, *(unit for din in dins for unit in units_of_donation(connection, din))]))


# ── what goes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _delete_bytes(connection: Connection, target: _Target) -> None:
    event_id = target.entry.event_id
    key = row_key(event_id)
    here = t.contents.c.event_id == key
    sizes, bodies = connection.execute(select(t.contents.c.sizes, t.contents.c.bodies).where(here)).one()
    with guards.while_erasing(connection):
        connection.execute(update(t.contents).where(here).values(without(sizes, bodies, event_id - key)))
        connection.execute(delete(t.defects).where(t.defects.c.event_id == event_id))
    connection.execute(delete(t.excursions).where(t.excursions.c.event_id == event_id))
    evidence.erase(connection, event_id)


def _list_again(connection: Connection, target: _Target) -> None:
    """Keep the event listed under the things that the unit map lists it under, and under nothing else."""
    kept = set(_mapped(target))
    sealed_hour = target.sealed_ms // HOUR_MS
    for name, number in target.numbers.items():
        hour = sealed_hour if name in kept else None
        event_lists.list_again(connection, number, target.entry.event_id, hour=hour)


def _delete_discrepancies(connection: Connection, entry: Entry) -> list[tuple[str, str, str]]:
    """What the event brought; answer (rule, subject, about) of each, since others may have brought it later too."""
    table = t.discrepancies
    here = (table.c.log_index == entry.log_index) & (table.c.position == entry.position)
    rows = connection.execute(select(table.c.rule, table.c.subject, table.c.about).where(here)).all()
    connection.execute(delete(table).where(here))
    return [(row.rule, row.subject, row.about) for row in rows]


def _drop_subjects(connection: Connection, numbers: Mapping[str, int]) -> None:
    """Names that nothing is listed under any more."""
    lists = event_lists.events_of(connection, list(numbers.values()))
    unused = [name for name, number in numbers.items() if not lists[number]]
    connection.execute(delete(t.subjects).where(among(t.subjects.c.name, "names")), {"names": names_in(unused)})


# ── what is found again ───────────────────────────────────────────────────────────────────────────────────────────


def _name_place_again(connection: Connection, place: str, discrepancies: Discrepancies) -> None:
    """Who else named the place before anybody had registered it."""
    for entry in _about(connection, place):
        if isinstance(entry.event, kinds.PlaceAdded):
            return
        if entry.event is not None and entry.stream != SITE_STREAM and place in places_of(entry.event):
            note_unknown_place(place, entry, discrepancies)
            return


def _see_tag_again(connection: Connection, tag: str, place: str, discrepancies: Discrepancies) -> None:
    """Where else the tag was seen at that place while it pointed to nothing, and so stands under its own name."""
    for entry in _about(connection, tag):
        if isinstance(entry.event, kinds.Seen) and (entry.event.place or "") == place:
            note_unknown_tag(entry.event, entry, discrepancies)
            return


def _name_unit_again(
    connection: Connection, unit: str, *, names: Names, places: Places, discrepancies: Discrepancies
) -> None:
    """Who else named the unit before anybody had entered it."""
    connection.execute(
        delete(t.discrepancies).where(t.discrepancies.c.subject == unit, t.discrepancies.c.rule == "unit.unknown")
    )
    naming = (each for each in _about(connection, unit) if each.event and unit in custody.subjects(each.event))
    first = next(naming, None)
    if first is None:
        return
    history = read_histories(connection, [unit], names=names)[unit]
    by_then = [each for each in history if each.log_index <= first.log_index]
    if fold.fold_unit(by_then, unit, places=places) is None:
        note_unknown_unit(unit, first, discrepancies)
