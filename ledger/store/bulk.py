"""Writing to PostgreSQL past SQLAlchemy: many rows in one statement, statements without waiting, rows off the server.

Apart from `prepared`, so that psycopg is loaded only where a PostgreSQL database is used.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from sqlalchemy import Connection

_numbers = itertools.count()


@contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """Within the block `write` and `write_rows` do not wait for their answers; at its end all of them are there.

    Whoever asks the connection for rows meanwhile gets them, after everything that was written before.

    Raises:
        sqlalchemy.exc.DBAPIError: the database did not take something.
    """
    with _told_as_sqlalchemys(connection, "(several statements)"), _driver(connection).pipeline():
        yield


def write(connection: Connection, statement: str, values: Sequence[object]) -> None:
    """Run a statement that answers with no rows.

    Raises:
        sqlalchemy.exc.DBAPIError: the database did not take it; where statements are `pipelined`, perhaps later.
    """
    import psycopg  # noqa: PLC0415  only where the database is PostgreSQL

    # The driver's plain cursor, whatever the connection makes by itself: that one may wait.
    with _told_as_sqlalchemys(connection, statement), psycopg.Cursor(_driver(connection)) as cursor:
        cursor.execute(statement.encode(), values)


def write_rows(
    connection: Connection, statement: str, kinds: Sequence[type], rows: Sequence[tuple[object, ...]]
) -> None:
    """Run a statement whose values are columns of rows, as arrays.

    Args:
        connection: the connection.
        statement: it makes rows of its values again, by `unnest`.
        kinds: what each column holds: `int`, `str` or `bytes`.
        rows: at least one.

    Raises:
        sqlalchemy.exc.DBAPIError: as `write`.
    """
    from ledger.store.arrays import column  # noqa: PLC0415  only where the database is PostgreSQL

    columns = zip(kinds, zip(*rows, strict=True), strict=True)
    write(connection, statement, [column(kind, values) for kind, values in columns])


def stream_rows(connection: Connection, query: str, at_once: int) -> Iterator[list[tuple[object, ...]]]:
    """The rows of a query, `at_once` at a time; never all of them in memory.

    Raises:
        sqlalchemy.exc.DBAPIError: the database could not read them.
    """
    name = f"stream_{next(_numbers)}"
    with _told_as_sqlalchemys(connection, query), _driver(connection).cursor(name=name) as cursor:
        cursor.execute(query.encode())
        while rows := cursor.fetchmany(at_once):
            yield rows


@contextmanager
def _told_as_sqlalchemys(connection: Connection, statement: str) -> Iterator[None]:
    import psycopg  # noqa: PLC0415  only where the database is PostgreSQL

    try:
        yield
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error, dialect=connection.dialect) from error


def _driver(connection: Connection) -> psycopg.Connection[tuple[object, ...]]:
    driver: psycopg.Connection[tuple[object, ...]] = connection.connection.driver_connection  # type: ignore[assignment]  # only its engine comes here
    return driver
