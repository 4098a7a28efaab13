"""Statements straight to the driver, in a transaction that has begun; what it raises is SQLAlchemy's all the same.

SQLAlchemy's own way to the driver costs some 15 µs a statement: more than what most statements of an append do.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def rows_of(connection: Connection, text: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Run a statement once; its rows as the driver's own tuples, none for a statement that has none (SQLite alone).

    Raises:
        DBAPIError: the driver did not answer.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, values)
        return list(cursor.fetchall())
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_ours(connection, text, error) from error
    finally:
        cursor.close()


def run_many(connection: Connection, text: str, rows: Sequence[Sequence[object]]) -> None:
    """Run a statement for each row.

    Raises:
        DBAPIError: the driver did not take one of them.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(text, rows)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_ours(connection, text, error) from error
    finally:
        cursor.close()


def _as_ours(connection: Connection, text: str, error: Exception) -> Exception:
    of_driver = connection.dialect.loaded_dbapi.Error
    return DBAPIError.instance(text, None, error, of_driver, dialect=connection.dialect)
