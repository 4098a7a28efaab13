"""Many rows into and out of PostgreSQL: COPY in its binary form, and a cursor that stays on the server.

Apart from `prepared`, so that psycopg is loaded only where a PostgreSQL database is used.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from sqlalchemy import Connection, Table

_numbers = itertools.count()
_TYPES = {int: "int8", str: "text", bytes: "bytea"}


def copy_rows(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Put whole rows into a table, their values in the order of its columns.

    Raises:
        sqlalchemy.exc.DBAPIError: the database did not take them.
    """
    import psycopg  # noqa: PLC0415  only where the database is PostgreSQL
    from psycopg import sql  # noqa: PLC0415  the same

    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table.name), names)
    try:
        with _driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types([_TYPES[column.type.python_type] for column in table.columns])
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError.instance("COPY", None, error, psycopg.Error, dialect=connection.dialect) from error


def stream_rows(connection: Connection, query: str, at_once: int) -> Iterator[list[tuple[object, ...]]]:
    """The rows of a query, `at_once` at a time; never all of them in memory.

    Raises:
        sqlalchemy.exc.DBAPIError: the database could not read them.
    """
    import psycopg  # noqa: PLC0415  only where the database is PostgreSQL

    try:
        with _driver(connection).cursor(name=f"stream_{next(_numbers)}") as cursor:
            cursor.execute(query.encode())
            while rows := cursor.fetchmany(at_once):
                yield rows
    except psycopg.Error as error:
        raise DBAPIError.instance(query, None, error, psycopg.Error, dialect=connection.dialect) from error


def _driver(connection: Connection) -> psycopg.Connection[tuple[object, ...]]:
    driver: psycopg.Connection[tuple[object, ...]] = connection.connection.driver_connection  # type: ignore[assignment]  # only its engine comes here
    return driver
