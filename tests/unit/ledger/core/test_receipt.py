"""A receipt is believed only under its pinned key, and only in its one spelling."""

import pytest

from ledger.core import receipt
from ledger.core.errors import NoteError, Refused
from ledger.core.receipt import Receipt
from ledger.core.signing import sign_note
from tests.support.golden import LOG, ORIGIN, RECEIPT

GIVEN = Receipt(ORIGIN, "gw-1/1/c", 12, 3, bytes(32))


def test_a_receipt_round_trips() -> None:
    assert receipt.parse_text(GIVEN.format()) == GIVEN
    assert receipt.verify(sign_note(GIVEN.format(), [RECEIPT]), RECEIPT.verifier) == GIVEN


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("v1\n", "v2\n"),
        ("\n12\n", "\n012\n"),
        ("\n12\n", "\n-1\n"),
        ("gw-1/1/c", "gw-1"),
        ("AAAA=", "AAAB="),
        (ORIGIN, ""),
    ],
)
def test_no_other_text_is_a_receipt(old: str, new: str) -> None:
    text = GIVEN.format().replace(old, new, 1)
    with pytest.raises(NoteError):
        receipt.parse_text(text)
    assert isinstance(receipt.verify(sign_note(text, [RECEIPT]), RECEIPT.verifier), Refused)


def test_a_receipt_by_another_key_or_no_note_at_all_is_refused() -> None:
    assert isinstance(receipt.verify(sign_note(GIVEN.format(), [LOG]), RECEIPT.verifier), Refused)
    assert isinstance(receipt.verify(b"ok", RECEIPT.verifier), Refused)
