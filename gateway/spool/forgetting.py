"""What the outbox forgets: what the ledger has had for 45 days, and what the log says was erased.

Nothing without a receipt is ever forgotten, and of every stream the newest batch with a receipt stays: with it the
gateway shows the ledger where the two stand. Plain statements, for which whoever calls holds a transaction; but the
file is written anew outside of one.
"""

import sqlite3

import msgspec

from gateway.spool import state
from gateway.spool.file import SpoolFile
from ledger.core.erasurelist import ToErase

KEEP_MS = 45 * 24 * 3600 * 1000
"""How long acknowledged events stay, so that a ledger restored from an old backup can be given them again."""
UNFINISHED = "erasure/unfinished"
"""A named state: there while copies of what was erased may still stand in the file."""
PRUNE_EVENTS = 2000
"""In one transaction: a scan that comes meanwhile waits some milliseconds."""


def prune(db: sqlite3.Connection, before_ms: int) -> int:
    """Forget some batches acknowledged before this age of the outbox, the oldest first; how many, 0 if none is left."""
    pruned = events = 0
    for stream, head in db.execute("SELECT stream, pin_seq FROM streams WHERE pin IS NOT NULL").fetchall():
        # In the order of the chain, which is that of the receipts: what is behind a batch that stays, stays.
        while events < PRUNE_EVENTS and (oldest := _oldest(db, stream)):
            first, last, since_ms = oldest
            if last >= head or since_ms is None or since_ms >= before_ms:
                break
            db.execute("DELETE FROM events WHERE stream = ? AND seq BETWEEN ? AND ?", (stream, first, last))
            db.execute("DELETE FROM batches WHERE stream = ? AND first = ?", (stream, first))
            pruned, events = pruned + 1, events + last - first + 1
    return pruned


def erase(db: sqlite3.Connection, erased: ToErase) -> None:
    """The salts of an event's commitments, and its bytes if they are to go: where it was first said, too."""
    place = (erased.stream, erased.seq)
    row = db.execute("SELECT body FROM events WHERE stream = ? AND seq = ?", place).fetchone()
    withheld = msgspec.json.decode(row[0]).get("withheld", []) if row else []
    state.keep(db, {f"salt/{each}": None for each in ([withheld] if isinstance(withheld, str) else withheld)})
    if erased.what == "body":
        said = msgspec.json.decode(row[0]).get("first_said") if row else None
        before = [] if said is None else [(said["stream"], said["seq"])]
        db.executemany("DELETE FROM events WHERE stream = ? AND seq = ?", [place, *before])


def finish(file: SpoolFile) -> None:
    """Leave no copy of what was erased, if that was not done yet; across a crash.

    Raises:
        OutboxError: there is no room for a second copy of the file; it has to be tried again.
    """
    with file.turn:
        unfinished = bool(state.below(file.db, UNFINISHED))
    if unfinished and file.write_anew():
        with file.transaction() as db:
            state.keep(db, {UNFINISHED: None})


def _oldest(db: sqlite3.Connection, stream: str) -> tuple[int, int, int | None] | None:
    found: tuple[int, int, int | None] | None = db.execute(
        "SELECT first, last, acknowledged_ms FROM batches WHERE stream = ? ORDER BY first LIMIT 1", (stream,)
    ).fetchone()
    return found
