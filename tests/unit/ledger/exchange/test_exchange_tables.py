"""A list that a spreadsheet opens, and that runs nothing."""

import csv
import io

import pytest

from ledger.exchange.tables import format_csv, harmless


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_what_begins_like_a_formula_is_shown_and_not_run(first: str) -> None:
    assert harmless(first + "cmd|' /C calc'!A0") == "'" + first + "cmd|' /C calc'!A0"
    told = format_csv([first], [[first]]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(told, newline=""))) == [["'" + first], ["'" + first]]


@pytest.mark.parametrize("text", ["", "RBC_AS", "A999926123456", "2026-03-01", "O\N{MINUS SIGN}", "a=b", "'"])
def test_what_does_not_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_a_list_is_rfc_4180_in_utf_8_with_its_mark() -> None:
    told = format_csv(["血袋", "n"], [["冰箱 1, 左", 200], ['say "x"', None], ["two\r\nlines", -3]])
    assert told == (b"\xef\xbb\xbf" + '血袋,n\r\n"冰箱 1, 左",200\r\n"say ""x""",\r\n"two\r\nlines",-3\r\n'.encode()), (
        "a number is a number, below nothing too"
    )


def test_a_line_that_is_not_as_long_as_the_head_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        format_csv(["a", "b"], [["only one"]])
