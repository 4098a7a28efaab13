"""Ed25519, strictly, and signed notes made and verified with it.

Decides whether a signature is good. Libraries disagree about odd points and unreduced scalars, and a ledger whose
verifiers disagree proves nothing: so whatever they disagree about is refused before the library is asked. Which keys
are to be trusted is left to the key state and to `policy`.

Sources: RFC 8032, 5.1; c2sp.org/signed-note; c2sp.org/tlog-cosignature.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.core import checkpoint, note
from ledger.core.errors import Refused
from ledger.core.note import COSIGNATURE_V1, ED25519, Note, Signature, VerifierKey

PUBLIC_BYTES = 32
SEED_BYTES = 32
SIGNATURE_BYTES = 64
MAX_TIMESTAMP = 2**63 - 1
"""The latest time of a cosignature, in seconds since 1970 (c2sp.org/tlog-cosignature)."""

_STEP = "signature"
_TIMESTAMP_BYTES = 8
_FIELD = 2**255 - 19
_GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
_Y_BITS = 2**255 - 1

# The y coordinates of the eight points whose order divides 8. Each of the last three also stands for its negative, the
# same y with the other sign of x, which is why only y is compared.
_LOW_ORDER_Y = frozenset(
    {
        1,  # order 1: the neutral point
        _FIELD - 1,  # order 2
        0,  # order 4, twice
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,  # order 8, twice
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,  # order 8, twice
    }
)


class SigningKey:
    """An Ed25519 private key. Its representation never shows the seed."""

    __slots__ = ("_private", "public")

    def __init__(self, seed: bytes) -> None:
        """Make the key of a 32-byte seed.

        Raises:
            ValueError: if the seed has another length.
        """
        if len(seed) != SEED_BYTES:
            raise ValueError(f"expected a seed of {SEED_BYTES} bytes, got {len(seed)}")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Sign a message; 64 bytes, always the same for the same message."""
        return self._private.sign(message)


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private key and the name under which it signs notes (signature type 0x01)."""

    name: str
    key: SigningKey

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, ED25519, self.key.public)

    def sign(self, text: str) -> Signature:
        """Sign a note's text."""
        return Signature(self.name, self.verifier.key_id, self.key.sign(text.encode()))


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's private key and its name (signature type 0x04)."""

    name: str
    key: SigningKey

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, COSIGNATURE_V1, self.key.public)

    def cosign(self, seen: checkpoint.Checkpoint, timestamp: int) -> Signature:
        """State that `seen` is the largest consistent state of its log known at `timestamp`, in seconds since 1970.

        Raises:
            ValueError: if the timestamp is negative or above `MAX_TIMESTAMP`.
            NoteError: if the checkpoint cannot be written.
        """
        return self.cosign_text(checkpoint.format(seen), timestamp)

    def cosign_text(self, text: str, timestamp: int) -> Signature:
        """State the same of another note's text, whose first line says what the statement is.

        Raises:
            ValueError: if the timestamp is negative or above `MAX_TIMESTAMP`.
        """
        if not 0 <= timestamp <= MAX_TIMESTAMP:
            raise ValueError(f"expected seconds since 1970, at most {MAX_TIMESTAMP}, got {timestamp}")
        message = _cosigned_message(text, timestamp)
        raw = timestamp.to_bytes(_TIMESTAMP_BYTES, "big") + self.key.sign(message)
        return Signature(self.name, self.verifier.key_id, raw)


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> Refused | None:
    """Check an Ed25519 signature.

    Refused before the library is asked: wrong lengths; a public key or R that is not the canonical encoding of a
    point's y and sign, or is of low order; S that is not below the group's order.
    """
    if len(public) != PUBLIC_BYTES:
        return Refused(_STEP, f"expected a public key of {PUBLIC_BYTES} bytes, got {len(public)}")
    if len(signature) != SIGNATURE_BYTES:
        return Refused(_STEP, f"expected a signature of {SIGNATURE_BYTES} bytes, got {len(signature)}")
    commitment, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    if scalar >= _GROUP_ORDER:
        return Refused(_STEP, "expected S below the group's order: the signature was altered")
    weakness = _weak_point("public key", public) or _weak_point("R", commitment)
    if weakness:
        return Refused(_STEP, weakness)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):  # ValueError: the public key is no point
        return Refused(_STEP, f"expected a signature by the key {public.hex()}, got one that does not verify")
    return None


