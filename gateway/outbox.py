"""The outbox: where an event becomes durable, gets its place in a chain, and waits until the ledger has it.

Events are written to SQLite (WAL, `synchronous=FULL`: every commit is fsynced) with stream, sequence number and nonce,
and with them, in the same transaction, the state that they leave behind (who is present, which readings stand open). A
stream is sealed into a signed batch at most a second of real time after its first event; the note is committed before
it is first sent and sent byte-identical ever after. Only a receipt under the pinned key marks events as acknowledged.

This module decides what is durable and in which order; when to send is `uplink`'s, what an event says is `claim`'s,
what is forgotten is `outbox_age`'s, the statements are `spool`'s. One outbox, one process: a file lock holds a second
one off.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import structs

from gateway.claim import Claim
from gateway.clock import Clock
from gateway.spool import carrying, chain, forgetting, pins
from gateway.spool import state as states
from gateway.spool.age import Age
from gateway.spool.chain import Sealed, StreamState
from gateway.spool.file import OutboxError, OutboxShortError, SpoolFile
from gateway.spool.forgetting import KEEP_MS
from gateway.spool.identity import Identity
from gateway.spool.known import KnownLedger
from gateway.spool.pins import Held
from gateway.spool.room import Allowance
from gateway.spool.sealing import Sealing
from ledger.core import events, kinds, signing
from ledger.core import note as notes
from ledger.core import receipt as receipts
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.core.events import KINDS_OF, Carrier
from ledger.core.note import VerifierKey

__all__ = [
    "KEEP_MS",
    "Allowance",
    "Held",
    "Identity",
    "Outbox",
    "OutboxError",
    "OutboxShortError",
    "Sealed",
    "StreamState",
    "is_telemetry",
]


@dataclass(slots=True)
class Outbox:
    """See the module. A context manager; safe to use from several threads, which take turns.

    Attributes:
        path: the database.
        identity: see `Identity`.
        clock: stamps batches and acknowledgements.
        random_bytes: gives so many bytes from the operating system's generator.
        allowance: how large it may become, and what of that is for custody alone.
        file: the open database.
        ledger: what is known of the ledger that it is made for.
        age: for how long it has been open in all; what has a receipt is kept for so long.
    """

    path: Path
    identity: Identity
    clock: Clock
    random_bytes: Callable[[int], bytes]
    allowance: Allowance = field(default_factory=Allowance)
    file: SpoolFile = field(init=False)
    ledger: KnownLedger = field(init=False)
    age: Age = field(init=False)
    _sealing: Sealing = field(init=False)

    def __post_init__(self) -> None:
        self.file = SpoolFile(self.path, self.allowance)
        self.ledger, self._sealing = KnownLedger(self.file), Sealing(self.file, self.clock)
        self.age = Age(self.file, self.clock)

    def __enter__(self) -> Self:
        """Open, creating what is missing.

        Raises:
            ConfigError: another process has it open, or it belongs to another ledger or gateway.
        """
        self.file.open()
        try:
            self._prepare()
        except BaseException:
            self.file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; what is unsealed is sealed at the next start."""
        with contextlib.suppress(OutboxError):
            self.age.write()
        self.file.close()

    @property
    def _db(self) -> sqlite3.Connection:
        return self.file.db

    def append(self, claims: Sequence[Claim], state: Mapping[str, bytes | None] | None = None) -> None:
        """Make events of the claims, in order, and keep them, with the state that goes with them; all or nothing.

        Args:
            claims: what was observed.
            state: named values to keep beside the events; None forgets one.

        Raises:
            OutboxShortError: there are readings, and only the reserve is left; nothing was written.
            OutboxError: nothing was written; the claims are still the caller's.
            FormatError: a claim is not what its kind asks for; nothing was written.
        """
        if any(map(is_telemetry, claims)):
            with self.file.turn:
                self.file.refuse_if_short()
        added: dict[str, list[bytes]] = {}
        with self.file.transaction() as db:
            trust = self.clock.name
            for claim in claims:
                stream = self.identity.stream(_carrier(claim))
                bodies = added.setdefault(stream, [])
                seq = chain.next_seq(db, stream) + len(bodies)
                bodies.append(self._event(claim, stream=stream, seq=seq, trust=trust))
            for stream, bodies in added.items():
                chain.add(db, stream, bodies)
            states.keep(db, state or {})
        for stream, bodies in added.items():
            self._sealing.added(stream, bodies)

    def carry(self, stream: str, again: Sequence[kinds.Reported], state: Mapping[str, bytes]) -> None:
        """Keep events that were made before, at their new places in `stream`, with the state that goes with them.

        Raises:
            OutboxError: nothing was written.
        """
        with self.file.transaction() as db:
            first = chain.next_seq(db, stream)
            moved = [structs.replace(event, stream=stream, seq=seq) for seq, event in enumerate(again, first)]
            bodies = [events.encode(event) for event in moved]  # type: ignore[arg-type]  # each is one of AnyEvent
            chain.add(db, stream, bodies)
            states.keep(db, state)
        self._sealing.added(stream, bodies)

    @contextlib.contextmanager
    def direct(self) -> Iterator[sqlite3.Connection]:
        """The connection, for questions that are asked while nothing else happens."""
        with self.file.turn:
            yield self._db

    def lay_down(self, stream: str) -> None:
        """Send and seal nothing of an ended stream any more; what it holds stays.

        Raises:
            OutboxError: see `append`.
        """
        with self.file.transaction() as db:
            carrying.lay_down(db, stream)
        self._sealing.forget(stream)

    def state(self, prefix: str) -> dict[str, bytes]:
        """Every kept value whose name starts with `prefix`, in order of name."""
        with self.file.turn:
            return states.below(self._db, prefix)

    def standing(self) -> dict[str, bytes]:
        """Every kept value that a gateway starts from: all but the salts of withheld labels."""
        with self.file.turn:
            return states.standing(self._db)

    def adopt(self, signer: signing.NoteSigner) -> None:
        """Seal with this key from the next batch on; what is sealed already stays, and is sent, as it is."""
        with self.file.turn:
            self.identity = replace(self.identity, signer=signer)

    def believe(self, receipt_keys: Sequence[VerifierKey]) -> None:
        """Let receipts under these keys count, and under no other."""
        with self.file.turn:
            self.identity = replace(self.identity, followed=tuple(receipt_keys))

    def seal_due(self) -> int:
        """Seal every stream that has waited long enough or grown large enough; how many batches were made.

        Raises:
            OutboxError: see `append`.
        """
        return self._sealing.seal(self._sealing.due(), self.identity)

    def seal_all(self) -> int:
        """Seal whatever is unsealed; how many batches were made.

        Raises:
            OutboxError: see `append`.
        """
        return self._sealing.seal(self._sealing.waiting(), self.identity)

    def next_batch(self) -> Sealed | None:
        """The batch to send next: custody before telemetry, oldest first, no stopped stream; None if none waits."""
        with self.file.turn:
            return chain.next_waiting(self._db)

    def acknowledge(self, sealed: Sealed, receipt: bytes) -> Refused | None:
        """Mark a batch as acknowledged, if the receipt is right.

        Returns:
            None; or Refused, at step `receipt` if it is not a receipt for this batch under the pinned key, or at step
            `rollback` if it names a place in the log that is not behind the last receipt's: then the ledger lost
            something it had vouched for.

        Raises:
            OutboxError: see `append`.
        """
        read = receipts.verify(receipt, *self.identity.receipt_keys)
        if isinstance(read, Refused):
            return Refused(read.step, f"{read.reason}{_who_signed(receipt, self.identity.receipt_keys)}")
        expected = receipts.Receipt(self.identity.origin, sealed.stream, sealed.last, read.log_index, sealed.text_hash)
        if read != expected:
            return Refused("receipt", f"expected {expected}; got {read}")
        with self.file.transaction() as db:
            return pins.pin_receipt(db, sealed.first, read, raw=receipt, now_ms=self.age.now_ms())

    def ends(self) -> dict[str, tuple[bytes | None, bytes | None]]:
        """Of each stream the last event with a receipt and the first without; None where there is none, or no more."""
        with self.file.turn:
            return chain.ends(self._db)

    def stop(self, stream: str, reason: str) -> None:
        """Send nothing more of this stream, across restarts, until `resume`; its events are kept as before."""
        with self.file.transaction() as db:
            chain.stop(db, stream, reason)

    def resume(self, stream: str) -> None:
        """Send this stream again."""
        with self.file.transaction() as db:
            chain.stop(db, stream, None)

    def left_bytes(self) -> int:
        """What may still be written: of the disk and of what the outbox may take, the less."""
        with self.file.turn:
            return self.file.room.left_bytes(self._db)

    def streams(self) -> dict[str, StreamState]:
        """Where each stream stands."""
        with self.file.turn:
            return chain.states(self._db)

    def _prepare(self) -> None:
        forgetting.finish(self.file)
        mine = (self.identity.origin, self.identity.gateway)
        with self.file.transaction() as db:
            owner = db.execute("SELECT origin, gateway FROM owner").fetchone()
            if owner is None:
                db.execute("INSERT INTO owner VALUES (?, ?)", mine)
            elif owner != mine:
                raise ConfigError(
                    f"gateway.origin, gateway.name: expected {owner}, whose outbox {self.path} is; got {mine}. "
                    "Send what it holds, then move it away to start a new one: what could not be sent is carried over "
                    "with `xuemai gateway carry-over --from`"
                )
            for rank, carrier in enumerate((Carrier.CUSTODY, Carrier.TELEMETRY)):
                chain.begin(db, self.identity.stream(carrier), rank)
            self._sealing.begin(chain.with_unsealed(db))
            self.age.begin()

    def _event(self, claim: Claim, *, stream: str, seq: int, trust: str) -> bytes:
        nonce = self.random_bytes(16).hex()
        # A struct's own check is at `events.encode`, which refuses a wrong field with its name.
        # A claim knows how far the clock was trusted when it was observed; of a file, that no clock of ours vouches.
        fields = {"clock": trust} | dict(claim.fields)
        event = claim.kind(v=1, stream=stream, seq=seq, nonce=nonce, **fields)  # type: ignore[arg-type]  # checked by encode
        return events.encode(event)  # type: ignore[arg-type]  # every kind of a claim is one of AnyEvent


def is_telemetry(claim: Claim) -> bool:
    """Whether a claim goes behind custody and alarms, into the stream of readings."""
    return str(claim.kind.__struct_config__.tag) in KINDS_OF[Carrier.TELEMETRY]


def _who_signed(receipt: bytes, believed: Sequence[VerifierKey]) -> str:
    """Words for a receipt under the right name by a key that is not believed."""
    try:
        lines = notes.parse(receipt).signatures
    except FormatError:
        return ""
    names, known = {key.name for key in believed}, {key.key_id for key in believed}
    strangers = [line.key_id.hex() for line in lines if line.name in names and line.key_id not in known]
    if not strangers:
        return ""
    return f"; the key {strangers[0]} signed it, to which none of those that are believed handed over"


def _carrier(claim: Claim) -> Carrier:
    return Carrier.TELEMETRY if is_telemetry(claim) else Carrier.CUSTODY
