"""The check character of ISO/IEC 7064 MOD 37-2, against the worked example and the algorithm written another way."""

import pytest

from ledger.core.errors import LabelError
from ledger.core.isbt128.check import ALPHABET, check_character, check_flag, check_value, is_check_flag


def remainder_of_the_whole_string(text: str) -> int:
    """MOD 37-2 as the standard defines it: every character weighted by a power of 2, the sum congruent to 1."""
    total = sum(ALPHABET.index(character) * 2 ** (len(text) - place) for place, character in enumerate(text))
    return next(value for value in range(37) if (total + value) % 37 == 1)


def test_the_worked_example_of_the_standard() -> None:
    assert check_character("G123417654321") == "A"
    assert check_flag("G123417654321") == "70"


@pytest.mark.parametrize(("number", "check"), [("A999917123456", "9"), ("A999916123456", "Q"), ("G123498654321", "H")])
def test_the_numbers_on_published_sample_labels(number: str, check: str) -> None:
    assert check_character(number) == check


@pytest.mark.parametrize("text", ["A999926123456", "A999926000000", "1000000000000", "ZZZ9999999999"])
def test_every_number_sums_to_one(text: str) -> None:
    assert check_value(text) == remainder_of_the_whole_string(text)


def test_the_check_character_can_be_an_asterisk() -> None:
    found = {check_character(f"A999926{sequence:06d}") for sequence in range(2000)}
    assert found == set(ALPHABET)


@pytest.mark.parametrize("text", ["a999926123456", "A9999 26123456", "A99992612345*", "献血码"])
def test_other_characters_are_refused(text: str) -> None:
    with pytest.raises(LabelError, match="expected only 0-9 and A-Z"):
        check_value(text)


@pytest.mark.parametrize(
    ("flags", "carries"),
    [("59", False), ("60", True), ("96", True), ("97", False), ("00", False), ("A1", False), ("\uff16\uff10", False)],
)
def test_only_sixty_to_ninety_six_carry_a_check(flags: str, *, carries: bool) -> None:
    assert is_check_flag(flags) is carries
