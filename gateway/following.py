"""Following the ledger: what this gateway holds of it, and whether it still says the same.

A gateway pins the newest checkpoint that it verified and every receipt. At start, and then once or twice a minute, it
asks for the ledger's checkpoint, which must be signed by a pinned key, be no smaller, begin with the tree that was
pinned, and hold every batch that a receipt was given for, at its place. A ledger that went back, told another story or
lost a batch is refused: nothing more is sent, and nothing is lost, until it shows the pinned history again (a person
restored the newest database) or a person lets the gateway go over to a new log.

Decides when to ask, what to believe, what to remember. What contradicts what is `ledger.core.following`'s; sending and
receiving is `uplink`'s. Where the ledger's own signatures show two stories, they are kept as a file that anybody
verifies (docs/format.md §12).
"""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from gateway.outbox import Outbox
from gateway.uplink import Get, Unreachable, standstill_of, told_by
from ledger.core import checkpoint as checkpoints
from ledger.core import equivocation, held, note, tiles
from ledger.core.checkpoint import Checkpoint
from ledger.core.equivocation import Equivocation
from ledger.core.errors import FormatError, Refused
from ledger.core.following import OtherLeaf, OtherRoot, judge_growth, judge_leaves
from ledger.core.merkle import ReadNode, leaf_hash
from ledger.core.note import Note, VerifierKey
from ledger.core.signing import verify_note
from ledger.core.tiles import EntryBundle, Tile

CHECKPOINT_PATH = "/checkpoint"
EVIDENCE_FOLDER = "evidence"
SURE_AFTER_LOOKS = 3
"""A smaller checkpoint may come from a reader that lags behind; so often in a row it does not."""

