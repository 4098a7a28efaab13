"""The auditor of a log's unit map: replays every body and confirms or refutes each root that the site states.

Decides from bytes alone whether batches continue the log, are signed by keys that may speak, and whether each stated
root is the one that their events have. Where the bytes come from, and what is done with the answer, is for
`ledger.audit_source` and `ledger.commands.audit`. It shares the rules of `ledger.core` with the ledger, and no storage.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ledger.core import batch as batches
from ledger.core import kinds
from ledger.core.batch import Batch, BatchNote, Contents
from ledger.core.checkpoint import Checkpoint
from ledger.core.concern import TagPointers, lists_of, understood
from ledger.core.custody import Recorded
from ledger.core.errors import FormatError, Refused, XuemaiError
from ledger.core.events import SITE_STREAM, Judged
from ledger.core.keys import KeyState, apply_key_event
from ledger.core.mapproof import MapNote
from ledger.core.merkle import Frontier, leaf_hash
from ledger.core.note import Note, format_base64, parse_base64
from ledger.core.remains import is_remains, parse_remains
from ledger.core.signing import verify_note
from ledger.core.unitmap import Listed, UnitMap, path_of

STATE_FORMAT = "xuemai/audit-state/v1"
REFUTATION_FORMAT = "xuemai/map-refutation/v1"


class AuditError(XuemaiError):
    """The log cannot be audited any further: what it shows is not a log, or not the one that was audited before."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A root that the site stated, and what the auditor found.

    Attributes:
        note: the root that the log's bodies have, as auditors cosign it.
        stated: the root that the event states.
        as_of_size: the size that the event states.
        batch: the batch that states it.
    """

    note: MapNote
    stated: str
    as_of_size: int
    batch: Batch

    @property
    def is_confirmed(self) -> bool:
        """Whether the site stated what the log's bodies have."""
        return self.stated == format_base64(self.note.root) and self.as_of_size == self.note.as_of_size


@dataclass(frozen=True, slots=True)
class Difference:
    """The first subject of which the site's map is not what the log's bodies say.

    Attributes:
        subject: the subject; its path in hex where the auditor knows no subject there.
        expected: its entry by the log's bodies; None: it has none.
        found: its entry in the site's map; None: there is none.
    """

    subject: str
    expected: Listed | None
    found: Listed | None


class _KeyEvent(msgspec.Struct, frozen=True):
    body: bytes
    log_index: int
    position: int


class _State(msgspec.Struct, frozen=True):
    """Everything that an auditor remembers between two runs."""

    format: str
    origin: str
    peaks: list[bytes]
    size: int
    is_demo: bool
    heads: dict[str, tuple[int, bytes]]
    key_events: list[_KeyEvent]
    tags: dict[str, str | None]
    lists: dict[str, tuple[int, bytes]]
    confirmed: tuple[int, bytes] | None
    unexplained: dict[str, list[str]] = {}


