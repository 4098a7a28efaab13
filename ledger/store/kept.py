"""Reading connections to a SQLite file that are kept from one question to the next, while this process is its writer.

Opening one and reading the schema costs more than most questions do. But who has a file open stands in the way of
whoever closes, seals, replaces or rewrites it; all of these hold the writer's claim. So connections are kept from the
moment when a writer begins until it closes, and nobody else's are: a program that only looks opens and closes its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from sqlalchemy import Connection

from ledger.store import engine as engines

MOST_KEPT = 4
"""So many wait for the next question at most; each may hold SQLite's two megabytes of pages."""

_File: TypeAlias = tuple[int, int]
"""Which file it is, whatever its name: a replaced one is another."""


class KeptReaders:
    """The reading connections of one file; any thread may ask, each with a connection of its own meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._idle: list[tuple[_File, Connection]] = []
        self._is_kept = True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection with a snapshot of its own; it is kept if the block ends well."""
        file, connection = self._take()
        try:
            with connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        self._give_back(file, connection)

    def close_idle(self) -> None:
        """Close those that wait, with the pages that they remember; what is asked next opens others."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def close(self) -> None:
        """Keep none from now on: those that are in use are closed by who uses them."""
        with self._lock:
            self._is_kept = False
        self.close_idle()

    def _take(self) -> tuple[_File, Connection]:
        file = _file_at(self._path)
        while True:
            with self._lock:
                found = self._idle.pop() if self._idle else None
            if found is None:
                return file, engines.open_reader(self._path).connect()
            if found[0] == file:
                return found
            found[1].close()

    def _give_back(self, file: _File, connection: Connection) -> None:
        with self._lock:
            if self._is_kept and len(self._idle) < MOST_KEPT:
                self._idle.append((file, connection))
                return
        connection.close()


_readers: dict[Path, KeptReaders] = {}


def keep_readers(path: Path) -> None:
    """Keep the reading connections of a file from now on: called by who has its writer."""
    forget_readers(path)
    _readers[path] = KeptReaders(path)


def forget_readers(path: Path) -> None:
    """Keep none any more."""
    kept = _readers.pop(path, None)
    if kept is not None:
        kept.close()


def readers_of(path: Path) -> KeptReaders | None:
    """The kept reading connections of a file; None: none are kept."""
    return _readers.get(path)


def _file_at(path: Path) -> _File:
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)  # opening it says so
    return found.st_dev, found.st_ino
