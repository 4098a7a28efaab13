"""Where a site's ledger is kept, and what each engine does its own way: the one seam between SQLite and PostgreSQL.

`prepared` is its other half, for single statements. Nobody else asks which engine it is.
"""

import importlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine

from ledger.config import Site
from ledger.core.errors import ConfigError
from ledger.durable import sync_directory
from ledger.store import engine as engines
from ledger.store import sqlite_form
from ledger.store.chain import extent
from ledger.store.kept import forget_readers, keep_readers, readers_of
from ledger.store.lock import locked
from ledger.store.rewriting import NotRewrittenError
from ledger.store.seal import break_seal, close_and_seal, write_seal

Passed = Callable[[str], None]
"""Told of each check that an examination passed."""


class Database(Protocol):
    """A site's ledger database.

    Attributes:
        name: what findings call it.
        shared: whether other processes may write it, too.
        file: the file that it is, which other connections can look into; None: a server's.
    """

    name: str
    shared: bool
    file: Path | None

    def create(self) -> None:
        """Make it, with empty tables and their guards.

        Raises:
            ConfigError: it is there already, or cannot be made.
        """

    def claimed(self) -> AbstractContextManager[None]:
        """Hold what a writing process must hold as long as it runs.

        Raises:
            ConfigError: another process holds it.
        """

    def require_alone(self) -> None:
        """See that no other process is about to write the ledger, where `claimed` does not say so.

        Raises:
            ConfigError: one is.
        """

    def open_writer(self) -> Engine:
        """The writing connection; a transaction on it begins with the lock on the end of the log.

        Raises:
            ConfigError: there is no such database, or it cannot be used.
        """

    def begin_writing(self) -> None:
        """Called once the database was found to continue what was signed, before anything is written."""

    def rewrite(self) -> bool:
        """Write everything anew from the rows that are there, so that no copy of what was deleted stays behind.

        Returns:
            False while somebody reads what was there before: try again.

        Raises:
            NotRewrittenError: it cannot be done now.
        """

    def close_writer(self, engine: Engine) -> None:
        """Close the writing connection, and leave the database as a stopped site's should be."""

    def extent(self, connection: Connection) -> tuple[int, int]:
        """How many batches the log holds and how many forks are kept, as a writing transaction finds it."""

    def is_in_transaction(self, connection: Connection) -> bool:
        """Whether what was written can still be committed: engines end a transaction by themselves on some errors."""

    def snapshot(self) -> AbstractContextManager[Connection]:
        """A connection that only reads, with one snapshot for everything that is read through it."""

    def held(self) -> AbstractContextManager[Connection]:
        """The ledger to read, whatever the version of its tables, while nobody can write it."""

    def handed_over(self) -> AbstractContextManager[Connection]:
        """The same; once the block has ended well, nobody finds the ledger here any more. It is kept beside.

        Raises:
            ConfigError: it cannot be put aside.
        """

    def rebuilt(self) -> AbstractContextManager[Connection]:
        """Empty tables of today to write; once the block has ended well they are the ledger.

        What was there before is kept beside. Where the block raises, nothing has changed.

        Raises:
            ConfigError: they cannot be made.
        """

    def examined(self, passed: Passed) -> AbstractContextManager[Connection]:
        """The same for an examination, after everything about the database that is not a row has been checked.

        Raises:
            BadPlaceError: the first bad place.
        """


def database_of(site: Site) -> Database:
    """The database of a site.

    Raises:
        ConfigError: what its engine needs is not installed.
    """
    return SqliteFile(site) if site.database_url is None else _postgresql().PostgresqlDatabase(site.database_url)


def statements_of(database_url: str) -> Iterator[str]:
    """The SQL that makes an empty ledger in a PostgreSQL database, for the login that the URL names.

    Raises:
        ConfigError: what PostgreSQL needs is not installed.
    """
    statements: Iterator[str] = _postgresql().statements(urlsplit(database_url).username or "xuemai")
    return statements


def _postgresql() -> ModuleType:
    """Loaded only where it is used: a site on SQLite needs no psycopg."""
    try:
        return importlib.import_module("ledger.store.postgresql")
    except ImportError as error:
        raise ConfigError(
            f"database.url: PostgreSQL needs psycopg ({error}); run: pip install 'xuemai[postgresql]'"
        ) from error


