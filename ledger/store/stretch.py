"""A stretch of the log examined by itself: every signature, every hash, every event's bytes and row.

Anyone may examine any stretch, in any process and order, because nothing that comes before it is needed: the keys are
given as of each place of the log, and a batch's own row is taken at its word for its stream's number and its first
event. What joins the stretches (chains, the tree, those numbers, everything projected) is for `ledger.store.sweep`.
"""

from bisect import bisect_right
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, bindparam, select

from ledger.core import batch as batches
from ledger.core.batch import BatchNote
from ledger.core.errors import FormatError, Refused
from ledger.core.events import event_leaf, kind_of, understood
from ledger.core.ids import parse_instants
from ledger.core.keys import KeyState, fingerprint
from ledger.core.merkle import root_of
from ledger.core.note import Note, format_vkey
from ledger.core.signing import verify_note
from ledger.store import engine as engines
from ledger.store import tables as t
from ledger.store.chain import entries_of
from ledger.store.prepared import Prepared

_BATCHES = Prepared(
    select(t.batches.c.log_index, t.batches.c.note, t.batches.c.first_event, t.batches.c.stream_id)
    .where(t.batches.c.log_index >= bindparam("first"), t.batches.c.log_index < bindparam("end"))
    .order_by(t.batches.c.log_index),
    *("first", "end"),
)
_ROWS_AND_BODIES = select(t.events, t.bodies.c.body).join_from(t.events, t.bodies, t.bodies.c.event_id == t.events.c.id)
_ALL = Prepared(
    _ROWS_AND_BODIES.where(t.events.c.id >= bindparam("first"), t.events.c.id < bindparam("end")).order_by(
        t.events.c.id
    ),
    *("first", "end"),
)
_UNDERSTOOD = Prepared(
    _ROWS_AND_BODIES.with_only_columns(t.events.c.kind, t.events.c.time_ms, t.events.c.leaf, t.bodies.c.body)
    .where(
        t.events.c.id >= bindparam("first"),
        t.events.c.id < bindparam("end"),
        t.events.c.log_index == bindparam("log_index"),
        t.events.c.stream_id == bindparam("stream_id"),
        t.events.c.position == t.events.c.id - bindparam("from_id"),
        t.events.c.seq == t.events.c.id - bindparam("from_seq"),
        t.events.c.defect.is_(None),
    )
    .order_by(t.events.c.id),
    *("first", "end", "log_index", "stream_id", "from_id", "from_seq"),
)
"""The rows of which all but kind, time and leaf are as they must be: those need not leave the database."""


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
        return [self._take(log_index, note, (first, stream)) for log_index, note, first, stream in rows]

    def _take(self, log_index: int, note: bytes, claimed: tuple[int, int]) -> Sound:
        try:
            signed, text = batches.read_note(note)
        except FormatError as error:
            raise UnlikeError(f"batch {log_index}: {error}") from error
        if text.origin != self._ground.origin:
            raise UnlikeError(f"batch {log_index} is of {text.origin}")
        key = self._signer(log_index, signed, text)
        if not self._is_understood(log_index, text, claimed):
            self._judge(log_index, text, claimed)
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

    def _is_understood(self, log_index: int, text: BatchNote, claimed: tuple[int, int]) -> bool:
        """Whether every event of the batch is understood and everything about it is right: the way most batches go."""
        first_event, stream_id = claimed
        rows = _UNDERSTOOD.run(
            self._examined,
            *(first_event, first_event + text.count, log_index, stream_id, first_event, first_event - text.first),
        ).all()
        if len(rows) != text.count:
            return False
        said, times, stored, bodies = zip(*rows, strict=True)
        events = understood(bodies, stream=text.stream, first=text.first)
        if events is None:
            return False
        if not self._ground.accepts_simulated and "simulated" in {event.clock for event in events}:
            return False
        leaves = [event_leaf(body) for body in bodies]
        return (
            leaves == list(stored)
            and root_of(leaves) == text.root
            and [kind_of(event) for event in events] == list(said)
            and parse_instants(event.time for event in events) == list(times)
        )

    def _judge(self, log_index: int, text: BatchNote, claimed: tuple[int, int]) -> None:
        """Compare a batch that holds something odd, event by event."""
        first_event, stream_id = claimed
        rows = _ALL.run(self._examined, first_event, first_event + text.count).all()
        judged = batches.judge_bodies(text, [row[-1] for row in rows])
        if isinstance(judged, Refused):
            raise UnlikeError(f"batch {log_index}: {judged.reason}")
        due = [
            (
                each.event_id, each.log_index, each.position, each.seq, stream_id, each.kind, each.time_ms, each.leaf,
                each.defect, each.body,
            )
            for each in entries_of(
                text, judged, log_index, first_event=first_event, accepts_simulated=self._ground.accepts_simulated
            )
        ]  # fmt: skip
        if [tuple(row) for row in rows] != due:
            raise UnlikeError(f"the rows of batch {log_index} are not those of its events")


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
