"""The units' projection: what `ledger.fold` says of each unit that a batch touched."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Row, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from ledger import fold
from ledger.core.custody import Recorded
from ledger.core.ids import din_of
from ledger.fold import Places, UnitFold
from ledger.store import tables as t
from ledger.store.discrepancies import Discrepancies
from ledger.store.history import histories_of
from ledger.store.names import Names
from ledger.store.subjects import Touched

_PER_QUERY = 500
_COLUMNS = ("state", "on_hold", "abo", "rhd", "expires_ms", "place", "holder", "changed_ms")


def refold(
    connection: Connection,
    touched: Touched,
    also: Iterable[str],
    *,
    names: Names,
    places: Places,
    discrepancies: Discrepancies,
) -> None:
    """Fold again every unit that a batch touched, and the units `also`; sightings of tags take the short way."""
    whole = {**touched.units, **dict.fromkeys(also)}
    for din in touched.dins:
        whole.update(dict.fromkeys(units_of_donation(connection, din)))
    seen = {unit: sightings for unit, sightings in touched.sightings.items() if unit not in whole}
    folds: dict[str, UnitFold] = {}
    for unit, before in _stored(connection, list(seen)).items():
        now = _observe(before, seen[unit])
        if now is None:
            whole[unit] = None
        else:
            folds[unit] = now
    _write_rows(connection, folds)
    _refold_whole(connection, list(whole), names=names, places=places, discrepancies=discrepancies)
    known = _stored(connection, list(touched.units))
    for unit, entry in touched.units.items():
        if unit not in known:
            discrepancies.note(
                "unit.unknown", unit, about="", time_ms=entry.time_ms,
                text=f"{entry.kind} names it, and nobody has entered it", at=entry.log_place,
            )  # fmt: skip


def read_histories(connection: Connection, units: Sequence[str], *, names: Names) -> dict[str, list[Recorded]]:
    """For each unit its events and its donation's, in log order."""
    numbers = names.find(connection, [name for unit in units for name in (unit, din_of(unit))])
    events = histories_of(connection, list(numbers.values()))
    histories = {}
    for unit in units:
        own: dict[int, Recorded] = {}
        for name in (unit, din_of(unit)):
            own.update(events.get(numbers.get(name, 0), {}))
        histories[unit] = [own[event_id] for event_id in sorted(own)]
    return histories


def units_of_donation(connection: Connection, din: str) -> list[str]:
    """Every unit known of a donation, in order of their identifiers."""
    prefix = f"unit:{din.removeprefix('din:')}"
    # "/" follows "." in ASCII: the range holds exactly the units that begin with the donation number and a point.
    rows = connection.execute(
        select(t.units.c.unit)
        .where(t.units.c.unit > f"{prefix}.", t.units.c.unit < f"{prefix}/")
        .order_by(t.units.c.unit)
    )
    return list(rows.scalars())


def _refold_whole(
    connection: Connection,
    units: Sequence[str],
    *,
    names: Names,
    places: Places,
    discrepancies: Discrepancies,
) -> None:
    folds: dict[str, UnitFold] = {}
    for unit, history in read_histories(connection, units, names=names).items():
        now = fold.fold_unit(history, unit, places=places)
        if now is not None:
            folds[unit] = now
            discrepancies.note_fold(unit, now.findings)
    _write_rows(connection, folds)
    _write_organisations(connection, folds)


def _observe(known: UnitFold, sightings: Sequence[Recorded]) -> UnitFold | None:
    now: UnitFold | None = known
    for sighting in sightings:
        now = fold.observe(now, sighting) if now is not None else None
    return now


def _stored(connection: Connection, units: Sequence[str]) -> dict[str, UnitFold]:
    found: dict[str, UnitFold] = {}
    for start in range(0, len(units), _PER_QUERY):
        rows = connection.execute(select(t.units).where(t.units.c.unit.in_(units[start : start + _PER_QUERY])))
        found.update((row.unit, _fold_of(row)) for row in rows)
    return found


def _fold_of(row: Row[tuple[object, ...]]) -> UnitFold:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return UnitFold(**{**values, "on_hold": bool(values["on_hold"])})


def _write_rows(connection: Connection, folds: Mapping[str, UnitFold]) -> None:
    if not folds:
        return
    rows = [
        {"unit": unit, **{name: getattr(now, name) for name in _COLUMNS}, "on_hold": int(now.on_hold)}
        for unit, now in folds.items()
    ]
    statement = upsert(t.units)
    changes = {name: statement.excluded[name] for name in _COLUMNS}
    connection.execute(statement.on_conflict_do_update(index_elements=["unit"], set_=changes), rows)


def _write_organisations(connection: Connection, folds: Mapping[str, UnitFold]) -> None:
    if not folds:
        return
    units = list(folds)
    table = t.unit_organisations
    for start in range(0, len(units), _PER_QUERY):
        connection.execute(delete(table).where(table.c.unit.in_(units[start : start + _PER_QUERY])))
    rows = [{"organisation": each, "unit": unit} for unit, now in folds.items() for each in now.organisations]
    if rows:
        connection.execute(insert(table), rows)
