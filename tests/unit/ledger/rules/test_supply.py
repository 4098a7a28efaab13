"""What a site lets stand in for what, and nothing that it did not say."""

import pytest

from ledger.core.errors import ConfigError
from ledger.core.kinds import OrderLine
from ledger.rules.supply import GROUPS, Supply, parse_supply

RED = OrderLine(component="RBC_AS", abo="A", rhd="positive", amount=400, measure="U")
FILE = """
series = "A9999"
[[instead]]
component = "RBC_AS"
ordered = "A+"
give = ["A-", "A+", "O+", "A-"]
"""


def test_without_a_word_of_the_site_only_the_ordered_group_is_given() -> None:
    assert parse_supply("") == Supply()
    assert Supply().groups_for(RED) == (GROUPS["A+"],)
    assert Supply().series == "FX"


@pytest.mark.parametrize("series", ["A", "TW", "TXA", "TY", "ZZ", "A23456789012345B"])
def test_the_numbers_of_dispatch_notes_begin_as_the_site_says(series: str) -> None:
    assert parse_supply(f'series = "{series}"').series == series


def test_what_the_site_lets_stand_in_comes_behind_the_ordered_group_in_its_order() -> None:
    supply = parse_supply(FILE)
    assert supply.series == "A9999"
    assert supply.groups_for(RED) == (("A", "positive"), ("A", "negative"), ("O", "positive"))


@pytest.mark.parametrize("change", [{"component": "FFP"}, {"abo": "B"}, {"rhd": "negative"}])
def test_a_rule_is_of_its_component_and_group_alone(change: dict[str, str]) -> None:
    fields = {"component": "RBC_AS", "abo": "A", "rhd": "positive", "amount": 400, "measure": "U"} | change
    line = OrderLine(**fields)  # type: ignore[arg-type]  # a test's own
    assert parse_supply(FILE).groups_for(line) == ((line.abo, line.rhd),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('series = "fx"', "supply series: expected 1 to 16 of A-Z and 0-9, a letter first, came 'fx'"),
        ('series = "F-X"', "supply series"),
        ("seires = 3", "supply "),
        ('[[instead]]\ncomponent = "FFP"\nordered = "A"\ngive = []', "supply: instead 1"),
        (FILE + FILE.replace('series = "A9999"', ""), "supply: instead 2: RBC_AS A\\+ was said before"),
        ('series = "TX"', "supply series: TX is that of return notes"),
        (FILE.replace("give =", "price = 1\ngive ="), "supply: instead 1: object contains unknown field `price`"),
        ("x", "supply: expected TOML"),
    ],
)
def test_a_file_that_cannot_be_is_named(text: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        parse_supply(text)