class Audit:
    """One log, replayed up to some size. `take` batches in log order."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.map = UnitMap()
        self.confirmed: MapNote | None = None
        self._frontier = Frontier()
        self._heads: dict[str, tuple[int, bytes]] = {}
        self._keys = KeyState()
        self._key_events: list[_KeyEvent] = []
        self._tags = TagPointers()
        self._is_demo = False
        self._unexplained: dict[str, list[str]] = {}

    @classmethod
    def load(cls, raw: bytes, origin: str) -> "Audit":
        """Go on from what `dump` wrote.

        Raises:
            AuditError: it is of another log, or nothing that `dump` wrote.
        """
        try:
            state = msgspec.msgpack.decode(raw, type=_State)
        except msgspec.DecodeError as error:
            raise AuditError(f"expected the state of an audit; {error}") from error
        if (state.format, state.origin) != (STATE_FORMAT, origin):
            raise AuditError(f"expected {STATE_FORMAT} of {origin}; got {state.format} of {state.origin}")
        made = cls(origin)
        peaks = iter(state.peaks)
        made._frontier = Frontier.from_nodes(state.size, lambda _level, _index: next(peaks))
        made._heads = dict(state.heads)
        made._tags = TagPointers(known=state.tags)
        made._is_demo = state.is_demo
        made._unexplained = dict(state.unexplained)
        made.map = UnitMap({subject: Listed(count, head) for subject, (count, head) in state.lists.items()})
        for each in state.key_events:
            made._take_key(each)
        if state.confirmed is not None:
            made.confirmed = MapNote(origin, *state.confirmed)
        return made

    def dump(self) -> bytes:
        """Everything that `load` needs to go on from here."""
        return msgspec.msgpack.encode(
            _State(
                format=STATE_FORMAT,
                origin=self.origin,
                peaks=self._frontier.peaks,
                size=self.size,
                is_demo=self._is_demo,
                heads=self._heads,
                key_events=self._key_events,
                tags=self._tags.pointing(),
                lists={subject: (listed.count, listed.head) for subject, listed in self.map.lists.items()},
                unexplained=self._unexplained,
                confirmed=None if self.confirmed is None else (self.confirmed.as_of_size, self.confirmed.root),
            )
        )

    @property
    def size(self) -> int:
        """How many batches were replayed."""
        return self._frontier.size

    def take(self, batch: Batch) -> list[Stated]:
        """Take the next batch; answer the roots that it states, each with what was found.

        Raises:
            AuditError: it does not continue the log.
        """
        signed, text, contents = self._open(batch)
        self._require_signed(signed, text, contents.events)
        last, previous = self._heads.get(text.stream, (0, batches.NO_PREVIOUS))
        if (text.first, text.previous) != (last + 1, previous):
            raise self._wrong(f"expected {text.stream} to go on at {last + 1}; got {text.first}, or another chain")
        events = (understood(each, accepts_simulated=self._is_demo) for each in contents.events)
        stated = [self._judge_root(event, batch) for event in events if isinstance(event, kinds.UnitMapRooted)]
        self._take_events(text, contents)
        self._heads[text.stream] = (text.last, batches.text_hash(signed.text))
        self._frontier.append(leaf_hash(batch.note))
        return stated

    def require_head(self, head: Checkpoint) -> None:
        """Hold what was replayed against a checkpoint that the log signed.

        Raises:
            AuditError: it is another log.
        """
        if head.origin != self.origin or head.size < self.size:
            raise AuditError(
                f"expected {self.origin} at {self.size} or more; got {head.origin} at {head.size}: it went back"
            )
        if head.size == self.size and head.root != self._frontier.root():
            raise AuditError(
                f"at size {self.size} the log signed the root {head.root.hex()}; what was replayed has"
                f" {self._frontier.root().hex()}: keep both, it told two stories"
            )

    def require_explained(self) -> None:
        """Refuse a log that told events as erased which it does not say that it erased.

        Raises:
            AuditError: there is one. If it was erased a moment ago, a later checkpoint explains it: try again.
        """
        if self._unexplained:
            raise AuditError(f"no `erased` event explains {', '.join(sorted(self._unexplained))}, told as erased")

    def difference(self, entries: Mapping[bytes, Listed], bucket: int) -> Difference | None:
        """The first path of a bucket at which the site's entries are not those of the log's bodies."""
        mine = dict(self.map.bucket(bucket))
        names = {path_of(subject): subject for subject in self.map.lists} if mine != entries else {}
        for path in sorted(mine.keys() | entries.keys()):
            if mine.get(path) != entries.get(path):
                return Difference(names.get(path, path.hex()), mine.get(path), entries.get(path))
        return None

    def _open(self, batch: Batch) -> tuple[Note, BatchNote, Contents]:
        try:
            signed, text = batches.read_note(batch.note)
            erased = {at: parse_remains(body) for at, body in enumerate(batch.bodies) if is_remains(body)}
        except FormatError as error:
            raise self._wrong(str(error)) from error
        if text.origin != self.origin:
            raise self._wrong(f"expected a batch for {self.origin}; got {text.origin}")
        contents = batches.judge_bodies(text, batch.bodies, erased)
        if isinstance(contents, Refused):
            raise self._wrong(f"{contents.step}: {contents.reason}")
        return signed, text, contents

    def _require_signed(self, signed: Note, text: BatchNote, judged: Sequence[Judged]) -> None:
        if self.size == 0:
            self._open_site(text, judged)
        line = signed.signatures[0]
        known = self._keys.find(name=line.name, key_id=line.key_id)
        if known is None:
            raise self._wrong(f"no key of the log is {line.name} {line.key_id.hex()}")
        refused = self._keys.judge(known, stream=text.stream, last_seq=text.last, log_index=self.size)
        verified = refused or verify_note(signed, [known.key])
        if isinstance(verified, Refused):
            raise self._wrong(verified.reason)

    def _open_site(self, text: BatchNote, judged: Sequence[Judged]) -> None:
        """The log's first batch adds the key that it is signed by, and says whether the site is a demo."""
        if text.stream != SITE_STREAM:
            raise self._wrong(f"expected the log to begin with the stream {SITE_STREAM}; got {text.stream}")
        self._is_demo = any(isinstance(each.event, kinds.SiteOpened) and each.event.mode == "demo" for each in judged)
        self._take_keys(judged)

    def _take_events(self, text: BatchNote, contents: Contents) -> None:
        if text.stream == SITE_STREAM and self.size > 0:
            self._take_keys(contents.events)
        for seq, (each, leaf) in enumerate(zip(contents.events, contents.leaves, strict=True), text.first):
            for subject in self._lists_of(each, f"{text.stream} {seq}"):
                self.map.append(subject, leaf)
        self._take_erasures(contents)

    def _lists_of(self, judged: Judged, place: str) -> Sequence[str]:
        if judged.listed is not None:
            self._unexplained[place] = sorted(judged.listed)
            return judged.listed
        event = understood(judged, accepts_simulated=self._is_demo)
        return lists_of(event, kind=judged.kind, body=judged.body, pointers=self._tags)

    def _take_erasures(self, contents: Contents) -> None:
        """The `erased` events of a batch explain an erased event, if they say together what was told of its lists."""
        said: dict[str, list[str]] = {}
        for each in contents.events:
            event = understood(each, accepts_simulated=self._is_demo)
            if isinstance(event, kinds.Erased) and event.what == "body":
                said.setdefault(f"{event.of_stream} {event.of_seq}", []).extend(event.listed)
        for place, listed in said.items():
            told = self._unexplained.pop(place, None)
            if told is not None and told != sorted(listed):
                raise self._wrong(f"the erased event {place} was told to be on other lists than the log says")

    def _take_keys(self, judged: Sequence[Judged]) -> None:
        for position, each in enumerate(judged):
            event = understood(each, accepts_simulated=self._is_demo)
            if isinstance(event, kinds.KeyAdded | kinds.KeyRotated | kinds.KeyRevoked):
                self._take_key(_KeyEvent(each.body, self.size, position))

    def _take_key(self, each: _KeyEvent) -> None:
        event = msgspec.json.decode(each.body, type=kinds.AnyEvent)
        # A key event that does not hold changes nothing; whoever it would have let speak is then refused.
        apply_key_event(self._keys, Recorded(event, each.log_index, each.position), origin=self.origin)
        self._key_events.append(each)

    def _judge_root(self, event: kinds.UnitMapRooted, batch: Batch) -> Stated:
        found = Stated(MapNote(self.origin, self.size, self.map.root()), event.root, event.as_of_size, batch)
        if found.is_confirmed:
            self.confirmed = found.note
        return found

    def _wrong(self, reason: str) -> AuditError:
        return AuditError(f"batch {self.size}: {reason}")


