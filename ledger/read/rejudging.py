"""What is kept of units' cold chains, held against judging every one of them again from nothing."""

from collections.abc import Iterable

from sqlalchemy import Table, select

from ledger.read.concerned import concerned, everybody
from ledger.read.reader import Reader
from ledger.read.verdicts import A_PORTION, due_in, judge_units
from ledger.store import verdicts
from ledger.store.bad import BadPlaceError
from ledger.store.prepared import among, names_in
from ledger.store.resting import Resting
from ledger.store.tables import JUDGED, unit_stays, units
from ledger.store.tables import verdicts as verdict_rows

CHECK = "verdicts"


def examine(reader: Reader, resting: Resting | None = None) -> int:
    """Judge every unit anew and compare, but for those that are still to be judged: of a turn, or of later batches.

    Args:
        reader: the examined ledger.
        resting: from which event on nothing new was said of each unit; None: every event is read.

    Returns:
        How many units were compared.

    Raises:
        BadPlaceError: naming the first unit of which something else is kept.
    """
    mark = verdicts.judged_so_far(reader.connection)
    if mark == verdicts.Mark():
        _require_nothing(reader)
        return 0
    due = {*due_in(reader, mark), *concerned(reader, since=mark.until, until=reader.log_size())}
    settled = [unit for unit in everybody(reader) if unit not in due]
    for first in range(0, len(settled), A_PORTION):
        names = settled[first : first + A_PORTION]
        again = judge_units(reader, names, upto=None if resting is None else resting.upto)
        kept = verdicts.verdicts_of(reader.connection, names)
        _compare(verdict_rows.name, set(kept.items()), {(each.unit, each) for each in again.kept})
        _compare(unit_stays.name, _stays(reader, names), {(stay[2], stay) for stay in again.stays})
    for table in (verdict_rows, unit_stays):
        _require_units(reader, table)
    _check_sizes(reader, mark.until)
    return len(settled)


def _require_nothing(reader: Reader) -> None:
    for table in JUDGED:
        if reader.connection.execute(select(table).limit(1)).first() is not None:
            raise BadPlaceError(CHECK, table.name, expected="nothing, since nothing was judged", found="a row")


def _require_units(reader: Reader, table: Table) -> None:
    stray = select(table.c.unit).where(table.c.unit.not_in(select(units.c.unit))).order_by(table.c.unit).limit(1)
    unit = reader.connection.execute(stray).scalar()
    if unit is not None:
        raise BadPlaceError(CHECK, table.name, f"unit={unit}", expected="rows of units that there are", found="a row")


def _stays(reader: Reader, names: Iterable[str]) -> set[tuple[str, object]]:
    columns = (unit_stays.c.place, unit_stays.c.until_ms, unit_stays.c.unit, unit_stays.c.since_ms)
    query = select(*columns).where(among(unit_stays.c.unit, "units"))
    return {(row.unit, tuple(row)) for row in reader.connection.execute(query, {"units": names_in(names)})}


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
