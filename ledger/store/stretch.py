"""A stretch of the log examined by itself: every signature, every hash, every event's bytes, every batch's row of them.

Anyone may examine any stretch, in any process and order, because nothing that comes before it is needed: the keys are
given as of each place of the log. What joins the stretches (chains, the tree, everything projected) is for
`ledger.store.sweep`.
"""

from bisect import bisect_right
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, bindparam, select

from ledger.core import batch as batches
from ledger.core.batch import BatchNote
from ledger.core.errors import FormatError, Refused
from ledger.core.ids import parse_instant
from ledger.core.keys import KeyState, fingerprint
from ledger.core.note import Note, format_vkey
from ledger.core.signing import verify_note
from ledger.store import engine as engines
from ledger.store import tables as t
from ledger.store.chain import defects_of, entries_of
from ledger.store.contents import bodies_in, ids_of, row_of
from ledger.store.prepared import Prepared

_BATCHES = Prepared(
    select(t.batches.c.log_index, t.batches.c.note)
    .where(t.batches.c.log_index >= bindparam("first"), t.batches.c.log_index < bindparam("end"))
    .order_by(t.batches.c.log_index),
    *("first", "end"),
)
_CONTENTS = Prepared(select(t.contents).where(t.contents.c.log_index == bindparam("log_index")), "log_index")
_DEFECTS = Prepared(
    select(t.defects)
    .where(t.defects.c.event_id >= bindparam("first"), t.defects.c.event_id < bindparam("end"))
    .order_by(t.defects.c.event_id),
    *("first", "end"),
)


class UnlikeError(Exception):
    """Something is not as the log implies. Which row it is, a replay names (`ledger.store.replay`)."""


class Ground(Struct, frozen=True, kw_only=True):
    """What all stretches of one examination stand on.

    Attributes:
        database: the examined database's file.
        immutable: whether nobody else has it open.
        origin: the log's origin.
        accepts_simulated: whether the site is a demo, on which simulated time counts.
        keys: for ascending log indices the keys that hold from there on.
    """

    database: Path
    immutable: bool
    origin: str
    accepts_simulated: bool
    keys: tuple[tuple[int, KeyState], ...]

    def keys_at(self, log_index: int) -> KeyState:
        """The keys that may have signed the batch at `log_index`."""
        found = bisect_right(self.keys, log_index, key=lambda each: each[0])
        if not found:
            raise UnlikeError(f"batch {log_index} comes before every key")
        return self.keys[found - 1][1]


class Sound(Struct, frozen=True):
    """A batch whose own bytes are sound: note, signature, events, and the events' rows.

    Attributes:
        note: the note's bytes.
        text: what its text says.
        digest: SHA-256 of the text, which the stream's next note names.
        key: `key:…` that signed.
    """

    note: bytes
    text: BatchNote
    digest: bytes
    key: str


class Stretch:
    """Examines stretches through one connection."""

    def __init__(self, examined: Connection, ground: Ground) -> None:
        self._examined = examined
        self._ground = ground

    def examine(self, first: int, end: int) -> list[Sound]:
        """The batches from one log index up to another.

        Raises:
            UnlikeError: one of them is not sound.
        """
        rows = _BATCHES.run(self._examined, first, end).all()
        if [row[0] for row in rows] != list(range(first, end)):
            raise UnlikeError(f"not every batch from {first} to {end} is there")
        return [self._take(log_index, note) for log_index, note in rows]

    def _take(self, log_index: int, note: bytes) -> Sound:
        try:
            signed, text = batches.read_note(note)
        except FormatError as error:
            raise UnlikeError(f"batch {log_index}: {error}") from error
        if text.origin != self._ground.origin:
            raise UnlikeError(f"batch {log_index} is of {text.origin}")
        key = self._signer(log_index, signed, text)
        self._judge(log_index, text)
        return Sound(note, text, batches.text_hash(signed.text), key)

    def _signer(self, log_index: int, signed: Note, text: BatchNote) -> str:
        keys, line = self._ground.keys_at(log_index), signed.signatures[0]
        known = keys.find(name=line.name, key_id=line.key_id)
        if known is None:
            raise UnlikeError(f"batch {log_index} is signed by {line.name}, which is no key of the log")
        refused = keys.judge(known, stream=text.stream, last_seq=text.last, log_index=log_index)
        verified = refused or verify_note(signed, [known.key])
        if isinstance(verified, Refused):
            raise UnlikeError(f"batch {log_index}: {verified.reason}")
        return fingerprint(format_vkey(known.key))

    def _judge(self, log_index: int, text: BatchNote) -> None:
        """Compare a batch's row with what its events imply."""
        found = _CONTENTS.run(self._examined, log_index).one_or_none()
        if found is None:
            raise UnlikeError(f"batch {log_index} has no events")
        judged = batches.judge_bodies(text, bodies_in(*found[-2:]))
        if isinstance(judged, Refused):
            raise UnlikeError(f"batch {log_index}: {judged.reason}")
        odd = any(each.event is None or each.event.clock == "simulated" for each in judged.events)
        accepts = self._ground.accepts_simulated
        entries = entries_of(text, judged, log_index, accepts_simulated=accepts) if odd else ()
        defects = [(event_id, defect) for event_id, defect in _DEFECTS.run(self._examined, *ids_of(log_index))]
        if tuple(found) != row_of(log_index, parse_instant(text.time), judged) or defects != defects_of(entries):
            raise UnlikeError(f"the row of batch {log_index} is not that of its events")


# ── in a process of its own ───────────────────────────────────────────────────────────────────────────────────────

_here: list[Stretch] = []
"""In a process that examines nothing but stretches: what it examines them with."""


def begin(ground: Ground) -> None:
    """Make this process ready to examine stretches, on a snapshot of its own: what the log holds never changes."""
    connection = engines.open_reader(ground.database, immutable=ground.immutable).connect()
    connection.begin()
    _here.append(Stretch(connection, ground))


def examine(first: int, end: int) -> list[Sound]:
    """The batches from one log index up to another, in a process that `begin` made ready."""
    return _here[0].examine(first, end)
