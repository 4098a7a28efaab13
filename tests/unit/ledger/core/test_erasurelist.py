"""The list of what a gateway still has to erase: one spelling, one key, one gateway's events."""

import pytest

from ledger.core import erasurelist
from ledger.core.erasurelist import ErasureList, ToErase
from ledger.core.errors import NoteError, Refused
from ledger.core.signing import NoteSigner, SigningKey, sign_note

ORIGIN = "a9999.example/ledger/1"
KEY = NoteSigner("a9999.example/receipt", SigningKey(bytes(32)))
LIST = ErasureList(ORIGIN, "gw-1", (ToErase("body", "gw-1/1/c", 7), ToErase("value", "gw-1/2/c", 1)))


def test_a_list_comes_back_as_it_was_written() -> None:
    assert LIST.format() == f"xuemai/erasures/v1\n{ORIGIN}\ngw-1\nbody gw-1/1/c 7\nvalue gw-1/2/c 1\n"
    assert erasurelist.parse_text(LIST.format()) == LIST
    empty = ErasureList(ORIGIN, "gw-1", ())
    assert erasurelist.parse_text(empty.format()) == empty


def test_only_the_pinned_key_counts() -> None:
    raw = sign_note(LIST.format(), [KEY])
    assert erasurelist.verify(raw, KEY.verifier) == LIST
    other = NoteSigner(KEY.name, SigningKey(bytes(31) + b"\1"))
    assert isinstance(erasurelist.verify(raw, other.verifier), Refused)
    assert isinstance(erasurelist.verify(b"no note", KEY.verifier), Refused)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("erasures/v1", "erasures/v2"),
        (ORIGIN, ""),
        ("body gw-1/1/c 7", "body gw-1/1/c 07"),
        ("body gw-1/1/c 7", "everything gw-1/1/c 7"),
        ("body gw-1/1/c 7", "body gw-2/1/c 7"),
        ("body gw-1/1/c 7", "body gw-1 7"),
        ("body gw-1/1/c 7\n", "body gw-1/1/c 7\n\n"),
        ("value gw-1/2/c 1\n", "value gw-1/2/c 1"),
        ("value gw-1/2/c 1\n", "value gw-1/2/c 1\n" * 1000),
    ],
)
def test_anything_else_is_refused(before: str, after: str) -> None:
    with pytest.raises(NoteError):
        erasurelist.parse_text(LIST.format().replace(before, after))
