"""The log replayed from raw bytes into an empty database, every signature and hash checked on the way.

It reads the batch notes and the event bodies of the examined database and nothing else: everything that these do not
imply is left for `compare`.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select

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
from ledger.store.contents import rows_in
from ledger.store.packing import bodies_in, event_id, ids_of, leaves_in
from ledger.store.prepared import Prepared
from ledger.store.project import Projector
from ledger.store.renumber import copy_subjects, drop_unused_subjects

CHECK = "log"
COMMIT_EVERY = 500
_NOTES = Prepared(select(t.batches.c.log_index, t.batches.c.note).order_by(t.batches.c.log_index))
Progress = Callable[[int, int], None]
"""Told how many batches of how many are done."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is stored of a batch's events.

    Attributes:
        bodies: their bytes; empty once erased.
        leaves: their leaf hashes.
        erased: what is left of those that were erased, by position; that the log explains each shows in the comparison.
    """

    bodies: list[bytes]
    leaves: list[bytes]
    erased: dict[int, Remains]


class Replay:
    """Replays the examined log into `scratch`, an empty ledger database.

    Attributes:
        chain: the log's rows in `scratch`.
        verified: the tables that need no comparison: none.
        frontier: the tree of what was replayed.
        events: how many events.
        resting: nothing is left out of what is read after a replay.
    """

    def __init__(self, examined: Connection, scratch: Connection, *, origin: str, chain: Chain) -> None:
        self._examined = examined
        self._scratch = scratch
        self._origin = origin
        self.chain = chain
        self.verified: tuple[Table, ...] = ()
        self.resting = None
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
        stored = self._stored(log_index)
        bodies, erased = stored.bodies, stored.erased
        signer = self._check_signature(log_index, signed, text, bodies)
        judged = batches.judge_bodies(text, bodies, erased)
        if isinstance(judged, Refused):
            raise _name_body(log_index, stored, judged)
        self._check_chain(key, text)
        sealed = Sealed(note, text, signed.text, judged, fingerprint(format_vkey(signer.key)))
        self._projector.take(self._scratch, self.chain.insert(self._scratch, self.frontier, sealed))
        self.events += text.count

    def _stored(self, log_index: int) -> _Stored:
        """What is stored of the batch's events."""
        key = f"log_index={log_index}"
        rows = rows_in(self._examined, log_index)
        if not rows:
            raise BadPlaceError(CHECK, "contents", key, expected="its events", found="no row")
        try:
            bodies, hashes = bodies_in(rows), leaves_in(rows)
        except ValueError as error:
            raise BadPlaceError(CHECK, "contents", key, expected="two bytes a size", found=str(error)) from error
        erased: dict[int, Remains] = {}
        if self._erasures and len(bodies) == len(hashes):
            listed = erasures.listed_of(self._examined, *ids_of(log_index))
            erased = {
                position: Remains(hashes[position], listed[event_id(log_index, position)])
                for position, body in enumerate(bodies)
                if not body and event_id(log_index, position) in listed
            }
        return _Stored(bodies, hashes, erased)

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


def _name_body(log_index: int, stored: _Stored, refused: Refused) -> BadPlaceError:
    """Which event does not fit its batch, if the stored leaves can tell."""
    for position, (body, leaf) in enumerate(zip(stored.bodies, stored.leaves, strict=False)):
        if position in stored.erased:
            continue
        computed = event_leaf(body)
        if computed != leaf:
            place, expected = f"log_index={log_index} position={position}", f"bytes with leaf {leaf.hex()}"
            return BadPlaceError(CHECK, "contents", place, expected=expected, found=computed.hex())
    key = f"log_index={log_index}"
    # The note was verified before: what does not lead to its root is what is stored of the events.
    return BadPlaceError(CHECK, "contents", key, expected="the events of its note", found=refused.reason)
