"""The writer thread: the one connection that writes, with group commit.

Jobs wait in a bounded queue. The thread takes all that wait, runs each in a savepoint, commits once, and only then
answers: what was answered is on disk. A job that has its transaction to itself needs no savepoint: of every page that
changes within one SQLite keeps a copy in memory (docs/decisions/0006). If the database fails, no job of the group is
answered as done; each is tried once more alone, so that one bad job cannot fail its neighbours. Batches that wait
together are checked one by one and written together: one statement for the rows of all of them.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import ClassVar, Generic, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from typing_extensions import override

from ledger.core.errors import XuemaiError
from ledger.core.merkle import Frontier
from ledger.store import chain as chains
from ledger.store.chain import Chain, Sealed, Staged, frontier_of, grown
from ledger.store.database import Database
from ledger.store.prepared import together
from ledger.store.project import Projector

MAX_WAITING = 1024
MAX_GROUP = 128
"""From so many jobs on, no more are added to a transaction."""
MAX_STAGED_EVENTS = 4096
"""So many events of a group wait in memory at most, however many batches there are."""
_CONTINUES = "xuemai.continues"
"""Set on a connection once it was found to lead to the log that this process knows."""

T = TypeVar("T")
_log = structlog.get_logger("ledger.store.writer")


class BusyError(XuemaiError):
    """Too many jobs wait, or the ledger is closing."""


class StorageError(XuemaiError):
    """The database did not take it: disk full, input/output error, file lost. Nothing was written."""


@dataclass(slots=True)
class Working:
    """What a job works with, inside the transaction.

    Attributes:
        connection: the writing connection.
        frontier: the tree's right edge, this job's own copy.
        committed: the tree's right edge as of the last commit; what may be signed.
        chain: the log's rows.
        projector: the projections.
        staged: batches of this transaction that have their places, and whose rows are yet to be written.
        wrote: set by a job once it has written, so that a failure empties the caches.
    """

    connection: Connection
    frontier: Frontier
    committed: Frontier
    chain: Chain
    projector: Projector
    staged: list[Staged]
    wrote: bool = False

    def append(self, sealed: Sealed) -> None:
        """Put a batch at the end of the log; its rows are written with those of others, before the commit."""
        self.wrote = True
        self.staged.append(self.chain.stage(self.connection, self.frontier, sealed))
        if sum(len(each.entries) for each in self.staged) >= MAX_STAGED_EVENTS:
            self.flush()

    def flush(self) -> None:
        """Write what is staged, so that it can be read."""
        if self.staged:
            with together(self.connection):
                chains.write(self.connection, self.staged)
                self.projector.take(self.connection, *(each.entries for each in self.staged))
            self.staged.clear()


Job = Callable[[Working], T]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What to say to the caller once the group is on disk, and whether the job's writes are part of it."""

    answer: Callable[[], None]
    kept: bool


@dataclass(slots=True)
class _Waiting(Generic[T]):
    job: Job[T]
    future: "Future[T]"
    in_company: ClassVar[bool] = True
    """Whether others may be in its transaction."""

    def run_alone(self, working: Working) -> "_Outcome":
        """Run the job in a transaction of its own, which it may fail; answer what to say after the commit."""
        return _Outcome(partial(self.future.set_result, self.job(working)), kept=True)

    def run(self, working: Working) -> "_Outcome":
        """Run the job in a savepoint, with everything before it written; answer what to say after the commit."""
        working.flush()
        working.connection.exec_driver_sql("SAVEPOINT job")
        try:
            result = self.job(working)
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it is the caller's, and must not end the thread
            working.connection.exec_driver_sql("ROLLBACK TO job")
            working.connection.exec_driver_sql("RELEASE job")
            return _Outcome(partial(self.future.set_exception, error), kept=False)
        working.flush()
        working.connection.exec_driver_sql("RELEASE job")
        return _Outcome(partial(self.future.set_result, result), kept=True)


class _WaitingBatch(_Waiting[T]):
    """A job that only appends a batch: it needs no savepoint of its own, and its rows go in with its neighbours'."""

    @override
    def run_alone(self, working: Working) -> "_Outcome":
        return self.run(working)

    @override
    def run(self, working: Working) -> "_Outcome":
        try:
            result = self.job(working)
        except SQLAlchemyError:
            raise
        except Exception as error:
            if working.wrote:  # the whole group has to be tried again, one by one
                raise
            return _Outcome(partial(self.future.set_exception, error), kept=False)
        return _Outcome(partial(self.future.set_result, result), kept=True)


class _WaitingAlone(_Waiting[T]):
    """A job that changes much, in a transaction of its own."""

    in_company = False


