"""Statements that SQLAlchemy Core writes once for each database engine and the driver then runs as they are.

Core's own execution asks for each row as a mapping and takes it apart again, which costs the writer more than SQLite
does. Here a row is a tuple in the order of the statement's placeholders. The connection, the transaction and the errors
stay those of SQLAlchemy. What the engines say differently about single statements (lists, bulk) is said here alone.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, ColumnElement, Connection, CursorResult, Table, Text, bindparam, insert, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal
from typing_extensions import override

from ledger.store import bulk, driver

_DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": PGDialect_psycopg(paramstyle="format")}  # type: ignore[no-untyped-call]  # it has no types

Value: TypeAlias = int | str | bytes | None
"""What the drivers store as it is: every column of `tables` is of one of these."""


class Prepared:
    """One statement, written once for each engine.

    Args:
        statement: what Core would execute.
        order: the parameters' names in the order in which `run` will be given them.
        ending: what both engines spell alike and Core has no common word for, put after the statement.

    Raises:
        ValueError: the statement asks for them in another order.
    """

    def __init__(self, statement: ClauseElement, *order: str, ending: str = "") -> None:
        self._texts: dict[str, str] = {}
        for name, dialect in _DIALECTS.items():
            compiled = dialect.statement_compiler(dialect, statement)
            if tuple(compiled.positiontup or ()) != order:
                raise ValueError(f"expected the parameters {order}; the statement asks for {compiled.positiontup}")
            self._texts[name] = f"{compiled}{ending}"

    def text(self, engine: str) -> str:
        """The statement as one engine spells it."""
        return self._texts[engine]

    def run(self, connection: Connection, *values: Value) -> CursorResult[*tuple[Any, ...]]:
        """Run it once."""
        return connection.exec_driver_sql(self._texts[connection.dialect.name], values)

    def run_many(self, connection: Connection, rows: Sequence[tuple[Value, ...]]) -> None:
        """Run it for each row, in a transaction that has begun; no rows, no statement."""
        if not rows:
            return
        text = self._texts[connection.dialect.name]
        if connection.dialect.name == "sqlite":
            driver.run_many(connection, text, rows)
        else:
            connection.exec_driver_sql(text, rows)

    def rows(self, connection: Connection, *values: Value) -> list[tuple[Any, ...]]:
        """Run it once, in a transaction that has begun; its rows as the driver's own tuples.

        Raises:
            DBAPIError: the driver did not answer.
        """
        return driver.rows_of(connection, self._texts[connection.dialect.name], values)

    def stream(self, connection: Connection, at_once: int) -> Iterator[list[tuple[Any, ...]]]:
        """Its rows, `at_once` at a time and as the driver's own tuples; never all of them in memory."""
        if connection.dialect.name == "postgresql":
            yield from bulk.stream_rows(connection, self._texts["postgresql"], at_once)
            return
        cursor = self.run(connection).cursor
        while rows := list(cursor.fetchmany(at_once)):
            yield rows


class Insertion(Prepared):
    """An insert of rows. On PostgreSQL many at once are one statement, and nobody waits for it within `together`.

    Args:
        table: the table.
        names: the columns in the order of the values; the rest stays NULL.
        ending: as for any statement. Where it changes rows, no key may come twice in one call.
    """

    def __init__(self, table: Table, names: Sequence[str], *, ending: str = "") -> None:
        super().__init__(insert(table).values({name: bindparam(name) for name in names}), *names, ending=ending)
        self._kinds = [table.c[name].type.python_type for name in names]
        # Bytes as they are: as text they would go over twice as long, to be read from hexadecimal digits.
        forms = iter("%b" if kind is bytes else "%s" for kind in self._kinds)
        self._texts["postgresql"] = re.sub("%s", lambda _: next(forms), self._texts["postgresql"])
        self._at_once = (
            f"INSERT INTO {table.name} ({', '.join(names)})"  # noqa: S608  names of our tables alone
            f" SELECT * FROM unnest({_arrays(names)}){ending}"
        )

    @override
    def run_many(self, connection: Connection, rows: Sequence[tuple[Value, ...]]) -> None:
        if connection.dialect.name != "postgresql":
            super().run_many(connection, rows)
        elif len(rows) == 1:
            bulk.write(connection, self._texts["postgresql"], rows[0])
        elif rows:
            bulk.write_rows(connection, self._at_once, self._kinds, rows)


