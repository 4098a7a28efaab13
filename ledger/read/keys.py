"""How the site's keys stand: who speaks under which, how far, and what a revocation would keep."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ledger.core import kinds, succession
from ledger.core.errors import FormatError, Refused
from ledger.core.events import SITE_STREAM, producer_of
from ledger.core.logkeys import LOG_KEY_KINDS, LogKeys, fold_log_keys
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.store.tables import batches, key_last_good, keys, stream_heads, streams


@dataclass(frozen=True, slots=True)
class Spoken:
    """How far a key spoke on one stream.

    Attributes:
        stream: the stream.
        last_seq: the last event that it signed there; 0 if none.
        time: when that batch was sealed, or the empty text.
        is_head: whether nothing stands after it.
    """

    stream: str
    last_seq: int
    time: str
    is_head: bool


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """One producer's key.

    Attributes:
        key: its fingerprint.
        vkey: its verifier key.
        producer: for whom it signs.
        time: when it was added.
        added_at: at which log index.
        revoked: whether it was revoked.
        replaced_by: the fingerprint of the key that follows it; None if none does.
        spoken: how far it spoke on each of its producer's streams; what a revocation proposes to keep.
        last_good: after a revocation, stream → the last event that counts.
    """

    key: str
    vkey: str
    producer: str
    time: str
    added_at: int
    revoked: bool
    replaced_by: str | None
    spoken: tuple[Spoken, ...]
    last_good: dict[str, int]


def key_standings(reader: Reader) -> tuple[KeyStanding, ...]:
    """Every producer's key, in the order in which they were added."""
    declared = recorded(reader.history.of_kinds(SITE_STREAM, ("key_added", "key_rotated")))
    events = {
        entry.event.key: entry.event for entry in declared if isinstance(entry.event, kinds.KeyAdded | kinds.KeyRotated)
    }
    follows = {event.replaces: event.key for event in events.values() if isinstance(event, kinds.KeyRotated)}
    good: dict[str, dict[str, int]] = {}
    for row in reader.connection.execute(select(key_last_good)):
        good.setdefault(row.key, {})[row.stream] = row.seq
    rows = reader.connection.execute(select(keys).order_by(keys.c.added_at, keys.c.key))
    return tuple(
        KeyStanding(
            row.key, row.vkey, row.producer, events[row.key].time, row.added_at, row.status == "revoked",
            follows.get(row.key), _spoken(reader, row.producer, row.key), good.get(row.key, {}),
        )
        for row in rows
    )  # fmt: skip


def log_keys(reader: Reader, *, origin: str) -> LogKeys:
    """The keys that sign checkpoints and receipts.

    Raises:
        FormatError: the log does not say; run `xuemai fsck`.
    """
    folded = fold_log_keys(recorded(reader.history.of_kinds(SITE_STREAM, LOG_KEY_KINDS)), origin=origin)
    if isinstance(folded, Refused):
        raise FormatError(f"expected the log to name its keys; {folded.reason}: run xuemai fsck")
    return folded


def handovers(reader: Reader, *, origin: str) -> list[bytes]:
    """Each hand-over from one key of the log to the next, as a signed note, in log order.

    Raises:
        FormatError: the log does not say; run `xuemai fsck`.
    """
    known = log_keys(reader, origin=origin).known
    added = (entry.event for entry in recorded(reader.history.of_kinds(SITE_STREAM, ("log_key_added",))))
    return [
        succession.note_of(event, known[event.beside].key, origin=origin)
        for event in added
        if isinstance(event, kinds.LogKeyAdded)
    ]


def beyond_revocation(connection: Connection, indices: Sequence[int]) -> list[int]:
    """Which of these batches no key vouches for any more: they end beyond the last good event of a revoked key."""
    revoked = select(keys.c.key).where(keys.c.status == "revoked")
    last = batches.c.first_seq + batches.c.count - 1
    good = (key_last_good.c.key == batches.c.key) & (key_last_good.c.stream == streams.c.name)
    rows = connection.execute(
        select(batches.c.log_index, last, key_last_good.c.seq)
        .join(streams, streams.c.id == batches.c.stream_id)
        .outerjoin(key_last_good, good)
        .where(batches.c.log_index.in_(indices), batches.c.key.in_(revoked))
    )
    return [index for index, seq, last_good in rows if seq > (last_good or 0)]


def _spoken(reader: Reader, producer: str, key: str) -> tuple[Spoken, ...]:
    heads = reader.connection.execute(
        select(streams.c.id, streams.c.name, stream_heads.c.last_seq)
        .join(stream_heads, stream_heads.c.stream_id == streams.c.id)
        .order_by(streams.c.name)
    ).all()
    found = []
    for stream_id, name, last_seq in heads:
        if producer_of(name) != producer:
            continue
        row = reader.connection.execute(
            select(batches.c.first_seq + batches.c.count - 1, batches.c.note)
            .where(batches.c.stream_id == stream_id, batches.c.key == key)
            .order_by(batches.c.first_seq.desc())
            .limit(1)
        ).one_or_none()
        if row is not None:
            found.append(Spoken(name, row[0], bytes(row[1]).split(b"\n")[6].decode(), row[0] == last_seq))
    return tuple(found)
