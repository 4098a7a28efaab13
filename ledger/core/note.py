"""C2SP signed notes: a text, a blank line, and signature lines; and the keys that such lines name.

Decides whether bytes are a well-formed note or key, and writes them. Says nothing about whether a signature is good:
that is `signing`. Until a signature of a trusted key has been verified, a note's text means nothing.

Source: c2sp.org/signed-note.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from ledger.core.errors import NoteError

MAX_NOTE_BYTES = 256 * 1024
"""Room for the 16 post-quantum signatures of 5 kB each that a verifier must accept, twice over."""

MAX_SIGNATURES = 100

ED25519 = 0x01
"""Signature type: Ed25519 over the note's text."""

COSIGNATURE_V1 = 0x04
"""Signature type: a witness's timestamped Ed25519 cosignature (c2sp.org/tlog-cosignature)."""

ML_DSA_44 = 0x06
"""Signature type: a timestamped ML-DSA-44 cosignature, of a witness or of a log (c2sp.org/tlog-cosignature)."""

_SIGNATURE_PREFIX = "\N{EM DASH} "
_KEY_ID_BYTES = 4
_PUBLIC_BYTES = {ED25519: 32, COSIGNATURE_V1: 32, ML_DSA_44: 1312}
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID_HEX = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line.

    Attributes:
        name: the key's name.
        key_id: the key's four bytes; with the name they say which key and algorithm signed.
        raw: what the algorithm made of the text.
    """

    name: str
    key_id: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and its signatures in the order of their lines."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name and the algorithm that it signs notes under.

    Attributes:
        name: no Unicode space, no plus, not empty; usually a URL without its scheme.
        algorithm: the signature type, one byte (`ED25519`, `COSIGNATURE_V1`, `ML_DSA_44`).
        public: the key as its algorithm writes it; 32 bytes for Ed25519, 1312 for ML-DSA-44.

    Raises:
        NoteError: if one of these does not hold.
    """

    name: str
    algorithm: int
    public: bytes

    def __post_init__(self) -> None:
        _require_name(self.name)
        if not 0 <= self.algorithm <= 0xFF:
            raise NoteError(f"expected a signature type of one byte, got {self.algorithm}")
        length = _PUBLIC_BYTES.get(self.algorithm, len(self.public))
        if not self.public or len(self.public) != length:
            raise NoteError(f"expected {length} bytes of public key for {self.name!r}, got {len(self.public)}")

    @property
    def key_id(self) -> bytes:
        """SHA-256(name || newline || algorithm || public key), the first four bytes."""
        return _key_id(self.name, self.algorithm, self.public)


def parse(raw: bytes | str) -> Note:
    """Read a signed note, strictly: whatever `format` would not have written is refused.

    Raises:
        NoteError: with what was expected and what came.
    """
    document = _decode(raw)
    end = document.rfind("\n\n")
    if end < 0:
        raise NoteError("expected a text, a blank line and signature lines, got no blank line")
    return Note(text=document[: end + 1], signatures=parse_signature_lines(document[end + 2 :]))


def format(note: Note) -> bytes:  # noqa: A001 - always read as `note.format`, the twin of `note.parse`
    """Write a signed note.

    Raises:
        NoteError: if the note is one that `parse` would refuse or read differently.
    """
    raw = _encode(note.text) + b"\n" + _lines(note.signatures)
    if parse(raw) != note:
        raise NoteError("expected a text that ends in a newline and signature lines of one name each")
    return raw


def require_text(text: str) -> None:
    """Refuse a text that no note can carry.

    Raises:
        NoteError: unless it ends in a newline, has no other control character, is UTF-8 and not too long.
    """
    if not _decode(text).endswith("\n"):
        raise NoteError(f"expected a text that ends in a newline, got {text[-40:]!r}")


def parse_signature_lines(raw: bytes | str) -> tuple[Signature, ...]:
    """Read signature lines alone, as a witness answers them (c2sp.org/tlog-witness).

    Raises:
        NoteError: if there is none, more than `MAX_SIGNATURES`, or a malformed one.
    """
    block = _decode(raw)
    if not block.endswith("\n"):
        raise NoteError("expected signature lines that each end in a newline")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"expected at most {MAX_SIGNATURES} signatures, got {len(lines)}")
    return tuple(_parse_line(line) for line in lines)