def sign_note(text: str, signers: Sequence[NoteSigner]) -> bytes:
    """Write a note with one signature line a signer, in their order.

    Raises:
        NoteError: if there is no signer, or the text cannot stand in a note.
    """
    note.require_text(text)
    return note.format(Note(text=text, signatures=tuple(signer.sign(text) for signer in signers)))


def verify_note(signed: Note, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...] | Refused:
    """Find out which of the keys signed the note, in the order of its lines; at least one.

    A line of an unknown key is ignored, whatever it holds. One bad line of a known key refuses the whole note, and so
    do two lines of one known key, because verifiers could choose between them.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            return Refused(_STEP, f"expected one key of the name {key.name!r} and id {key.key_id.hex()}, got two")
    lines = [each for each in signed.signatures if (each.name, each.key_id) in known]
    if not lines:
        return Refused(_STEP, f"expected a signature of one of {len(known)} known keys, got none")
    repeated = _repeated(lines) if len(lines) > 1 else None
    if repeated is not None:
        return repeated
    verified = []
    for line in lines:
        key = known[line.name, line.key_id]
        refused = _verify_line(signed.text, line, key)
        if refused:
            return Refused(_STEP, f"{key.name!r} ({key.key_id.hex()}): {refused.reason}")
        verified.append(key)
    return tuple(verified)


def _repeated(lines: Iterable[Signature]) -> Refused | None:
    for (name, key_id), count in Counter((each.name, each.key_id) for each in lines).items():
        if count > 1:
            return Refused(_STEP, f"expected one signature of {name!r} ({key_id.hex()}), got {count}")
    return None


def cosigned_at(cosignature: Signature) -> int | Refused:
    """Read when a cosignature says it was made, in seconds since 1970; believe it only once the note is verified."""
    if len(cosignature.raw) != _TIMESTAMP_BYTES + SIGNATURE_BYTES:
        return Refused(
            _STEP, f"expected a cosignature of {_TIMESTAMP_BYTES + SIGNATURE_BYTES} bytes, got {len(cosignature.raw)}"
        )
    timestamp = int.from_bytes(cosignature.raw[:_TIMESTAMP_BYTES], "big")
    if timestamp > MAX_TIMESTAMP:
        return Refused(_STEP, f"expected a cosignature's time of at most {MAX_TIMESTAMP} seconds, got {timestamp}")
    return timestamp


def _verify_line(text: str, line: Signature, key: VerifierKey) -> Refused | None:
    if key.algorithm == ED25519:
        return verify_ed25519(key.public, text.encode(), line.raw)
    if key.algorithm == COSIGNATURE_V1:
        timestamp = cosigned_at(line)
        if isinstance(timestamp, Refused):
            return timestamp
        return verify_ed25519(key.public, _cosigned_message(text, timestamp), line.raw[_TIMESTAMP_BYTES:])
    return Refused(_STEP, f"expected signature type 0x01 or 0x04, got 0x{key.algorithm:02x}")


def _cosigned_message(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def _weak_point(what: str, encoded: bytes) -> str | None:
    """Say why a point's encoding is refused: y not reduced, or one of the eight points of low order.

    The remaining non-canonical encodings, "minus zero" for x where y is 1 or -1, are of low order too.
    """
    y = int.from_bytes(encoded, "little") & _Y_BITS
    if y >= _FIELD:
        return f"expected a canonical {what}, got {encoded.hex()}"
    if y in _LOW_ORDER_Y:
        return f"expected a {what} of full order, got {encoded.hex()}"
    return None
