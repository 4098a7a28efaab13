"""How far an order is filled, and what it is by that."""

import pytest

from ledger.core.kinds import OrderLine
from ledger.rules.ordering import Fill, Given, OrderState, fills, may_cancel, order_state
from ledger.rules.refused import Refused

RED = OrderLine(component="RBC_AS", abo="A", rhd="positive", amount=400, measure="U")
PLASMA = OrderLine(component="FFP", abo="O", rhd="positive", amount=500, measure="mL")


def bag(line: int, amount: int | None = 200, *, measure: str = "U", sent: bool = False) -> Given:
    return Given(line, amount, measure, sent)  # type: ignore[arg-type]  # a test's own


def test_each_line_counts_its_own_bags_in_its_own_measure() -> None:
    red, plasma = fills([RED, PLASMA], [bag(1), bag(1, sent=True), bag(2, 230, measure="mL")])
    assert red == Fill(RED, 2, 200, 200)
    assert plasma == Fill(PLASMA, 1, 230, 0)
    assert (red.open_amount, plasma.open_amount) == (0, 270)


def test_a_bag_that_is_measured_otherwise_or_not_at_all_counts_as_a_bag_alone() -> None:
    [red] = fills([RED], [bag(1, 200, measure="mL"), bag(1, None), bag(1)])
    assert (red.bags, red.allocated, red.open_amount) == (3, 200, 200)


def test_a_bag_of_a_line_that_the_order_does_not_have_fills_nothing() -> None:
    assert fills([RED], [bag(0), bag(2)]) == (Fill(RED, 0, 0, 0),)


def test_more_than_was_ordered_leaves_nothing_open() -> None:
    assert Fill(RED, 3, 300, 300).open_amount == 0


@pytest.mark.parametrize(
    ("sent", "cancelled", "expected"),
    [
        ((0, 0), False, OrderState.OPEN),
        ((200, 0), False, OrderState.PART_FILLED),
        ((0, 1), False, OrderState.PART_FILLED),
        ((400, 499), False, OrderState.PART_FILLED),
        ((400, 500), False, OrderState.FILLED),
        ((600, 500), True, OrderState.FILLED),
        ((399, 500), True, OrderState.CANCELLED),
        ((0, 0), True, OrderState.CANCELLED),
    ],
)
def test_an_order_is_filled_by_what_was_sent(sent: tuple[int, int], *, cancelled: bool, expected: OrderState) -> None:
    filled = [Fill(RED, 1, 400, sent[0]), Fill(PLASMA, 1, 500, sent[1])]
    assert order_state(filled, cancelled=cancelled) is expected


@pytest.mark.parametrize("state", OrderState)
def test_only_what_is_still_open_can_be_cancelled(state: OrderState) -> None:
    refused = may_cancel(state)
    if state in {OrderState.OPEN, OrderState.PART_FILLED}:
        assert refused is None
    else:
        assert refused == Refused(
            "order.live", f"only an order that is open or part_filled can be cancelled; it is {state}"
        )
