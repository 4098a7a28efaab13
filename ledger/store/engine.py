"""Opening the ledger's database: once to make it, once to write it, as often as wanted to read it; or a scratch copy.

No message of a failure shows a row (`hide_parameters`): logs and traces are kept where no erasure reaches.

Transactions are begun by hand (`BEGIN IMMEDIATE`), because the driver's own way of beginning them hides from the reader
when the write lock is taken.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable

from ledger.core.errors import ConfigError
from ledger.store import driver, guards
from ledger.store.tables import metadata

APPLICATION_ID = 0x5875656D
"""`Xuem`, in the header of the database file."""

USER_VERSION = 1
"""Version of the tables; it goes up whenever they change."""

PAGE_BYTES = 4096
BUSY_SECONDS = 5.0
_SCRATCH_KIBIBYTES = 32 * 1024


def create(path: Path) -> None:
    """Make the database with empty tables and their guards.

    Raises:
        ConfigError: the file is there already.
    """
    if path.exists():
        raise ConfigError(f"expected no database yet; {path} exists")
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        create_schema(connection)
    finally:
        connection.close()
    path.chmod(0o600)


def create_schema(connection: sqlite3.Connection) -> None:
    """Make the tables, indexes and guards in an empty database."""
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("BEGIN IMMEDIATE")
    _make_tables(connection)
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={USER_VERSION}")
    connection.execute("COMMIT")


def _make_tables(connection: sqlite3.Connection) -> None:
    for statement in schema():
        connection.execute(statement)


def schema() -> Iterator[str]:
    """Every statement that makes the schema, in order."""
    dialect = create_engine("sqlite://").dialect
    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect)).strip()
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            yield str(CreateIndex(index).compile(dialect=dialect)).strip()
    yield from guards.triggers()


def open_writer(path: Path) -> Engine:
    """An engine with the one writing connection, which refuses to change the log.

    Raises:
        ConfigError: no database, not ours, or of a newer version.
    """
    if not path.exists():
        raise ConfigError(f"expected the ledger's database at {path}; run: xuemai init DIR")
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_SECONDS,
        ),
        poolclass=StaticPool,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_writer)
    event.listen(engine, "begin", _begin_immediate)
    _require_version(engine, path)
    return engine


def rewrite(path: Path) -> bool:
    """Write the database anew from its rows alone, and cut its write-ahead log to nothing.

    `secure_delete` overwrites what is deleted, but not the copies that stayed behind in a page when a row moved to
    another one: only a file that was written anew holds none (docs/decisions/0016).

    Returns:
        False while a reader holds on to the write-ahead log, in which the old pages may stand: try again.

    Raises:
        sqlite3.Error: another process writes, or there is no room for a second copy.
    """
    uri = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("VACUUM")
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    return not busy


def open_scratch(path: Path) -> Engine:
    """An engine with one connection to a new database of the same tables, to be thrown away after a comparison.

    Nothing of it is durable, and nothing can be rolled back; keys that point nowhere show in the comparison.
    """
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(path, isolation_level=None, check_same_thread=False),
        poolclass=StaticPool,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_scratch)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def open_beside(path: Path, examined: Path, *, immutable: bool) -> Engine:
    """A scratch database in which `contents` is a window on another database's table.

    The window shows the events before the id that `horizon` says; nothing can be written through it. So with `defects`.

    Args:
        path: the new database.
        examined: the database that is looked at.
        immutable: whether nobody else has that one open.
    """
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rwc", uri=True, isolation_level=None, check_same_thread=False
        ),
        poolclass=StaticPool,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_scratch)
    event.listen(
        engine, "connect", lambda connection, _record: _open_windows(connection, _read_only(examined, immutable))
    )
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _open_windows(connection: sqlite3.Connection, examined: str) -> None:
    # In normal locking mode from here on: the mode of scratch would hold for what is attached, too.
    connection.execute("PRAGMA locking_mode=NORMAL")
    connection.execute("ATTACH ? AS examined", (examined,))
    connection.execute("CREATE TABLE horizon (end_id INTEGER NOT NULL)")
    connection.execute("INSERT INTO horizon VALUES (0)")
    connection.execute("DROP TABLE contents")
    connection.execute(
        "CREATE TEMP VIEW contents AS"
        " SELECT * FROM examined.contents WHERE event_id < (SELECT end_id FROM main.horizon)"
    )
    connection.execute("DROP TABLE defects")
    connection.execute("CREATE TEMP VIEW defects AS SELECT * FROM examined.defects")


def _read_only(path: Path, immutable: bool) -> str:  # noqa: FBT001  as SQLite spells it
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if immutable else ''}"


@lru_cache(maxsize=16)
def open_reader(path: Path, *, immutable: bool = False) -> Engine:
    """An engine whose connections can only read.

    It is the same for the same file, because it remembers how statements are written; it keeps no connection.

    Args:
        path: the database.
        immutable: whether nobody else has it open, so that not even a lock file may be made beside it.
    """
    suffix = "&immutable=1" if immutable else ""
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro{suffix}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_SECONDS,
        ),
        poolclass=NullPool,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin_deferred)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection with one snapshot for everything that is read through it."""
    with engine.connect() as connection, connection.begin():
        yield connection


def _prepare_writer(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "secure_delete=ON",
        "trusted_schema=OFF",
        "mmap_size=0",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.set_authorizer(guards.authorise)


def _prepare_scratch(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in (
        f"page_size={PAGE_BYTES}",
        "journal_mode=OFF",
        "synchronous=OFF",
        "locking_mode=EXCLUSIVE",
        "foreign_keys=OFF",
        f"cache_size=-{_SCRATCH_KIBIBYTES}",
        "mmap_size=0",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _make_tables(connection)


def _begin_immediate(connection: Connection) -> None:
    driver.rows_of(connection, "BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _require_version(engine: Engine, path: Path) -> None:
    with engine.connect() as connection:
        application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    problem = version_problem(application, version)
    if problem is not None:
        engine.dispose()
        raise ConfigError(f"{path}: {problem}")


def version_problem(application: int, version: int) -> str | None:
    """Why a database with these header numbers cannot be used; None if it can."""
    if application != APPLICATION_ID:
        return f"expected a ledger's database (application id {APPLICATION_ID:#x}); got {application:#x}"
    if version > USER_VERSION:
        return f"expected tables of version {USER_VERSION}; got {version}: a newer xuemai wrote them, install that one"
    if version < USER_VERSION:
        return f"expected tables of version {USER_VERSION}; got {version}: run xuemai migrate"
    return None
