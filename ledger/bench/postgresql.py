"""The yardstick in a PostgreSQL database, and what the database's backends took.

As in `yardstick`: every event a row with its link of one hash chain, every event a leaf of one RFC 6962 tree, every
batch one durable transaction that ends with the tree's root. The rows go in by binary `COPY`, the fastest way that the
server has; nothing here is the product's own code but what counts.

The work of a PostgreSQL client is done by its backends, which are other processes. `Backends` finds those of this
database in `pg_stat_activity` and reads their user and system time from Linux's /proc, which is there only where the
server runs on this machine; elsewhere only the client's time counts, and the run says so. What the server's background
processes take (WAL writer, checkpoints, autovacuum), and a backend that ended meanwhile, is not counted for anybody.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql

from ledger.bench.report import Cost, cpu_seconds_of
from ledger.bench.yardstick import Tail
from ledger.core.errors import XuemaiError

SCHEMA = "yardstick"
_MADE = (
    f"CREATE SCHEMA {SCHEMA}",
    f"CREATE TABLE {SCHEMA}.events (id bigint PRIMARY KEY, body bytea, link bytea)",
    f"CREATE TABLE {SCHEMA}.roots (size bigint PRIMARY KEY, root bytea)",
)
_COPY = sql.SQL(f"COPY {SCHEMA}.events (id, body, link) FROM STDIN (FORMAT BINARY)")
_ROOT = sql.SQL(f"INSERT INTO {SCHEMA}.roots VALUES (%s, %s)")  # noqa: S608  our own schema
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
_OTHERS = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_LOOPBACK = ("127.0.0.1", "::1")
_PROC = Path("/proc")


class PostgresqlYardstick:
    """Events stored row by row with one hash chain over them and one RFC 6962 tree, in a schema of its own.

    Raises:
        XuemaiError: the database cannot be used, has such a schema already, or is not durable.
    """

    def __init__(self, url: str) -> None:
        self._connection = _connected(url)
        self._tail = Tail()
        try:
            _require_durable(self._connection)
            for statement in _MADE:
                self._connection.execute(sql.SQL(statement))
        except psycopg.Error as error:
            self.close()
            raise XuemaiError(f"the yardstick could not be made in the database: {error}; use an empty one") from error
        except XuemaiError:
            self.close()
            raise

    def take(self, bodies: Sequence[bytes]) -> None:
        """Store one batch durably."""
        first = self._tail.size + 1
        rows = [(number, body, self._tail.link(body)) for number, body in enumerate(bodies, first)]
        with self._connection.transaction(), self._connection.cursor() as cursor:
            with cursor.copy(_COPY) as copy:
                copy.set_types(["int8", "bytea", "bytea"])
                for row in rows:
                    copy.write_row(row)
            cursor.execute(_ROOT, (self._tail.size, self._tail.root()))

    def close(self) -> None:
        """Close the connection; the rows stay."""
        self._connection.close()


class Backends:
    """The processes that serve a database's clients.

    Attributes:
        cpu_of: whose CPU time `counted` answers, in words.

    Raises:
        XuemaiError: the database cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._connection = _connected(url)
        self._readable = _is_here(self._connection)
        self.cpu_of = (
            "the ledger's process and the database's client backends (/proc of pg_stat_activity's pids)"
            if self._readable
            else "the ledger's process alone: the database server's processes cannot be read from this machine"
        )

    def counted(self, run: Callable[[], Cost]) -> Cost:
        """Run something; answer its cost with the CPU time that the backends took meanwhile, if it can be read."""
        before = self._taken()
        cost = run()
        after = self._taken()
        more = sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())
        return replace(cost, cpu_seconds=cost.cpu_seconds + more)

    def close(self) -> None:
        """Close the connection that asks for the backends."""
        self._connection.close()

    def _taken(self) -> dict[int, float]:
        if not self._readable:
            return {}
        taken = {}
        for (number,) in self._connection.execute(_OTHERS).fetchall():
            pid = int(str(number))
            try:
                taken[pid] = cpu_seconds_of(pid)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended after the server had named it, before or while it was read
        return taken


def _connected(url: str) -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(url, autocommit=True, application_name="xuemai bench")
    except psycopg.Error as error:
        raise XuemaiError(f"the database cannot be used: {error}") from error


def _require_durable(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    for setting in _DURABLE:
        found = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
        if found != ("on",):
            raise XuemaiError(
                f"expected a database with {setting} on, so that what is measured is durable; got {found}"
            )


def _is_here(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    """Whether the server's processes are this machine's: reached without a network, and one of them is what it says."""
    info = connection.info
    if not info.host.startswith("/") and info.hostaddr not in _LOOPBACK:
        return False
    try:
        name = (_PROC / str(info.backend_pid) / "comm").read_text("utf-8")
    except OSError:
        return False
    return name.startswith("postgres")
