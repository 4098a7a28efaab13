"""The log replayed from raw bytes into an empty database, every signature and hash checked on the way.

It reads the batch notes and the event bodies of the examined database and nothing else: everything that these do not
imply is left for `compare`.
"""

import itertools
from collections.abc import Callable

from sqlalchemy import Connection, Table, bindparam, select

from ledger.core import batch as batches
from ledger.core.batch import BatchNote
from ledger.core.custody import Recorded
from ledger.core.errors import FormatError, Refused
from ledger.core.events import SITE_STREAM, Remains, event_leaf
from ledger.core.keys import KeyState, KnownKey, apply_key_event, fingerprint
from ledger.core.merkle import Frontier
from ledger.core.note import Note, format_vkey
from ledger.core.signing import verify_note
from ledger.store import erasures
from ledger.store import tables as t
from ledger.store.bad import BadPlaceError
from ledger.store.chain import Chain, Sealed, log_size
from ledger.store.prepared import Prepared
from ledger.store.project import Projector
from ledger.store.renumber import copy_subjects, drop_unused_subjects

CHECK = "log"
COMMIT_EVERY = 500
_BODIES = Prepared(
    select(t.bodies.c.event_id, t.bodies.c.body)
    .where(t.bodies.c.event_id >= bindparam("first"), t.bodies.c.event_id < bindparam("end"))
    .order_by(t.bodies.c.event_id),
    *("first", "end"),
)
_NOTES = Prepared(select(t.batches.c.log_index, t.batches.c.note).order_by(t.batches.c.log_index))
Progress = Callable[[int, int], None]
"""Told how many batches of how many are done."""


