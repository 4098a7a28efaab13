"""The chains in the outbox: which event is next in a stream, which batch is next to be sent.

Plain statements on the outbox's tables; whoever calls holds the turn, and a transaction where something is written.
None of them looks at more rows than it answers with, however deep the outbox is.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.core import batch, signing
from ledger.core.ids import format_instant

SEAL_AT_EVENTS = batch.MAX_EVENTS
SEAL_AT_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch that waits for its receipt: `wire` is what `POST /v1/batches` takes, the same bytes every time."""

    stream: str
    first: int
    last: int
    text_hash: bytes
    wire: bytes


@dataclass(frozen=True, slots=True)
class StreamState:
    """Where one stream stands, for a person.

    Attributes:
        next_seq: the next event's sequence number.
        unsealed: events not yet in a batch.
        waiting: sealed batches without a receipt.
        acknowledged_seq: the last event that the ledger gave a receipt for; 0 if none.
        log_index: where that receipt says the batch is in the log; -1 if none.
        stopped: why nothing more is sent; None while all is well.
    """

    next_seq: int
    unsealed: int
    waiting: int
    acknowledged_seq: int
    log_index: int
    stopped: str | None


def begin(db: sqlite3.Connection, stream: str, rank: int) -> None:
    """A stream, if it is not there yet; lower ranks are sent first."""
    db.execute(
        "INSERT OR IGNORE INTO streams (stream, rank, next_seq, next_unsealed, previous) VALUES (?, ?, 1, 1, ?)",
        (stream, rank, batch.NO_PREVIOUS),
    )


def next_seq(db: sqlite3.Connection, stream: str) -> int:
    """The next event's sequence number."""
    return int(db.execute("SELECT next_seq FROM streams WHERE stream = ?", (stream,)).fetchone()[0])


def add(db: sqlite3.Connection, stream: str, bodies: Sequence[bytes]) -> None:
    """Events, each made for its place from `next_seq` on."""
    first = next_seq(db, stream)
    db.executemany(
        "INSERT INTO events VALUES (?, ?, ?)", [(stream, first + offset, body) for offset, body in enumerate(bodies)]
    )
    db.execute("UPDATE streams SET next_seq = next_seq + ? WHERE stream = ?", (len(bodies), stream))


def with_unsealed(db: sqlite3.Connection) -> list[str]:
    """The streams that have events in no batch yet."""
    return [stream for (stream,) in db.execute("SELECT stream FROM streams WHERE next_unsealed < next_seq")]


def seal_next(db: sqlite3.Connection, stream: str, *, origin: str, signer: signing.NoteSigner, now_ms: int) -> bool:
    """Make one batch of what is unsealed; whether there was anything."""
    first, previous = db.execute("SELECT next_unsealed, previous FROM streams WHERE stream = ?", (stream,)).fetchone()
    bodies = _fitting(
        body
        for (body,) in db.execute(
            "SELECT body FROM events WHERE stream = ? AND seq >= ? ORDER BY seq LIMIT ?",
            (stream, first, SEAL_AT_EVENTS),
        )
    )
    if not bodies:
        return False
    text = batch.compose(
        bodies, origin=origin, stream=stream, first=first, previous=previous, time=format_instant(now_ms)
    )
    written = text.format()
    text_hash = batch.text_hash(written)
    db.execute(
        "INSERT INTO batches (stream, first, last, note, text_hash) VALUES (?, ?, ?, ?, ?)",
        (stream, first, text.last, signing.sign_note(written, [signer]), text_hash),
    )
    db.execute(
        "UPDATE streams SET next_unsealed = ?, previous = ?, waiting = waiting + 1 WHERE stream = ?",
        (text.last + 1, text_hash, stream),
    )
    return True


def next_waiting(db: sqlite3.Connection) -> Sealed | None:
    """The batch to send next: by rank, then the older epoch, then the oldest; no stopped stream; None if none waits."""
    streams = db.execute("SELECT stream FROM streams WHERE waiting > 0 AND stopped IS NULL ORDER BY rank, rowid")
    for (stream,) in streams.fetchall():
        row = db.execute(
            "SELECT first, last, text_hash, note FROM batches INDEXED BY waiting WHERE stream = ? AND receipt IS NULL"
            " ORDER BY first LIMIT 1",
            (stream,),
        ).fetchone()
        if row is not None:
            first, last, text_hash, note = row
            wire = batch.format_wire(batch.Batch(note=note, bodies=tuple(_bodies(db, stream, first, last))))
            return Sealed(stream, first, last, text_hash, wire)
    return None


def states(db: sqlite3.Connection) -> dict[str, StreamState]:
    """Where each stream stands."""
    rows = db.execute(
        "SELECT stream, next_seq, next_seq - next_unsealed, waiting, pin_seq, pin_index, stopped"
        " FROM streams ORDER BY rank, rowid"
    )
    return {stream: StreamState(*rest) for stream, *rest in rows.fetchall()}


def ends(db: sqlite3.Connection) -> dict[str, tuple[bytes | None, bytes | None]]:
    """Of each stream the last event with a receipt and the first without; None where there is none, or no more.

    What was carried over into another stream waits there, and here no longer.
    """
    rows = db.execute(
        "SELECT stream, (SELECT body FROM events e WHERE e.stream = s.stream AND e.seq = s.pin_seq),"
        " (SELECT body FROM events e WHERE e.stream = s.stream AND e.seq = s.pin_seq + 1"
        " AND (s.waiting > 0 OR s.next_unsealed < s.next_seq))"
        " FROM streams s ORDER BY rank, rowid"
    )
    return {stream: (delivered, waiting) for stream, delivered, waiting in rows.fetchall()}


def stop(db: sqlite3.Connection, stream: str, reason: str | None) -> None:
    """Let nothing more of a stream be sent; None: let it again."""
    db.execute("UPDATE streams SET stopped = ? WHERE stream = ?", (reason, stream))


def _bodies(db: sqlite3.Connection, stream: str, first: int, last: int) -> list[bytes]:
    rows = db.execute(
        "SELECT body FROM events WHERE stream = ? AND seq BETWEEN ? AND ? ORDER BY seq", (stream, first, last)
    )
    return [body for (body,) in rows]


def _fitting(bodies: Iterator[bytes]) -> list[bytes]:
    """The first bodies that make a batch of at most `SEAL_AT_BYTES`; at least one."""
    taken: list[bytes] = []
    size_bytes = 0
    for body in bodies:
        size_bytes += len(body)
        if taken and size_bytes > SEAL_AT_BYTES:
            break
        taken.append(body)
    return taken
