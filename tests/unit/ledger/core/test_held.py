"""What a gateway presents of the ledger it asks: notes there and back, and no more than a header may hold."""

import pytest

from ledger.core import held
from ledger.core.errors import NoteError
from tests.support import golden

CHECKPOINT = (golden.FOLDER / "checkpoint.note").read_bytes()
RECEIPT = (golden.FOLDER / "receipt.note").read_bytes()


@pytest.mark.parametrize("notes", [(), (CHECKPOINT,), (CHECKPOINT, RECEIPT, RECEIPT)])
def test_what_is_presented_comes_verbatim(notes: tuple[bytes, ...]) -> None:
    assert held.parse(held.format(notes)) == notes


def test_what_does_not_fit_is_left_out_from_the_end() -> None:
    assert held.parse(held.format([RECEIPT] * 20)) == (RECEIPT,) * held.MAX_NOTES
    assert held.parse(held.format([RECEIPT, bytes(held.MAX_CHARACTERS), CHECKPOINT])) == (RECEIPT,)


@pytest.mark.parametrize("value", ["no base64", "A" * 9000, ",".join(["AAAA"] * 9)])
def test_what_is_no_such_header_is_refused(value: str) -> None:
    with pytest.raises(NoteError):
        held.parse(value)


def test_white_space_after_a_comma_is_what_proxies_add() -> None:
    assert held.parse(held.format([RECEIPT, CHECKPOINT]).replace(",", ", ")) == (RECEIPT, CHECKPOINT)
