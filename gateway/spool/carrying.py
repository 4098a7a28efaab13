"""What an ended stream still holds that the ledger gave no receipt for. Plain statements on an outbox's tables."""

import sqlite3
from dataclasses import dataclass

MARK = "carried/"
"""A named state, with origin and stream: the last seq of an ended stream that was carried over."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An ended stream.

    Attributes:
        stream: its name.
        delivered: its last event with a receipt; 0 if none.
        last: its last event.
        stopped: why nothing of it is sent; None if it still is.
    """

    stream: str
    delivered: int
    last: int
    stopped: str | None


def undelivered_streams(db: sqlite3.Connection) -> list[Ended]:
    """The streams of which the ledger has not everything, custody first."""
    rows = db.execute(
        "SELECT stream, pin_seq, next_seq - 1, stopped FROM streams WHERE next_seq - 1 > pin_seq ORDER BY rank, rowid"
    )
    return [Ended(*row) for row in rows.fetchall()]


def bodies_after(db: sqlite3.Connection, stream: str, seq: int, *, limit: int) -> list[tuple[int, bytes]]:
    """The next events of a stream, with their seqs; those whose bytes are gone are left out."""
    rows = db.execute(
        "SELECT seq, body FROM events WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?", (stream, seq, limit)
    )
    return [(seq, bytes(body)) for seq, body in rows.fetchall()]


def lay_down(db: sqlite3.Connection, stream: str) -> None:
    """Send nothing of a stream any more, and seal nothing; its events and batches stay as they are."""
    db.execute("UPDATE streams SET waiting = 0, next_unsealed = next_seq, stopped = NULL WHERE stream = ?", (stream,))


def owner(db: sqlite3.Connection) -> tuple[str, str] | None:
    """The ledger's origin and the gateway's name that an outbox was made for."""
    found: tuple[str, str] | None = db.execute("SELECT origin, gateway FROM owner").fetchone()
    return found
