"""The bags of a stock as a list for spreadsheets, a bag a line; the columns' names are those of `GET /v1/stock`."""

from collections.abc import Iterable
from typing import Final

from ledger.exchange.tables import format_csv
from ledger.rules.inventory import Bag
from ledger.rules.lines import format_amount

HEAD: Final = (
    "unit", "component", "abo", "rhd", "place", "holder", "state", "expires", "amount", "measure",
)  # fmt: skip


def stock_csv(bags: Iterable[Bag]) -> bytes:
    """The bags in the order given; `amount` in the measure beside it, so a half unit is `0.5` and `U`."""
    return format_csv(
        HEAD,
        (
            (each.unit, each.component, each.abo, each.rhd, each.place, each.holder, each.state, each.expires,
             _amount(each), each.measure)
            for each in bags
        ),
    )  # fmt: skip


def _amount(bag: Bag) -> str | None:
    if bag.amount is None or bag.measure is None:
        return None
    return format_amount(bag.amount, bag.measure).removesuffix(f" {bag.measure}")
