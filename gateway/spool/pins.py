"""What the outbox holds of the ledger: receipts, the newest checkpoint that was verified, and whether it is trusted.

Plain statements on the outbox's tables; whoever calls holds the turn, and a transaction where something is written.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.core.errors import Refused
from ledger.core.receipt import Receipt

CHECKPOINT = "checkpoint"
REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class Held:
    """A batch with its receipt, not yet seen under a checkpoint.

    Attributes:
        stream: its stream.
        first: sequence number of its first event.
        last: of its last.
        log_index: where the receipt says that it is.
        note: its note's bytes, which are the log's leaf.
        receipt: the receipt's bytes.
    """

    stream: str
    first: int
    last: int
    log_index: int
    note: bytes
    receipt: bytes


def pin_receipt(db: sqlite3.Connection, first: int, read: Receipt, *, raw: bytes, now_ms: int) -> Refused | None:
    """Keep a receipt with its batch, if its place in the log lies behind that of the stream's last one.

    `now_ms` is the outbox's age (`gateway.spool.age`).
    """
    pinned = db.execute("SELECT pin_index FROM streams WHERE stream = ?", (read.stream,)).fetchone()[0]
    if read.log_index <= pinned:
        return Refused(
            "rollback", f"expected a log index above {pinned}, that of the last receipt; got {read.log_index}"
        )
    marked = db.execute(
        "UPDATE batches SET receipt = ?, acknowledged_ms = ?, log_index = ?"
        " WHERE stream = ? AND first = ? AND receipt IS NULL",
        (raw, now_ms, read.log_index, read.stream, first),
    ).rowcount
    db.execute(
        "UPDATE streams SET pin = ?, pin_seq = ?, pin_index = ?, waiting = waiting - ? WHERE stream = ?",
        (raw, read.last_seq, read.log_index, marked, read.stream),
    )
    return None


def acknowledged_seq(db: sqlite3.Connection, stream: str) -> int | None:
    """The last event of a stream with a receipt, 0 if none; None if the stream is not in this outbox."""
    row = db.execute("SELECT pin_seq FROM streams WHERE stream = ?", (stream,)).fetchone()
    return None if row is None else int(row[0])


def last_receipts(db: sqlite3.Connection) -> tuple[bytes, ...]:
    """The last receipt of each stream, in the order of their ranks."""
    return tuple(pin for (pin,) in db.execute("SELECT pin FROM streams WHERE pin IS NOT NULL ORDER BY rank, rowid"))


def newest_receipt(db: sqlite3.Connection) -> bytes | None:
    """The receipt that stands highest in the log, of whichever stream."""
    row = db.execute("SELECT pin FROM streams WHERE pin IS NOT NULL ORDER BY pin_index DESC LIMIT 1").fetchone()
    return None if row is None else bytes(row[0])


def uncovered(db: sqlite3.Connection, limit: int) -> tuple[Held, ...]:
    """Batches with a receipt that were not seen under a checkpoint yet, in the order of the log."""
    rows = db.execute(
        "SELECT stream, first, last, log_index, note, receipt FROM batches"
        " WHERE receipt IS NOT NULL AND covered = 0 ORDER BY log_index LIMIT ?",
        (limit,),
    )
    return tuple(Held(*row) for row in rows.fetchall())


def cover(db: sqlite3.Connection, covered: Sequence[Held]) -> None:
    """These were seen under a checkpoint."""
    db.executemany(
        "UPDATE batches SET covered = 1 WHERE stream = ? AND first = ?", [(each.stream, each.first) for each in covered]
    )


def of_ledger(db: sqlite3.Connection, name: str) -> bytes | None:
    """What is kept of the ledger under a name."""
    row = db.execute("SELECT value FROM ledger WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row[0])


def keep_of_ledger(db: sqlite3.Connection, name: str, value: bytes) -> None:
    """Keep something of the ledger, in the place of what was there."""
    db.execute("INSERT OR REPLACE INTO ledger VALUES (?, ?)", (name, value))


def forget_of_ledger(db: sqlite3.Connection, name: str) -> None:
    """Keep it no longer."""
    db.execute("DELETE FROM ledger WHERE name = ?", (name,))
