"""How much room the outbox has, and what is kept back for custody and alarms.

Two reserves. Readings are refused while less than `reserve_bytes` is left, of the disk or of what the outbox may take,
so that a week of readings never takes the room of a scan. And a file of `BALLAST_BYTES` lies on the disk beside the
outbox: where somebody else filled the disk to the last block, its room is what the scan and the alarm are written to.
"""

import contextlib
import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 1024 * 1024
BALLAST_BYTES = 4 * MEGABYTE
"""The journal grows to that before SQLite writes it back: some thousand scans, one a commit."""
BALLAST_SUFFIX = ".reserve"
LEAST_RESERVE_BYTES = BALLAST_BYTES + MEGABYTE
"""With less, readings would take the room that the ballast was given up for."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an outbox may take.

    Attributes:
        most_bytes: of the database file; 0: as much as the disk has.
        reserve_bytes: so much of it, and of the disk, is for custody and alarms alone.
    """

    most_bytes: int = 0
    reserve_bytes: int = 32 * MEGABYTE


@dataclass(slots=True)
class Room:
    """The room of one outbox.

    Attributes:
        path: of the database.
        allowance: see `Allowance`.
    """

    path: Path
    allowance: Allowance
    _short: bool = field(default=False, init=False)

    def limit(self, db: sqlite3.Connection) -> None:
        """Let the database not grow beyond what it may take."""
        if self.allowance.most_bytes:
            page_bytes = db.execute("PRAGMA page_size").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {self.allowance.most_bytes // page_bytes}")

    def left_bytes(self, db: sqlite3.Connection) -> int:
        """What may still be written: of the disk and of the allowance, the less."""
        page_bytes, pages, free = (
            db.execute(f"PRAGMA {each}").fetchone()[0] for each in ("page_size", "page_count", "freelist_count")
        )
        disk = os.statvfs(self.path.parent)
        left = disk.f_bavail * disk.f_frsize + free * page_bytes
        if self.allowance.most_bytes:
            left = min(left, self.allowance.most_bytes - (pages - free) * page_bytes)
        return int(left)

    def is_short(self, db: sqlite3.Connection) -> bool:
        """Whether only custody and alarms are taken; over again when a quarter more than the reserve is left."""
        reserve = self.allowance.reserve_bytes
        self._short = self.left_bytes(db) < (reserve * 5 // 4 if self._short else reserve)
        return self._short

    def lay_ballast(self) -> None:
        """Put the ballast there, if it is not and there is room for it several times over."""
        ballast = self.path.with_suffix(BALLAST_SUFFIX)
        disk = os.statvfs(self.path.parent)
        if ballast.exists() or disk.f_bavail * disk.f_frsize < 4 * BALLAST_BYTES:
            return
        aside = ballast.with_name(f".{ballast.name}")
        # It is not there until it is there as a whole: a file that has no blocks yet would free none.
        with contextlib.suppress(OSError):
            with aside.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
            aside.replace(ballast)

    def spend_ballast(self) -> bool:
        """Give its room to what has to be written now; whether there was any."""
        try:
            self.path.with_suffix(BALLAST_SUFFIX).unlink()
        except OSError:
            return False
        return True
