"""The outbox: where an event becomes durable, gets its place in a chain, and waits until the ledger has it.

Events are written to SQLite (WAL, `synchronous=FULL`: every commit is fsynced) with stream, sequence number and nonce,
and with them, in the same transaction, the state that they leave behind (who is present, which readings stand open). A
stream is sealed into a signed batch at most a second of real time after its first event; the note is committed before
it is first sent and sent byte-identical ever after. Only a receipt under the pinned key marks events as acknowledged.

This module decides what is durable and in which order; when to send is `uplink`'s, what an event says is `claim`'s.
One outbox, one process: a file lock holds a second one off.
"""

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from gateway.claim import Claim
from gateway.clock import Clock
from ledger.core import batch, events, kinds, signing
from ledger.core import checkpoint as checkpoints
from ledger.core import receipt as receipts
from ledger.core.erasurelist import ToErase
from ledger.core.errors import ConfigError, Refused, XuemaiError
from ledger.core.events import KINDS_OF, Carrier
from ledger.core.ids import format_instant
from ledger.core.note import VerifierKey

SEAL_AFTER_SECONDS = 0.8
"""Leaves the rest of the promised second to the tick that notices and to the disk."""
SEAL_AT_EVENTS = batch.MAX_EVENTS
SEAL_AT_BYTES = 512 * 1024
KEEP_MS = 45 * 24 * 3600 * 1000
"""How long acknowledged events stay, so that a ledger restored from an old backup can be given them again."""

