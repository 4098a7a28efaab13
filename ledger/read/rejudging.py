"""What is kept of units' cold chains, held against judging every one of them again from nothing."""

from collections.abc import Iterable

from sqlalchemy import select

from ledger.read.concerned import concerned, everybody
from ledger.read.reader import Reader
from ledger.read.verdicts import judge_units
from ledger.store import verdicts
from ledger.store.bad import BadPlaceError
from ledger.store.tables import JUDGED, unit_stays
from ledger.store.tables import verdicts as verdict_rows

CHECK = "verdicts"


def examine(reader: Reader) -> int:
    """Judge every unit anew and compare, but for those that later batches concern and nobody has judged again yet.

    Returns:
        How many units were compared.

    Raises:
        BadPlaceError: naming the first unit of which something else is kept.
    """
    size = verdicts.judged_size(reader.connection)
    if size == 0:
        _require_nothing(reader)
        return 0
    due = set(concerned(reader, since=size, until=reader.log_size()))
    again = judge_units(reader, [unit for unit in everybody(reader) if unit not in due], since=size, until=size)
    kept = _kept(reader, due)
    _compare(verdict_rows.name, kept, {(each.unit, each) for each in again.kept})
    _compare(unit_stays.name, _stays(reader, due), {(stay[2], stay) for stay in again.stays})
    _check_sizes(reader, size)
    return len(again.units)


def _require_nothing(reader: Reader) -> None:
    for table in JUDGED:
        if reader.connection.execute(select(table).limit(1)).first() is not None:
            raise BadPlaceError(CHECK, table.name, expected="nothing, since nothing was judged", found="a row")


def _kept(reader: Reader, due: set[str]) -> set[tuple[str, object]]:
    names = list(reader.connection.execute(select(verdict_rows.c.unit)).scalars())
    found = verdicts.verdicts_of(reader.connection, (unit for unit in names if unit not in due))
    return set(found.items())


def _stays(reader: Reader, due: set[str]) -> set[tuple[str, object]]:
    rows = reader.connection.execute(
        select(unit_stays.c.place, unit_stays.c.until_ms, unit_stays.c.unit, unit_stays.c.since_ms)
    )
    return {(row.unit, tuple(row)) for row in rows if row.unit not in due}


def _compare(table: str, found: set[tuple[str, object]], expected: Iterable[tuple[str, object]]) -> None:
    wrong = found.symmetric_difference(expected)
    if wrong:
        unit = min(name for name, _ in wrong)
        told = [str([each for name, each in rows if name == unit]) for rows in (expected, found)]
        raise BadPlaceError(CHECK, table, f"unit={unit}", expected=told[0], found=told[1])


def _check_sizes(reader: Reader, size: int) -> None:
    wrong = select(verdict_rows.c.unit).where(
        (verdict_rows.c.since > verdict_rows.c.as_of) | (verdict_rows.c.as_of > size) | (verdict_rows.c.since < 1)
    )
    unit = reader.connection.execute(wrong.order_by(verdict_rows.c.unit).limit(1)).scalar()
    if unit is not None:
        expected = f"since a log size, judged at a later one up to {size}"
        raise BadPlaceError(CHECK, verdict_rows.name, f"unit={unit}", expected=expected, found="other sizes")
