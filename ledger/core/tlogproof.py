"""C2SP log proofs: one leaf of a log, its way to a checkpoint, and that checkpoint with its cosignatures, in one file.

Decides whether bytes are such a proof, writes one, and says whether a leaf's bytes were logged by a log, and seen by
the witnesses, that a policy believes in. What the leaf means is left to who reads it: here, a batch note (`batch`).

Source: c2sp.org/tlog-proof. The step names below are those of docs/format.md §10, and part of the interface.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from ledger.core import checkpoint as checkpoints
from ledger.core.errors import NoteError, Refused
from ledger.core.finding import Outcome
from ledger.core.merkle import HASH_BYTES, MAX_SIZE, leaf_hash, verify_inclusion
from ledger.core.note import MAX_NOTE_BYTES, Note, format_base64, parse_base64
from ledger.core.policy import Policy
from ledger.core.signing import verify_note
from ledger.core.steps import Found, StepVerdict, Unknown, take

FILE_SUFFIX = ".tlog-proof"
HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 64
"""The longest way from a leaf to the root of a tree of `merkle.MAX_SIZE` leaves."""

MAX_PROOF_BYTES = 2 * MAX_NOTE_BYTES
"""Room for the largest checkpoint, and as much again for what comes before it."""

ProofVerdict: TypeAlias = StepVerdict

_VERSION = re.compile(rb"c2sp\.org/tlog-proof@v[1-9][0-9.]{0,18}")
_INDEX = re.compile(r"0|[1-9][0-9]{0,19}")


class UnknownVersionError(NoteError):
    """A log proof of a version that is not known here."""


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A leaf's place and its way to a checkpoint.

    Attributes:
        index: of the leaf, from 0.
        hashes: its RFC 6962 audit path, 32 bytes each, sibling of the leaf first.
        checkpoint: the signed checkpoint, verbatim.
        extra: what an application added; nothing vouches for it. Empty: nothing.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""


@dataclass(frozen=True, slots=True)
class LeafVerification:
    """The verdict on a leaf, and every step that was taken, in order; the last one failed, if one did.

    Attributes:
        verdict: `valid`, `invalid` or `undecidable`.
        steps: what was checked, and against what.
        proof: what was read; None if the file is no proof.
        checkpoint: what it says; believe it only if the verdict is `valid`.
    """

    verdict: ProofVerdict
    steps: tuple[Outcome, ...]
    proof: TlogProof | None = None
    checkpoint: checkpoints.Checkpoint | None = None

    @property
    def failed(self) -> Outcome | None:
        """The step that failed, if one did."""
        return next((step for step in self.steps if step.status == "failed"), None)


def parse(raw: bytes) -> TlogProof:
    """Read a log proof, strictly: whatever `format` would not have written is refused.

    Raises:
        UnknownVersionError: if it is one of another version.
        NoteError: with what was expected and what came.
    """
    if len(raw) > MAX_PROOF_BYTES:
        raise NoteError(f"expected at most {MAX_PROOF_BYTES} bytes, got {len(raw)}")
    # The first blank line ends the proof; the checkpoint has one of its own.
    head, _, signed = raw.partition(b"\n\n")
    _require_header(head.partition(b"\n")[0])
    lines = _ascii(head).split("\n")
    # An `extra` line that holds nothing is taken for the index, which it is not.
    extra = parse_base64(lines[1].removeprefix("extra ")) if lines[1:] and lines[1].startswith("extra ") else b""
    index, *hashes = lines[2 if extra else 1 :] or [""]
    if len(hashes) > MAX_HASHES:
        raise NoteError(f"expected at most {MAX_HASHES} hashes, got {len(hashes)}")
    checkpoints.parse_signed(signed)
    return TlogProof(_take_index(index), tuple(map(_take_hash, hashes)), signed, extra)


def format(proof: TlogProof) -> bytes:  # noqa: A001 - always read as `tlogproof.format`, the twin of `parse`
    """Write a log proof.

    Raises:
        NoteError: if the proof is one that `parse` would refuse or read differently.
    """
    lines = [HEADER, *([f"extra {format_base64(proof.extra)}"] if proof.extra else []), f"index {proof.index}"]
    lines += map(format_base64, proof.hashes)
    raw = "\n".join(lines).encode() + b"\n\n" + proof.checkpoint
    if parse(raw) != proof:
        raise NoteError("expected an index, hashes and a checkpoint that a log proof can carry")
    return raw


def verify(raw: bytes, leaf: bytes, policy: Policy) -> LeafVerification:
    """Verify that a log which the policy believes in holds exactly these bytes as a leaf.

    Args:
        raw: the proof's file.
        leaf: the leaf's bytes, which did not come with the proof.
        policy: the trust policy that a person keeps.

    Returns:
        `valid`: every step holds. `invalid`: a step failed; a quorum that is not met is a failure. `undecidable`: the
        version is not known here, or the policy names no log of that origin. When witnesses cosigned is not asked.
    """
    try:
        proof = parse(raw)
    except UnknownVersionError as unknown:
        return LeafVerification("undecidable", (Outcome("format", "warning", str(unknown)),))
    except NoteError as error:
        return LeafVerification("invalid", (Outcome("format", "failed", str(error)),))
    return _take_steps(_Work(leaf, policy, proof, *checkpoints.parse_signed(proof.checkpoint)))


@dataclass(frozen=True, slots=True)
class _Work:
    leaf: bytes
    policy: Policy
    proof: TlogProof
    head: checkpoints.Checkpoint
    signed: Note


_Step: TypeAlias = Callable[[_Work], Found]


def _take_steps(work: _Work) -> LeafVerification:
    read = f"a proof for leaf {work.proof.index}, {len(work.proof.hashes)} hashes"
    after = ((name, partial(step, work)) for name, step in STEPS)
    verdict, outcomes = take((("format", lambda: read), *after))
    return LeafVerification(verdict, outcomes, work.proof, work.head)


def _checkpoint(work: _Work) -> Found:
    """Step 2: a log of the policy signed the checkpoint, under its own origin."""
    origin = work.head.origin
    trusted = [log.key for log in work.policy.logs_of(origin)]
    if not trusted:
        return Unknown(f"the policy names no log with the origin {origin}")
    verified = verify_note(work.signed, trusted)
    if isinstance(verified, Refused):
        return verified
    return f"{origin} at size {work.head.size}, signed by a log of the policy"


def _witnesses(work: _Work) -> str | Refused:
    """Step 3: every line of a witness of the policy verifies, and those witnesses are its quorum."""
    keys = [witness.key for witness in work.policy.witnesses]
    named = {(key.name, key.key_id) for key in keys}
    cosigned = any((line.name, line.key_id) in named for line in work.signed.signatures)
    verified = verify_note(work.signed, keys) if cosigned else ()
    if isinstance(verified, Refused):
        return verified
    quorum = work.policy.quorum
    if not work.policy.judge(frozenset(verified)):
        return Refused("witnesses", f"expected the quorum {quorum}, got {len(verified)} of {len(keys)} witnesses")
    return f"{len(verified)} of the policy's {len(keys)} witnesses cosigned; the quorum is {quorum}"


def _inclusion(work: _Work) -> str | Refused:
    """Step 4: the leaf's bytes lead to the checkpoint's root at their place."""
    head, proof = work.head, work.proof
    refused = verify_inclusion(leaf_hash(work.leaf), proof.index, head.size, proof.hashes, head.root)
    if refused:
        return refused
    return f"{len(work.leaf)} bytes are leaf {proof.index} of {head.size} under root {head.root.hex()[:16]}…"


STEPS: tuple[tuple[str, _Step], ...] = (
    ("checkpoint", _checkpoint),
    ("witnesses", _witnesses),
    ("inclusion", _inclusion),
)
"""The steps after `format`, which is step 1; their names are part of the interface."""


def _ascii(head: bytes) -> str:
    try:
        return head.decode("ascii")
    except UnicodeDecodeError as error:
        raise NoteError(f"expected ASCII before the checkpoint, got byte 0x{head[error.start]:02x}") from error


def _require_header(line: bytes) -> None:
    if line == HEADER.encode():
        return
    if _VERSION.fullmatch(line):
        raise UnknownVersionError(f"expected {HEADER}, got {line!r:.60}: a version that is not known here")
    raise NoteError(f"expected {HEADER} on the first line, got {line!r:.60}")


def _take_index(line: str) -> int:
    digits = line.removeprefix("index ")
    if not line.startswith("index ") or not _INDEX.fullmatch(digits) or int(digits) >= MAX_SIZE:
        raise NoteError(f"expected `index` and a decimal below {MAX_SIZE} without leading zeros, got {line!r:.60}")
    return int(digits)


def _take_hash(line: str) -> bytes:
    digest = parse_base64(line)
    if len(digest) != HASH_BYTES:
        raise NoteError(f"expected hashes of {HASH_BYTES} bytes, got {len(digest)}")
    return digest
