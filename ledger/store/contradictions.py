"""Statements under this ledger's own keys that its database does not bear out.

A database that was rolled back or cloned lacks what its keys have vouched for, and only others can show it: gateways
with their receipts, anybody with a checkpoint. What they show is kept in the database that it contradicts, so that
every process on it stands still, after a restart too. The database that does hold it has no such row: to restore that,
or to begin a new log, is a person's decision, and ends it.
"""

import hashlib
import threading
from collections import OrderedDict

from sqlalchemy import Connection, func, insert, select

from ledger.config import Site
from ledger.core import checkpoint as checkpoints
from ledger.core import note as notes
from ledger.core import receipt as receipts
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import NoteError, Refused
from ledger.core.logkeys import LogKeys, Use
from ledger.core.note import VerifierKey
from ledger.core.receipt import Receipt
from ledger.core.signing import verify_note
from ledger.store import tables as t
from ledger.store.chain import frontier_of, log_size

MAX_REMEMBERED = 4096


class OwnWord:
    """What this ledger said, told from what anybody says, and remembered where the log was seen to bear it out.

    Safe to use from several threads.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._log_keys = LogKeys()
        self._borne_out: OrderedDict[bytes, None] = OrderedDict()  # a dict finds its oldest the slower, the more went
        self._lock = threading.Lock()

    def read(self, raw: bytes) -> Checkpoint | Receipt | None:
        """What this ledger said; None if it is of another log, not under its keys, or neither of the two."""
        try:
            signed = notes.parse(raw)
            is_receipt = signed.text.startswith(f"{receipts.HEADER}\n")
            said: Checkpoint | Receipt = (receipts.parse_text if is_receipt else checkpoints.parse)(signed.text)
        except NoteError:
            return None
        verified = verify_note(signed, self._keys_for(said))
        return None if said.origin != self._site.origin or isinstance(verified, Refused) else said

    def believe(self, log_keys: LogKeys) -> None:
        """Know every key that ever signed for the log: what a retired one said before its end still counts."""
        self._log_keys = log_keys.copy()

    def _keys_for(self, said: Checkpoint | Receipt) -> list[VerifierKey]:
        """The keys that may have said this: those in the files, and those that the log had at that place."""
        use: Use = "receipt" if isinstance(said, Receipt) else "checkpoint"
        last = said.log_index if isinstance(said, Receipt) else said.size - 1
        keys = list(self._site.verifiers("receipt" if isinstance(said, Receipt) else "log"))
        for each in self._log_keys.known.values():
            over = each.retired_at is not None and each.retired_at < last
            if each.use == use and not over and each.key not in keys:
                keys.append(each.key)
        return keys

    def is_borne_out(self, raw: bytes) -> bool:
        """Whether the log was seen to bear it out; it does so for as long as one process writes it."""
        return raw in self._borne_out

    def remember(self, raw: bytes) -> None:
        """The log bears this out."""
        with self._lock:
            self._borne_out[raw] = None
            if len(self._borne_out) > MAX_REMEMBERED:
                self._borne_out.popitem(last=False)

    def confront(self, connection: Connection, raw: bytes, *, seen_ms: int) -> str | None:
        """Why the log does not bear this out, which is then kept; None if it does, or it is not this ledger's."""
        said = self.read(raw)
        problem = None if said is None else problem_of(connection, said)
        if problem is not None:
            keep(connection, raw, seen_ms=seen_ms)
        return problem

    def kept_problem(self, connection: Connection) -> str | None:
        """What was shown before and is not borne out; None if nothing was."""
        raw = first_kept(connection)
        if raw is None:
            return None
        said = self.read(raw)
        problem = None if said is None else problem_of(connection, said)
        return problem or "a statement is kept that this ledger's keys did not sign: run xuemai fsck"


def problem_of(connection: Connection, said: Checkpoint | Receipt) -> str | None:
    """Why the database does not bear out what was said; None if it does."""
    size = log_size(connection)
    if isinstance(said, Receipt):
        return _receipt_problem(connection, said, size)
    if said.size > size:
        return f"a checkpoint of size {said.size} was signed; the database holds {size} batches: it went back"
    root = frontier_of(connection, said.size).root()
    if root != said.root:
        return f"at size {said.size} the root {said.root.hex()} was signed; the database leads to {root.hex()}"
    return None


def _receipt_problem(connection: Connection, said: Receipt, size: int) -> str | None:
    place = f"a receipt was given for event {said.last_seq} of {said.stream} at log index {said.log_index}"
    if said.log_index >= size:
        return f"{place}; the database holds {size} batches: it went back"
    row = connection.execute(
        select(t.batches.c.text_hash, t.batches.c.first_seq + t.batches.c.count - 1, t.streams.c.name)
        .join(t.streams, t.streams.c.id == t.batches.c.stream_id)
        .where(t.batches.c.log_index == said.log_index)
    ).one()
    if (bytes(row[0]), row[1], row[2]) != (said.batch_hash, said.last_seq, said.stream):
        return f"{place}; the database holds another batch there"
    return None


def keep(connection: Connection, raw: bytes, *, seen_ms: int) -> None:
    """Keep a statement that the database does not bear out. One is enough: whoever stands still asks no more."""
    number = (connection.execute(select(func.max(t.contradictions.c.id))).scalar() or 0) + 1
    row = {"id": number, "statement": raw, "seen_ms": seen_ms, "digest": digest(number, raw, seen_ms)}
    connection.execute(insert(t.contradictions), row)


def digest(number: int, raw: bytes, seen_ms: int) -> bytes:
    """SHA-256 over a row, so that it cannot change unseen: nothing in the log vouches for it."""
    return hashlib.sha256(f"{number} {seen_ms} {len(raw)}\n".encode() + raw).digest()


def first_kept(connection: Connection) -> bytes | None:
    """The first statement that was kept; None where there is none."""
    row = connection.execute(select(t.contradictions.c.statement).order_by(t.contradictions.c.id).limit(1)).scalar()
    return None if row is None else bytes(row)