class Writer:
    """Owns the writing connection and its thread.

    Attributes:
        standing_still: while somebody holds it, nothing is written; jobs wait.
    """

    def __init__(
        self, database: Database, engine: Engine, chain: Chain, projector: Projector, committed: Frontier
    ) -> None:
        self._database = database
        self._engine = engine
        self._chain = chain
        self._projector = projector
        self._committed = committed
        self._forks = 0
        self._queue: queue.Queue[Sequence[_Waiting[object]] | None] = queue.Queue(MAX_WAITING)
        self._closing = threading.Lock()
        self._closed = False
        self.standing_still = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T]) -> "Future[T]":
        """Let the writer do `job` in a transaction.

        The future raises whatever the job raised, or StorageError.

        Raises:
            BusyError: the queue is full, or closed.
        """
        waiting = _Waiting(job, Future())
        self._enqueue([waiting])  # type: ignore[list-item]  # each future gets its own job's result
        return waiting.future

    def submit_alone(self, job: Job[T]) -> "Future[T]":
        """Let the writer do a job that changes much, in a transaction of its own; else as `submit`."""
        waiting = _WaitingAlone(job, Future())
        self._enqueue([waiting])  # type: ignore[list-item]  # as above
        return waiting.future

    def submit_batch(self, job: Job[T]) -> "Future[T]":
        """Let the writer do a job that reads no projection and writes nothing but by `Working.append`.

        Jobs like it that wait together are written together. The future raises whatever the job raised, or
        StorageError.

        Raises:
            BusyError: the queue is full, or closed.
        """
        return self.submit_batches([job])[0]

    def submit_batches(self, jobs: Sequence[Job[T]]) -> "list[Future[T]]":
        """Submit several such jobs at once, in this order: they are written together.

        Raises:
            BusyError: the queue is full, or closed; none of them is done.
        """
        group = [_WaitingBatch(job, Future()) for job in jobs]
        self._enqueue(group)  # type: ignore[arg-type]  # as above
        return [waiting.future for waiting in group]

    def _enqueue(self, group: Sequence[_Waiting[object]]) -> None:
        with self._closing:
            if self._closed:
                raise BusyError("expected an open ledger; it is closing: try again later")
            try:
                self._queue.put_nowait(group)
            except queue.Full:
                raise BusyError(f"expected at most {MAX_WAITING} waiting jobs: try again later") from None

    @property
    def committed_size(self) -> int:
        """The log's size as of the last commit."""
        return self._committed.size

    def close(self) -> None:
        """Do what waits, then stop."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            group, last = self._take_group()
            for is_in_company, some in groupby(group, key=lambda waiting: waiting.in_company):
                for transaction in [list(some)] if is_in_company else [[each] for each in some]:
                    self._commit_group(transaction)
            if last:
                return

    def _take_group(self) -> tuple[list[_Waiting[object]], bool]:
        group: list[_Waiting[object]] = []
        waiting = self._queue.get()
        while waiting is not None:
            group += waiting
            if len(group) >= MAX_GROUP or self._queue.empty():
                return group, False
            waiting = self._queue.get()
        return group, True

    def _commit_group(self, group: Sequence[_Waiting[object]]) -> None:
        try:
            with self.standing_still:
                answers = self._transact(group)
        except Exception as error:  # noqa: BLE001  whatever it is, it is the callers', and must not end the thread
            self._forget()
            self._reread()
            if len(group) > 1:
                for waiting in group:
                    self._commit_group([waiting])
                return
            if not isinstance(error, SQLAlchemyError):
                group[0].future.set_exception(error)
                return
            _log.error("the database did not take a write; nothing of it is kept", error=str(error.__cause__ or error))
            failure = StorageError(f"the ledger cannot write: {error.__cause__ or error}")
            group[0].future.set_exception(failure)
            return
        for answer in answers:
            answer()

    def _transact(self, group: Sequence[_Waiting[object]]) -> list[Callable[[], None]]:
        """One transaction for the whole group.

        Raises:
            SQLAlchemyError: nothing of it was committed. So with any other error.
        """
        answers = []
        staged: list[Staged] = []
        with self._engine.connect() as connection, connection.begin():
            self._catch_up(connection)
            frontier = self._committed
            for waiting in group:
                working = Working(connection, frontier.copy(), self._committed, self._chain, self._projector, staged)
                outcome = waiting.run(working) if len(group) > 1 else waiting.run_alone(working)
                answers.append(outcome.answer)
                if outcome.kept:
                    frontier = working.frontier
                elif working.wrote:
                    self._forget()
            Working(connection, frontier, self._committed, self._chain, self._projector, staged).flush()
            self._require_transaction(connection)
        self._committed = frontier
        return answers

    def _catch_up(self, connection: Connection) -> None:
        """Stand at the end of the log as it is now, under the lock; another process may have written since.

        Raises:
            OperationalError: this is not the log that was committed to before.
        """
        size, forks = self._database.extent(connection)
        try:
            if not connection.info.get(_CONTINUES):
                self._require_continuation(connection, size)
                connection.info[_CONTINUES] = True
            if (size, forks) == (self._committed.size, self._forks):
                return
            self._chain.forget()
            self._projector.be_overtaken()
            self._forks = forks
            self._committed = grown(connection, self._committed, size)
        except LookupError as error:
            raise OperationalError("SELECT", None, error) from error

    def _require_continuation(self, connection: Connection, size: int) -> None:
        """A new connection may lead to another server, which perhaps never had what was acknowledged here."""
        known = self._committed
        if size < known.size or frontier_of(connection, known.size).root() != known.root():
            raise LookupError(
                f"expected the log of {known.size} batches with root {known.root().hex()} that was committed before;"
                f" the database holds another, of {size}: nothing is written until a person has said which one is true"
            )

    def _reread(self) -> None:
        """Take the frontier from the database: a commit that failed may have been written all the same."""
        try:
            with self._engine.connect() as connection, connection.begin():
                self._catch_up(connection)
        except SQLAlchemyError as error:
            _log.error("the database cannot be read after a failed write", error=str(error.__cause__ or error))

    def _forget(self) -> None:
        self._chain.forget()
        self._projector.forget()

    def _require_transaction(self, connection: Connection) -> None:
        """The engine ends a transaction by itself on some errors; a commit would then do nothing and look like success.

        Raises:
            OperationalError: the transaction is gone.
        """
        if not self._database.is_in_transaction(connection):
            raise OperationalError("COMMIT", None, RuntimeError("the database had rolled the transaction back"))
