"""Equivocation: two signed statements of one log that cannot both be true, in one file that anybody verifies offline.

Decides what counts as proof that a log told two stories, and checks it. A missing or wrong proof shows nothing about a
log, since anybody can send one; so each claim below carries what follows from the log's own signatures alone.

    two-roots      two checkpoints: the tree of the later one had another root at the size of the earlier one
    lost-batch     a receipt and a checkpoint: at the receipt's place in the log stands another leaf
    two-receipts   two receipts: one place for two batches, one event with two places, or a stream out of order

A smaller checkpoint after a larger one is no contradiction: both may be true, and only who saw them in order knows.
Who is to be believed, the log's keys, comes from a policy and not from the file. Source: docs/format.md §13.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from ledger.core import checkpoint as checkpoints
from ledger.core import note as notes
from ledger.core import receipt as receipts
from ledger.core.batch import text_hash
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import FormatError, NoteError, Refused
from ledger.core.finding import Outcome
from ledger.core.merkle import leaf_hash, verify_consistency, verify_inclusion
from ledger.core.note import Note, VerifierKey
from ledger.core.policy import Policy
from ledger.core.receipt import Receipt
from ledger.core.signing import verify_note
from ledger.core.steps import Found, StepVerdict, Unknown, take
from ledger.core.versions import UnknownVersionError, require_version

FORMAT = "xuemai/equivocation/v1"
MAX_BYTES = 4 * notes.MAX_NOTE_BYTES

Claim: TypeAlias = Literal["two-roots", "lost-batch", "two-receipts"]
EquivocationVerdict: TypeAlias = StepVerdict
Statement: TypeAlias = Checkpoint | Receipt


class Equivocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Two statements, and what shows that they contradict each other.

    Attributes:
        format: `xuemai/equivocation/v1`.
        claim: how they contradict.
        first: a signed checkpoint (`two-roots`: of the smaller size) or a receipt, verbatim.
        second: a signed checkpoint, or (`two-receipts`) a receipt, verbatim.
        root: `two-roots`: base64 root that the second's tree had at the first's size.
        leaf: `lost-batch`: base64 bytes of the leaf at the receipt's log index.
        proof: base64 hashes; `two-roots`: RFC 6962 consistency proof from `root` to the second; `lost-batch`: RFC 6962
            audit path of `leaf` under the second.
    """

    format: str
    claim: Claim
    first: str
    second: str
    root: str = ""
    leaf: str = ""
    proof: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EquivocationVerification:
    """The verdict and every step that was taken, in order; the last one failed, if one did.

    Attributes:
        verdict: `valid`: the log told two stories; `invalid`: this does not show it; `undecidable`: nobody known here.
        steps: what was checked, and against what.
        claim: what the file claims; None if it is none of these files.
        origin: the log; believe it only if the verdict is `valid`.
    """

    verdict: EquivocationVerdict
    steps: tuple[Outcome, ...]
    claim: Claim | None = None
    origin: str | None = None

    @property
    def failed(self) -> Outcome | None:
        """The step that failed, if one did."""
        return next((step for step in self.steps if step.status == "failed"), None)


def two_roots(first: bytes, second: bytes, *, root: bytes, proof: Sequence[bytes]) -> Equivocation:
    """Claim that the tree of `second` had the root `root` at the size of `first`, which is not the root of `first`."""
    hashes = tuple(map(notes.format_base64, proof))
    return _claim("two-roots", first, second, root=notes.format_base64(root), proof=hashes)


def lost_batch(receipt: bytes, checkpoint: bytes, *, leaf: bytes, proof: Sequence[bytes]) -> Equivocation:
    """Claim that under `checkpoint` the leaf `leaf` stands where `receipt` says that another batch is."""
    hashes = tuple(map(notes.format_base64, proof))
    return _claim("lost-batch", receipt, checkpoint, leaf=notes.format_base64(leaf), proof=hashes)


def two_receipts(first: bytes, second: bytes) -> Equivocation:
    """Claim that two receipts contradict each other."""
    return _claim("two-receipts", first, second)


def contradict(first: Receipt, second: Receipt) -> bool:
    """Whether two receipts of one log cannot both be true: a log gives each batch one place, a stream's in order."""
    if first == second:
        return False
    if first.log_index == second.log_index:
        return True
    if first.stream != second.stream:
        return False
    return (first.last_seq - second.last_seq) * (first.log_index - second.log_index) <= 0


def format(equivocation: Equivocation) -> bytes:  # noqa: A001 - always read as `equivocation.format`
    """The file's bytes: canonical JSON, ending in a newline."""
    return msgspec.json.encode(equivocation) + b"\n"


def parse(raw: bytes) -> Equivocation:
    """Read an equivocation file.

    Raises:
        UnknownVersionError: it says that it is of another version.
        FormatError: not what `format` would have written.
    """
    if len(raw) > MAX_BYTES:
        raise FormatError(f"expected at most {MAX_BYTES} bytes; got {len(raw)}")
    require_version(raw, FORMAT)
    try:
        read = msgspec.json.decode(raw, type=Equivocation)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise FormatError(f"expected an equivocation; {error}") from error
    if format(read) != raw:
        raise FormatError("expected an equivocation in its one spelling: canonical JSON and a newline")
    if (bool(read.root), bool(read.leaf)) != (read.claim == "two-roots", read.claim == "lost-batch"):
        raise FormatError(f"expected `root` with two-roots alone and `leaf` with lost-batch alone; got {read.claim}")
    if read.claim == "two-receipts" and read.proof:
        raise FormatError("expected no proof with two-receipts")
    return read


