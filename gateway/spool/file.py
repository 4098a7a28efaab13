"""The outbox's database file: one process, every commit on the disk, a failed write as a whole undone.

SQLite in WAL mode with `synchronous=FULL`: a commit is fsynced before anybody is told. Free pages stay in the file
and are given back a piece at a time (`auto_vacuum=INCREMENTAL`), since a whole `VACUUM` writes everything anew; that is
done only where no copy of erased bytes may stay.
"""

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway.spool.room import Allowance, Room
from ledger.core.errors import ConfigError, XuemaiError

SPARE_PAGES = 2048
"""Free pages (8 MiB) that stay in the file for what comes next; beyond them the disk gets back what was pruned."""
GIVE_BACK_PAGES = 1024
"""At once: some tens of milliseconds, during which no event can be kept."""
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
WAL_BYTES = 16 * 1024 * 1024
"""To which the journal is cut after a large transaction."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS owner (origin TEXT NOT NULL, gateway TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS streams (stream TEXT PRIMARY KEY, rank INTEGER NOT NULL, next_seq INTEGER NOT NULL,
  next_unsealed INTEGER NOT NULL, previous BLOB NOT NULL, waiting INTEGER NOT NULL DEFAULT 0, pin BLOB,
  pin_seq INTEGER NOT NULL DEFAULT 0, pin_index INTEGER NOT NULL DEFAULT -1, stopped TEXT);
CREATE TABLE IF NOT EXISTS events (stream TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (stream, seq));
CREATE TABLE IF NOT EXISTS batches (stream TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  note BLOB NOT NULL, text_hash BLOB NOT NULL, receipt BLOB, acknowledged_ms INTEGER, log_index INTEGER,
  covered INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (stream, first));
CREATE INDEX IF NOT EXISTS waiting ON batches (stream, first) WHERE receipt IS NULL;
CREATE INDEX IF NOT EXISTS uncovered ON batches (log_index) WHERE receipt IS NOT NULL AND covered = 0;
CREATE TABLE IF NOT EXISTS ledger (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""


class OutboxError(XuemaiError):
    """The outbox could not be written: the disk is full or broken. Nothing of the attempt is left behind."""


class OutboxShortError(OutboxError):
    """Only the reserve is left: custody and alarms are kept, readings are not."""


@dataclass(slots=True)
class SpoolFile:
    """The open database. Threads take turns.

    Attributes:
        path: of the database.
        allowance: how large it may become.
        room: what is left of that.
        turn: held by whoever speaks to it.
        db: the one connection.
    """

    path: Path
    allowance: Allowance = field(default_factory=Allowance)
    room: Room = field(init=False)
    turn: threading.RLock = field(default_factory=threading.RLock, init=False)
    db: sqlite3.Connection = field(init=False)
    _lock_file: int = field(init=False)

    def __post_init__(self) -> None:
        self.room = Room(self.path, self.allowance)

    def open(self) -> None:
        """Open, creating what is missing.

        Raises:
            ConfigError: another process has it open.
        """
        self._lock_file = _lock(self.path.with_suffix(".lock"))
        try:
            self.db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            # Before the first table: a database that has one keeps how its free pages are looked after.
            self.db.execute("PRAGMA auto_vacuum=INCREMENTAL")
            self.db.execute("PRAGMA journal_mode=WAL")
            self.db.execute("PRAGMA synchronous=FULL")
            self.db.execute("PRAGMA secure_delete=ON")
            self.db.execute("PRAGMA temp_store=MEMORY")
            self.db.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
            self.db.executescript(_SCHEMA)
            self.room.limit(self.db)
        except BaseException:
            os.close(self._lock_file)
            raise

    def close(self) -> None:
        """Close, and let another process have it."""
        with self.turn:
            self.db.close()
            os.close(self._lock_file)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is done within, or nothing.

        Raises:
            OutboxError: it could not be written.
        """
        with self.turn:
            try:
                self.db.execute("BEGIN IMMEDIATE")
                try:
                    yield self.db
                    self.db.execute("COMMIT")
                except BaseException:
                    if self.db.in_transaction:
                        self.db.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorcode", 0) in _NO_ROOM:
                    # For the next attempt, which is custody's or an alarm's.
                    self.room.spend_ballast()
                raise OutboxError(
                    f"expected to write to {self.path}; {error}. Free space on its disk: until then nothing new is kept"
                ) from error

    def is_short(self) -> bool:
        """Whether only the reserve is left."""
        with self.turn:
            return self.room.is_short(self.db)

    def refuse_if_short(self) -> None:
        """Take no readings while only the reserve is left.

        Raises:
            OutboxShortError: it is.
        """
        if self.is_short():
            left, reserve = self.room.left_bytes(self.db) / 1e6, self.allowance.reserve_bytes / 1e6
            raise OutboxShortError(
                f"expected {reserve:.0f} MB of room for {self.path}; {left:.0f} MB is left, for custody and alarms: "
                "readings wait. Free space on its disk, or give outbox.max_megabytes more"
            )

    def write_anew(self) -> bool:
        """Leave no copy of what was deleted in the file; whether that was reached (a reader may hold it off).

        Raises:
            OutboxError: there is no room for a second copy, or the disk is broken.
        """
        with self.turn:
            try:
                # The copy holds only what is left, so it may go through a file: in memory it would be as large as the
                # outbox. Everything else that is temporary may hold what is erased, and stays in memory.
                self.db.execute("PRAGMA temp_store=FILE")
                try:
                    self.db.execute("VACUUM")
                finally:
                    self.db.execute("PRAGMA temp_store=MEMORY")
                busy, _, _ = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.Error as error:
                raise OutboxError(f"expected to write {self.path} anew; {error}. Free space on its disk") from error
        return not busy

    def give_back(self) -> None:
        """Give the disk some of the pages that are free for long, if there are many.

        Raises:
            OutboxError: it could not be written.
        """
        with self.turn:
            try:
                free = self.db.execute("PRAGMA freelist_count").fetchone()[0]
                if free > SPARE_PAGES:
                    # A row without columns stands for each page, and `execute` stops at the first.
                    self.db.executescript(f"PRAGMA incremental_vacuum({min(GIVE_BACK_PAGES, free - SPARE_PAGES)})")
            except sqlite3.Error as error:
                raise OutboxError(f"expected to make {self.path} smaller; {error}") from error


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ConfigError(f"expected to be the only gateway on {path}; another process has it open") from error
    return descriptor
