"""Statements that SQLAlchemy Core writes once and the driver then runs as they are.

Core's own execution asks for each row as a mapping and takes it apart again, which costs the writer more than SQLite
does. Here a row is a tuple in the order of the statement's placeholders. The connection, the transaction and the errors
stay those of SQLAlchemy.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, CursorResult, Table, bindparam, func, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

_DIALECT = sqlite.dialect()
Value: TypeAlias = int | str | bytes | None
"""What the driver stores as it is: every column of `tables` is of one of these."""


class Prepared:
    """One statement, written once.

    Args:
        statement: what Core would execute.
        order: the parameters' names in the order in which `run` will be given them.

    Raises:
        ValueError: the statement asks for them in another order.
    """

    def __init__(self, statement: ClauseElement, *order: str) -> None:
        compiled = _DIALECT.statement_compiler(_DIALECT, statement)
        if tuple(compiled.positiontup or ()) != order:
            raise ValueError(f"expected the parameters {order}; the statement asks for {compiled.positiontup}")
        self._text = str(compiled)

    def run(self, connection: Connection, *values: Value) -> CursorResult[*tuple[Any, ...]]:
        """Run it once."""
        return connection.exec_driver_sql(self._text, values)

    def run_many(self, connection: Connection, rows: Sequence[tuple[Value, ...]]) -> None:
        """Run it for each row; no rows, no statement."""
        if rows:
            connection.exec_driver_sql(self._text, rows)


def insertion(table: Table) -> Prepared:
    """An insert of whole rows, their values in the order of the table's columns."""
    return Prepared(insert(table), *(column.name for column in table.columns))


def among(column: ColumnElement[str], parameter: str) -> ColumnElement[bool]:
    """Whether the column is one of a parameter's `names`: one statement for lists of any length."""
    return column.in_(select(func.json_each(bindparam(parameter)).table_valued("value").c.value))


def names_in(names: Iterable[str]) -> str:
    """The value of a parameter of `among`."""
    return json.dumps(list(names))
