"""Ed25519, strictly, and signed notes made and verified with it; ML-DSA-44 cosignatures, verified alone.

Decides whether a signature is good. Libraries disagree about odd points and unreduced scalars, and a ledger whose
verifiers disagree proves nothing: so whatever they disagree about is refused before the library is asked. Which keys
are to be trusted is left to the key state and to `policy`.

Sources: RFC 8032, 5.1; FIPS 204; c2sp.org/signed-note; c2sp.org/tlog-cosignature.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from ledger.core import checkpoint, note
from ledger.core.errors import NoteError, Refused
from ledger.core.note import COSIGNATURE_V1, ED25519, ML_DSA_44, Note, Signature, VerifierKey

PUBLIC_BYTES = 32
SEED_BYTES = 32
SIGNATURE_BYTES = 64
ML_DSA_44_BYTES = 2420
"""The length of an ML-DSA-44 signature (FIPS 204, 4, table 2)."""

MAX_TIMESTAMP = 2**63 - 1
"""The latest time of a cosignature, in seconds since 1970 (c2sp.org/tlog-cosignature)."""

_STEP = "signature"
_TIMESTAMP_BYTES = 8
_COSIGNATURE_BYTES = {COSIGNATURE_V1: SIGNATURE_BYTES, ML_DSA_44: ML_DSA_44_BYTES}
_SUBTREE_LABEL = b"subtree/v1\n\0"
_MAX_OPAQUE_BYTES = 255
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
    """Find out which of the keys signed the note, each once, in the order of its lines; at least one.

    A line of an unknown key is ignored, whatever it holds. One bad line of a known key refuses the whole note. Several
    lines of one known key, all of them good, count as one: a witness may cosign a checkpoint again, at a later time.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            return Refused(_STEP, f"expected one key of the name {key.name!r} and id {key.key_id.hex()}, got two")
    lines = [each for each in signed.signatures if (each.name, each.key_id) in known]
    if not lines:
        return Refused(_STEP, f"expected a signature of one of {len(known)} known keys, got none")
    verified: dict[VerifierKey, None] = {}
    for line in lines:
        key = known[line.name, line.key_id]
        refused = _verify_line(signed.text, line, key)
        if refused:
            return Refused(_STEP, f"{key.name!r} ({key.key_id.hex()}): {refused.reason}")
        verified[key] = None
    return tuple(verified)


def cosigned_at(cosignature: Signature, algorithm: int = COSIGNATURE_V1) -> int | Refused:
    """Read when a cosignature says it was made, in seconds since 1970; believe it only once the note is verified."""
    expected = _TIMESTAMP_BYTES + _COSIGNATURE_BYTES[algorithm]
    if len(cosignature.raw) != expected:
        return Refused(_STEP, f"expected a cosignature of {expected} bytes, got {len(cosignature.raw)}")
    timestamp = int.from_bytes(cosignature.raw[:_TIMESTAMP_BYTES], "big")
    if timestamp > MAX_TIMESTAMP:
        return Refused(_STEP, f"expected a cosignature's time of at most {MAX_TIMESTAMP} seconds, got {timestamp}")
    return timestamp


def _verify_line(text: str, line: Signature, key: VerifierKey) -> Refused | None:
    if key.algorithm == ED25519:
        return verify_ed25519(key.public, text.encode(), line.raw)
    if key.algorithm not in _COSIGNATURE_BYTES:
        return Refused(_STEP, f"expected signature type 0x01, 0x04 or 0x06, got 0x{key.algorithm:02x}")
    timestamp = cosigned_at(line, key.algorithm)
    if isinstance(timestamp, Refused):
        return timestamp
    signature = line.raw[_TIMESTAMP_BYTES:]
    if key.algorithm == COSIGNATURE_V1:
        return verify_ed25519(key.public, _cosigned_message(text, timestamp), signature)
    message = _subtree_message(text, timestamp, key.name)
    return message if isinstance(message, Refused) else _verify_ml_dsa_44(key.public, message, signature)


def _cosigned_message(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def _subtree_message(text: str, timestamp: int, cosigner: str) -> bytes | Refused:
    """What an ML-DSA-44 cosigner of a whole tree signs: a structure, not the text, and no extension line of it."""
    try:
        head = checkpoint.parse(text)
    except NoteError as error:
        return Refused(_STEP, f"expected a checkpoint under an ML-DSA-44 cosignature; {error}")
    names = cosigner.encode(), head.origin.encode()
    if max(map(len, names)) > _MAX_OPAQUE_BYTES:
        return Refused(_STEP, f"expected a cosigner and an origin of at most {_MAX_OPAQUE_BYTES} bytes")
    name, origin = (bytes([len(each)]) + each for each in names)
    since, start, end = (number.to_bytes(8, "big") for number in (timestamp, 0, head.size))
    return _SUBTREE_LABEL + name + since + origin + start + end + head.root


def _verify_ml_dsa_44(public: bytes, message: bytes, signature: bytes) -> Refused | None:
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return Refused(_STEP, "expected an ML-DSA-44 signature by the key, got one that does not verify")
    except UnsupportedAlgorithm as error:  # a library that was built without it
        return Refused(_STEP, f"expected a cryptography library that knows ML-DSA-44; {error}")
    return None


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