def format_signature_lines(signatures: Iterable[Signature]) -> bytes:
    """Write signature lines alone.

    Raises:
        NoteError: if `parse_signature_lines` would refuse them or read them differently.
    """
    expected = tuple(signatures)
    raw = _lines(expected)
    if parse_signature_lines(raw) != expected:
        raise NoteError("expected signature lines of one name each")
    return raw


def parse_vkey(text: str) -> VerifierKey:
    """Read a verifier key: name, plus, key id in lower-case hexadecimal, plus, base64 of algorithm and public key.

    Raises:
        NoteError: if the text is not one, or its key id is not the one of its key.
    """
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise NoteError(f"expected a verifier key of the form name+keyid+base64, got {text!r:.120}")
    name, key_id, encoded = parts
    if not _KEY_ID_HEX.fullmatch(key_id):
        raise NoteError(f"expected a key id of 8 lower-case hexadecimal digits, got {key_id!r:.40}")
    material = parse_base64(encoded)
    if not material:
        raise NoteError("expected a signature type and a public key, got nothing")
    key = VerifierKey(name=name, algorithm=material[0], public=material[1:])
    if key.key_id.hex() != key_id:
        raise NoteError(f"expected the key id {key.key_id.hex()} for {name!r}, got {key_id}: copy the key again")
    return key


def format_vkey(key: VerifierKey) -> str:
    """Write a verifier key."""
    return f"{key.name}+{key.key_id.hex()}+{format_base64(bytes([key.algorithm]) + key.public)}"


def parse_base64(text: str) -> bytes:
    """Read standard base64 with padding (RFC 4648, 4), only in its one canonical spelling.

    Raises:
        NoteError: for any other character, wrong padding, or stray bits after the last byte.
    """
    try:
        raw = b64decode(text, validate=True)
    except ValueError as error:  # binascii.Error, or a character outside ASCII
        raise NoteError(f"expected base64, got {text!r:.120}") from error
    if format_base64(raw) != text:
        raise NoteError(f"expected canonical base64, got {text!r:.120}")
    return raw


def format_base64(raw: bytes) -> str:
    """Write standard base64 with padding."""
    return b64encode(raw).decode("ascii")


@lru_cache(maxsize=1024)
def _key_id(name: str, algorithm: int, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:_KEY_ID_BYTES]


def _decode(raw: bytes | str) -> str:
    encoded = _encode(raw) if isinstance(raw, str) else raw
    if len(encoded) > MAX_NOTE_BYTES:
        raise NoteError(f"expected at most {MAX_NOTE_BYTES} bytes, got {len(encoded)}")
    try:
        text = encoded.decode()
    except UnicodeDecodeError as error:
        raise NoteError(f"expected UTF-8, got byte 0x{encoded[error.start]:02x} at {error.start}") from error
    control = _CONTROL.search(text)
    if control:
        raise NoteError(f"expected no control character but newline, got U+{ord(control[0]):04X} at {control.start()}")
    return text


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NoteError(f"expected text that UTF-8 can carry, got a lone surrogate at {error.start}") from error


def _lines(signatures: Iterable[Signature]) -> bytes:
    return b"".join(
        _encode(f"{_SIGNATURE_PREFIX}{each.name} {format_base64(each.key_id + each.raw)}\n") for each in signatures
    )


def _parse_line(line: str) -> Signature:
    parts = line.removeprefix(_SIGNATURE_PREFIX).split(" ")
    if not line.startswith(_SIGNATURE_PREFIX) or len(parts) != 2:
        raise NoteError(f"expected a signature line: em dash, key name, base64; got {line!r:.120}")
    name, encoded = parts
    _require_name(name)
    material = parse_base64(encoded)
    if len(material) <= _KEY_ID_BYTES:
        raise NoteError(f"expected a key id and a signature from {name!r}, got {len(material)} bytes")
    return Signature(name=name, key_id=material[:_KEY_ID_BYTES], raw=material[_KEY_ID_BYTES:])


def _require_name(name: str) -> None:
    if "+" in name or name.split() != [name]:
        raise NoteError(f"expected a key name without spaces and plus signs, got {name!r:.120}")
    control = _CONTROL.search(name)
    if control:
        raise NoteError(f"expected a key name without control characters, got {name!r:.120}")
    _encode(name)
