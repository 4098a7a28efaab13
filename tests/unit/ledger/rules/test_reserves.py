"""Enough O negative for a bad night, and how many days the rest lasts."""

from dataclasses import replace

import pytest

from ledger.core.errors import ConfigError
from ledger.rules.inventory import Bag, FreeBags, free_bags
from ledger.rules.reserves import Cover, Target, cover, parse_targets, reserves

NOW, DAY = 1_000_000_000_000, 86_400_000
RED = Bag("unit:1", "RBC_AS", "O", "negative", "place:f", "org:c", "available", NOW + DAY, "2001-09-10", 200, "U")
NIGHT = """
[[target]]
name = "O negative, emergency"
component = "RBC_AS"
abo = "O"
rhd = "negative"
bags = 3

[[target]]
name = "anything in the fridge"
place = "place:f"
bags = 1
"""


def bags(number: int, **other: object) -> list[Bag]:
    return [replace(RED, unit=f"unit:{n}-{other}", **other) for n in range(number)]  # type: ignore[arg-type]  # a test's own


def free(stock: list[Bag]) -> tuple[FreeBags, ...]:
    return free_bags(stock, NOW, within_ms=DAY)


def test_a_reserve_counts_free_bags_in_date_and_says_what_is_missing() -> None:
    stock = [*bags(2), *bags(4, state="reserved"), *bags(4, expires_ms=NOW - 1), *bags(5, rhd="positive")]
    night, fridge = reserves(free(stock), parse_targets(NIGHT))
    assert (night.target.name, night.bags, night.shortfall) == ("O negative, emergency", 2, 1)
    assert (fridge.bags, fridge.shortfall) == (7, 0)


@pytest.mark.parametrize("column", ["component", "abo", "rhd", "place", "holder"])
def test_a_target_counts_only_what_it_names(column: str) -> None:
    value = getattr(RED, column)
    target = Target(name="x", bags=2, **{column: value})
    others = [*bags(9, **{column: "other"}), *bags(9, **{column: None})]
    [found] = reserves(free([*bags(2), *others]), [target])
    assert found.bags == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[target]]\nname = "x"\nbags = 0', "target 1.bags: expected 1 or more, came 0"),
        ('[[target]]\nname = "x"\nbags = 1\nabo = "0"', "target 1"),
        ('[[target]]\nname = "x"\nbags = 1\n[[target]]\nbags = 1', "target 2"),
        ("targets = 3", "stock targets"),
        ("x", "stock targets: expected TOML"),
    ],
)
def test_a_target_that_cannot_be_is_named(text: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        parse_targets(text)


def test_a_site_without_targets_has_no_reserves() -> None:
    assert reserves(free(bags(3)), parse_targets("")) == ()


def test_days_of_cover_are_the_stock_over_what_goes_out_a_day() -> None:
    stock = [*bags(5), *bags(2, state="reserved"), *bags(1, abo="A"), *bags(1, abo=None)]
    went = [*bags(7, state="transfused"), *bags(4, abo="AB", state="in_transit")]
    assert cover(free(stock), went, window_days=28) == (
        Cover("RBC_AS", "A", "negative", 1, 0, None),
        Cover("RBC_AS", "AB", "negative", 0, 4, 0),
        Cover("RBC_AS", "O", "negative", 5, 7, 200),
        Cover("RBC_AS", None, "negative", 1, 0, None),
    )
