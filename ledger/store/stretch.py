"""A stretch of the log examined by itself: each signature, each hash, each event's bytes, each batch's rows of them.

Anyone may examine any stretch, in any process and order, because nothing that comes before it is needed: the keys are
given as of each place of the log. What joins the stretches (chains, the tree, everything projected) is for
`ledger.store.sweep`.
"""

import gc
import sqlite3
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from ledger.core import batch as batches
from ledger.core.batch import BatchNote, Contents
from ledger.core.errors import FormatError, Refused
from ledger.core.events import judge_all, understood
from ledger.core.ids import parse_instant
from ledger.core.keys import KeyState, fingerprint
from ledger.core.kinds import AnyEvent
from ledger.core.note import Note, VerifierKey, format_vkey
from ledger.core.signing import verify_note
from ledger.store.entries import defects_of, entries_of
from ledger.store.packing import Row, are_rows_of, bodies_in, ids_of, log_place
from ledger.store.sightings import Gathering, Run, sightings

BUSY_SECONDS = 5.0
_BATCHES = "SELECT log_index, note FROM batches WHERE log_index >= ? AND log_index < ? ORDER BY log_index"
_DEFECTS = "SELECT event_id, defect FROM defects WHERE event_id >= ? AND event_id < ? ORDER BY event_id"
_CONTENTS = (
    "SELECT event_id, sealed_ms, leaves, sizes, bodies FROM contents WHERE event_id >= ? AND event_id < ?"
    " ORDER BY event_id"
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
        window: how many batches a window of the subject index has (`ledger.store.event_lists`).
        keys: for ascending log indices the keys that hold from there on.
        runs: whether it is told what sightings say together, which only who projects them asks.
    """

    database: Path
    immutable: bool
    origin: str
    accepts_simulated: bool
    window: int
    keys: tuple[tuple[int, KeyState], ...]
    runs: bool = True

    def keys_at(self, log_index: int) -> KeyState:
        """The keys that may have signed the batch at `log_index`."""
        found = bisect_right(self.keys, log_index, key=lambda each: each[0])
        if not found:
            raise UnlikeError(f"batch {log_index} comes before every key")
        return self.keys[found - 1][1]


class Sound(Struct, frozen=True, array_like=True):
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


class Part(Struct, frozen=True, array_like=True):
    """Batches that follow each other in a stretch.

    Attributes:
        sound: each of them.
        run: what they say together, where they hold nothing but sightings; None: it is one batch of any sort.
    """

    sound: list[Sound]
    run: Run | None


class _Told(NamedTuple):
    """What a batch holds.

    Attributes:
        bodies: its events' bytes.
        leaves: their leaf hashes.
        events: the events; None where one of them is not understood or not believed.
    """

    bodies: Sequence[bytes]
    leaves: tuple[bytes, ...]
    events: Sequence[AnyEvent] | None


class Stretch:
    """Examines stretches through one connection of the driver's own, within one transaction."""

    def __init__(self, examined: sqlite3.Connection, ground: Ground) -> None:
        self._examined = examined
        self._ground = ground

    def examine(self, first: int, end: int) -> list[Part]:
        """The batches from one log index up to another, as runs where they hold nothing but sightings.

        In the index's last window, which is not full, there are no runs: every batch has a row of its own there.

        Raises:
            UnlikeError: one of them is not sound.
        """
        rows = self._examined.execute(_BATCHES, (first, end)).fetchall()
        if [row[0] for row in rows] != list(range(first, end)):
            raise UnlikeError(f"not every batch from {first} to {end} is there")
        defects: dict[int, list[tuple[int, str]]] = {}
        for number, defect in self._examined.execute(_DEFECTS, (ids_of(first)[0], ids_of(end)[0])):
            defects.setdefault(log_place(number)[0], []).append((number, defect))
        parting = _Parting(runs=self._ground.runs and end % self._ground.window == 0)
        for log_index, note in rows:
            sound = self._take(log_index, note)
            parting.take(log_index, sound, self._judge(log_index, sound.text, defects.get(log_index, [])))
        return parting.parts()

    def _take(self, log_index: int, note: bytes) -> Sound:
        try:
            signed, text = batches.read_note(note)
        except FormatError as error:
            raise UnlikeError(f"batch {log_index}: {error}") from error
        if text.origin != self._ground.origin:
            raise UnlikeError(f"batch {log_index} is of {text.origin}")
        key = self._signer(log_index, signed, text)
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
        return _fingerprint_of(known.key)

    def _judge(self, log_index: int, text: BatchNote, defects: list[tuple[int, str]]) -> _Told:
        """Compare a batch's rows, and the defects of its events, with what these imply; answer what they say."""
        found: list[Row] = self._examined.execute(_CONTENTS, ids_of(log_index)).fetchall()
        bodies = bodies_in(found)
        leaves = batches.check_root(text, bodies)
        if isinstance(leaves, Refused):
            raise UnlikeError(f"batch {log_index}: {leaves.reason}")
        events = understood(bodies, stream=text.stream, first=text.first)
        if events is None or not self._believes(events):
            events, implied = None, self._defects(log_index, text, bodies, leaves)
        else:
            implied = []
        if defects != implied or not are_rows_of(found, log_index, parse_instant(text.time), bodies, leaves):
            raise UnlikeError(f"the rows of batch {log_index} are not those of its events")
        return _Told(bodies, leaves, events)

    def _believes(self, events: Sequence[AnyEvent]) -> bool:
        return self._ground.accepts_simulated or "simulated" not in {event.clock for event in events}

    def _defects(
        self, log_index: int, text: BatchNote, bodies: Sequence[bytes], leaves: tuple[bytes, ...]
    ) -> list[tuple[int, str]]:
        """The defects of a batch in which something is odd."""
        judged = judge_all(bodies, stream=text.stream, first=text.first)
        if isinstance(judged, Refused):
            raise UnlikeError(f"batch {log_index}: {judged.reason}")
        accepts = self._ground.accepts_simulated
        return defects_of(entries_of(text, Contents(judged, leaves), log_index, accepts_simulated=accepts))


@lru_cache(maxsize=1024)  # asked for every batch, of few keys
def _fingerprint_of(key: VerifierKey) -> str:
    return fingerprint(format_vkey(key))


def connect(ground: Ground) -> sqlite3.Connection:
    """A connection to the examined database that only reads, with one snapshot for everything that is read.

    The driver's own: a process that examines nothing but stretches starts in a quarter of the time without SQLAlchemy.
    """
    suffix = "&immutable=1" if ground.immutable else ""
    uri = f"{ground.database.absolute().as_uri()}?mode=ro{suffix}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    connection.execute("BEGIN")
    return connection


class _Parting:
    """Parts a stretch into runs of sightings and batches of any other sort."""

    def __init__(self, *, runs: bool) -> None:
        self._runs = runs
        self._parts: list[Part] = []
        self._sound: list[Sound] = []
        self._gathering: Gathering | None = None

    def take(self, log_index: int, sound: Sound, told: _Told) -> None:
        """Take the next batch."""
        seen = None
        if self._runs and told.events is not None:
            seen = sightings(told.events, stream=sound.text.stream)
        if self._gathering is not None and (seen is None or not self._gathering.fits(seen)):
            self._end_run(self._gathering)
        if seen is None:
            self._parts.append(Part([sound], None))
            return
        if self._gathering is None:
            self._gathering = Gathering(log_index)
        self._gathering.add(seen, told.bodies, told.leaves)
        self._sound.append(sound)

    def parts(self) -> list[Part]:
        """Everything that was taken."""
        if self._gathering is not None:
            self._end_run(self._gathering)
        return self._parts

    def _end_run(self, gathering: Gathering) -> None:
        self._parts.append(Part(self._sound, gathering.run()))
        self._sound, self._gathering = [], None


# ── in a process of its own ───────────────────────────────────────────────────────────────────────────────────────

_here: list[Stretch] = []
"""In a process that examines nothing but stretches: what it examines them with."""
OBJECTS_UNTIL_A_LOOK = 100_000
"""So many new objects until the garbage collector looks for cycles (usually 700)."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Part]).decode


def begin(ground: Ground) -> None:
    """Make this process ready to examine stretches, on a snapshot of its own: what the log holds never changes."""
    _here.append(Stretch(connect(ground), ground))
    # What is loaded stays; what a stretch makes holds hardly a cycle, and nobody need look for one at every batch.
    gc.freeze()
    gc.set_threshold(OBJECTS_UNTIL_A_LOOK)


def examine(first: int, end: int) -> bytes:
    """The batches from one log index up to another, in a process that `begin` made ready; `parts_in` reads them."""
    return _encode(_here[0].examine(first, end))


def parts_in(answer: bytes) -> list[Part]:
    """What `examine` answered."""
    return _decode(answer)
