"""The outbox: where an event becomes durable, gets its place in a chain, and waits until the ledger has it.

Events are written to SQLite (WAL, `synchronous=FULL`: every commit is fsynced) with stream, sequence number and nonce,
and with them, in the same transaction, the state that they leave behind (who is present, which readings stand open). A
stream is sealed into a signed batch at most a second of real time after its first event; the note is committed before
it is first sent and sent byte-identical ever after. Only a receipt under the pinned key marks events as acknowledged.

This module decides what is durable and in which order; when to send is `uplink`'s, what an event says is `claim`'s, the
statements are `spool`'s. One outbox, one process: a file lock holds a second one off.
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
from gateway.spool.chain import SEAL_AT_BYTES, SEAL_AT_EVENTS, Sealed, StreamState
from gateway.spool.file import OutboxError, OutboxShortError, SpoolFile
from gateway.spool.forgetting import KEEP_MS
from gateway.spool.pins import Held
from gateway.spool.room import Allowance
from ledger.core import checkpoint as checkpoints
from ledger.core import events, kinds, signing
from ledger.core import note as notes
from ledger.core import receipt as receipts
from ledger.core.erasurelist import ToErase
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.core.events import KINDS_OF, Carrier
from ledger.core.ids import format_instant
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

SEAL_AFTER_SECONDS = 0.8
"""Leaves the rest of the promised second to the tick that notices and to the disk."""

_UNFINISHED = "erasure/unfinished"
"""A named state: there while copies of what was erased may still stand in the file."""
_ANY_SEQ = 2**53


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose outbox it is.

    Attributes:
        origin: the ledger that every batch is made for.
        gateway: the producer's name.
        epoch: of its streams.
        signer: the gateway's key.
        receipt_key: the key whose receipts count, as a person pinned it.
        followed: the keys whose receipts count since that one handed over; see `gateway.ledgerkeys`.
    """

    origin: str
    gateway: str
    epoch: int
    signer: signing.NoteSigner
    receipt_key: VerifierKey
    followed: tuple[VerifierKey, ...] = ()

    @property
    def receipt_keys(self) -> tuple[VerifierKey, ...]:
        """The keys whose receipts count: the pinned one, until it handed over to another."""
        return self.followed or (self.receipt_key,)

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
        allowance: how large it may become, and what of that is for custody alone.
    """

    path: Path
    identity: Identity
    clock: Clock
    random_bytes: Callable[[int], bytes]
    allowance: Allowance = field(default_factory=Allowance)
    _unsealed: dict[str, _Unsealed] = field(default_factory=dict, init=False)
    _file: SpoolFile = field(init=False)

    def __post_init__(self) -> None:
        self._file = SpoolFile(self.path, self.allowance)

    def __enter__(self) -> Self:
        """Open, creating what is missing.

        Raises:
            ConfigError: another process has it open, or it belongs to another ledger or gateway.
        """
        self._file.open()
        try:
            self._prepare()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; what is unsealed is sealed at the next start."""
        self._file.close()

    @property
    def _db(self) -> sqlite3.Connection:
        return self._file.db

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
            with self._file.turn:
                self._file.refuse_if_short()
        added: dict[str, list[bytes]] = {}
        with self._file.transaction() as db:
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
            self._note_unsealed(stream, bodies)

    def carry(self, stream: str, again: Sequence[kinds.Reported], state: Mapping[str, bytes]) -> None:
        """Keep events that were made before, at their new places in `stream`, with the state that goes with them.

        Raises:
            OutboxError: nothing was written.
        """
        with self._file.transaction() as db:
            first = chain.next_seq(db, stream)
            moved = [structs.replace(event, stream=stream, seq=seq) for seq, event in enumerate(again, first)]
            bodies = [events.encode(event) for event in moved]  # type: ignore[arg-type]  # each is one of AnyEvent
            chain.add(db, stream, bodies)
            states.keep(db, state)
        self._note_unsealed(stream, bodies)

    @contextlib.contextmanager
    def direct(self) -> Iterator[sqlite3.Connection]:
        """The connection, for questions that are asked while nothing else happens."""
        with self._file.turn:
            yield self._db

    def lay_down(self, stream: str) -> None:
        """Send and seal nothing of an ended stream any more; what it holds stays.

        Raises:
            OutboxError: see `append`.
        """
        with self._file.transaction() as db:
            carrying.lay_down(db, stream)
        self._unsealed.pop(stream, None)

    def state(self, prefix: str) -> dict[str, bytes]:
        """Every kept value whose name starts with `prefix`, in order of name."""
        with self._file.turn:
            return states.below(self._db, prefix)

    def standing(self) -> dict[str, bytes]:
        """Every kept value that a gateway starts from: all but the salts of withheld labels."""
        with self._file.turn:
            return states.standing(self._db)

    def adopt(self, signer: signing.NoteSigner) -> None:
        """Seal with this key from the next batch on; what is sealed already stays, and is sent, as it is."""
        with self._file.turn:
            self.identity = replace(self.identity, signer=signer)

    def believe(self, receipt_keys: Sequence[VerifierKey]) -> None:
        """Let receipts under these keys count, and under no other."""
        with self._file.turn:
            self.identity = replace(self.identity, followed=tuple(receipt_keys))

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
        with self._file.turn:
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
        with self._file.transaction() as db:
            return pins.pin_receipt(db, sealed.first, read, raw=receipt, now_ms=self.clock.now_ms())

    def acknowledged_seq(self, stream: str) -> int:
        """The last event of `stream` that the ledger gave a receipt for; 0 if none."""
        with self._file.turn:
            return pins.acknowledged_seq(self._db, stream) or 0

    def last_receipts(self) -> tuple[bytes, ...]:
        """The last receipt of each stream, custody first."""
        with self._file.turn:
            return pins.last_receipts(self._db)

    def newest_receipt(self) -> bytes | None:
        """The receipt that stands highest in the log, of whichever stream; None before the first."""
        with self._file.turn:
            return pins.newest_receipt(self._db)

    def uncovered(self, limit: int) -> tuple[Held, ...]:
        """Batches with a receipt that were not seen under a checkpoint yet, in the order of the log."""
        with self._file.turn:
            return pins.uncovered(self._db, limit)

    def ends(self) -> dict[str, tuple[bytes | None, bytes | None]]:
        """Of each stream the last event with a receipt and the first without; None where there is none, or no more."""
        with self._file.turn:
            return chain.ends(self._db)

    def left_bytes(self) -> int:
        """What may still be written: of the disk and of what the outbox may take, the less."""
        with self._file.turn:
            return self._file.room.left_bytes(self._db)

    def held_checkpoint(self) -> bytes | None:
        """The newest checkpoint that was verified, with the log's own signatures; None before the first."""
        with self._file.turn:
            return pins.of_ledger(self._db, pins.CHECKPOINT)

    def held_size(self) -> int:
        """The size of that checkpoint; 0 before the first."""
        raw = self.held_checkpoint()
        return 0 if raw is None else checkpoints.parse_signed(raw)[0].size

    def pin_checkpoint(self, raw: bytes, covered: Sequence[Held]) -> None:
        """Remember a verified checkpoint, and the batches that were seen under it.

        Raises:
            OutboxError: see `append`.
        """
        with self._file.transaction() as db:
            pins.keep_of_ledger(db, pins.CHECKPOINT, raw)
            pins.cover(db, covered)

    def refusal(self) -> str | None:
        """Why nothing is sent to this ledger, whatever stream; None while it is trusted."""
        with self._file.turn:
            found = pins.of_ledger(self._db, pins.REFUSAL)
        return None if found is None else found.decode()

    def refuse_ledger(self, reason: str) -> None:
        """Send this ledger nothing more, across restarts, until `trust_ledger`.

        Raises:
            OutboxError: see `append`.
        """
        with self._file.transaction() as db:
            pins.keep_of_ledger(db, pins.REFUSAL, reason.encode())

    def trust_ledger(self) -> None:
        """Send again.

        Raises:
            OutboxError: see `append`.
        """
        with self._file.transaction() as db:
            pins.forget_of_ledger(db, pins.REFUSAL)

    def stop(self, stream: str, reason: str) -> None:
        """Send nothing more of this stream, across restarts, until `resume`; its events are kept as before."""
        with self._file.transaction() as db:
            chain.stop(db, stream, reason)

    def resume(self, stream: str) -> None:
        """Send this stream again."""
        with self._file.transaction() as db:
            chain.stop(db, stream, None)

    def prune(self) -> int:
        """Forget some of the batches that were acknowledged more than 45 days ago; how many. 0: there are no more.

        By a clock that nobody disciplines only where the room is short: one that jumped years ahead would forget what
        was sent yesterday.

        Raises:
            OutboxError: see `append`.
        """
        if self.clock.name == "unsynchronised" and not self._file.is_short():
            return 0
        with self._file.transaction() as db:
            return forgetting.prune(db, self.clock.now_ms() - KEEP_MS)

    def look_after_room(self) -> None:
        """Give the disk back what is free for long, and lay by again what the reserve was spent on.

        Raises:
            OutboxError: see `append`.
        """
        self._file.give_back()
        self._file.room.lay_ballast()

    def erase(self, erased: Sequence[ToErase]) -> int:
        """Forget what the log says was erased, and say so in the custody stream; how many events.

        An event's bytes go only once they are acknowledged: until then the ledger cannot have erased them. What is not
        here any more is confirmed all the same. Then the file is written anew, so that no page keeps a copy.

        Raises:
            OutboxError: nothing was erased, or not every copy; it has to be tried again.
        """
        confirmed: list[ToErase] = []
        with self._file.transaction() as db:
            for each in erased:
                acknowledged = pins.acknowledged_seq(db, each.stream)
                # A stream of an earlier outbox is not here: nothing of it is left to wait for.
                if each.seq <= (_ANY_SEQ if acknowledged is None else acknowledged):
                    forgetting.erase(db, each)
                    confirmed.append(each)
            if confirmed:
                states.keep(db, {_UNFINISHED: b""})
        self._finish_erasure()
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

    def streams(self) -> dict[str, StreamState]:
        """Where each stream stands."""
        with self._file.turn:
            return chain.states(self._db)

    def _finish_erasure(self) -> None:
        """Leave no copy of what was erased, if that was not done yet; across a crash."""
        if _UNFINISHED in self.state(_UNFINISHED) and self._file.write_anew():
            with self._file.transaction() as db:
                states.keep(db, {_UNFINISHED: None})

    def _prepare(self) -> None:
        self._finish_erasure()
        mine = (self.identity.origin, self.identity.gateway)
        with self._file.transaction() as db:
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
            # Events of the run before: their second is long over.
            self._unsealed = {stream: _Unsealed(since=float("-inf")) for stream in chain.with_unsealed(db)}

    def _event(self, claim: Claim, *, stream: str, seq: int, trust: str) -> bytes:
        nonce = self.random_bytes(16).hex()
        # A struct's own check is at `events.encode`, which refuses a wrong field with its name.
        # A claim from a file says for itself that no clock of ours vouches for it.
        fields = {"clock": trust} | dict(claim.fields)
        event = claim.kind(v=1, stream=stream, seq=seq, nonce=nonce, **fields)  # type: ignore[arg-type]  # checked by encode
        return events.encode(event)  # type: ignore[arg-type]  # every kind of a claim is one of AnyEvent

    def _note_unsealed(self, stream: str, bodies: Sequence[bytes]) -> None:
        with self._file.turn:
            open_ = self._unsealed.setdefault(stream, _Unsealed())
            if open_.since is None:
                open_.since = self.clock.monotonic()
            open_.count += len(bodies)
            open_.size_bytes += sum(map(len, bodies))

    def _seal_stream(self, stream: str) -> int:
        """Seal all that the stream has, in as many batches as that takes."""
        with self._file.turn:
            made = 0
            while self._seal_once(stream):
                made += 1
            self._unsealed.pop(stream, None)
            return made

    def _seal_once(self, stream: str) -> bool:
        with self._file.transaction() as db:
            return chain.seal_next(
                db, stream, origin=self.identity.origin, signer=self.identity.signer, now_ms=self.clock.now_ms()
            )


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


def _is_due(open_: _Unsealed, now: float) -> bool:
    if open_.count >= SEAL_AT_EVENTS or open_.size_bytes >= SEAL_AT_BYTES:
        return True
    return open_.since is not None and now - open_.since >= SEAL_AFTER_SECONDS
