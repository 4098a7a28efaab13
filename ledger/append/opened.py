"""A site's log held open for writing: begun, asked one job at a time, closed; and whether anything may be signed.

What is written is decided by those who build on it: `taking`, `recording`, `signing`.
"""

import secrets
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ledger.append.arriving import Rejected
from ledger.append.own_events import OwnEvents
from ledger.clock import Clock
from ledger.config import Site
from ledger.core.events import WEB_STREAM
from ledger.core.keys import KeyState
from ledger.core.logkeys import LogKeys
from ledger.core.merkle import Frontier
from ledger.store import erasures
from ledger.store.chain import Chain, frontier_of
from ledger.store.contradictions import OwnWord
from ledger.store.database import database_of
from ledger.store.erasing import finish_erasure
from ledger.store.head import guard_start
from ledger.store.ownkeys import OwnKeys
from ledger.store.project import Projector
from ledger.store.writer import BusyError, Job, StorageError, Working, Writer
from ledger.withheld.keeper import Keeper

T = TypeVar("T")
_log = structlog.get_logger("ledger.append")
_DECIDE = "Nothing is signed until a person has restored the newest database or begun a new log"


class Opened:
    """A site's log, open for writing by this process alone: a context manager, or `close` it.

    Attributes:
        site: whose log it is.
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
        """Write what waits, close the database and seal it."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        try:
            self._database.close_writer(self._engine)
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            _log.exception("the database is left unsealed", reason=str(error))
        finally:
            self.withheld.close()
            self._held.close()

    @property
    def is_shared(self) -> bool:
        """Whether other processes may write the same log."""
        return self._database.shared

    @property
    def size(self) -> int:
        """How many batches the log holds, as committed."""
        return self._writer.committed_size

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

    def _require_standing(self) -> None:
        """Refuse to sign anything while it is not clear which history is true."""
        if self._standstill is not None:
            raise Rejected("history", f"{self._standstill}. {_DECIDE}", retry="retry")

    def _look_again(self, working: Working) -> None:
        """Another process on the same database may have been shown what this one was not."""
        self._standstill = self._standstill or self._own_word.kept_problem(working.connection)
        self._require_standing()

    def _confront(self, working: Working, *, raw: bytes) -> str | None:
        return self._own_word.confront(working.connection, raw, seen_ms=self.clock.now_ms())

    def _settle(self, keys: KeyState, log_keys: LogKeys) -> None:
        self.own_keys.settle(keys, log_keys)
        self._own_word.believe(log_keys)
        self._receipt_signers = self.own_keys.receipt_signers(log_keys)

    def _learn_keys(self, size: int, keys: KeyState) -> None:
        with self._keys_lock:
            if size > self._keys[0]:
                self._keys = (size, keys)

    def _do(self, job: Job[T]) -> T:
        return self._done(self._writer.submit, job)

    def _do_alone(self, job: Job[T]) -> T:
        """Do a job that changes much, in a transaction of its own."""
        return self._done(self._writer.submit_alone, job)

    @staticmethod
    def _done(submit: Callable[[Job[T]], Future[T]], job: Job[T]) -> T:
        try:
            return done(submit(job))
        except BusyError as error:
            raise Rejected("busy", str(error), retry="retry") from error


def done(job: Future[T]) -> T:
    """What the writer's thread made of a job.

    Raises:
        Rejected: it cannot write (step `storage`).
    """
    try:
        return job.result()
    except StorageError as error:
        raise Rejected("storage", str(error), retry="retry") from error
