"""A checkpoint has one spelling."""

from base64 import b64encode
from pathlib import Path

import pytest

from ledger.core import checkpoint
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import NoteError

SOFA = (Path(__file__).parents[3] / "vectors/note/accepted/c2sp-cosigned-checkpoint.note").read_bytes()
ROOT = b64encode(bytes(range(32))).decode()


def test_the_example_of_the_specification() -> None:
    read, signed = checkpoint.parse_signed(SOFA)
    assert (read.origin, read.size, read.extensions) == ("example.com/behind-the-sofa", 20852163, ())
    assert read.root.hex().startswith("0ac5186a91863e8e")
    assert [each.name for each in signed.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert checkpoint.format(read) == signed.text


@pytest.mark.parametrize(
    "written",
    [
        Checkpoint("A9999.example/ledger/1", 0, bytes(32)),
        Checkpoint("origin with spaces + plus", 2**64 - 1, bytes(32)),
        Checkpoint("血站", 7, bytes(range(32)), ("extension one", "— looks like a signature")),
    ],
    ids=str,
)
def test_round_trip(written: Checkpoint) -> None:
    assert checkpoint.parse(checkpoint.format(written)) == written


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "newline"),
        ("o\n1\n", "origin, size and root"),
        (f"o\n1\n{ROOT}", "newline"),
        (f"\n1\n{ROOT}\n", "none empty"),
        (f"o\n\n{ROOT}\n", "none empty"),
        (f"o\n1\n{ROOT}\n\n", "none empty"),
        (f"o\n1\n{ROOT}\n\next\n", "none empty"),
        (f"o\n01\n{ROOT}\n", "leading zeros"),
        (f"o\n00\n{ROOT}\n", "leading zeros"),
        (f"o\n-1\n{ROOT}\n", "decimal"),
        (f"o\n+1\n{ROOT}\n", "decimal"),
        (f"o\n1 \n{ROOT}\n", "decimal"),
        (f"o\n1_0\n{ROOT}\n", "decimal"),
        (f"o\n\N{FULLWIDTH DIGIT ONE}\n{ROOT}\n", "decimal"),
        (f"o\n{2**64}\n{ROOT}\n", "at most"),
        (f"o\n{'9' * 5000}\n{ROOT}\n", "at most"),
        (f"o\n1\n{ROOT[:-1]}\n", "base64"),
        (f"o\n1\n{ROOT} \n", "base64"),
        ("o\n1\nAAAA\n", "32 bytes"),
        (f"o\n1\n{b64encode(bytes(33)).decode()}\n", "32 bytes"),
        (f"o\r\n1\n{ROOT}\n", "control character"),
    ],
)
def test_refused_texts(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        checkpoint.parse(text)


@pytest.mark.parametrize(
    "unwritable",
    [
        Checkpoint("", 1, bytes(32)),
        Checkpoint("two\nlines", 1, bytes(32)),
        Checkpoint("o\n5", 1, bytes(32)),
        Checkpoint("o", -1, bytes(32)),
        Checkpoint("o", 2**64, bytes(32)),
        Checkpoint("o", 1, bytes(31)),
        Checkpoint("o", 1, bytes(32), ("",)),
        Checkpoint("o", 1, bytes(32), ("a\nb",)),
        Checkpoint("\udcff", 1, bytes(32)),
    ],
    ids=str,
)
def test_a_checkpoint_that_would_read_differently_is_not_written(unwritable: Checkpoint) -> None:
    with pytest.raises(NoteError):
        checkpoint.format(unwritable)


def test_a_signed_note_that_is_no_checkpoint() -> None:
    with pytest.raises(NoteError, match="origin, size and root"):
        checkpoint.parse_signed(b"a\n\n" + SOFA.partition(b"\n\n")[2])