LOOK_AGAIN_SECONDS = 1.0
MAX_RECEIPTS_A_LOOK = 4096
_log = structlog.get_logger("following")


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a gateway believes in.

    Attributes:
        origin: the log's name.
        log_keys: the keys of its checkpoints, any of which may have signed; empty: checkpoints are not followed.
        interval_seconds: between two looks, at least; at most half as much more.
    """

    origin: str
    log_keys: tuple[VerifierKey, ...]
    interval_seconds: float


@dataclass(slots=True)
class Follower:
    """Looks at the ledger's checkpoint. Used by one thread.

    Attributes:
        outbox: where pins are durable.
        get: see `uplink.Get`.
        pinned: see `Pinned`.
        folder: the gateway's folder, for evidence.
        monotonic: real seconds.
        jitter: a number from 0 to 1, so that gateways do not ask in step.
        last_error: why the last look said nothing; empty: it did.
        stranger: the id of a key that signed the last checkpoint under the log's name and is not pinned, in hex.
        looks: how many checkpoints were looked at.
        standstill: see `uplink.standstill_of`; as the ledger last answered.
    """

    outbox: Outbox
    get: Get
    pinned: Pinned
    folder: Path
    monotonic: Callable[[], float]
    jitter: Callable[[], float] = random.random
    last_error: str = ""
    stranger: str | None = None
    looks: int = 0
    standstill: str = ""
    _due_at: float = float("-inf")
    _smaller: int = field(default=0)

    def look_if_due(self) -> bool:
        """Look, if it is time; whether it was, and the ledger showed what is pinned. What was found is durable then.

        Raises:
            OutboxError: what was found could not be kept; it is looked for again.
        """
        if not self.pinned.log_keys or self.monotonic() < self._due_at:
            return False
        self._due_at = self.monotonic() + self.pinned.interval_seconds * (1 + self.jitter() / 2)
        try:
            self.last_error = self._look()
        except Unreachable as error:
            self.last_error = f"no answer: {error}"
        except FormatError as error:
            self.last_error = f"expected a checkpoint and its tiles; {error}"
        return not self.last_error

    def look_soon(self) -> None:
        """Let the next `look_if_due` look."""
        self._due_at = float("-inf")

    def _look(self) -> str:
        """Look once; why it said nothing, or nothing."""
        answer = self.get(CHECKPOINT_PATH)
        self.standstill = standstill_of(answer)
        if answer.status != 200:
            return f"no checkpoint: {told_by(answer)}"
        seen, signed = checkpoints.parse_signed(answer.body)
        self.looks += 1
        self.stranger = _stranger(signed, self.pinned)
        verified = verify_note(signed, self.pinned.log_keys)
        if isinstance(verified, Refused):
            return f"no checkpoint: {verified.reason}"
        if seen.origin != self.pinned.origin:
            return f"no checkpoint: expected one of {self.pinned.origin}, got one of {seen.origin}"
        raw = note.format(Note(signed.text, _lines_of(signed, verified)))
        before = self.outbox.ledger.checkpoint()
        known = None if before is None else checkpoints.parse_signed(before)[0]
        if before is not None and known is not None and seen.size < known.size:
            return self._is_smaller(seen, known)
        self._smaller = 0
        node = tiles.read_nodes(seen.size, self._tile)
        return (before and known and self._judge_growth(before, known, raw, seen, node)) or self._judge_receipts(
            raw, seen, node
        )

    def _is_smaller(self, seen: Checkpoint, known: Checkpoint) -> str:
        self._smaller += 1
        reason = f"the ledger went back: its checkpoint is of size {seen.size}, and one of {known.size} is pinned here"
        if self._smaller < SURE_AFTER_LOOKS:
            self._due_at = self.monotonic() + LOOK_AGAIN_SECONDS
            return reason
        return self._refuse(reason)

    def _judge_growth(self, before: bytes, known: Checkpoint, raw: bytes, seen: Checkpoint, node: ReadNode) -> str:
        match judge_growth(known, seen, node):
            case OtherRoot(root=root, proof=proof):
                return self._refuse(
                    f"the ledger tells another story: its tree of size {seen.size} does not begin with the one of "
                    f"{known.size} that is pinned here",
                    equivocation.two_roots(before, raw, root=root, proof=proof),
                )
            case Refused(step=_, reason=reason):
                return f"its tiles are not those of its checkpoint: {reason}"
            case None:
                return ""

    def _judge_receipts(self, raw: bytes, seen: Checkpoint, node: ReadNode) -> str:
        """Look whether every batch with a receipt is there, then pin what was seen."""
        found = [each for each in self.outbox.ledger.uncovered(MAX_RECEIPTS_A_LOOK) if each.log_index < seen.size]
        match judge_leaves({each.log_index: leaf_hash(each.note) for each in found}, seen, node):
            case OtherLeaf(index=index, proof=proof):
                lost = next(each for each in found if each.log_index == index)
                return self._refuse(
                    f"the ledger lost a batch: at log index {index} it holds another one than the receipt says that "
                    f"is here for events to {lost.last} of {lost.stream}",
                    equivocation.lost_batch(lost.receipt, raw, leaf=self._leaf(index, seen.size), proof=proof),
                )
            case Refused(step=_, reason=reason):
                return f"its tiles are not those of its checkpoint: {reason}"
            case None:
                self.outbox.ledger.pin(raw, found)
                self._trust()
                return ""

    def _refuse(self, reason: str, shown: Equivocation | None = None) -> str:
        if self.outbox.ledger.refusal() is not None:
            return reason
        if shown is not None:
            reason = f"{reason}; {self._keep(equivocation.format(shown))} shows it to anybody"
        self.outbox.ledger.refuse(reason)
        _log.critical("ledger_went_back", reason=reason)
        return reason

    def _trust(self) -> None:
        if self.outbox.ledger.refusal() is not None:
            self.outbox.ledger.trust()
            _log.warning("the ledger shows the pinned history again; sending goes on")

    def _keep(self, evidence: bytes) -> str:
        name = f"{EVIDENCE_FOLDER}/{hashlib.sha256(evidence).hexdigest()[:16]}.equivocation"
        (self.folder / EVIDENCE_FOLDER).mkdir(exist_ok=True)
        (self.folder / name).write_bytes(evidence)
        return name

    def _tile(self, tile: Tile | EntryBundle) -> bytes:
        answer = self.get(f"/{tiles.format_path(tile)}")
        if answer.status != 200:
            raise Unreachable(f"{tiles.format_path(tile)}: {told_by(answer)}")
        return answer.body

    def _leaf(self, index: int, size: int) -> bytes:
        number, at = divmod(index, tiles.WIDTH)
        width = tiles.width_at(0, number, size)
        return tiles.decode_entry_bundle(self._tile(EntryBundle(number, width)), width)[at]


def present(outbox: Outbox) -> str:
    """The header with which a gateway presents what it holds of the ledger: `held.HEADER`."""
    pinned = outbox.ledger.checkpoint()
    return held.format([*outbox.ledger.last_receipts(), *([] if pinned is None else [pinned])])


def _stranger(signed: Note, pinned: Pinned) -> str | None:
    """The id of the first key that signed under the log's name and is not pinned."""
    known = {key.key_id for key in pinned.log_keys}
    named = (line.key_id.hex() for line in signed.signatures if line.name == pinned.origin and line.key_id not in known)
    return next(named, None)


def _lines_of(signed: Note, keys: Sequence[VerifierKey]) -> tuple[note.Signature, ...]:
    """The lines of the log's own keys; cosignatures are not held against anybody."""
    named = {(key.name, key.key_id) for key in keys}
    return tuple(line for line in signed.signatures if (line.name, line.key_id) in named)
