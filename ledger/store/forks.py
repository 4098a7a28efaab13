"""Forks: evidence that a producer wrote two histories, kept once a stream, outside the log.

The evidence is the note: the producer's signature over another root for a number that the log has. The events under it
were never taken and are not kept: no proof rests on them, and an erasure, which names an event of the log, could not
reach them. They are in the outbox of whoever wrote them, which says them again under a new epoch.
"""

import hashlib

from sqlalchemy import Connection, func, insert, select

from ledger.core.events import producer_of
from ledger.store import tables as t


def keep_fork(connection: Connection, *, stream_id: int, first_seq: int, note: bytes, seen_ms: int) -> None:
    """Keep the note of a validly signed batch that contradicts the log."""
    number = (connection.execute(select(func.max(t.forks.c.id))).scalar() or 0) + 1
    row = {
        "id": number, "stream_id": stream_id, "first_seq": first_seq, "note": note, "seen_ms": seen_ms,
        "digest": fork_digest(number, stream_id, first_seq, note, seen_ms),
    }  # fmt: skip
    connection.execute(insert(t.forks), row)


def fork_digest(number: int, stream_id: int, first_seq: int, note: bytes, seen_ms: int) -> bytes:
    """SHA-256 over a row of `forks`, so that it cannot change unseen: nothing in the log vouches for it."""
    head = f"{number} {stream_id} {first_seq} {seen_ms}\n"
    return hashlib.sha256(head.encode() + note).digest()


def is_awaiting_resumption(connection: Connection, stream: str) -> bool:
    """Whether the producer of a new stream forked in an earlier epoch and nobody let it go on in this one."""
    producer, epoch = producer_of(stream), _epoch(stream)
    forked = connection.execute(select(t.streams.c.name).join(t.forks, t.forks.c.stream_id == t.streams.c.id)).scalars()
    if not any(producer_of(name) == producer and _epoch(name) < epoch for name in forked):
        return False
    resumed = select(t.resumptions.c.epoch).where(t.resumptions.c.producer == producer, t.resumptions.c.epoch == epoch)
    return connection.execute(resumed).one_or_none() is None


def _epoch(stream: str) -> int:
    parts = stream.split("/")
    return int(parts[1]) if len(parts) == 3 else 0