class Revision(Prepared):
    """New values for columns of rows that are there, found by their key; of a row that is not, nothing is written.

    Many rows at once are one statement on PostgreSQL, where each statement costs more than what it does.

    Args:
        table: the table; the values come in the order `changed`, then key.
        changed: the columns that are written.
    """

    def __init__(self, table: Table, *changed: str) -> None:
        key = [column.name for column in table.primary_key.columns]
        statement = (
            update(table)
            .where(*(table.c[name] == bindparam(f"of_{name}") for name in key))
            .values({name: bindparam(f"now_{name}") for name in changed})
        )
        super().__init__(statement, *(f"now_{name}" for name in changed), *(f"of_{name}" for name in key))
        columns = [*changed, *key]
        self._kinds = [table.c[name].type.python_type for name in columns]
        settings = ", ".join(f"{name} = new.{name}" for name in changed)
        where = " AND ".join(f"{table.name}.{name} = new.{name}" for name in key)
        self._at_once = (
            f"UPDATE {table.name} SET {settings} FROM unnest({_arrays(columns)}) AS new ({', '.join(columns)})"  # noqa: S608  names of our tables alone
            f" WHERE {where}"
        )

    @override
    def run_many(self, connection: Connection, rows: Sequence[tuple[Value, ...]]) -> None:
        if connection.dialect.name == "postgresql" and rows:
            bulk.write_rows(connection, self._at_once, self._kinds, rows)
        else:
            super().run_many(connection, rows)


def together(connection: Connection) -> AbstractContextManager[None]:
    """Within the block what is written goes over without waiting, where that saves anything; then it is all there.

    Raises:
        DBAPIError: at the end or at the next question: the database did not take something.
    """
    return bulk.pipelined(connection) if connection.dialect.name == "postgresql" else nullcontext()


def insertion(table: Table) -> Insertion:
    """An insert of whole rows, their values in the order of the table's columns."""
    return Insertion(table, [column.name for column in table.columns])


def addition(table: Table) -> Insertion:
    """An insert of whole rows that leaves alone what has the same key."""
    return Insertion(table, [column.name for column in table.columns], ending=" ON CONFLICT DO NOTHING")


def upsertion(table: Table, *changed: str, also: Sequence[str] = ()) -> Insertion:
    """An insert of rows that, where the primary key is there already, changes columns instead.

    Args:
        table: the table; the values come in the order key, `changed`, `also`.
        changed: the columns that are written either way.
        also: columns that only a new row is given.
    """
    key = [column.name for column in table.primary_key.columns]
    settings = ", ".join(f"{name} = excluded.{name}" for name in changed)
    ending = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {settings}"
    return Insertion(table, [*key, *changed, *also], ending=ending)


def _arrays(names: Sequence[str]) -> str:
    return ", ".join("%b" for _ in names)


class _Among(ColumnElement[bool]):
    """A column's value is one of a JSON list's, which is a single parameter: one statement for lists of any length."""

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012  as SQLAlchemy reads it
        ("column", InternalTraversal.dp_clauseelement),
        ("names", InternalTraversal.dp_clauseelement),
        ("listed_as", InternalTraversal.dp_string),
    ]

    def __init__(self, column: ColumnElement[Any], parameter: str, *, listed_as: str) -> None:
        self.column = column
        self.names: BindParameter[str] = bindparam(parameter, type_=Text())
        self.listed_as = listed_as


@compiles(_Among, "sqlite")
def _among_in_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, names = compiler.process(element.column, **options), compiler.process(element.names, **options)
    return f"{column} IN (SELECT value FROM json_each({names}))"  # noqa: S608  words of the compiler alone


@compiles(_Among, "postgresql")
def _among_in_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, names = compiler.process(element.column, **options), compiler.process(element.names, **options)
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text({names}::json)::{element.listed_as}))"


def among(column: ColumnElement[str], parameter: str) -> ColumnElement[bool]:
    """Whether the column is one of a parameter's `names`: one statement for lists of any length."""
    return _Among(column, parameter, listed_as="text")


def numbers_within(column: ColumnElement[int], parameter: str) -> ColumnElement[bool]:
    """Whether the column is one of a parameter's `numbers_in`."""
    return _Among(column, parameter, listed_as="bigint")


def names_in(names: Iterable[str]) -> str:
    """The value of a parameter of `among`."""
    return json.dumps(list(names))


def numbers_in(numbers: Iterable[int]) -> str:
    """The value of a parameter of `numbers_within`."""
    return json.dumps(list(numbers))
