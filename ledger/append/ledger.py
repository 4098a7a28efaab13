"""The log, open for writing: batches are taken, events recorded, checkpoints signed.

What a gateway brings goes through `arriving`; what a person or the site asserts through `own_events`,
checked inside the transaction that writes it. Whatever is answered is on disk.

How rows are written is `ledger.store`; what a history means is `ledger.fold` and `ledger.rules`.
"""

import secrets
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ledger.append.arriving import Arrived, Rejected, accept, read_batch
from ledger.append.erasure import Erasure, compose_erasure
from ledger.append.heads import Heads
from ledger.append.own_events import Check, Declared, Making, OwnEvents, OwnStream
from ledger.clock import Clock
from ledger.config import Site
from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.erasurelist import ErasureList, ToErase
from ledger.core.errors import Refused
from ledger.core.events import WEB_STREAM
from ledger.core.keys import KeyState
from ledger.core.logkeys import LogKeys
from ledger.core.merkle import Frontier
from ledger.core.note import VerifierKey
from ledger.core.receipt import Receipt
from ledger.core.signing import sign_note
from ledger.devices import DeviceError, sign_with
from ledger.store import auditing, cosignatures, enclosures, erasures, verdicts
from ledger.store.assertions import Draft
from ledger.store.chain import Chain, frontier_of
from ledger.store.contradictions import OwnWord
from ledger.store.database import database_of
from ledger.store.erasing import finish_erasure
from ledger.store.head import guard_start
from ledger.store.ownkeys import OwnKeys
from ledger.store.project import Projector
from ledger.store.writer import BusyError, Job, StorageError, Working, Writer
from ledger.withheld.keeper import Keeper

A = TypeVar("A")
T = TypeVar("T")
_log = structlog.get_logger("ledger.append")
Compose: TypeAlias = "Callable[[Working], Sequence[Draft] | Refused]"
"""What the site is to say, made with the log as it is just before that."""
_DECIDE = "Nothing is signed until a person has restored the newest database or begun a new log"


