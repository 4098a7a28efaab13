"""Two databases compared row by row: what is stored, and what the log says should be."""

import sqlite3
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import TypeAlias

from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import SQLAlchemyError

from ledger.store.bad import BadPlaceError
from ledger.store.prepared import Prepared

CHECK = "projection"
_AT_ONCE = 256
_SHOWN = 120
_Row: TypeAlias = tuple[object, ...]


def compare_table(examined: Connection, expected: Connection, table: Table) -> None:
    """Compare one table.

    Raises:
        BadPlaceError: naming the first row and column that differ.
    """
    query = Prepared(select(table).order_by(*table.primary_key.columns))
    nothing: list[_Row] = []
    try:
        for found, wanted in zip_longest(_rows(examined, query), _rows(expected, query), fillvalue=nothing):
            if found != wanted:
                raise next(_differences(table, found, wanted))
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise BadPlaceError(CHECK, table.name, expected="readable rows", found=str(error.__cause__ or error)) from error


def compare_schema(found: Mapping[str, str | None], expected: Mapping[str, str | None]) -> None:
    """Compare what the tables, indexes and guards of a database are with what they should be, by name.

    Raises:
        BadPlaceError: naming the first that differs.
    """
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            due, stored = expected.get(name, "nothing of that name"), found.get(name, "nothing")
            raise BadPlaceError("schema", name, expected=str(due), found=str(stored))


def _rows(connection: Connection, query: Prepared) -> Iterator[list[_Row]]:
    """The rows, many at once and as the driver's own tuples: whole lists compare without a step of ours for each."""
    yield from query.stream(connection, _AT_ONCE)


def _differences(table: Table, found: list[_Row], wanted: list[_Row]) -> Iterator[BadPlaceError]:
    for one, other in zip_longest(found, wanted):
        if one != other:
            yield _difference(table, one, other)


def _difference(table: Table, found: _Row | None, wanted: _Row | None) -> BadPlaceError:
    if wanted is None and found is not None:
        return BadPlaceError(CHECK, table.name, _key(table, found), expected="no such row", found="one")
    if found is None and wanted is not None:
        return BadPlaceError(CHECK, table.name, _key(table, wanted), expected="a row", found="none")
    if found is None or wanted is None:
        raise AssertionError("two missing rows do not differ")
    if _key(table, found) != _key(table, wanted):
        return BadPlaceError(CHECK, table.name, _key(table, wanted), expected="this row next", found=_key(table, found))
    names = [column.name for column in table.columns]
    column, stored, due = next(each for each in zip(names, found, wanted, strict=True) if each[1] != each[2])
    where = f"{_key(table, wanted)} column {column}"
    return BadPlaceError(CHECK, table.name, where, expected=_show(due), found=_show(stored))


def _key(table: Table, row: _Row) -> str:
    values = dict(zip(table.columns, row, strict=True))
    return " ".join(f"{column.name}={_show(values[column])}" for column in table.primary_key.columns)


def _show(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
