"""What the ledger itself writes: events of the site's own streams, checked, sealed and signed in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from sqlalchemy import Connection

from ledger.append import enclosing, withholding
from ledger.clock import Clock
from ledger.config import Site
from ledger.core import batch as batches
from ledger.core import kinds
from ledger.core.batch import Contents
from ledger.core.custody import Recorded
from ledger.core.errors import Refused, XuemaiError
from ledger.core.events import SITE_STREAM, Judged, event_leaf
from ledger.core.ids import format_instant
from ledger.core.keys import KeyState
from ledger.core.note import format_base64
from ledger.core.signing import sign_note
from ledger.store import enclosures, evidence
from ledger.store.assertions import Draft, make_events, refuse_assertions
from ledger.store.chain import Sealed
from ledger.store.erasing import carry_out
from ledger.store.ownkeys import OwnKeys, signer_id
from ledger.store.writer import Working
from ledger.withheld.keeper import Keeper

if TYPE_CHECKING:
    from ledger.read.reader import Reader

_PORTION_OCTETS = batches.MAX_WIRE_BYTES - 16_384
"""What the events of a batch may take, so that there is room for its note."""

OwnStream = Literal["web", "site"]
Check: TypeAlias = "Callable[[Reader], Refused | None]"
"""A person's assertion is checked by this, on the writer's own connection, just before it is written."""
Making: TypeAlias = "Callable[[Reader], Sequence[Draft] | Refused]"
"""Makes what a person asserts with the ledger as it is just before it is written."""
Declared: TypeAlias = tuple[int, KeyState, tuple[Recorded, ...]]
"""Log index of a batch, the keys after it, and its events."""


@dataclass(frozen=True, slots=True)
class OwnEvents:
    """Writes to the site's own streams; each call within a transaction of the writer's.

    Attributes:
        site: whose log it is.
        clock: tells when something is recorded.
        entropy: makes salts and identifiers, of so many bytes.
        keys: sign the batches.
        withheld: keeps what people withhold from the log.
    """

    site: Site
    clock: Clock
    entropy: Callable[[int], bytes]
    keys: OwnKeys
    withheld: Keeper

    def record(
        self, working: Working, stream: OwnStream, drafts: Sequence[Draft], check: "Check | None"
    ) -> Declared | Refused:
        """Record what a person asserts or the site declares, all or nothing.

        Args:
            working: the open transaction.
            stream: the site's own stream that it belongs to.
            drafts: the events, less what is filled in here; at least one.
            check: a rule to ask first.
        """
        connection = working.connection
        refused = None if check is None else self._check(connection, check)
        if refused is not None:
            return refused
        head = working.chain.head(connection, stream)
        first, now_ms = head.last_seq + 1, self.clock.now_ms()
        enclosed, documents = enclosing.name_files(drafts)
        told, values = withholding.commit(enclosed, first=first, entropy=self.entropy)
        made = make_events(told, stream=stream, first=first, now_ms=now_ms, clock=self.clock.name, entropy=self.entropy)
        if isinstance(made, Refused):
            return made
        portions = list(_portions(made))
        recorded = tuple(
            Recorded(each.event, log_index, position)
            for log_index, portion in enumerate(portions, working.frontier.size)
            for position, each in enumerate(portion)
            if each.event is not None
        )
        refused = evidence.refuse(connection, recorded, documents)
        refused = refused or refuse_assertions(working, recorded, origin=self.site.origin)
        if refused is not None:
            return refused
        refused = self._append_all(working, stream, portions, now_ms=now_ms)
        if refused is not None:
            return refused
        evidence.keep(connection, recorded, documents)
        carry_out(self.site, working, recorded)
        withholding.keep(self.withheld, stream, first, values)
        return working.frontier.size, working.projector.keys(connection), recorded

    def enclose(self, working: Working, drafts: Sequence[Draft], document: bytes) -> Declared | Refused:
        """Record what the site declares of a document, and keep it; refused at `enclosure` if it is kept already."""
        if enclosures.is_kept(working.connection, document):
            return Refused("enclosure", "the same document was recorded before")
        answer = self.record(working, "site", drafts, None)
        if not isinstance(answer, Refused):
            enclosures.keep(working.connection, document)
        return answer

    def root_unit_map(self, working: Working) -> int | None:
        """State the unit map's root; answer the log size that it is of, None if no list has grown since the last."""
        size, unit_map = working.frontier.size, working.projector.unit_map
        if size == 0 or not unit_map.has_grown(working.connection, size):
            return None
        working.wrote = True
        root = format_base64(unit_map.root(working.connection, size))
        refused = self.record(working, "site", [Draft(kinds.UnitMapRooted, {"as_of_size": size, "root": root})], None)
        if isinstance(refused, Refused):
            raise XuemaiError(f"the site may not state the unit map's root: {refused.reason}")
        return size

    def record_made(self, working: Working, make: "Making") -> Declared | Refused:
        """Record what a person asserts, made with the ledger as it is just before: for what is numbered without gaps.

        Args:
            working: the open transaction.
            make: makes the events; Refused where a rule is against them.
        """
        drafts = make(self._reader(working.connection))
        return drafts if isinstance(drafts, Refused) else self.record(working, "web", drafts, None)

    def _reader(self, connection: Connection) -> "Reader":
        from ledger.read.reader import Reader  # noqa: PLC0415  only who asserts needs the reader and its rules

        return Reader(connection, self.site)

    def _check(self, connection: Connection, check: Check) -> Refused | None:
        return check(self._reader(connection))

    def _append_all(
        self, working: Working, stream: OwnStream, portions: Sequence[Sequence[Judged]], *, now_ms: int
    ) -> Refused | None:
        for number, portion in enumerate(portions):
            refused = self._append(working, stream, portion, now_ms=now_ms)
            if refused is not None and number:  # what stands before it goes too: an error undoes the transaction
                raise XuemaiError(f"{refused.step}: {refused.reason}")
            if refused is not None:
                return refused
        working.flush()
        return None

    def _append(self, working: Working, stream: OwnStream, made: Sequence[Judged], *, now_ms: int) -> Refused | None:
        sealed = self._seal(working, stream, made, now_ms=now_ms)
        refused = sealed if isinstance(sealed, Refused) else _refuse_own_key(working, sealed)
        if refused is None and isinstance(sealed, Sealed):
            working.append(sealed)
        return refused

    def _seal(self, working: Working, stream: OwnStream, made: Sequence[Judged], *, now_ms: int) -> Sealed | Refused:
        head = working.chain.head(working.connection, stream)
        signer = self.keys.holding(stream, working.projector.keys(working.connection))
        if signer is None:
            return Refused("key", f"no key of stream {stream} holds any more")
        text = batches.compose(
            [each.body for each in made],
            origin=self.site.origin,
            stream=stream,
            first=head.last_seq + 1,
            previous=head.previous,
            time=format_instant(now_ms),
        )
        raw = text.format()
        contents = Contents(tuple(made), tuple(event_leaf(each.body) for each in made))
        return Sealed(sign_note(raw, [signer]), text, raw, contents, signer_id(signer))


def _portions(made: Sequence[Judged]) -> Iterator[Sequence[Judged]]:
    """The events in runs that a batch each may hold: what belongs together is one transaction, however long it is."""
    portion: list[Judged] = []
    octets = 0
    for each in made:
        if portion and (len(portion) == batches.MAX_EVENTS or octets + len(each.body) >= _PORTION_OCTETS):
            yield portion
            portion, octets = [], 0
        portion.append(each)
        octets += len(each.body) + 1
    yield portion


def _refuse_own_key(working: Working, sealed: Sealed) -> Refused | None:
    """Why the site's own key no longer holds; at index 0 it vouches for itself."""
    if working.frontier.size == 0 and sealed.text.stream == SITE_STREAM:
        return None
    keys = working.projector.keys(working.connection)
    known = keys.known.get(sealed.key)
    if known is None:
        return Refused("key", f"{sealed.key} of stream {sealed.text.stream} is not in the log")
    return keys.judge(known, stream=sealed.text.stream, last_seq=sealed.text.last, log_index=working.frontier.size)
