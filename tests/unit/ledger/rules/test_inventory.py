"""A fridge of bags, counted and taken from."""

from dataclasses import replace

import pytest

from ledger.core.errors import FormatError
from ledger.rules.inventory import (
    COLUMNS,
    Bag,
    Column,
    FreeBags,
    Line,
    count,
    count_free,
    expiring,
    fefo,
    free_bags,
    is_stock,
    parse_columns,
)
from ledger.rules.lifecycle import State

NOW, DAY = 1_000_000_000_000, 86_400_000
RED = Bag("unit:1", "RBC_AS", "O", "negative", "place:f", "org:c", "available", NOW + DAY, "2001-09-10", 200, "U")


def bag(name: str, **other: object) -> Bag:
    return replace(RED, unit=f"unit:{name}", **other)  # type: ignore[arg-type]  # a test's own fields


def names(bags: tuple[Bag, ...]) -> str:
    return " ".join(each.unit.removeprefix("unit:") for each in bags)


def test_bags_are_counted_in_bags_and_in_each_measure_of_their_own() -> None:
    plasma = bag("3", component="FFP", amount=200, measure="mL", expires_ms=NOW + 9 * DAY)
    nameless = bag("4", amount=None, measure=None)
    [everything] = count([plasma, RED, bag("2", amount=150, expires_ms=None), nameless], ())
    assert (everything.key, everything.bags, everything.unmeasured) == ((), 4, 1)
    assert list(everything.amounts.items()) == [("U", 350), ("mL", 200)]
    assert everything.earliest_ms == NOW + DAY


def test_lines_come_in_order_and_what_is_not_known_comes_last() -> None:
    bags = [bag("1", abo=None), bag("2", abo="O"), bag("3", abo="A", rhd="positive"), bag("4", abo="A"), bag("5")]
    told = [(line.key, line.bags) for line in count(bags, ("abo", "rhd"))]
    assert told == [
        (("A", "negative"), 1),
        (("A", "positive"), 1),
        (("O", "negative"), 2),
        ((None, "negative"), 1),
    ]


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_tells_bags_apart_by_itself(column: Column) -> None:
    told = count([RED, bag("2", **{column: "another"})], (column,))
    assert {line.key for line in told} == {(getattr(RED, column),), ("another",)}


def test_a_line_of_undated_bags_has_no_earliest_expiry() -> None:
    assert count([bag("1", expires_ms=None)], ("abo",))[0].earliest_ms is None


def test_what_expires_first_is_taken_first_and_of_one_instant_by_name() -> None:
    late, early = bag("a", expires_ms=NOW + 2 * DAY), bag("c", expires_ms=NOW + 1)
    assert names(fefo([late, bag("d"), bag("b"), early], NOW)) == "c b d a"


def test_nobody_is_sent_for_a_bag_that_is_claimed_undated_or_expired() -> None:
    kept = [bag("r", state="reserved"), bag("h", state="on_hold"), bag("q", state="quarantined")]
    undated, expired = bag("u", expires_ms=None), bag("e", expires_ms=NOW - 1)
    last_instant, in_hospital = bag("l", expires_ms=NOW), bag("z", state="in_hospital")
    assert names(fefo([*kept, undated, expired, last_instant, in_hospital], NOW)) == "l z"


def test_expiring_soon_is_in_date_now_and_not_any_more_then() -> None:
    bags = [bag(f"{days}", expires_ms=NOW + days * DAY) for days in (3, 0, 1, 2)]
    gone = [bag("x", state="transfused"), bag("y", expires_ms=NOW - 1), bag("u", expires_ms=None)]
    assert names(expiring([*bags, *gone], NOW, within_ms=2 * DAY + 1)) == "0 1 2"
    assert names(expiring(bags, NOW, within_ms=2 * DAY)) == "0 1"
    assert names(expiring([bag("k", state="reserved")], NOW, within_ms=2 * DAY)) == "k"


def test_free_bags_that_are_alike_are_counted_together_with_those_that_expire_soon() -> None:
    first, last = bag("2", expires_ms=NOW), bag("3", expires_ms=NOW + 3 * DAY)
    claimed, expired = bag("4", state="reserved"), bag("5", expires_ms=NOW - 1)
    red = ("RBC_AS", "O", "negative", "place:f", "org:c", 200, "U")
    told = free_bags([RED, last, claimed, first, expired], NOW, within_ms=DAY + 1)
    assert told == (FreeBags(*red, bags=3, soon=2, earliest_ms=NOW),)
    assert free_bags([RED], NOW, within_ms=DAY) == (FreeBags(*red, bags=1, soon=0, earliest_ms=NOW + DAY),)


@pytest.mark.parametrize("column", ["component", "abo", "rhd", "place", "holder", "amount", "measure"])
def test_free_bags_that_differ_in_one_thing_are_counted_apart(column: str) -> None:
    told = free_bags([RED, bag("2", **{column: None}), RED], NOW, within_ms=0)
    assert [(getattr(each, column), each.bags) for each in told] == [(getattr(RED, column), 2), (None, 1)]


def test_free_bags_are_counted_by_component_as_bags_one_by_one_are() -> None:
    plasma = [bag(f"p{n}", component="FFP", amount=200, measure="mL", abo=abo) for n, abo in enumerate("AAB")]
    halves = [bag(f"h{n}", amount=100, expires_ms=NOW + n * DAY) for n in (5, 6)]
    nameless = [
        bag("n1", measure=None),
        bag("n2", amount=None),
        *(bag(f"n{n}", amount=None, measure=None) for n in (3, 4)),
    ]
    stock = [*nameless, *plasma, RED, *halves]
    told = count_free(free_bags(stock, NOW, within_ms=0))
    assert told == count(stock, ("component",))
    assert told[1] == Line(("RBC_AS",), 7, {"U": 400}, 4, NOW + DAY)


def test_a_bag_that_was_given_thrown_away_or_made_into_others_is_no_stock() -> None:
    ended = {state for state in State if not is_stock(bag("1", state=state))}
    assert ended == {State.TRANSFUSED, State.DISCARDED, State.CONSUMED}


def test_columns_are_asked_for_by_name_and_each_once() -> None:
    assert parse_columns("state,abo") == ("state", "abo")
    assert parse_columns("") == ()
    for wrong in ("colour", "abo,abo", "abo,", "abo, rhd"):
        with pytest.raises(FormatError, match="by: expected some of component,abo,"):
            parse_columns(wrong)
