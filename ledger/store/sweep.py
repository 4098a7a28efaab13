"""The log examined in stretches, on every core, and projected once more without writing the log again.

The quick way of `ledger.store.replay`, and it answers less: that everything is as the log implies, or that something is
not, but not what. Stretches are verified by processes of their own (`ledger.store.stretch`). Here they are joined: each
batch follows its stream's head, the tree grows, and the one projecting code takes the events again into a scratch
database, in which `contents` is no table but a window on the examined one, open as far as the log has been projected.
Everything else is written there anew, to be compared row by row.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing, contextmanager

from sqlalchemy import Connection, func, select
from typing_extensions import override

from ledger.core.batch import BatchNote, Contents
from ledger.core.errors import Refused
from ledger.core.events import SITE_STREAM, judge_all
from ledger.core.keys import KeyState, apply_key_event
from ledger.core.merkle import Frontier
from ledger.store import tables as t
from ledger.store.chain import Chain, event_count, log_size
from ledger.store.contents import rows_in
from ledger.store.entries import Entry, entries_of
from ledger.store.history import site_stream
from ledger.store.packing import bodies_in, event_id, leaves_in, log_place
from ledger.store.prepared import Prepared
from ledger.store.project import Projector
from ledger.store.register import KEY_KINDS
from ledger.store.replay import Progress
from ledger.store.resting import Resting
from ledger.store.stretch import Ground, Part, Sound, Stretch, UnlikeError, begin, connect, examine, parts_in

MANY_EVENTS = 50_000
"""Fewer are examined by this process alone: to start others would take longer."""
MOST_PROCESSES = 3
"""Beside the one that joins: it is busy all the time with what two of them find."""

_ENDS = tuple(
    Prepared(select(end))
    for key in (t.contents.c.event_id, t.defects.c.event_id)
    for end in (func.min(key), func.max(key))
)
"""The first and the last event that the tables speak of: the stretches look at the log's batches alone."""


class LogSweep:
    """Takes the examined log into `scratch`, which `engine.open_beside` made, and projects nothing.

    Who signed is judged by the keys that the examined rows of the site stream name. Those rows' bytes are verified like
    all others, and that they are all of that stream shows where `batches` and `streams` are compared.

    Attributes:
        chain: the log's rows in `scratch`.
        verified: the tables that are not written anew: each of their rows was held against its batch's bytes.
        frontier: the tree of what was taken.
        events: how many events.
    """

    def __init__(self, examined: Connection, scratch: Connection, ground: Ground, chain: Chain) -> None:
        self._examined = examined
        self._scratch = scratch
        self._ground = ground
        self.chain = chain
        self.verified = (t.contents, t.defects)
        self.frontier = Frontier()
        self.events = 0

    @property
    def keys(self) -> KeyState:
        """Every key as of what was taken, as the rows of the site stream claim, which are yet to be compared."""
        return self._ground.keys_at(self.frontier.size)

    def run(self, progress: Progress) -> None:
        """Take the whole log.

        Raises:
            UnlikeError: something is not as it must be.
        """
        size = log_size(self._examined)
        with _stretches(self._examined, self._ground, size) as stretches:
            for stretch in stretches:
                for part in stretch:
                    self._take(part)
                progress(self.frontier.size, size)
        ends = (each.run(self._examined).scalar() for each in _ENDS)
        if any(each is not None and not 0 <= log_place(each)[0] < size for each in ends):
            raise UnlikeError("there are events, or defects of events, that no batch holds")
        self._open_window()

    def _take(self, part: Part) -> None:
        for sound in part.sound:
            self._chain(sound)

    def _open_window(self) -> None:
        """Let the projecting code look at what the batches hold that were taken."""
        self._scratch.exec_driver_sql("UPDATE horizon SET end_id = ?", (event_id(self.frontier.size, 0),))

    def _chain(self, sound: Sound) -> None:
        """Put a batch at the end of its stream and of the tree."""
        text, log_index = sound.text, self.frontier.size
        head = self.chain.head(self._scratch, text.stream)
        if (text.first, text.previous) != (head.last_seq + 1, head.previous):
            raise UnlikeError(f"batch {log_index} does not follow {text.stream} {head.last_seq}")
        self.chain.insert_note(self._scratch, self.frontier, text, note=sound.note, digest=sound.digest, key=sound.key)
        self.events += text.count


