"""Connections to a PostgreSQL database: what each may do there, and how a writing one takes its turn."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from typing_extensions import override

from ledger.core.errors import ConfigError
from ledger.store import arrays  # noqa: F401  its types are to be known before anybody connects
from ledger.store.chain import EXTENT, extent_of
from ledger.store.postgresql_roles import APP, ERASER, READER, SCHEMA

LOG_LOCK = 0x5875656D
"""The advisory lock of the end of the log: `Xuem`. A database holds one ledger."""

_TURN = select(func.pg_advisory_xact_lock(LOG_LOCK))
_TAKE_TURN = f"SELECT pg_advisory_xact_lock({LOG_LOCK})".encode()
TOLD_EXTENT = "xuemai.extent"
"""Under what a writing connection's `info` has how long the log was when its turn came."""
WRITER = "xuemai writer"
"""The name that writing connections give themselves."""
_BOTH = (f"SET search_path = {SCHEMA}, pg_temp", "SET TIME ZONE 'UTC'")
WRITING: tuple[str, ...] = (
    f"SET ROLE {APP}",
    *_BOTH,
    "SET lock_timeout = '30s'",
    # A worker that stops in the middle of a transaction lets the others go on.
    "SET idle_in_transaction_session_timeout = '60s'",
)
"""What a connection sets that writes, and below, one that reads and one that erases."""
READING = (f"SET ROLE {READER}", *_BOTH)
# Who waits for a table lets nobody else at it: rather try again soon.
ERASING = (f"SET ROLE {ERASER}", *_BOTH, "SET lock_timeout = '2s'")
_KEPT_READERS, _MAX_READERS = 4, 20
_DIALECT = "postgresql+psycopg://"
_NO_ROLE = (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue)


@contextmanager
def connected(url: str, *settings: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection for a moment, in the words of a configuration's errors."""
    try:
        connection = _open(url, "xuemai", *settings)
    except psycopg.errors.Error as error:
        hint = "; see docs/operations.md on roles" if isinstance(error, _NO_ROLE) else ""
        raise ConfigError(f"database.url: the database cannot be used: {error}{hint}") from error
    try:
        yield connection
    finally:
        connection.close()


def _open(url: str, name: str, *settings: str) -> psycopg.Connection[tuple[object, ...]]:
    connection = psycopg.connect(url, autocommit=True, application_name=name, client_encoding="utf8")
    try:
        for setting in settings:
            connection.execute(setting.encode())
    except BaseException:
        connection.close()
        raise
    return connection


class _Answering(psycopg.Cursor[tuple[object, ...]]):
    """A cursor that has its answer when it was asked, even where statements are sent without waiting."""

    @override
    def execute(self, *statement: Any, **options: Any) -> Self:
        super().execute(*statement, **options)
        self._wait()
        return self

    @override
    def executemany(self, *statement: Any, **options: Any) -> None:
        super().executemany(*statement, **options)
        self._wait()

    def _wait(self) -> None:
        if self.connection.info.pipeline_status:
            with self.connection.pipeline():
                pass  # the end of an inner pipeline is that everything has been answered


def open_writer(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """As the role that appends: each transaction sees what was committed before its turn came."""
    connection = _open(url, WRITER, *WRITING)
    connection.cursor_factory = _Answering
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    connection.autocommit = False
    return connection


def open_holder(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """As the login itself, which may own the schema: the roles of the ledger may put nothing aside."""
    connection = _open(url, "xuemai migrate", *_BOTH)
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    connection.autocommit = False
    return connection


def open_builder(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """As the login itself, before there is a schema."""
    connection = _open(url, "xuemai migrate")
    connection.autocommit = False
    return connection


def open_reader(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """As the role that reads: one snapshot a transaction, and no writing."""
    connection = _open(url, "xuemai reader", *READING)
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    connection.autocommit = False
    return connection


def engine_of_one(creator: Callable[[], psycopg.Connection[tuple[object, ...]]]) -> Engine:
    """One connection, which is not tried before each use."""
    return create_engine(
        _DIALECT, creator=creator, pool_size=1, max_overflow=0, use_native_hstore=False, hide_parameters=True
    )


def engine_of_readers(creator: Callable[[], psycopg.Connection[tuple[object, ...]]]) -> Engine:
    """A few connections that are kept, each tried before it is used."""
    return create_engine(
        _DIALECT,
        creator=creator,
        pool_size=_KEPT_READERS,
        max_overflow=_MAX_READERS - _KEPT_READERS,
        pool_pre_ping=True,
        use_native_hstore=False,
        hide_parameters=True,
    )


def take_turn(connection: Connection) -> None:
    """Wait for the end of the log."""
    connection.execute(_TURN)


def stand_in_line(driver: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Begin the writer's transaction with its turn, and see how long the log is then, at one go.

    A connection that was lost meanwhile shows here, and the pool brings another.

    Raises:
        DisconnectionError: the connection is of no use any more.
        OperationalError: the turn did not come, or the server does not answer as it should.
    """
    assert isinstance(driver, psycopg.Connection)  # noqa: S101  for the type checker
    try:
        with driver.pipeline():
            psycopg.Cursor(driver).execute(_TAKE_TURN)
            asked = psycopg.Cursor(driver).execute(EXTENT.text("postgresql").encode())
        (told,) = asked.fetchall()
    except psycopg.Error as error:
        if driver.broken or driver.closed:
            raise DisconnectionError from error
        driver.rollback()
        raise OperationalError("BEGIN", None, error) from error
    record.info[TOLD_EXTENT] = extent_of(*told)
