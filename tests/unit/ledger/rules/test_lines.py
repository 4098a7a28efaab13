"""A line of an order as people write it."""

import pytest

from ledger.core.errors import FormatError
from ledger.core.kinds import Measure, OrderLine
from ledger.rules.lines import amount_of, format_amount, parse_line


@pytest.mark.parametrize("text", ["RBC_AS A+ 4 U", " RBC_AS  A+ 4U ", "RBC_AS, A+, 4, U", "RBC_AS A+ 4.00U"])
def test_a_line_is_read_however_it_is_spaced(text: str) -> None:
    assert parse_line(text) == OrderLine(component="RBC_AS", abo="A", rhd="positive", amount=400, measure="U")


def test_each_component_has_its_own_measure() -> None:
    assert parse_line("FFP AB- 400 mL") == OrderLine(
        component="FFP", abo="AB", rhd="negative", amount=400, measure="mL"
    )
    assert parse_line("PLT O+ 1dose").amount == 1


@pytest.mark.parametrize("text", ["", "RBC_AS A 4 U", "RBC_AS A+ U", "RBC_AS C+ 4 U", "RBC_AS A+ 4 u", "A+ 4 U",
                                  "RBC_AS A+ 4 U for Mr Li", "RBC_AS A+ -4 U"])  # fmt: skip
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(FormatError, match="RBC_AS A\\+ 4 U"):
        parse_line(text)


@pytest.mark.parametrize(
    ("text", "measure", "amount"),
    [
        ("1.5", "U", 150),
        ("1.25", "U", 125),
        ("0.5", "U", 50),
        ("10", "U", 1000),
        ("400", "mL", 400),
        ("1.0", "dose", 1),
    ],
)
def test_a_unit_may_be_halved_and_what_is_whole_stays_whole(text: str, measure: Measure, amount: int) -> None:
    assert amount_of(text, measure) == amount
    assert amount_of(format_amount(amount, measure).partition(" ")[0], measure) == amount


@pytest.mark.parametrize(("text", "measure"), [("0", "U"), ("0.00", "U"), ("1.5", "dose"), ("0", "mL"), ("0.5", "mL")])
def test_nothing_and_parts_of_what_is_counted_whole_are_refused(text: str, measure: Measure) -> None:
    with pytest.raises(FormatError, match=f"a whole number of {measure}, 1 or more"):
        amount_of(text, measure)


@pytest.mark.parametrize("text", ["", "x", "1.234", "-1", "1.x", "1,5", "\u0661", "1234567"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="an amount such as 4 or"):
        amount_of(text, "U")


@pytest.mark.parametrize(
    ("amount", "measure", "said"),
    [(400, "U", "4 U"), (150, "U", "1.5 U"), (125, "U", "1.25 U"), (1000, "U", "10 U"), (5, "U", "0.05 U"),
     (400, "mL", "400 mL"), (1, "dose", "1 dose")],
)  # fmt: skip
def test_an_amount_is_said_as_it_was_written(amount: int, measure: Measure, said: str) -> None:
    assert format_amount(amount, measure) == said
