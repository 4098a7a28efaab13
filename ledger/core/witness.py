"""The C2SP witness protocol: what a log asks of a witness, and whether the witness may cosign it.

Decides whether a checkpoint continues what was cosigned last. Remembering that, and changing it in one step with the
decision, is left to `ledger.witness`; so is the key.

Source: c2sp.org/tlog-witness. The checks stand in its order, and each refusal carries its HTTP status.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.core import checkpoint as checkpoints
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import NoteError, Refused
from ledger.core.merkle import EMPTY_ROOT, HASH_BYTES, MAX_SIZE, verify_consistency
from ledger.core.note import VerifierKey, format_base64, parse_base64
from ledger.core.signing import verify_note

MAX_HASHES = 63
"""The most consistency hashes that a request may carry (c2sp.org/tlog-witness): enough for logs of 2**62 leaves."""

_OLD = re.compile(r"old (0|[1-9][0-9]{0,19})")


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request to cosign.

    Attributes:
        old_size: the size that the log believes was cosigned last; 0 if none.
        hashes: the RFC 6962 consistency proof from that size, 32 bytes each.
        checkpoint: the signed checkpoint, verbatim.
    """

    old_size: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request whose checkpoint a known log signed."""

    request: AddCheckpoint
    head: Checkpoint


@dataclass(frozen=True, slots=True)
class Declined:
    """Why nothing is cosigned.

    Attributes:
        status: the HTTP status: 400, 403, 404, 409 or 422.
        reason: what was expected and what came.
        size: with 409, the size that was cosigned last, for the log to try again from.
        contradiction: the signed checkpoint, if it cannot be true together with the one that was cosigned last.
    """

    status: int
    reason: str
    size: int | None = None
    contradiction: bytes | None = None


def parse(raw: bytes) -> AddCheckpoint:
    """Read a request, strictly: whatever `format` would not have written is refused.

    Raises:
        NoteError: with what was expected and what came.
    """
    # The first blank line ends the proof; the checkpoint has one of its own.
    head, _, signed = raw.partition(b"\n\n")
    if not head.isascii():
        raise NoteError("expected ASCII before the checkpoint")
    old, *hashes = head.decode().split("\n")
    found = _OLD.fullmatch(old)
    if not found or int(found[1]) > MAX_SIZE:
        raise NoteError(f"expected `old` and a decimal of at most {MAX_SIZE} without leading zeros, got {old!r:.60}")
    if len(hashes) > MAX_HASHES:
        raise NoteError(f"expected at most {MAX_HASHES} hashes, got {len(hashes)}")
    checkpoints.parse_signed(signed)
    return AddCheckpoint(int(found[1]), tuple(map(_take_hash, hashes)), signed)


def format(request: AddCheckpoint) -> bytes:  # noqa: A001 - always read as `witness.format`, the twin of `witness.parse`
    """Write a request.

    Raises:
        NoteError: if the request is one that `parse` would refuse or read differently.
    """
    lines = [f"old {request.old_size}", *map(format_base64, request.hashes)]
    raw = "\n".join(lines).encode() + b"\n\n" + request.checkpoint
    if parse(raw) != request:
        raise NoteError("expected an old size, hashes and a checkpoint that a request can carry")
    return raw


def admit(raw: bytes, logs: Iterable[VerifierKey]) -> Admitted | Declined:
    """Find out whether a request is one of a log that this witness knows, without knowing what it cosigned before.

    Args:
        raw: the request's body.
        logs: the keys of the logs that it witnesses; a key's name is its log's origin.
    """
    try:
        request = parse(raw)
    except NoteError as error:
        return Declined(400, str(error))
    head, signed = checkpoints.parse_signed(request.checkpoint)
    keys = [key for key in logs if key.name == head.origin]
    if not keys:
        return Declined(404, f"expected a log that is witnessed here, got {head.origin!r:.200}")
    verified = verify_note(signed, keys)
    if isinstance(verified, Refused):
        return Declined(403, verified.reason)
    if request.old_size > head.size:
        return Declined(400, f"expected an old size of at most {head.size}, got {request.old_size}")
    return Admitted(request, head)


def advance(admitted: Admitted, latest: Checkpoint | None) -> Declined | None:
    """Find out whether an admitted checkpoint continues the one of its log that was cosigned last; None if it does.

    Args:
        admitted: what a known log signed.
        latest: what was cosigned last for its origin; None if nothing was.
    """
    request, head = admitted.request, admitted.head
    known = latest or Checkpoint(head.origin, 0, EMPTY_ROOT)
    if request.old_size != known.size:
        return Declined(409, f"expected the old size {known.size}, got {request.old_size}", size=known.size)
    if 0 < head.size == known.size and head.root != known.root:  # of nothing there is one root: no second story of it
        reason = f"at size {known.size} the root {known.root.hex()} was cosigned, got {head.root.hex()}"
        return Declined(409, reason, contradiction=request.checkpoint)
    refused = verify_consistency(known.size, known.root, head.size, head.root, request.hashes)
    return Declined(422, refused.reason) if refused else None


def _take_hash(line: str) -> bytes:
    digest = parse_base64(line)
    if len(digest) != HASH_BYTES:
        raise NoteError(f"expected hashes of {HASH_BYTES} bytes, got {len(digest)}")
    return digest
