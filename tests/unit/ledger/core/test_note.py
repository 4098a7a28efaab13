"""Notes and keys are read in one spelling only."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.core import note
from ledger.core.errors import NoteError
from ledger.core.note import Note, Signature, VerifierKey

VECTORS = Path(__file__).parents[3] / "vectors/note"
ACCEPTED = sorted((VECTORS / "accepted").iterdir())
REFUSED = sorted((VECTORS / "refused").iterdir())
PETER_NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GOOD = Signature("example.org/a", b"\1\2\3\4", bytes(64))


def test_the_vectors_are_there() -> None:
    assert len(ACCEPTED) == 10
    assert len(REFUSED) == 36


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.stem)
def test_accepted_notes_are_written_again_byte_by_byte(path: Path) -> None:
    raw = path.read_bytes()
    assert note.format(note.parse(raw)) == raw
    assert note.parse(raw.decode()) == note.parse(raw)


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_refused_notes(path: Path) -> None:
    with pytest.raises(NoteError, match="expected"):
        note.parse(path.read_bytes())


def test_the_text_ends_at_the_last_blank_line() -> None:
    read = note.parse((VECTORS / "accepted/c2sp-quasimodo.note").read_bytes())
    assert read.text.endswith("\n\ned è subito sera.\n")
    assert [(each.name, each.key_id.hex(), len(each.raw)) for each in read.signatures] == [
        ("quasimodo.example/salvatore", "367ba04b", 64)
    ]


def test_a_note_is_bounded() -> None:
    longest = note.MAX_NOTE_BYTES - len(note.format(Note("\n", (GOOD,))))
    assert note.parse(note.format(Note("a" * longest + "\n", (GOOD,)))).signatures == (GOOD,)
    with pytest.raises(NoteError, match="at most 262144 bytes"):
        note.format(Note("a" * (longest + 1) + "\n", (GOOD,)))


@pytest.mark.parametrize(
    "unwritable",
    [
        Note("no newline", (GOOD,)),
        Note("", (GOOD,)),
        Note("a\n", ()),
        Note("a\r\n", (GOOD,)),
        Note("\udcff\n", (GOOD,)),
        Note("a\n", (Signature("", b"abcd", b"x"),)),
        Note("a\n", (Signature("two words", b"abcd", b"x"),)),
        Note("a\n", (Signature("\udcff", b"abcd", b"x"),)),
        Note("a\n", (Signature("x\n\n— y", b"abcd", b"x"),)),
        Note("a\n", (Signature("short-id", b"abc", b"xy"),)),
        Note("a\n", (Signature("long-id", b"abcde", b"x"),)),
        Note("a\n", (Signature("no-signature", b"abcd", b""),)),
        Note("a\n", (GOOD,) * 101),
    ],
    ids=str,
)
def test_a_note_that_would_read_differently_is_not_written(unwritable: Note) -> None:
    with pytest.raises(NoteError):
        note.format(unwritable)


def test_signature_lines_stand_alone_in_a_witness_answer() -> None:
    raw = note.format_signature_lines([GOOD, GOOD])
    assert note.format(Note("a\n", (GOOD, GOOD))) == b"a\n\n" + raw
    assert note.parse_signature_lines(raw) == (GOOD, GOOD)
    for bad in (b"", b"\n", raw + b"\n", raw[:-1], raw[:-1] + b"x"):
        with pytest.raises(NoteError):
            note.parse_signature_lines(bad)
    with pytest.raises(NoteError):
        note.format_signature_lines([Signature("a\nb", b"abcd", b"x")])


def test_a_known_verifier_key() -> None:
    key = note.parse_vkey(PETER_NEUMANN)
    assert (key.name, key.algorithm, key.key_id.hex()) == ("PeterNeumann", note.ED25519, "c74f20a3")
    assert note.format_vkey(key) == PETER_NEUMANN


def _vkey(name: str, material: bytes, key_id: str | None = None) -> str:
    right = sha256(name.encode() + b"\n" + material).hexdigest()[:8]
    return f"{name}+{key_id or right}+{b64encode(material).decode()}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "form name"),
        ("PeterNeumann", "form name"),
        ("PeterNeumann+c74f20a3", "form name"),
        (PETER_NEUMANN.replace("c74f20a3", "C74F20A3"), "lower-case"),
        (PETER_NEUMANN.replace("c74f20a3", "c74f20a"), "8 lower-case"),
        (PETER_NEUMANN.replace("c74f20a3", "c74f20a4"), "expected the key id c74f20a3"),
        (PETER_NEUMANN.replace("Peter", "Paul"), "expected the key id"),
        (PETER_NEUMANN + "\n", "base64"),
        (PETER_NEUMANN + "+x", "base64"),
        (PETER_NEUMANN.replace("+AR", "+\u0101R"), "base64"),
        ("PeterNeumann+c74f20a3+", "got nothing"),
        (_vkey("", b"\1" + bytes(32)), "key name"),
        (_vkey("a b", b"\1" + bytes(32)), "key name"),
        (_vkey("a\1b", b"\1" + bytes(32)), "control"),
        (_vkey("short", b"\1" + bytes(31)), "32 bytes"),
        (_vkey("long", b"\4" + bytes(33)), "32 bytes"),
        (_vkey("keyless", b"\6"), "public key"),
        ("\udcff+00000000+AQ==", "surrogate|public key"),
    ],
)
def test_refused_verifier_keys(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        note.parse_vkey(text)


def test_another_algorithm_is_another_key() -> None:
    signer = VerifierKey("a", note.ED25519, bytes(32))
    witness = VerifierKey("a", note.COSIGNATURE_V1, bytes(32))
    assert signer.key_id != witness.key_id
    for algorithm in (0, 255):
        key = VerifierKey("a", algorithm, bytes(7))
        assert note.parse_vkey(note.format_vkey(key)) == key
    for algorithm in (-1, 256):
        with pytest.raises(NoteError, match="one byte"):
            VerifierKey("a", algorithm, bytes(32))


@pytest.mark.parametrize("text", ["A", "AA", "AA=", "AB==", "AA==\n", " AA==", "A A==", "AA==AA==", "-_==", "é"])
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises(NoteError, match="base64"):
        note.parse_base64(text)


def test_base64_of_nothing_is_nothing() -> None:
    assert note.parse_base64("") == b""
    assert note.parse_base64("+/8=") == b"\xfb\xff"


@pytest.mark.parametrize("text", ["", "a", "a\tb\n", "\udcff\n"])
def test_texts_that_no_note_can_carry(text: str) -> None:
    with pytest.raises(NoteError):
        note.require_text(text)