def verify(raw: bytes, policy: Policy, receipt_keys: Iterable[VerifierKey] = ()) -> EquivocationVerification:
    """Verify that a log which the policy believes in signed two things that cannot both be true.

    Args:
        raw: the file.
        policy: the trust policy that a person keeps; its witnesses are not asked for.
        receipt_keys: the keys whose receipts are that log's word, as pinned by its gateways.
    """
    try:
        read = parse(raw)
        work = _Work(read, policy, tuple(receipt_keys), _read(read, read.first), _read(read, read.second, last=True))
        root, hashes = notes.parse_base64(read.root), tuple(map(notes.parse_base64, read.proof))
        leaf = notes.parse_base64(read.leaf)
    except UnknownVersionError as unknown:
        return EquivocationVerification("undecidable", (Outcome("format", "warning", str(unknown)),))
    except FormatError as error:
        return EquivocationVerification("invalid", (Outcome("format", "failed", str(error)),))
    return _take_steps(work, lambda: _contradiction(work, root, leaf, hashes))


@dataclass(frozen=True, slots=True)
class _Work:
    read: Equivocation
    policy: Policy
    receipt_keys: tuple[VerifierKey, ...]
    first: tuple[Statement, Note]
    second: tuple[Statement, Note]


def _claim(
    claim: Claim, first: bytes, second: bytes, *, root: str = "", leaf: str = "", proof: tuple[str, ...] = ()
) -> Equivocation:
    return Equivocation(
        format=FORMAT, claim=claim, first=first.decode(), second=second.decode(), root=root, leaf=leaf, proof=proof
    )


def _read(read: Equivocation, text: str, *, last: bool = False) -> tuple[Statement, Note]:
    """One of the two statements: a checkpoint or a receipt, as the claim says."""
    if read.claim == "two-roots" or (read.claim == "lost-batch" and last):
        return checkpoints.parse_signed(text)
    signed = notes.parse(text)
    return receipts.parse_text(signed.text), signed


def _take_steps(work: _Work, contradiction: Callable[[], Found]) -> EquivocationVerification:
    first, second = work.first, work.second
    verdict, outcomes = take(
        (
            ("format", lambda: f"a file that claims {work.read.claim}"),
            ("origin", lambda: _origin(work)),
            ("first", lambda: _signed(work, *first)),
            ("second", lambda: _signed(work, *second)),
            ("contradiction", contradiction),
        )
    )
    return EquivocationVerification(verdict, outcomes, work.read.claim, first[0].origin)


def _origin(work: _Work) -> Found:
    """Step 2: both are of one log, and the policy believes in it."""
    first, second = work.first[0].origin, work.second[0].origin
    if first != second:
        return Refused("origin", f"expected two statements of one log, got {first} and {second}")
    if not work.policy.logs_of(first):
        return Unknown(f"the policy names no log with the origin {first}")
    return f"both are of {first}"


def _signed(work: _Work, statement: Statement, signed: Note) -> Found:
    """Steps 3 and 4: the log signed it."""
    if isinstance(statement, Receipt):
        if not work.receipt_keys:
            return Unknown("expected the log's receipt key, which no policy names; give it")
        keys, what = work.receipt_keys, f"a receipt for log index {statement.log_index}"
    else:
        keys = tuple(log.key for log in work.policy.logs_of(statement.origin))
        what = f"a checkpoint of size {statement.size}"
    verified = verify_note(signed, keys)
    return verified if isinstance(verified, Refused) else f"{what}, signed by {verified[0].name}"


def _contradiction(work: _Work, root: bytes, leaf: bytes, hashes: tuple[bytes, ...]) -> Found:
    """Step 5: they cannot both be true."""
    first, second = work.first[0], work.second[0]
    if isinstance(first, Checkpoint):
        # `_read` gives a checkpoint first with two-roots alone, where both are.
        assert isinstance(second, Checkpoint)  # noqa: S101  for the type checker
        return _two_roots(first, second, root, hashes)
    if isinstance(second, Checkpoint):
        return _lost_batch(first, second, leaf, hashes)
    if not contradict(first, second):
        return Refused("contradiction", f"{first} and {second} may both be true")
    return f"log index {first.log_index} for one, {second.log_index} for the other"


def _two_roots(first: Checkpoint, second: Checkpoint, root: bytes, hashes: tuple[bytes, ...]) -> Found:
    refused = verify_consistency(first.size, root, second.size, second.root, hashes)
    if refused:
        return refused
    if root == first.root:
        return Refused("contradiction", f"the second continues the first from size {first.size}: both may be true")
    return f"at size {first.size} one says {first.root.hex()[:16]}…, the other's tree had {root.hex()[:16]}…"


def _lost_batch(given: Receipt, second: Checkpoint, leaf: bytes, hashes: tuple[bytes, ...]) -> Found:
    refused = verify_inclusion(leaf_hash(leaf), given.log_index, second.size, hashes, second.root)
    if refused:
        return refused
    try:
        found = text_hash(notes.parse(leaf).text)
    except NoteError:
        return f"the leaf at {given.log_index} is no batch note"
    if found == given.batch_hash:
        return Refused("contradiction", f"the batch of the receipt is at {given.log_index}: both may be true")
    return f"at {given.log_index} the receipt says {given.batch_hash.hex()[:16]}…, the log holds {found.hex()[:16]}…"
