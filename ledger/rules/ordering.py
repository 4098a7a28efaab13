"""How far an order (订血) is filled: what is allocated to each line, what was sent, and what the order is by that.

An order is a fold: it is what was ordered, less what was sent, unless it was cancelled. Which bags may be allocated is
`ledger.rules.allocation`; which of them may leave is `ledger.rules.picking`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.core.kinds import Measure, OrderLine
from ledger.rules.refused import Refused


class OrderState(StrEnum):
    """What an order is."""

    OPEN = "open"  # nothing was sent yet
    PART_FILLED = "part_filled"  # something was
    FILLED = "filled"  # of every line as much as was ordered, or more
    CANCELLED = "cancelled"


LIVE: Final = frozenset({OrderState.OPEN, OrderState.PART_FILLED})
"""States in which something may still be allocated and sent."""


@dataclass(frozen=True, slots=True)
class Given:
    """A bag that an order has, or had when it left.

    Attributes:
        line: the line that it helps to fill, from 1.
        amount: how much it holds, in `measure`; None: the catalogue does not say.
        measure: in what.
        sent: whether it was dispatched.
    """

    line: int
    amount: int | None
    measure: Measure | None
    sent: bool


@dataclass(frozen=True, slots=True)
class Fill:
    """One line of an order and how far it is filled, in the line's own measure.

    Attributes:
        line: what was ordered.
        bags: how many bags it has, sent ones too.
        allocated: how much is set aside for it and was not sent yet.
        sent: how much was sent.
    """

    line: OrderLine
    bags: int
    allocated: int
    sent: int

    @property
    def open_amount(self) -> int:
        """How much is neither sent nor set aside; 0 where it is enough."""
        return max(0, self.line.amount - self.allocated - self.sent)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an order stands.

    Attributes:
        station: with whom it was placed: an organisation.
        state: what it is.
        filled: its lines, and how far each is filled.
    """

    station: str
    state: OrderState
    filled: tuple[Fill, ...]


def fills(lines: Sequence[OrderLine], given: Iterable[Given]) -> tuple[Fill, ...]:
    """How far each line is filled; a bag that is measured otherwise than its line counts as a bag alone."""
    bags, allocated, sent = ([0] * len(lines) for _ in range(3))
    for each in given:
        index = each.line - 1
        if index not in range(len(lines)):
            continue
        bags[index] += 1
        if each.amount is not None and each.measure == lines[index].measure:
            (sent if each.sent else allocated)[index] += each.amount
    return tuple(Fill(*each) for each in zip(lines, bags, allocated, sent, strict=True))


def order_state(filled: Sequence[Fill], *, cancelled: bool) -> OrderState:
    """What the order is: filled by what was sent, not by what is set aside."""
    if all(each.sent >= each.line.amount for each in filled):
        return OrderState.FILLED
    if cancelled:
        return OrderState.CANCELLED
    return OrderState.PART_FILLED if any(each.sent for each in filled) else OrderState.OPEN


def may_cancel(state: OrderState) -> Refused | None:
    """Whether an order may be cancelled: what was filled or cancelled may not."""
    if state in LIVE:
        return None
    return Refused("order.live", f"only an order that is open or part_filled can be cancelled; it is {state}")
