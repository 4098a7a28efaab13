"""A ledger in a PostgreSQL database, 15 or later: several processes may write it, each in its turn.

A writing transaction takes an advisory lock before it reads anything: whoever holds it stands at the end of the log.
Which rows exist is then as that lock's last holder left it (read committed), and every cache is judged by it
(`writer`). Readers have one snapshot a transaction (repeatable read) and cannot write.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, event

from ledger.core.errors import ConfigError
from ledger.store import postgresql_schema as schemas
from ledger.store.compare import compare_schema
from ledger.store.postgresql_connections import (
    ERASING,
    READING,
    TOLD_EXTENT,
    WRITER,
    WRITING,
    connected,
    engine_of_one,
    engine_of_readers,
    open_builder,
    open_holder,
    open_reader,
    open_writer,
    stand_in_line,
    take_turn,
)
from ledger.store.postgresql_form import expected_form, stored_form
from ledger.store.postgresql_guards import REWRITE
from ledger.store.postgresql_roles import APP, ERASER, OWNER, READER, SCHEMA
from ledger.store.rewriting import NotRewrittenError
from ledger.store.tables import metadata

OLDEST = 150000
"""PostgreSQL 15, as the server counts its versions."""

_HELD_BACK = """
SELECT count(*) FROM (
  SELECT backend_xid, backend_xmin FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND (datname = current_database() OR datname IS NULL)
  UNION ALL SELECT xmin, catalog_xmin FROM pg_replication_slots
  UNION ALL SELECT transaction, NULL FROM pg_prepared_xacts WHERE database = current_database()
) AS others (acting, seeing)
WHERE age(acting) > age(%(bound)s::xid) OR age(seeing) > age(%(bound)s::xid)
"""
"""How many transactions are older than a bound, acting or seeing: dead rows are kept for these."""
_WRITING_HERE = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s"
_LOOKS = 40
"""A connection that its client has closed is listed until its process in the server has ended: within two seconds."""
_readers: dict[str, Engine] = {}
_readers_lock = threading.Lock()


class PostgresqlDatabase:
    """The database at a URL, as libpq takes it; passwords come from a PGPASSFILE or a service file."""

    name = "postgresql"
    shared = True
    file = None

    def __init__(self, url: str) -> None:
        self._url = url

    def create(self) -> None:
        """Make the schema; where an administrator has made it already, see that it is empty.

        Raises:
            ConfigError: it holds a ledger already, or this login may not make it.
        """
        with connected(self._url) as connection, connection.transaction():
            if _comment(connection) is None:
                _make(connection)
        with connected(self._url, *READING) as connection:
            _require_version(connection)
            if connection.execute("SELECT 1 FROM batches LIMIT 1").fetchone() is not None:
                raise ConfigError("database.url: expected a database without a ledger; it holds one")

    def claimed(self) -> AbstractContextManager[None]:
        """Nothing: each transaction takes its turn."""
        return nullcontext()

    def require_alone(self) -> None:
        """No server's writing connection is open; one that was just closed is waited for."""
        with connected(self._url) as connection:
            for _ in range(_LOOKS):
                if connection.execute(_WRITING_HERE, (WRITER,)).fetchone() == (0,):
                    return
                connection.execute("SELECT pg_sleep(0.05)")
        raise ConfigError("database.url: expected every server of this log to be stopped; one is connected")

    def open_writer(self) -> Engine:
        """One connection; whoever takes it begins a transaction with the lock."""
        with connected(self._url, *WRITING) as connection:
            _require_version(connection)
            _require_durable(connection)
        engine = engine_of_one(lambda: open_writer(self._url))
        event.listen(engine, "checkout", stand_in_line)
        return engine

    def rewrite(self) -> bool:
        """Every table, one after the other: a reader waits for one at a time and never for two.

        Only what no snapshot can see any more is left out, so whoever has an older one is waited for.
        """
        try:
            with connected(self._url, *ERASING) as connection:
                bound = connection.execute("SELECT pg_current_xact_id()::xid").fetchone()
                assert bound is not None  # noqa: S101  for the type checker
                if connection.execute(_HELD_BACK, {"bound": bound[0]}).fetchone() != (0,):
                    return False
                for table in metadata.sorted_tables:
                    connection.execute(f"SELECT {SCHEMA}.{REWRITE}(%s)".encode(), (table.name,))
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            return False
        except (psycopg.Error, ConfigError) as error:
            raise NotRewrittenError(f"the tables cannot be written anew: {error}") from error
        return True

    def begin_writing(self) -> None:
        """Nothing has to be undone first."""

    def close_writer(self, engine: Engine) -> None:
        """Close the connection."""
        engine.dispose()

    def extent(self, connection: Connection) -> tuple[int, int]:
        """As it was told with the turn."""
        extent: tuple[int, int] = connection.info[TOLD_EXTENT]
        return extent

    def is_in_transaction(self, connection: Connection) -> bool:
        """After any error the server commits nothing more; the driver's commit would not say so."""
        return _driver(connection).info.transaction_status == psycopg.pq.TransactionStatus.INTRANS

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A read-only connection out of this process's few."""
        with self._reader().connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def held(self) -> Iterator[Connection]:
        """A turn that lasts as long as the block."""
        engine = self._holding()
        try:
            with engine.connect() as connection, connection.begin():
                yield connection
        finally:
            engine.dispose()

    @contextmanager
    def handed_over(self) -> Iterator[Connection]:
        """Read, and rename the schema in the same transaction."""
        with self.held() as connection:
            yield connection
            _put_aside(_driver(connection))

    @contextmanager
    def rebuilt(self) -> Iterator[Connection]:
        """All in one transaction, the renaming of what is there among it."""
        engine = engine_of_one(lambda: open_builder(self._url))
        try:
            with engine.connect() as connection, connection.begin():
                driver = _driver(connection)
                if _comment(driver) is not None:
                    _put_aside(driver)
                _make(driver)
                for setting in (f"SET LOCAL ROLE {APP}", f"SET LOCAL search_path = {SCHEMA}, pg_temp"):
                    driver.execute(setting.encode())
                yield connection
        finally:
            engine.dispose()

    def _holding(self) -> Engine:
        with connected(self._url):
            pass  # in the words of a configuration's errors
        engine = engine_of_one(lambda: open_holder(self._url))
        event.listen(engine, "begin", take_turn)
        return engine

    @contextmanager
    def examined(self, passed: Callable[[str], None]) -> Iterator[Connection]:
        """Version and schema, guards and grants among it; the server looks after its own pages."""
        passed("seal: none; PostgreSQL keeps the ledger")
        with self.snapshot() as connection:
            expected = expected_form()
            compare_schema(stored_form(connection), expected)
            passed(f"schema: {len(expected)} columns, indexes, keys, guards and grants")
            yield connection

    def _reader(self) -> Engine:
        with _readers_lock:
            if self._url not in _readers:
                with connected(self._url, *READING) as connection:
                    _require_version(connection)
                _readers[self._url] = engine_of_readers(lambda: open_reader(self._url))
            return _readers[self._url]


