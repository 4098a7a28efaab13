"""What needs attention: the home page's counts, the newest excursions with the units that were there, discrepancies."""

from collections.abc import Iterator, Sequence

from sqlalchemy import func, select

from ledger.core import kinds
from ledger.core.ids import is_id, parse_instant
from ledger.read import leaving
from ledger.read.reader import Reader
from ledger.read.units import held_by
from ledger.read.values import Excursion, Home, UnitSummary
from ledger.read.verdicts import units_there
from ledger.store.tables import units

RECENT_UNITS = 12
LATEST_EXCURSIONS = 20


def home(reader: Reader, *, organisation: str | None, now_ms: int) -> Home:
    """The home page of one organisation, or of the whole site (None)."""
    own = [
        each
        for each in reader.discrepancies()
        if organisation is None or not is_id(each.subject, "unit") or reader.visible(each.subject, organisation)
    ]
    latest = reader.checkpoint()
    held = reader.held_units(organisation=organisation, now_ms=now_ms)
    return Home(
        counts=counts(reader, organisation=organisation),
        recent=reader.with_verdicts(reader.units(organisation=organisation, limit=RECENT_UNITS), now_ms=now_ms),
        excursions=tuple(_excursions(reader, organisation, now_ms)),
        discrepancies=(*leaving.left(reader, organisation), *own),
        producers=reader.producers(),
        log_size=reader.log_size(),
        checkpoint_size=0 if latest is None else latest[0],
        events=reader.event_count(),
        now_ms=now_ms,
        held=in_short(reader, held[:RECENT_UNITS], organisation=organisation, now_ms=now_ms),
        held_count=len(held),
    )


def in_short(reader: Reader, names: Sequence[str], *, organisation: str | None, now_ms: int) -> tuple[UnitSummary, ...]:
    """Those of the units that the organisation (None: all) may see, by name, with the verdict on each."""
    return reader.with_verdicts(reader.summaries(names, organisation=organisation), now_ms=now_ms)


def counts(reader: Reader, *, organisation: str | None) -> dict[str, int]:
    """State → how many units an organisation holds in it, or how many there are (None)."""
    counted = select(units.c.state, func.count().label("n")).group_by(units.c.state)
    if organisation is not None:
        counted = counted.where(*held_by(organisation))
    return {row.state: row.n for row in reader.connection.execute(counted)}


def _excursions(reader: Reader, organisation: str | None, now_ms: int) -> Iterator[Excursion]:
    ended: dict[tuple[str, str, str], kinds.ExcursionEnded] = {}
    for entry in reader.history.excursions(limit=2 * LATEST_EXCURSIONS):
        event = None if entry.recorded is None else entry.recorded.event
        if isinstance(event, kinds.ExcursionEnded):
            ended[event.probe, event.level, event.since] = event
        if not isinstance(event, kinds.Excursion) or event.place is None:
            continue
        if organisation is not None and reader.organisation_of(event.place) != organisation:
            continue
        end = ended.get((event.probe, event.level, event.time))
        extreme = event.centi_celsius
        if end is not None:
            extreme = end.highest_centi_celsius if event.limit == "high" else end.lowest_centi_celsius
        until = None if end is None else parse_instant(end.time)
        yield Excursion(
            probe=event.probe,
            place=reader.places.get(event.place),
            level=event.level,
            since_ms=entry.time_ms,
            until_ms=until,
            limit=event.limit,
            limit_centi_celsius=event.limit_centi_celsius,
            extreme_centi_celsius=extreme,
            units=_units_at(reader, event.place, start_ms=entry.time_ms, end_ms=now_ms if until is None else until),
        )


def _units_at(reader: Reader, place: str, *, start_ms: int, end_ms: int) -> tuple[str, ...]:
    """The units that were in a place at any moment of [start_ms, end_ms], by name."""
    return tuple(sorted(units_there(reader, place, start_ms=start_ms, end_ms=end_ms)))
