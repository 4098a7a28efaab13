"""The line on a printed dispatch note, held against the passport that came later."""

from dataclasses import replace

import pytest

from ledger.core import checkpoint, passport, printed
from ledger.core.errors import FormatError
from ledger.core.printed import Printed
from tests.support.golden import FOLDER, NOTE, ORIGIN

RAW = (FOLDER / "passport" / "good_consignment.json").read_bytes()
HEAD, _ = checkpoint.parse_signed(passport.parse(RAW).checkpoint)
LINE = Printed(NOTE, ORIGIN, HEAD.size, HEAD.root)


def test_the_line_is_read_as_it_was_printed() -> None:
    assert LINE.format().startswith(f"xuemai:{NOTE} {ORIGIN} 11 ")
    assert printed.parse(LINE.format()) == LINE
    assert printed.parse(f" \t {LINE.format()}\r\n") == LINE
    largest = replace(LINE, size=2**64 - 1)
    assert printed.parse(largest.format()) == largest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("xuemai:consignment:N-1", "xuemai:unit:N-1"),
        ("xuemai:consignment:N-1", "xuemai:consignment:"),
        (" 11 ", " 011 "),
        (" 11 ", "  11 "),
        (" 11 ", f" {2**64} "),
        ("=", "=="),
        ("xuemai:", "XUEMAI:"),
        ("xuemai:", "\ufeffxuemai:"),
        ("xuemai:", "\x85xuemai:"),
        ("xuemai:", "\x1cxuemai:"),
        ("xuemai:", "\u3000xuemai:"),
    ],
)
def test_a_line_that_nobody_printed_is_refused(old: str, new: str) -> None:
    with pytest.raises(FormatError, match="as printed"):
        printed.parse(LINE.format().replace(old, new, 1))


def test_the_same_checkpoint_holds_and_another_size_only_warns() -> None:
    assert printed.compare(LINE, NOTE, HEAD).status == "ok"
    later = printed.compare(replace(LINE, size=9), NOTE, HEAD)
    assert later.status == "warning"
    assert "as of size 9" in later.detail


def test_another_note_another_log_and_another_history_are_refused() -> None:
    for line, said in (
        (replace(LINE, note="consignment:N-2"), "printed is consignment:N-2"),
        (replace(LINE, origin="other.example/ledger/1"), "printed is the log other.example/ledger/1"),
        (replace(LINE, root=bytes(32)), "two histories"),
    ):
        outcome = printed.compare(line, NOTE, HEAD)
        assert outcome.status == "failed"
        assert said in outcome.detail