def forget_readers() -> None:
    """Close this process's reading connections; new ones are made when they are needed."""
    with _readers_lock:
        for engine in _readers.values():
            engine.dispose()
        _readers.clear()


def statements(login: str) -> Iterator[str]:
    """Everything that an administrator has to run once in the ledger's database, for the login that will use it."""
    yield from schemas.roles()
    yield f"GRANT {OWNER} TO CURRENT_USER"
    yield from schemas.schema()
    yield f"REVOKE {OWNER} FROM CURRENT_USER"
    yield f"GRANT {APP}, {READER}, {ERASER} TO {sql.Identifier(login).as_string()}"


def _make(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    try:
        for statement in statements(connection.info.user):
            connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigError(
            f"database.url: the login {connection.info.user} may not make the ledger's roles and schema"
            f" ({error.diag.message_primary}); let the server's administrator run in this database what"
            " `xuemai init --database URL --print-sql` prints, then try again"
        ) from error


def _put_aside(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Rename the schema, within the transaction: nobody finds the ledger in it any more."""
    taken = {row[0] for row in connection.execute("SELECT nspname FROM pg_namespace")}
    kept = next(name for name in (f"{SCHEMA}_before_{each}" for each in count(1)) if name not in taken)
    try:
        connection.execute(f"ALTER SCHEMA {SCHEMA} RENAME TO {kept}".encode())
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigError(
            f"database.url: the login {connection.info.user} may not put the schema {SCHEMA} aside;"
            f" let an administrator GRANT {OWNER} and the right to make schemas to it for as long as this takes"
        ) from error


def _driver(connection: Connection) -> psycopg.Connection[tuple[object, ...]]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101  for the type checker
    return driver


def _comment(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    found = connection.execute(
        "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = %s",
        (SCHEMA,),
    ).fetchone()
    return None if found is None else str(found[0])


def _require_version(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    comment = _comment(connection)
    if comment is None:
        raise ConfigError(f"database.url: expected a ledger in the schema {SCHEMA}; run: xuemai init DIR")
    if comment != schemas.COMMENT:
        raise ConfigError(f"database.url: expected {schemas.COMMENT!r}; got {comment!r}: run xuemai migrate")


def _require_durable(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    if connection.info.server_version < OLDEST:
        raise ConfigError(f"database.url: expected PostgreSQL 15 or later; got {connection.info.server_version}")
    if connection.execute("SELECT pg_is_in_recovery()").fetchone() != (False,):
        raise ConfigError("database.url: expected the primary server; this one is a replica, which only reads")
    for setting in ("fsync", "full_page_writes"):
        if connection.execute("SELECT current_setting(%s)", (setting,)).fetchone() != ("on",):
            raise ConfigError(
                f"database.url: expected a server with {setting} on; without it what was acknowledged may be lost"
            )
    if connection.execute("SELECT current_setting('synchronous_commit')").fetchone() in {("off",), ("local",)}:
        raise ConfigError("database.url: expected synchronous_commit on for this login; got off or local")


def _leave_to_the_parent() -> None:
    """In a process that was forked off: the connections are not its own, and closing them would end the other's."""
    for engine in _readers.values():
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_leave_to_the_parent)