def refutation(found: Stated, difference: Difference | None) -> bytes:
    """A refuted root as a file that anybody can check: the site's own signed statement beside what its log says.

    One JSON object (docs/format.md §13): the batch that states the root, verbatim, is signed by the site's key.
    """
    told = {
        "format": REFUTATION_FORMAT,
        "origin": found.note.origin,
        "log_index": found.note.as_of_size,
        "as_of_size": found.as_of_size,
        "stated": found.stated,
        "computed": format_base64(found.note.root),
        "batch": batches.format_wire(found.batch).decode(),
    }
    if difference is not None:
        told["subject"] = difference.subject
        told["expected"] = _entry(difference.expected)
        told["found"] = _entry(difference.found)
    return msgspec.json.encode(told) + b"\n"


def read_batches(raw: bytes) -> Iterator[Batch]:
    """Batches in wire form, one after the other: each note line says how many lines of events follow.

    Raises:
        FormatError: it is no such stream.
    """
    lines = raw.split(b"\n")
    if lines.pop() != b"":
        raise FormatError("expected lines that each end in a newline")
    at = 0
    while at < len(lines):
        count = batches.read_note(batches.parse_note_line(lines[at]))[1].count
        yield batches.parse_wire(b"\n".join([*lines[at : at + 1 + count], b""]))
        at += 1 + count


def read_entries(raw: Iterable[tuple[str, int, str]]) -> dict[bytes, Listed]:
    """A bucket's entries as the API tells them: path in base64, count, head in base64.

    Raises:
        NoteError: no base64.
    """
    return {parse_base64(path): Listed(count, parse_base64(head)) for path, count, head in raw}


def _entry(listed: Listed | None) -> dict[str, object] | None:
    return None if listed is None else {"count": listed.count, "head": format_base64(listed.head)}
