"""accounts.db as a file: made once with narrow permissions, opened by one connection, used one transaction at a time.

One connection under a lock, because two connections that write or checkpoint a WAL at once can corrupt it before SQLite
3.51.3, and because everything asked here takes microseconds. Passwords are hashed outside of it.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from ledger.accounts.tables import APPLICATION_ID, GUARDS, SCHEMA_VERSION, metadata
from ledger.core.errors import ConfigError

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA trusted_schema=OFF",
)


class Database:
    """An open accounts.db.

    Raises:
        ConfigError: no such file, not an accounts database, another version, or readable by everyone on the machine.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ConfigError(f"expected an accounts database at {path}; there is none: run `xuemai init` first")
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"expected {path} to be readable by its owner only; run `chmod 600 {path}`")
        self._path = path
        self._engine = _engine(path)
        self._lock = threading.Lock()
        with self.transaction() as connection:
            found = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if (found, version) != (APPLICATION_ID, SCHEMA_VERSION):
            self.close()
            raise ConfigError(f"expected an accounts database of version {SCHEMA_VERSION} at {path}; got {version}")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing: committed at the end, rolled back on an exception. Not to be nested."""
        with self._lock, self._engine.begin() as connection:
            yield connection

    def forget_deleted(self) -> None:
        """Write the file anew and empty the write-ahead log, so that what was erased is in no file any more.

        `secure_delete` overwrites deleted rows, but not the copies that stay in a page whose rows moved to another
        (docs/decisions/0016).
        """
        with self._lock, self._engine.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._engine.dispose()


def create_file(path: Path) -> None:
    """Make an empty accounts database, readable by its owner only.

    Raises:
        ConfigError: there is a file already.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as error:
        raise ConfigError(f"expected no file at {path}; there is one already") from error
    engine = _engine(path)
    with engine.begin() as connection:
        metadata.create_all(connection)
        for guard in GUARDS:
            connection.exec_driver_sql(guard)
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
    engine.dispose()


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{path}", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # At once, not at the first write: what is read in a transaction is then still so when it is written.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
