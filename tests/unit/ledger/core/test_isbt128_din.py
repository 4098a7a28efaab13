"""A donation number as printed, typed and scanned."""

import pytest

from ledger.core.errors import LabelError
from ledger.core.isbt128 import Din, carries_check

NUMBER = Din("G1234", "17", "654321")


@pytest.mark.parametrize(
    "text",
    ["G123417654321", "G123417654321A", "G12341765432100", "G12341765432170", "=G12341765432105", "=G12341765432170"],
)
def test_each_way_of_writing_it_is_the_same_donation(text: str) -> None:
    assert Din.parse(text) == NUMBER


def test_it_is_written_back_as_it_was_read() -> None:
    assert str(Din.parse("G123417654321")) == "G123417654321"
    assert Din.parse("G123417654321A").format_with_check() == "G123417654321A"
    assert Din.parse("=G12341765432170").format_scanned(NUMBER.flag) == "=G12341765432170"
    assert NUMBER.format_scanned() == "=G12341765432100"


@pytest.mark.parametrize("typed", ["G123417654321B", "G1234176543210", "G123417654312A", "G123417564321A"])
def test_a_mistyped_number_says_which_check_character_was_expected(typed: str) -> None:
    with pytest.raises(LabelError, match=r"expected check character . after"):
        Din.parse(typed)


def test_the_expected_character_is_named() -> None:
    with pytest.raises(LabelError, match="expected check character A after G123417654321, came 'B'"):
        Din.parse("G123417654321B")


def test_a_wrong_check_flag_is_refused() -> None:
    with pytest.raises(LabelError, match="expected check flag 70 after G123417654321, came '71'"):
        Din.parse("=G12341765432171")


@pytest.mark.parametrize(
    "text",
    [
        "", "G12341765432", "G12341765432170A", "&G12341765432170", "=G123417654321700",
        "O123417654321", "GO23417654321", "G1O3417654321", "0123417654321", "g123417654321",
        "G12E417654321", "G1234X7654321", "G12341765432X", "G1234176543\uff121", "G123417654321##",
        "G123417654321IZ", "=G1234176543210O",
    ],
)  # fmt: skip
def test_what_is_not_a_number_is_refused(text: str) -> None:
    with pytest.raises(LabelError, match="expected"):
        Din.parse(text)


@pytest.mark.parametrize(
    ("text", "checked"),
    [
        ("G123417654321", False),
        ("G123417654321A", True),
        ("G12341765432100", False),
        ("G12341765432170", True),
        ("=G12341765432159", False),
        ("=G12341765432170", True),
    ],
)
def test_a_number_says_whether_it_came_with_its_check(text: str, *, checked: bool) -> None:
    assert carries_check(text) is checked


def test_flags_are_judged_without_refusing_the_number() -> None:
    assert [NUMBER.judge(flags) for flags in ("70", "71", "00", "97")] == ["valid", "invalid", "none", "none"]


def test_flags_are_two_characters() -> None:
    with pytest.raises(LabelError, match="two flag characters"):
        NUMBER.format_scanned("7")