class Replay:
    """Replays the examined log into `scratch`, an empty ledger database.

    Attributes:
        chain: the log's rows in `scratch`.
        verified: the tables that need no comparison: none.
        frontier: the tree of what was replayed.
        events: how many events.
    """

    def __init__(self, examined: Connection, scratch: Connection, *, origin: str, chain: Chain) -> None:
        self._examined = examined
        self._scratch = scratch
        self._origin = origin
        self.chain = chain
        self.verified: tuple[Table, ...] = ()
        self._projector = Projector(origin)
        self._erasures = erasures.any_in(examined)
        self.frontier = Frontier()
        self.events = 0

    @property
    def keys(self) -> KeyState:
        """Every key as of what was replayed."""
        return self._projector.keys(self._scratch)

    def run(self, progress: Progress) -> None:
        """Replay the whole log.

        Raises:
            BadPlaceError: the first place where the bytes contradict themselves.
        """
        size = log_size(self._examined)
        if self._erasures:
            copy_subjects(self._examined, self._scratch)
        parts = _NOTES.stream(self._examined, COMMIT_EVERY)
        for log_index, note in itertools.chain.from_iterable(parts):
            if log_index != self.frontier.size:
                raise BadPlaceError(
                    CHECK, "batches", f"log_index={self.frontier.size}", expected="a batch", found=f"{log_index} next"
                )
            self._take(log_index, note)
            if log_index % COMMIT_EVERY == 0:
                progress(log_index, size)
        if self._erasures:
            drop_unused_subjects(self._scratch)
        progress(size, size)

    def _take(self, log_index: int, note: bytes) -> None:
        key = f"log_index={log_index}"
        try:
            signed, text = batches.read_note(note)
        except FormatError as error:
            raise BadPlaceError(CHECK, "batches", key, expected="a batch note", found=str(error)) from error
        if text.origin != self._origin:
            raise BadPlaceError(CHECK, "batches", key, expected=f"origin {self._origin}", found=text.origin)
        bodies, erased = self._bodies(text)
        signer = self._check_signature(log_index, signed, text, bodies)
        judged = batches.judge_bodies(text, bodies, erased)
        if isinstance(judged, Refused):
            raise self._name_body(key, text, bodies, judged)
        self._check_chain(key, text)
        sealed = Sealed(note, text, signed.text, judged, fingerprint(format_vkey(signer.key)))
        self._projector.take(self._scratch, self.chain.insert(self._scratch, self.frontier, sealed))
        self.events += text.count

    def _bodies(self, text: BatchNote) -> tuple[list[bytes], dict[int, Remains]]:
        """The batch's bodies, and by position what is left of those that were erased."""
        first = self.events + 1
        stored = _BODIES.run(self._examined, first, first + text.count)
        found: list[tuple[int, bytes]] = [(event_id, body) for event_id, body in stored]
        erased = self._erased(first, text.count) if self._erasures and len(found) != text.count else {}
        found += [(first + position, b"") for position in erased]
        rows = sorted(found) if erased else found
        for expected, (event_id, _) in enumerate(rows, first):
            if event_id != expected:
                raise BadPlaceError(CHECK, "bodies", f"event_id={expected}", expected="its bytes", found="no row")
        if len(rows) != text.count:
            key = f"event_id={first + len(rows)}"
            raise BadPlaceError(CHECK, "bodies", key, expected="its bytes", found="no row")
        return [body for _, body in rows], erased

    def _erased(self, first: int, count: int) -> dict[int, Remains]:
        """What is left of the batch's erased events; that the log explains each shows in the comparison."""
        rows = self._examined.execute(
            select(t.events.c.id, t.events.c.leaf)
            .outerjoin(t.bodies, t.bodies.c.event_id == t.events.c.id)
            .where(t.events.c.id >= first, t.events.c.id < first + count, t.bodies.c.event_id.is_(None))
        )
        listed = erasures.listed_of(self._examined, first, first + count)
        return {
            event_id - first: Remains(bytes(leaf), listed[event_id]) for event_id, leaf in rows if event_id in listed
        }

    def _check_signature(self, log_index: int, signed: Note, text: BatchNote, bodies: list[bytes]) -> KnownKey:
        keys = self.keys if log_index else self._root_key(text, bodies)
        line = signed.signatures[0]
        known = keys.find(name=line.name, key_id=line.key_id)
        key = f"log_index={log_index}"
        if known is None:
            raise BadPlaceError(CHECK, "batches", key, expected="a key of the log", found=f"{line.name}'s signature")
        refused = keys.judge(known, stream=text.stream, last_seq=text.last, log_index=log_index)
        if refused is not None:
            raise BadPlaceError(CHECK, "batches", key, expected="a key that holds", found=refused.reason)
        verified = verify_note(signed, [known.key])
        if isinstance(verified, Refused):
            raise BadPlaceError(CHECK, "batches", key, expected="the producer's note", found=verified.reason)
        return known

    def _root_key(self, text: BatchNote, bodies: list[bytes]) -> KeyState:
        """The key that the log's first batch adds and is signed by."""
        keys = KeyState()
        judged = batches.judge_bodies(text, bodies)
        if text.stream != SITE_STREAM or isinstance(judged, Refused):
            reason = judged.reason if isinstance(judged, Refused) else text.stream
            raise BadPlaceError(CHECK, "batches", "log_index=0", expected="the batch that opens the site", found=reason)
        for position, each in enumerate(judged.events):
            if each.event is not None:
                apply_key_event(keys, Recorded(each.event, 0, position), origin=self._origin)
        return keys

    def _check_chain(self, key: str, text: BatchNote) -> None:
        head = self.chain.head(self._scratch, text.stream)
        if (text.first, text.previous) != (head.last_seq + 1, head.previous):
            raise BadPlaceError(
                CHECK,
                "batches",
                key,
                expected=f"{text.stream} {head.last_seq + 1} after {head.previous.hex()}",
                found=f"{text.first} after {text.previous.hex()}",
            )

    def _name_body(self, key: str, text: BatchNote, bodies: list[bytes], refused: Refused) -> BadPlaceError:
        """Which event does not fit its batch, if the stored leaves can tell."""
        first = self.events + 1
        rows = self._examined.execute(
            select(t.events.c.id, t.events.c.leaf)
            .where(t.events.c.id >= first, t.events.c.id < first + text.count)
            .order_by(t.events.c.id)
        )
        for body, (event_id, leaf) in zip(bodies, rows, strict=False):
            if not body:
                continue
            computed = event_leaf(body)
            if computed != leaf:
                expected = f"bytes with leaf {bytes(leaf).hex()}"
                return BadPlaceError(CHECK, "bodies", f"event_id={event_id}", expected=expected, found=computed.hex())
        return BadPlaceError(CHECK, "batches", key, expected="a note of its events", found=refused.reason)