class Ledger:
    """A site's ledger, open for writing by this process alone. Use it as a context manager, or `close` it.

    Attributes:
        site: whose ledger it is.
        clock: what tells its time.
        entropy: random bytes, for nonces and salts.
        own_keys: the site's own keys.
        withheld: keeps what people withhold from the log.

    Raises:
        ConfigError: another process writes, the database cannot be used, or it does not continue what was signed.
    """

    def __init__(self, site: Site, clock: Clock, *, entropy: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self.site = site
        self.clock = clock
        self.entropy = entropy
        self.withheld = Keeper(site.withheld_db, site.origin)
        self._own_word = OwnWord(site)
        self._database = database_of(site)
        self._held = ExitStack()
        self._held.enter_context(self._database.claimed())
        try:
            self.own_keys = OwnKeys(site)
            self._own = OwnEvents(site, clock, entropy, self.own_keys, self.withheld)
            self._engine = self._database.open_writer()
            projector = Projector(site.origin)
            committed = self._begin(projector)
        except BaseException:
            self._held.close()
            raise
        self._closed = False
        self._keys_lock = threading.Lock()
        self._at_the_devices = threading.Lock()
        self._heads = Heads(site, self.own_keys)
        chain = Chain(accepts_simulated=site.mode == "demo")
        self._writer = Writer(self._database, self._engine, chain, projector, committed)

    def _begin(self, projector: Projector) -> Frontier:
        """Make sure that the database continues what was signed; only then is the seal broken."""
        try:
            with self._engine.connect() as connection, connection.begin():
                guard_start(self.site, connection)
                committed = frontier_of(connection)
                self._keys = (committed.size, projector.keys(connection))
                self._settle(projector.keys(connection), projector.log_keys(connection))
                self._standstill = self._own_word.kept_problem(connection)
                erased = erasures.of_stream(connection, WEB_STREAM)
            self._database.begin_writing()
            finish_erasure(self.site)
            self._values_due = not self.withheld.destroy(erased)
        except BaseException:
            self.withheld.close()
            self._engine.dispose()
            raise
        return committed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits, sign the last checkpoint, close the database and seal it."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._standstill is None:
                self.sign_checkpoint()
        except Rejected as rejected:
            _log.exception("the last checkpoint could not be signed", reason=rejected.reason)
        self._writer.close()
        try:
            self._database.close_writer(self._engine)
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            _log.exception("the database is left unsealed", reason=str(error))
        finally:
            self.withheld.close()
            self._held.close()

    def append_batch(self, wire: bytes) -> bytes:
        """Take a gateway's batch; answer the receipt.

        The same batch again gets the same receipt.

        Args:
            wire: NDJSON: a line with the note, then each event's bytes.

        Raises:
            Rejected: it was not taken; nothing of it is in the log.
        """
        [answer] = self.append_batches([wire])
        if isinstance(answer, Rejected):
            raise answer
        return answer

    def append_batches(self, wires: Sequence[bytes]) -> list[bytes | Rejected]:
        """Take batches that came at once, in this order: each is answered as if it had come alone.

        They are written together, so that what a transaction costs is shared among them.

        Args:
            wires: as `append_batch`.

        Returns:
            For each its receipt, or why it was not taken.
        """
        read = [_or_rejected(self._read, wire) for wire in wires]
        arrived = [each for each in read if not isinstance(each, Rejected)]
        accepted = iter(self._accepted(arrived))
        taken = [each if isinstance(each, Rejected) else next(accepted) for each in read]
        return [each if isinstance(each, Rejected) else _or_rejected(self._sign_receipt, each) for each in taken]

    def _accepted(self, arrived: Sequence[Arrived]) -> "list[Receipt | Rejected]":
        if not arrived:
            return []
        now_ms = self.clock.now_ms()
        try:
            waiting = self._writer.submit_batches([partial(accept, arrived=each, now_ms=now_ms) for each in arrived])
        except BusyError as error:
            return [Rejected("busy", str(error), retry="retry") for _ in arrived]
        return [_or_rejected(_done, each) for each in waiting]

    def _sign_receipt(self, told: Receipt) -> bytes:
        self._require_standing()
        receipt = sign_note(told.format(), self._receipt_signers)
        self._own_word.remember(receipt)
        return receipt

    def record(
        self, stream: OwnStream, drafts: Sequence[Draft], check: "Check | None" = None
    ) -> tuple[Recorded, ...] | Refused:
        """Record what a person asserts (`web`) or what the site declares (`site`), all or nothing.

        Args:
            stream: the site's own stream that it belongs to.
            drafts: the events, less what the writer fills in; at least one. A `Withheld` among the fields, alone or
                in a list, is kept in `withheld`, and the event gets a commitment to it.
            check: a rule to ask inside the transaction.

        Returns:
            The events with their places in the log; or Refused, and nothing is written.

        Raises:
            Rejected: the ledger is busy or cannot write (steps `busy`, `storage`).
        """
        self._require_standing()
        answer = self._do(lambda working: self._own.record(working, stream, drafts, check))
        return answer if isinstance(answer, Refused) else self._remember(answer)

    def record_made(self, make: "Making") -> tuple[Recorded, ...] | Refused:
        """Record what a person asserts (`web`), made inside the transaction: numbers without gaps are given out there.

        Args:
            make: makes the events with a reader of the ledger as it is just before; Refused where a rule is against it.

        Returns:
            The events with their places in the log; or Refused, and nothing is written.

        Raises:
            Rejected: as `record`.
        """
        self._require_standing()
        answer = self._do(lambda working: self._own.record_made(working, make))
        return answer if isinstance(answer, Refused) else self._remember(answer)

    def declare(self, compose: "Compose") -> tuple[Recorded, ...] | Refused:
        """Record on the site stream what `compose` makes inside the transaction; then the key files follow the log.

        Raises:
            Rejected: as `record`.
            ConfigError: the log has it, and a key's file could not follow; the next start tries again.
        """

        def job(working: Working) -> tuple[Declared, LogKeys] | Refused:
            drafts = compose(working)
            if isinstance(drafts, Refused):
                return drafts
            answer = self._own.record(working, "site", drafts, None)
            if isinstance(answer, Refused):
                return answer
            return answer, working.projector.log_keys(working.connection)

        self._require_standing()
        with self._at_the_devices:  # whatever is on its way there was to be signed by the keys as they are
            answer = self._do(job)
            if isinstance(answer, Refused):
                return answer
            declared, log_keys = answer
            self._settle(declared[1], log_keys)
        return self._remember(declared)

    def _remember(self, declared: Declared) -> tuple[Recorded, ...]:
        size, keys, recorded = declared
        self._learn_keys(size, keys)
        erased = [each.event for each in recorded if isinstance(each.event, kinds.Erased)]
        if erased:
            self._values_due = self._values_due or any(each.of_stream == WEB_STREAM for each in erased)
            self.finish_erasures()
        return recorded

    def enclose(self, drafts: Sequence[Draft], document: bytes) -> tuple[Recorded, ...] | Refused:
        """Record what the site declares of a document that the events name by its SHA-256, and keep it with them.

        Args:
            drafts: the events for the `site` stream.
            document: the document's bytes.

        Returns:
            The events with their places in the log; or Refused, and nothing is written: at step `enclosure` if the
            document is kept already.

        Raises:
            Rejected: the ledger is busy, cannot write, or stands still (steps `busy`, `storage`, `history`).
        """
        self._require_standing()
        answer = self._do(lambda working: self._own.enclose(working, drafts, document))
        return answer if isinstance(answer, Refused) else answer[2]

    def enforce(
        self, drafts: Sequence[Draft], documents: Sequence[bytes], check: "Check | None" = None
    ) -> tuple[Recorded, ...] | Refused:
        """Record what the site declares of a policy pack, and keep the files that the events name by their SHA-256.

        Args:
            drafts: the events for the `site` stream.
            documents: the files' bytes; one that is kept already stays as it is.
            check: a rule to ask inside the transaction.

        Returns:
            The events with their places in the log; or Refused, and nothing is written.

        Raises:
            Rejected: as `record`.
        """

        def job(working: Working) -> Declared | Refused:
            answer = self._own.record(working, "site", drafts, check)
            if not isinstance(answer, Refused):
                for document in documents:
                    if not enclosures.is_kept(working.connection, document):
                        enclosures.keep(working.connection, document)
            return answer

        self._require_standing()
        answer = self._do(job)
        return answer if isinstance(answer, Refused) else self._remember(answer)

    def confront(self, held: Sequence[bytes]) -> None:
        """Hold the log against what others hold of it: checkpoints and receipts under its own keys.

        One that the log does not bear out is kept, and from then on the ledger signs nothing, after a restart too,
        until a person has restored the newest database or begun a new log. Whatever is not this ledger's is ignored.

        Raises:
            Rejected: the ledger stands still (step `history`); it is busy or cannot write.
        """
        for raw in held:
            if self._own_word.is_borne_out(raw) or self._own_word.read(raw) is None or self._standstill is not None:
                continue
            problem = self._do(partial(self._confront, raw=raw))
            if problem is None:
                self._own_word.remember(raw)
            else:
                self.stand_still(problem)
        self._require_standing()

    @property
    def standstill(self) -> str | None:
        """Why nothing is signed any more; None while all is well."""
        return self._standstill

    def stand_still(self, reason: str) -> None:
        """Sign nothing any more."""
        if self._standstill is None:
            _log.critical("the ledger stands still: a person has to say which history is true", reason=reason)
        self._standstill = reason

    def _settle(self, keys: KeyState, log_keys: LogKeys) -> None:
        self.own_keys.settle(keys, log_keys)
        self._own_word.believe(log_keys)
        self._receipt_signers = self.own_keys.receipt_signers(log_keys)

    def erase(
        self, erasure: Erasure, *, by: str | None = None, second: str | None = None
    ) -> tuple[Recorded, ...] | Refused:
        """Erase an event's bytes, or let the values behind its commitments be erased; the log says so first.

        Args:
            erasure: what is to go, and why.
            by: the person who asked for it, as a pseudonym.
            second: the second person who decided.

        Returns:
            The `erased` events, committed, and no copy of the bytes left in the database's files unless
            `finish_erasures` says otherwise; or Refused, and nothing went.

        Raises:
            Rejected: as `record`.
        """
        return self.declare(partial(compose_erasure, erasure, persons={"by": by, "second": second}))

    def sign_erasures(self, gateway: str, listed: Sequence[ToErase]) -> bytes:
        """A gateway's list of what it still has to erase, under the key of receipts."""
        text = ErasureList(self.site.origin, gateway, tuple(listed)).format()
        return sign_note(text, self._receipt_signers)

    def finish_erasures(self) -> bool:
        """Leave no copy of what was erased in the databases' files; False while that cannot be done: try again."""
        with self._writer.standing_still:
            finished = finish_erasure(self.site)
        return self._destroy_values() and finished

    def _destroy_values(self) -> bool:
        """Destroy what people withheld in events that were erased, by this process or another on the same log."""
        if not (self._values_due or (self.is_shared and self.withheld.is_there)):
            return True
        try:
            erased = self._do(lambda working: erasures.of_stream(working.connection, WEB_STREAM))
        except Rejected as error:
            _log.warning("withheld values that were erased may still be there; trying again", error=str(error))
            return False
        self._values_due = not self.withheld.destroy(erased)
        return not self._values_due

    @property
    def is_shared(self) -> bool:
        """Whether other processes may write the same log."""
        return self._database.shared

    @property
    def size(self) -> int:
        """How many batches the log holds, as committed."""
        return self._writer.committed_size

    def sign_checkpoint(self) -> bytes | None:
        """Sign the log as committed, durably before anybody sees it; None while the log is empty.

        Raises:
            Rejected: the ledger is busy, cannot write, or stands still, or a device that must sign did not (steps
                `busy`, `storage`, `history`).
        """
        self._require_standing()
        devices = self.site.signing_devices
        if not devices:
            return self._do(self._sign)
        with self._at_the_devices:
            text = self._do(self._unsigned_text)
            if text is None:
                return self._do(self._sign)
            try:
                beside = sign_with(devices, text)  # outside the writer's thread: a device may be slow
            except DeviceError as error:
                raise Rejected("storage", str(error), retry="retry") from error
            return self._do(partial(self._heads.sign_text, text=text, beside=beside))

    def root_unit_map(self) -> int | None:
        """State the unit map's root in the site stream.

        Returns:
            The log size that it is of; None if no list has grown since the last root, and nothing is stated.

        Raises:
            Rejected: the ledger is busy, cannot write, or stands still (steps `busy`, `storage`, `history`).
        """
        self._require_standing()
        return self._do(self._own.root_unit_map)

    def keep_cosignature(self, size: int, key: VerifierKey, line: bytes) -> None:
        """Keep what a witness said of the checkpoint of `size`: a line that was verified under its key.

        Raises:
            Rejected: the ledger is busy or cannot write (steps `busy`, `storage`).
        """
        self._do(lambda working: cosignatures.keep(working.connection, size=size, key=key, line=line))

    def keep_verdicts(self, found: verdicts.Portion) -> bool:
        """Keep verdicts on units' cold chains; False if others were kept in the meantime.

        Raises:
            Rejected: the ledger is busy or cannot write (steps `busy`, `storage`).
        """
        return self._do(lambda working: verdicts.keep(working.connection, found))

    def keep_audit(self, *, as_of_size: int, vkey: str, line: str) -> Refused | None:
        """Keep an auditor's cosignature of a root of the unit map, for passports to carry.

        Returns:
            Refused at step `cosignature` if it is none of a root that this log bears out.

        Raises:
            Rejected: the ledger is busy or cannot write (steps `busy`, `storage`).
        """
        cosigned = partial(auditing.keep, origin=self.site.origin, as_of_size=as_of_size, vkey=vkey, line=line)
        return self._do(lambda working: cosigned(working.connection))

    def _require_standing(self) -> None:
        """Refuse to sign anything while it is not clear which history is true."""
        if self._standstill is not None:
            raise Rejected("history", f"{self._standstill}. {_DECIDE}", retry="retry")

    def _confront(self, working: Working, *, raw: bytes) -> str | None:
        return self._own_word.confront(working.connection, raw, seen_ms=self.clock.now_ms())

    def _learn_keys(self, size: int, keys: KeyState) -> None:
        with self._keys_lock:
            if size > self._keys[0]:
                self._keys = (size, keys)

    def _read(self, wire: bytes) -> Arrived:
        self._require_standing()
        return read_batch(wire, origin=self.site.origin, keys=self._keys[1])

    def _do(self, job: Job[T]) -> T:
        try:
            return _done(self._writer.submit(job))
        except BusyError as error:
            raise Rejected("busy", str(error), retry="retry") from error

    def _sign(self, working: Working) -> bytes | None:
        self._look_again(working)
        if working.committed.size:
            # Another process may have approved a gateway: its batches are read before they come to the writer.
            self._learn_keys(working.committed.size, working.projector.keys(working.connection))
        return self._heads.sign(working)

    def _unsigned_text(self, working: Working) -> str | None:
        self._look_again(working)
        return self._heads.unsigned_text(working)

    def _look_again(self, working: Working) -> None:
        """Another process on the same database may have been shown what this one was not."""
        self._standstill = self._standstill or self._own_word.kept_problem(working.connection)
        self._require_standing()


def _or_rejected(step: Callable[[A], T], given: A) -> T | Rejected:
    """What a step makes of what it is given, or why it was refused: so that one batch does not stop its neighbours."""
    try:
        return step(given)
    except Rejected as rejected:
        return rejected


def _done(job: Future[T]) -> T:
    try:
        return job.result()
    except StorageError as error:
        raise Rejected("storage", str(error), retry="retry") from error