class Sweep(LogSweep):
    """Takes the examined log, and projects it.

    Attributes:
        resting: from which event on nothing new was said of each unit.
    """

    def __init__(self, examined: Connection, scratch: Connection, ground: Ground, chain: Chain) -> None:
        super().__init__(examined, scratch, ground, chain)
        self.resting = Resting()
        self._projector = Projector(ground.origin, resting=self.resting)

    @property
    @override
    def keys(self) -> KeyState:
        """Every key as of what was taken."""
        return self._projector.keys(self._scratch)

    @override
    def _take(self, part: Part) -> None:
        if part.run is None:
            self._take_batch(*part.sound)
            return
        super()._take(part)
        self._open_window()
        self._projector.take_run(self._scratch, part.run)

    def _take_batch(self, sound: Sound) -> None:
        text, log_index = sound.text, self.frontier.size
        self._chain(sound)
        self._open_window()
        self._projector.take(self._scratch, self._entries(text, log_index))
        if text.stream == SITE_STREAM and self.keys != self._ground.keys_at(log_index + 1):
            raise UnlikeError(f"batch {log_index} names other keys than its row says")

    def _entries(self, text: BatchNote, log_index: int) -> list[Entry]:
        """The batch's events, of which the stretch has verified everything that is stored."""
        rows = rows_in(self._examined, log_index)
        judged = judge_all(bodies_in(rows), stream=text.stream, first=text.first)
        if isinstance(judged, Refused):
            raise UnlikeError(f"batch {log_index}: {judged.reason}")
        contents = Contents(judged, tuple(leaves_in(rows)))
        return entries_of(text, contents, log_index, accepts_simulated=self._ground.accepts_simulated)


def keys_over_time(examined: Connection, origin: str) -> tuple[tuple[int, KeyState], ...]:
    """For ascending log indices the keys that hold from there on, as the rows of the site stream's events claim.

    The first batch is signed by a key that it adds itself (docs/format.md §6).
    """
    known = KeyState()
    found: dict[int, KeyState] = {}
    for each in site_stream(examined, KEY_KINDS):
        known = KeyState(known.known.copy())
        apply_key_event(known, each, origin=origin)
        found[each.log_index + 1 if each.log_index else 0] = known
    return tuple(sorted(found.items(), key=lambda each: each[0]))


@contextmanager
def _stretches(examined: Connection, ground: Ground, size: int) -> Iterator[Iterator[list[Part]]]:
    """Every stretch, each a window of the index, in log order: from processes of their own where it is worth it."""
    spans = [(first, min(first + ground.window, size)) for first in range(0, size, ground.window)]
    processes = min(cores() - 1, MOST_PROCESSES)
    if event_count(examined) < MANY_EVENTS or processes < 1:
        with closing(connect(ground)) as connection:
            own = Stretch(connection, ground)
            yield (own.examine(*span) for span in spans)
        return
    # Spawned, not forked: a fork would share the examined database's open file, and with it its locks.
    with ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=begin, initargs=(ground,)
    ) as pool:
        try:
            yield _in_order(pool, spans, ahead=2 * processes)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def cores() -> int:
    """How many processes this one may keep busy."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_order(pool: ProcessPoolExecutor, spans: Sequence[tuple[int, int]], *, ahead: int) -> Iterator[list[Part]]:
    """Each span's stretch, with a few of the next ones under way, and no more: they would wait in memory."""
    waiting: deque[Future[bytes]] = deque()
    for span in spans:
        waiting.append(pool.submit(examine, *span))
        if len(waiting) > ahead:
            yield parts_in(waiting.popleft().result())
    while waiting:
        yield parts_in(waiting.popleft().result())