class SqliteFile:
    """`ledger.db` in the site's folder: one process writes, any may read."""

    shared = False

    def __init__(self, site: Site) -> None:
        self._site = site
        self.file: Path | None = site.ledger_db
        self._path = site.ledger_db
        self.name = self._path.name

    def create(self) -> None:
        """Make the file."""
        engines.create(self._path)

    def claimed(self) -> AbstractContextManager[None]:
        """Hold the site's lock file."""
        return locked(self._site)

    def require_alone(self) -> None:
        """Nothing: whoever claimed the file is alone."""

    def open_writer(self) -> Engine:
        """The one writing connection."""
        return engines.open_writer(self._path)

    def begin_writing(self) -> None:
        """Break the seal: from here on the file changes. Reading connections are kept until the writer closes."""
        break_seal(self._site)
        keep_readers(self._path)

    def rewrite(self) -> bool:
        """The whole file, and its write-ahead log cut to nothing; what readers remember of its pages goes, too."""
        kept = readers_of(self._path)
        if kept is not None:
            kept.close_idle()
        try:
            return engines.rewrite(self._path)
        except sqlite3.Error as error:
            raise NotRewrittenError(f"{self._path} cannot be written anew: {error}") from error

    def close_writer(self, engine: Engine) -> None:
        """Close the file and seal it."""
        forget_readers(self._path)
        close_and_seal(self._site, engine)

    def extent(self, connection: Connection) -> tuple[int, int]:
        """Asked for."""
        return extent(connection)

    def is_in_transaction(self, connection: Connection) -> bool:
        """As the driver has it."""
        return bool(connection.connection.dbapi_connection.in_transaction)  # type: ignore[union-attr]  # pysqlite's own

    def snapshot(self) -> AbstractContextManager[Connection]:
        """A read-only connection: a kept one while this process writes the file, otherwise one of its own."""
        kept = readers_of(self._path)
        return self._opened(immutable=False) if kept is None else kept.reading()

    @contextmanager
    def held(self) -> Iterator[Connection]:
        """Read beside the lock, which whoever calls this holds."""
        with self._opened(immutable=False) as connection:
            yield connection

    @contextmanager
    def handed_over(self) -> Iterator[Connection]:
        """Read, then rename the file."""
        with self.held() as connection:
            yield connection
        self._put_aside()

    @contextmanager
    def rebuilt(self) -> Iterator[Connection]:
        """A file of its own until it is whole."""
        beside = self._path.with_name(f"{self._path.name}.new")
        beside.unlink(missing_ok=True)
        engines.create(beside)
        engine = engines.open_writer(beside)
        try:
            with engine.connect() as connection, connection.begin():
                yield connection
            with engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        except BaseException:
            engine.dispose()
            beside.unlink()
            raise
        engine.dispose()
        self._put_aside()
        beside.replace(self._path)
        sync_directory(self._path.parent)
        write_seal(self._site)

    def _put_aside(self) -> None:
        """Keep the file, and what SQLite keeps with it, under the next free name."""
        break_seal(self._site)
        if not self._path.exists():
            return
        number = next(
            each for each in count(1) if not self._path.with_name(f"{self._path.name}.before-{each}").exists()
        )
        for suffix in ("-wal", "-shm", ""):
            part = self._path.with_name(f"{self._path.name}{suffix}")
            if part.exists():
                part.rename(self._path.with_name(f"{self._path.name}.before-{number}{suffix}"))
        sync_directory(self._path.parent)

    @contextmanager
    def examined(self, passed: Passed) -> Iterator[Connection]:
        """Seal, SQLite's own check, schema."""
        sealed = sqlite_form.check_seal(self._site, passed)
        with self._opened(immutable=sealed) as connection:
            sqlite_form.check_form(connection, passed)
            yield connection

    @contextmanager
    def _opened(self, *, immutable: bool) -> Iterator[Connection]:
        engine = engines.open_reader(self._path, immutable=immutable)
        try:
            with engines.reading(engine) as connection:
                yield connection
        finally:
            engine.dispose()
