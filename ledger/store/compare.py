"""Two databases compared row by row: what is stored, and what the log says should be."""

from itertools import zip_longest
from typing import TypeAlias

from sqlalchemy import Connection, Row, Table, select
from sqlalchemy.exc import SQLAlchemyError

from ledger.store.bad import BadPlaceError

CHECK = "projection"
_SHOWN = 120
_Row: TypeAlias = Row[tuple[object, ...]]


def compare_table(examined: Connection, expected: Connection, table: Table) -> None:
    """Compare one table.

    Raises:
        BadPlaceError: naming the first row and column that differ.
    """
    query = select(table).order_by(*table.primary_key.columns)
    try:
        for found, wanted in zip_longest(examined.execute(query), expected.execute(query)):
            if found != wanted:
                raise _difference(table, found, wanted)
    except SQLAlchemyError as error:
        raise BadPlaceError(CHECK, table.name, expected="readable rows", found=str(error.__cause__ or error)) from error


def _difference(
    table: Table, found: Row[tuple[object, ...]] | None, wanted: Row[tuple[object, ...]] | None
) -> Exception:
    if wanted is None and found is not None:
        return BadPlaceError(CHECK, table.name, _key(table, found), expected="no such row", found="one")
    if found is None and wanted is not None:
        return BadPlaceError(CHECK, table.name, _key(table, wanted), expected="a row", found="none")
    if found is None or wanted is None:
        raise AssertionError("two missing rows do not differ")
    if _key(table, found) != _key(table, wanted):
        return BadPlaceError(CHECK, table.name, _key(table, wanted), expected="this row next", found=_key(table, found))
    names = [column.name for column in table.columns]
    column = next(name for name, one, other in zip(names, found, wanted, strict=True) if one != other)
    return BadPlaceError(
        CHECK,
        table.name,
        f"{_key(table, wanted)} column {column}",
        expected=_show(getattr(wanted, column)),
        found=_show(getattr(found, column)),
    )


def _key(table: Table, row: _Row) -> str:
    return " ".join(f"{column.name}={_show(getattr(row, column.name))}" for column in table.primary_key.columns)


def _show(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
