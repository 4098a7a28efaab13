"""What a gateway brings: read and checked as far as that needs no transaction, then accepted inside one.

A batch is refused only for its envelope, size, origin, key, signature, stream, chain or root (docs/format.md §5, in
that order), never for what it says.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import bindparam, select

from ledger.core import batch as batches
from ledger.core.batch import BatchNote, Contents
from ledger.core.errors import FormatError, Refused, XuemaiError
from ledger.core.events import SITE_STREAM, WEB_STREAM
from ledger.core.keys import KeyState, KnownKey, fingerprint
from ledger.core.note import Note, format_vkey
from ledger.core.receipt import Receipt
from ledger.core.signing import verify_note
from ledger.store import tables as t
from ledger.store.chain import QUARANTINED, Head, Sealed
from ledger.store.forks import is_awaiting_resumption, keep_fork
from ledger.store.prepared import Prepared
from ledger.store.writer import Working

_STORED = Prepared(
    select(t.batches.c.log_index)
    .join(t.streams, t.streams.c.id == t.batches.c.stream_id)
    .where(
        t.streams.c.name == bindparam("stream"),
        t.batches.c.first_seq == bindparam("first"),
        t.batches.c.text_hash == bindparam("digest"),
    ),
    *("stream", "first", "digest"),
)
_STATUS = {
    "envelope": 400,
    "size": 413,
    "origin": 421,
    "key": 403,
    "signature": 422,
    "stream": 423,
    "fork": 409,
    "chain": 409,
    "root": 422,
    "history": 503,
    "busy": 503,
    "storage": 507,
}


@dataclass(frozen=True, slots=True)
class StreamHead:
    """Where a stream ends: what a gateway whose batch did not follow has to continue from."""

    stream: str
    last_seq: int
    previous: bytes


class Rejected(XuemaiError):  # noqa: N818  an answer to a producer, not an accident
    """A batch that was not taken.

    Attributes:
        status: the HTTP status of docs/format.md §5.
        step: the check that failed.
        reason: what was expected and what came.
        head: for `chain`, where the stream ends.
        retry: what the producer should do: `retry`, `stop` or `reseal`.
    """

    def __init__(
        self,
        step: str,
        reason: str,
        *,
        retry: Literal["retry", "stop", "reseal"] = "stop",
        head: StreamHead | None = None,
    ) -> None:
        super().__init__(f"{step}: {reason}")
        self.status = _STATUS[step]
        self.step = step
        self.reason = reason
        self.head = head
        self.retry = retry


@dataclass(frozen=True, slots=True)
class Arrived:
    """A gateway's batch, checked as far as that needs no transaction.

    Attributes:
        note: the signed note of its first line.
        signed: the same, parsed.
        text: what the note says.
        contents: its events; or why they are not those of the note.
        key: the approved key that signed it.
        key_id: that key's fingerprint.
    """

    note: bytes
    signed: Note
    text: BatchNote
    contents: Contents | Refused
    key: KnownKey
    key_id: str


def read_batch(wire: bytes, *, origin: str, keys: KeyState) -> Arrived:
    """Everything that can be checked before the writer's turn, so that its thread stays free.

    Args:
        wire: NDJSON: a line with the note, then each event's bytes.
        origin: the log that it has to be for.
        keys: those approved when it came.

    Raises:
        Rejected: it cannot be taken, whatever is in the log.
    """
    if len(wire) > batches.MAX_WIRE_BYTES:
        raise Rejected("size", f"expected at most {batches.MAX_WIRE_BYTES} bytes; got {len(wire)}")
    lines = wire.count(b"\n") - 1
    if lines > batches.MAX_EVENTS:
        raise Rejected("size", f"expected at most {batches.MAX_EVENTS} events; got {lines}")
    try:
        batch = batches.parse_wire(wire)
        signed, text = batches.read_note(batch.note)
    except FormatError as error:
        raise Rejected("envelope", str(error)) from error
    if text.origin != origin:
        raise Rejected("origin", f"expected a batch for {origin}; got {text.origin}", retry="reseal")
    known = _find_key(keys, signed, text)
    verified = verify_note(signed, [known.key])
    if isinstance(verified, Refused):
        raise Rejected("signature", verified.reason)
    contents = batches.judge_bodies(text, batch.bodies)
    return Arrived(batch.note, signed, text, contents, known, fingerprint(format_vkey(known.key)))


def accept(working: Working, arrived: Arrived, now_ms: int) -> Receipt | Rejected:
    """The part of the checks that depends on what is in the log, and the writing.

    Args:
        working: the open transaction.
        arrived: what `read_batch` made of the batch.
        now_ms: when it came, in milliseconds since the Unix epoch.

    Returns:
        The receipt, of the same batch taken before too; or why it is not taken.
    """
    text = arrived.text
    keys = working.projector.keys(working.connection)
    # As it is known now: it may have been revoked while the batch waited for its turn.
    known = keys.known.get(arrived.key_id, arrived.key)
    refused = keys.judge(known, stream=text.stream, last_seq=text.last, log_index=working.frontier.size)
    if refused is not None:
        return Rejected("key", refused.reason)
    head = working.chain.head(working.connection, text.stream)
    digest = batches.text_hash(arrived.signed.text)
    stored = _find_stored(working, text, digest) if text.first <= head.last_seq else None
    if stored is not None:
        return Receipt(text.origin, text.stream, text.last, stored, digest)
    rejected = _reject_place(working, arrived, head, now_ms)
    if rejected is not None:
        return rejected
    contents = arrived.contents
    if isinstance(contents, Refused):
        return Rejected(contents.step, contents.reason)
    sealed = Sealed(arrived.note, text, arrived.signed.text, contents, arrived.key_id)
    log_index = working.frontier.size
    working.append(sealed)
    return Receipt(text.origin, text.stream, text.last, log_index, digest)


def _reject_place(working: Working, arrived: Arrived, head: Head, now_ms: int) -> Rejected | None:
    """Why the batch cannot stand at the end of its stream; a fork is kept as evidence."""
    text = arrived.text
    if head.status == QUARANTINED:
        return Rejected("stream", f"{text.stream} is quarantined after a fork; an administrator opens a new epoch")
    if head.last_seq == 0 and is_awaiting_resumption(working.connection, text.stream):
        return Rejected("stream", f"an administrator has not resumed the gateway for {text.stream} after its fork")
    if text.first <= head.last_seq:
        working.wrote = True
        keep_fork(
            working.connection,
            stream_id=working.chain.stream_id(working.connection, text.stream),
            first_seq=text.first,
            note=arrived.note,
            seen_ms=now_ms,
        )
        working.chain.quarantine(working.connection, text.stream)
        return Rejected("fork", f"{text.stream} has another event {text.first} already: two histories; quarantined")
    if text.first != head.last_seq + 1 or text.previous != head.previous:
        return Rejected(
            "chain",
            f"expected {text.stream} to go on at {head.last_seq + 1} after {head.previous.hex()};"
            f" got {text.first} after {text.previous.hex()}",
            head=StreamHead(text.stream, head.last_seq, head.previous),
        )
    return None


def _find_stored(working: Working, text: BatchNote, digest: bytes) -> int | None:
    """The log index of exactly the batch with this text, whose hash is given, if it is in the log."""
    working.flush()  # the same batch, or another in its place, may have come at once
    found: int | None = _STORED.run(working.connection, text.stream, text.first, digest).scalar()
    return found


def _find_key(keys: KeyState, signed: Note, text: BatchNote) -> KnownKey:
    line = signed.signatures[0]
    if text.stream in {SITE_STREAM, WEB_STREAM}:
        raise Rejected("key", f"stream {text.stream} is written by the ledger itself")
    known = keys.find(name=line.name, key_id=line.key_id)
    if known is None:
        reason = f"expected a key that an administrator has approved; got {line.name} {line.key_id.hex()}"
        raise Rejected("key", reason, retry="retry")
    if known.producer != text.stream.partition("/")[0]:
        raise Rejected("key", f"{line.name} signs for {known.producer}, not for stream {text.stream}")
    return known
