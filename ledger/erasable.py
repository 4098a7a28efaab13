"""A database of a site that can be erased: made once with narrow permissions, used one transaction at a time.

One connection under a lock, because two connections that write or checkpoint a WAL at once can corrupt it before SQLite
3.51.3, and because everything asked of such a file takes microseconds. What is in it is for those who give its form.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from ledger.core.errors import ConfigError
from ledger.durable import sync_directory

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA trusted_schema=OFF",
)


@dataclass(frozen=True, slots=True)
class Form:
    """What an erasable database holds.

    Attributes:
        name: what it is, with its article, e.g. `an accounts database`.
        application_id: in the file's header, so that another database cannot be opened by mistake.
        version: of its tables.
        metadata: its tables.
        guards: statements that make its triggers.
    """

    name: str
    application_id: int
    version: int
    metadata: MetaData
    guards: tuple[str, ...] = ()


class ErasableDatabase:
    """An open file of a form.

    Raises:
        ConfigError: no such file, of another form or version, or readable by everyone on the machine.
    """

    def __init__(self, path: Path, form: Form) -> None:
        if not path.is_file():
            raise ConfigError(f"expected {form.name} at {path}; there is none: run `xuemai init` first")
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"expected {path} to be readable by its owner only; run `chmod 600 {path}`")
        self._engine = _engine(path)
        self._lock = threading.Lock()
        with self.transaction() as connection:
            found = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if (found, version) != (form.application_id, form.version):
            self.close()
            raise ConfigError(f"expected {form.name} of version {form.version} at {path}; got {version}")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing: committed at the end, rolled back on an exception. Not to be nested."""
        with self._lock, self._engine.begin() as connection:
            yield connection

    def forget_deleted(self) -> bool:
        """Write the file anew and empty the write-ahead log, so that what was erased is in no file any more.

        `secure_delete` overwrites deleted rows, but not the copies that stay in a page whose rows moved to another
        (docs/decisions/0016).

        Returns:
            False while another process reads the old file: try again.
        """
        with self._lock, self._engine.connect() as connection:
            cursor = connection.connection.cursor()
            try:
                cursor.execute("VACUUM")
                (busy, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError:  # locked, or no room for a second copy
                return False
            return not busy

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._engine.dispose()


def create_file(path: Path, form: Form) -> None:
    """Make an empty database of a form, readable by its owner only; a crash leaves a whole one or none.

    Raises:
        ConfigError: there is a file already.
    """
    if path.exists():
        raise ConfigError(f"expected no file at {path}; there is one already")
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    engine = _engine(beside)
    with engine.begin() as connection:
        form.metadata.create_all(connection)
        for guard in form.guards:
            connection.exec_driver_sql(guard)
        connection.exec_driver_sql(f"PRAGMA application_id={form.application_id}")
        connection.exec_driver_sql(f"PRAGMA user_version={form.version}")
    engine.dispose()
    beside.replace(path)
    sync_directory(path.parent)


def _engine(path: Path) -> Engine:
    # No message of a failure shows a row: here is what must stand nowhere else.
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
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
