"""The text of loggers' files: how it was saved, what stands between its columns, which line is which."""

import pytest

from ledger.core.errors import FormatError
from ledger.rules.logger_text import encoding_of, rows_of

TEXT = "时间,温度\n一,二\n"


@pytest.mark.parametrize(
    ("octets", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "utf-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("gbk"), "gb18030"),
        (TEXT.encode("gb18030"), "gb18030"),
    ],
)
def test_how_a_file_was_saved_is_seen_by_its_bytes_and_said(octets: bytes, encoding: str) -> None:
    rows = rows_of(octets)
    assert (rows.encoding, encoding_of(octets)) == (encoding, encoding)
    assert list(rows) == [(1, ["时间", "温度"]), (2, ["一", "二"])]


def test_a_character_that_only_gb18030_has() -> None:
    assert list(rows_of("时间,㐀\n".encode("gb18030"))) == [(1, ["时间", "㐀"])]


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (b"time,celsius\n\xff\xff", "expected UTF-8, UTF-16 with a byte order mark, or GB18030 (GBK); as gb18030: "),
        (b"time,celsius\n\xff\xff", "at byte 13"),
        (b"\xef\xbb\xbf\xd6\xd0", "as utf-8: "),
        (b"\xff\xfea", "as utf-16-le: "),
        ("a,caf\N{LATIN SMALL LETTER E WITH ACUTE},b\n".encode("latin-1"), "as gb18030: "),
    ],
)
def test_what_is_no_text_is_refused_with_the_byte(octets: bytes, says: str) -> None:
    for read in (rows_of, encoding_of):
        with pytest.raises(FormatError) as refused:
            read(octets)
        assert says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a,b;c\n", ["a", "b;c"]),
        ("a;b,c;d\n", ["a", "b,c", "d"]),
        ("a\tb\n", ["a", "b"]),
        ("a\n", ["a"]),
        ('"a,b", c \n', ["a,b", "c"]),
    ],
)
def test_what_stands_between_columns_is_what_the_first_line_has_most(text: str, cells: list[str]) -> None:
    assert list(rows_of(text.encode())) == [(1, cells)]


@pytest.mark.parametrize(
    "text",
    ["sep=;\na,x,y,z;b\n", "SEP=;\r\na,x,y,z;b\r\n", '"sep=;"\na,x,y,z;b\n', "\ufeffsep=;\na,x,y,z;b\n"],
)
def test_a_first_line_may_say_what_stands_between_columns(text: str) -> None:
    assert list(rows_of(text.encode())) == [(2, ["a,x,y,z", "b"])]


def test_a_tab_and_a_comma_may_be_said_too() -> None:
    assert list(rows_of(b"\nsep=\t\na,b,c\td\n")) == [(3, ["a,b,c", "d"])]
    assert list(rows_of(b"sep=,\na;b;c,d\n")) == [(2, ["a;b;c", "d"])]


@pytest.mark.parametrize(("line", "came"), [("sep=|", "|"), ("sep=", ""), ("sep=;;", ";;")])
def test_nothing_else_stands_between_columns(line: str, came: str) -> None:
    with pytest.raises(FormatError) as refused:
        rows_of(f"\n{line}\na;b\n".encode())
    assert str(refused.value) == f"line 2: expected sep= with a comma, a semicolon or a tab, came {came!r}"


def test_a_row_is_sep_only_where_it_is_first() -> None:
    assert list(rows_of(b"a\nsep=;\n")) == [(1, ["a"]), (2, ["sep=;"])]


def test_blank_rows_are_passed_over_and_counted() -> None:
    assert list(rows_of(b"\n a ,b\n , \n\nc,d")) == [(2, ["a", "b"]), (5, ["c", "d"])]
    assert list(rows_of(b"")) == []