_UNFINISHED = "erasure/unfinished"
"""A named state: there while copies of what was erased may still stand in the file."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS owner (origin TEXT NOT NULL, gateway TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS streams (stream TEXT PRIMARY KEY, rank INTEGER NOT NULL, next_seq INTEGER NOT NULL,
  next_unsealed INTEGER NOT NULL, previous BLOB NOT NULL, pin BLOB, pin_seq INTEGER NOT NULL DEFAULT 0,
  pin_index INTEGER NOT NULL DEFAULT -1, stopped TEXT);
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


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch that waits for its receipt: `wire` is what `POST /v1/batches` takes, the same bytes every time."""

    stream: str
    first: int
    last: int
    text_hash: bytes
    wire: bytes


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


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose outbox it is.

    Attributes:
        origin: the ledger that every batch is made for.
        gateway: the producer's name.
        epoch: of its streams.
        signer: the gateway's key.
        receipt_key: the only key whose receipts count.
    """

    origin: str
    gateway: str
    epoch: int
    signer: signing.NoteSigner
    receipt_key: VerifierKey

    def stream(self, carrier: Carrier) -> str:
        """The stream of custody (`c`) or telemetry (`t`)."""
        return f"{self.gateway}/{self.epoch}/{carrier.value}"


@dataclass(slots=True)
class _Unsealed:
    since: float | None = None
    count: int = 0
    size_bytes: int = 0


@dataclass(slots=True)
class Outbox:
    """See the module. A context manager; safe to use from several threads, which take turns.

    Attributes:
        path: the database.
        identity: see `Identity`.
        clock: stamps batches and acknowledgements.
        random_bytes: gives so many bytes from the operating system's generator.
    """

    path: Path
    identity: Identity
    clock: Clock
    random_bytes: Callable[[int], bytes]
    _turn: threading.RLock = field(default_factory=threading.RLock, init=False)
    _unsealed: dict[str, _Unsealed] = field(default_factory=dict, init=False)
    _db: sqlite3.Connection = field(init=False)
    _lock_file: int = field(init=False)

    def __enter__(self) -> Self:
        """Open, creating what is missing.

        Raises:
            ConfigError: another process has it open, or it belongs to another ledger or gateway.
        """
        self._lock_file = _lock(self.path.with_suffix(".lock"))
        try:
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._prepare()
        except BaseException:
            os.close(self._lock_file)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; what is unsealed is sealed at the next start."""
        with self._turn:
            self._db.close()
            os.close(self._lock_file)

    def append(self, claims: Sequence[Claim], state: Mapping[str, bytes | None] | None = None) -> None:
        """Make events of the claims, in order, and keep them, with the state that goes with them; all or nothing.

        Args:
            claims: what was observed.
            state: named values to keep beside the events; None forgets one.

        Raises:
            OutboxError: nothing was written; the claims are still the caller's.
            FormatError: a claim is not what its kind asks for; nothing was written.
        """
        added: dict[str, list[bytes]] = {}
        with self._transaction() as db:
            trust = self.clock.name
            for claim in claims:
                stream = self.identity.stream(_carrier(claim))
                bodies = added.setdefault(stream, [])
                seq = _next_seq(db, stream) + len(bodies)
                bodies.append(self._event(claim, stream=stream, seq=seq, trust=trust))
            for stream, bodies in added.items():
                first = _next_seq(db, stream)
                db.executemany(
                    "INSERT INTO events VALUES (?, ?, ?)",
                    [(stream, first + offset, body) for offset, body in enumerate(bodies)],
                )
                db.execute("UPDATE streams SET next_seq = next_seq + ? WHERE stream = ?", (len(bodies), stream))
            _keep(db, state or {})
        for stream, bodies in added.items():
            self._note_unsealed(stream, bodies)

    def state(self, prefix: str) -> dict[str, bytes]:
        """Every kept value whose name starts with `prefix`, in order of name."""
        with self._turn:
            rows = self._db.execute(
                "SELECT name, value FROM state WHERE name >= ? AND name < ? ORDER BY name",
                (prefix, prefix + "\U0010ffff"),
            )
            return dict(rows.fetchall())

    def adopt(self, signer: signing.NoteSigner) -> None:
        """Seal with this key from the next batch on; what is sealed already stays, and is sent, as it is."""
        with self._turn:
            self.identity = replace(self.identity, signer=signer)

    def seal_due(self) -> int:
        """Seal every stream that has waited long enough or grown large enough; how many batches were made.

        Raises:
            OutboxError: see `append`.
        """
        now = self.clock.monotonic()
        return sum(self._seal_stream(stream) for stream, open_ in list(self._unsealed.items()) if _is_due(open_, now))

    def seal_all(self) -> int:
        """Seal whatever is unsealed; how many batches were made.

        Raises:
            OutboxError: see `append`.
        """
        return sum(self._seal_stream(stream) for stream in list(self._unsealed))

    def next_batch(self) -> Sealed | None:
        """The batch to send next: custody before telemetry, oldest first, no stopped stream; None if none waits."""
        with self._turn:
            row = self._db.execute(
                "SELECT b.stream, b.first, b.last, b.text_hash, b.note FROM batches b JOIN streams s USING (stream)"
                " WHERE b.receipt IS NULL AND s.stopped IS NULL ORDER BY s.rank, b.first LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            stream, first, last, text_hash, note_bytes = row
            bodies = self._bodies(stream, first, last)
        wire = batch.format_wire(batch.Batch(note=note_bytes, bodies=tuple(bodies)))
        return Sealed(stream, first, last, text_hash, wire)

    def acknowledge(self, sealed: Sealed, receipt: bytes) -> Refused | None:
        """Mark a batch as acknowledged, if the receipt is right.

        Returns:
            None; or Refused, at step `receipt` if it is not a receipt for this batch under the pinned key, or at step
            `rollback` if it names a place in the log that is not behind the last receipt's: then the ledger lost
            something it had vouched for.

        Raises:
            OutboxError: see `append`.
        """
        read = receipts.verify(receipt, self.identity.receipt_key)
        if isinstance(read, Refused):
            return read
        expected = receipts.Receipt(self.identity.origin, sealed.stream, sealed.last, read.log_index, sealed.text_hash)
        if read != expected:
            return Refused("receipt", f"expected {expected}; got {read}")
        with self._transaction() as db:
            _, pin_index = _pin(db, sealed.stream)
            if read.log_index <= pin_index:
                reason = f"expected a log index above {pin_index}, that of the last receipt; got {read.log_index}"
                return Refused("rollback", reason)
            db.execute(
                "UPDATE batches SET receipt = ?, acknowledged_ms = ?, log_index = ? WHERE stream = ? AND first = ?",
                (receipt, self.clock.now_ms(), read.log_index, sealed.stream, sealed.first),
            )
            db.execute(
                "UPDATE streams SET pin = ?, pin_seq = ?, pin_index = ? WHERE stream = ?",
                (receipt, sealed.last, read.log_index, sealed.stream),
            )
        return None

    def acknowledged_seq(self, stream: str) -> int:
        """The last event of `stream` that the ledger gave a receipt for; 0 if none."""
        with self._turn:
            return _pin(self._db, stream)[0]

    def last_receipts(self) -> tuple[bytes, ...]:
        """The last receipt of each stream, custody first."""
        with self._turn:
            rows = self._db.execute("SELECT pin FROM streams WHERE pin IS NOT NULL ORDER BY rank").fetchall()
        return tuple(pin for (pin,) in rows)

    def uncovered(self, limit: int) -> tuple[Held, ...]:
        """Batches with a receipt that were not seen under a checkpoint yet, in the order of the log."""
        with self._turn:
            rows = self._db.execute(
                "SELECT stream, first, last, log_index, note, receipt FROM batches"
                " WHERE receipt IS NOT NULL AND covered = 0 ORDER BY log_index LIMIT ?",
                (limit,),
            ).fetchall()
        return tuple(Held(*row) for row in rows)

    def ends(self) -> dict[str, tuple[bytes | None, bytes | None]]:
        """Of each stream the last event with a receipt and the first without; None where there is none, or no more."""
        with self._turn:
            rows = self._db.execute(
                "SELECT stream, (SELECT body FROM events e WHERE e.stream = s.stream AND e.seq = s.pin_seq),"
                " (SELECT body FROM events e WHERE e.stream = s.stream AND e.seq = s.pin_seq + 1)"
                " FROM streams s ORDER BY rank"
            ).fetchall()
        return {stream: (delivered, waiting) for stream, delivered, waiting in rows}

    def held_checkpoint(self) -> bytes | None:
        """The newest checkpoint that was verified, with the log's own signatures; None before the first."""
        return self._of_ledger("checkpoint")

    def held_size(self) -> int:
        """The size of that checkpoint; 0 before the first."""
        raw = self.held_checkpoint()
        return 0 if raw is None else checkpoints.parse_signed(raw)[0].size

    def pin_checkpoint(self, raw: bytes, covered: Sequence[Held]) -> None:
        """Remember a verified checkpoint, and the batches that were seen under it.

        Raises:
            OutboxError: see `append`.
        """
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO ledger VALUES ('checkpoint', ?)", (raw,))
            db.executemany(
                "UPDATE batches SET covered = 1 WHERE stream = ? AND first = ?",
                [(each.stream, each.first) for each in covered],
            )

    def refusal(self) -> str | None:
        """Why nothing is sent to this ledger, whatever stream; None while it is trusted."""
        found = self._of_ledger("refusal")
        return None if found is None else found.decode()

    def refuse_ledger(self, reason: str) -> None:
        """Send this ledger nothing more, across restarts, until `trust_ledger`.

        Raises:
            OutboxError: see `append`.
        """
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO ledger VALUES ('refusal', ?)", (reason.encode(),))

    def trust_ledger(self) -> None:
        """Send again.

        Raises:
            OutboxError: see `append`.
        """
        with self._transaction() as db:
            db.execute("DELETE FROM ledger WHERE name = 'refusal'")

    def _of_ledger(self, name: str) -> bytes | None:
        with self._turn:
            row = self._db.execute("SELECT value FROM ledger WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def stop(self, stream: str, reason: str) -> None:
        """Send nothing more of this stream, across restarts, until `resume`; its events are kept as before."""
        with self._transaction() as db:
            db.execute("UPDATE streams SET stopped = ? WHERE stream = ?", (reason, stream))

    def resume(self, stream: str) -> None:
        """Send this stream again."""
        with self._transaction() as db:
            db.execute("UPDATE streams SET stopped = NULL WHERE stream = ?", (stream,))

    def prune(self) -> int:
        """Forget batches acknowledged more than 45 days ago; how many."""
        before_ms = self.clock.now_ms() - KEEP_MS
        with self._transaction() as db:
            old = db.execute(
                "SELECT stream, first, last FROM batches WHERE acknowledged_ms < ?", (before_ms,)
            ).fetchall()
            for stream, first, last in old:
                db.execute("DELETE FROM events WHERE stream = ? AND seq BETWEEN ? AND ?", (stream, first, last))
                db.execute("DELETE FROM batches WHERE stream = ? AND first = ?", (stream, first))
        return len(old)

    def erase(self, erased: Sequence[ToErase]) -> int:
        """Forget what the log says was erased, and say so in the custody stream; how many events.

        An event's bytes go only once they are acknowledged: until then the ledger cannot have erased them. What is not
        here any more is confirmed all the same. Then the file is written anew, so that no page keeps a copy.

        Raises:
            OutboxError: nothing was erased, or not every copy; it has to be tried again.
        """
        confirmed: list[ToErase] = []
        with self._transaction() as db:
            for each in erased:
                if each.seq <= _pinned_seq(db, each.stream):
                    _forget(db, each)
                    confirmed.append(each)
            if confirmed:
                _keep(db, {_UNFINISHED: b""})
        self._write_anew()
        time = format_instant(self.clock.now_ms())
        self.append(
            [
                Claim(
                    kinds.ErasureApplied,
                    {"time": time, "of_stream": each.stream, "of_seq": each.seq, "what": each.what},
                )
                for each in confirmed
            ]
        )
        return len(confirmed)

    def _write_anew(self) -> None:
        """Leave no copy of what was erased, if that was not done yet; across a crash."""
        with self._turn:
            try:
                due = self._db.execute("SELECT 1 FROM state WHERE name = ?", (_UNFINISHED,)).fetchone()
                if due is None:
                    return
                self._db.execute("VACUUM")
                busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    self._db.execute("DELETE FROM state WHERE name = ?", (_UNFINISHED,))
            except sqlite3.Error as error:
                raise OutboxError(f"expected to write {self.path} anew; {error}. Free space on its disk") from error

    def streams(self) -> dict[str, StreamState]:
        """Where each stream stands."""
        with self._turn:
            rows = self._db.execute(
                "SELECT stream, next_seq, next_seq - next_unsealed,"
                " (SELECT count(*) FROM batches b WHERE b.stream = s.stream AND receipt IS NULL),"
                " pin_seq, pin_index, stopped FROM streams s ORDER BY rank"
            ).fetchall()
        return {stream: StreamState(*rest) for stream, *rest in rows}

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.execute("PRAGMA temp_store=MEMORY")
        self._db.executescript(_SCHEMA)
        self._write_anew()
        mine = (self.identity.origin, self.identity.gateway)
        with self._transaction() as db:
            owner = db.execute("SELECT origin, gateway FROM owner").fetchone()
            if owner is None:
                db.execute("INSERT INTO owner VALUES (?, ?)", mine)
            elif owner != mine:
                raise ConfigError(
                    f"gateway.origin, gateway.name: expected {owner}, whose outbox {self.path} is; got {mine}. "
                    "Send what it holds, then move it away to start a new one"
                )
            for rank, carrier in enumerate((Carrier.CUSTODY, Carrier.TELEMETRY)):
                db.execute(
                    "INSERT OR IGNORE INTO streams (stream, rank, next_seq, next_unsealed, previous)"
                    " VALUES (?, ?, 1, 1, ?)",
                    (self.identity.stream(carrier), rank, batch.NO_PREVIOUS),
                )
        for (stream,) in self._db.execute("SELECT stream FROM streams WHERE next_unsealed < next_seq").fetchall():
            # Events of the run before: their second is long over.
            self._unsealed[stream] = _Unsealed(since=float("-inf"))

    def _event(self, claim: Claim, *, stream: str, seq: int, trust: str) -> bytes:
        nonce = self.random_bytes(16).hex()
        # A struct's own check is at `events.encode`, which refuses a wrong field with its name.
        event = claim.kind(v=1, stream=stream, seq=seq, nonce=nonce, clock=trust, **claim.fields)  # type: ignore[arg-type]  # checked by encode
        return events.encode(event)  # type: ignore[arg-type]  # every kind of a claim is one of AnyEvent

    def _note_unsealed(self, stream: str, bodies: Sequence[bytes]) -> None:
        with self._turn:
            open_ = self._unsealed.setdefault(stream, _Unsealed())
            if open_.since is None:
                open_.since = self.clock.monotonic()
            open_.count += len(bodies)
            open_.size_bytes += sum(map(len, bodies))

    def _seal_stream(self, stream: str) -> int:
        """Seal all that the stream has, in as many batches as that takes."""
        with self._turn:
            made = 0
            while self._seal_once(stream):
                made += 1
            self._unsealed.pop(stream, None)
            return made

    def _seal_once(self, stream: str) -> bool:
        with self._transaction() as db:
            first, previous = db.execute(
                "SELECT next_unsealed, previous FROM streams WHERE stream = ?", (stream,)
            ).fetchone()
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
                bodies,
                origin=self.identity.origin,
                stream=stream,
                first=first,
                previous=previous,
                time=format_instant(self.clock.now_ms()),
            )
            note_bytes = signing.sign_note(text.format(), [self.identity.signer])
            text_hash = batch.text_hash(text.format())
            db.execute(
                "INSERT INTO batches (stream, first, last, note, text_hash) VALUES (?, ?, ?, ?, ?)",
                (stream, first, text.last, note_bytes, text_hash),
            )
            db.execute(
                "UPDATE streams SET next_unsealed = ?, previous = ? WHERE stream = ?",
                (text.last + 1, text_hash, stream),
            )
        return True

    def _bodies(self, stream: str, first: int, last: int) -> list[bytes]:
        rows = self._db.execute(
            "SELECT body FROM events WHERE stream = ? AND seq BETWEEN ? AND ? ORDER BY seq", (stream, first, last)
        )
        return [body for (body,) in rows]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                except BaseException:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise OutboxError(
                    f"expected to write to {self.path}; {error}. Free space on its disk: until then nothing new is kept"
                ) from error


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ConfigError(f"expected to be the only gateway on {path}; another process has it open") from error
    return descriptor


def _carrier(claim: Claim) -> Carrier:
    tag = str(claim.kind.__struct_config__.tag)
    return Carrier.TELEMETRY if tag in KINDS_OF[Carrier.TELEMETRY] else Carrier.CUSTODY


def _next_seq(db: sqlite3.Connection, stream: str) -> int:
    return int(db.execute("SELECT next_seq FROM streams WHERE stream = ?", (stream,)).fetchone()[0])


def _pin(db: sqlite3.Connection, stream: str) -> tuple[int, int]:
    seq, index = db.execute("SELECT pin_seq, pin_index FROM streams WHERE stream = ?", (stream,)).fetchone()
    return int(seq), int(index)


def _pinned_seq(db: sqlite3.Connection, stream: str) -> int:
    """The last acknowledged event of a stream; for one of an earlier outbox, which is not here, any."""
    row = db.execute("SELECT pin_seq FROM streams WHERE stream = ?", (stream,)).fetchone()
    return 2**53 if row is None else int(row[0])


def _forget(db: sqlite3.Connection, erased: ToErase) -> None:
    """The salts of an event's commitments, and its bytes if they are to go."""
    place = (erased.stream, erased.seq)
    row = db.execute("SELECT body FROM events WHERE stream = ? AND seq = ?", place).fetchone()
    withheld = msgspec.json.decode(row[0]).get("withheld", []) if row else []
    for commitment in [withheld] if isinstance(withheld, str) else withheld:
        db.execute("DELETE FROM state WHERE name = ?", (f"salt/{commitment}",))
    if erased.what == "body":
        db.execute("DELETE FROM events WHERE stream = ? AND seq = ?", place)


def _keep(db: sqlite3.Connection, state: Mapping[str, bytes | None]) -> None:
    for name, value in state.items():
        if value is None:
            db.execute("DELETE FROM state WHERE name = ?", (name,))
        else:
            db.execute(
                "INSERT INTO state VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value)
            )


def _is_due(open_: _Unsealed, now: float) -> bool:
    if open_.count >= SEAL_AT_EVENTS or open_.size_bytes >= SEAL_AT_BYTES:
        return True
    return open_.since is not None and now - open_.since >= SEAL_AFTER_SECONDS


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
