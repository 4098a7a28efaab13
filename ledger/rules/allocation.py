"""Which bags an order may have (配货): a proposal, and what is asked when a person allocates one.

First the group that was ordered, then those that the site itself lets stand in for it; of each the first to expire
first (近效期先出). What is proposed is never more than was ordered, and what is missing is told. A person decides: they
may take other bags, as long as the rules let them. What may be dispatched at all is `ledger.rules.release`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger.core.kinds import OrderLine
from ledger.rules import release
from ledger.rules.inventory import Bag
from ledger.rules.ordering import LIVE, Fill, Standing
from ledger.rules.refused import Refused
from ledger.rules.release import UnitFacts
from ledger.rules.supply import Supply


@dataclass(frozen=True, slots=True)
class Proposed:
    """What is proposed for one line.

    Attributes:
        number: the line, from 1.
        bags: what to take, in this order.
        short: how much is missing then, in the line's measure.
    """

    number: int
    bags: tuple[Bag, ...]
    short: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for an order.

    Attributes:
        lines: each line.
        passed_over: bags that would have come first, and why they may not be taken.
    """

    lines: tuple[Proposed, ...]
    passed_over: tuple[tuple[Bag, Refused], ...]


def propose(
    filled: Sequence[Fill], free: Sequence[Bag], *, supply: Supply, barred: Callable[[Bag], Refused | None]
) -> Proposal:
    """Propose bags for what is still open of an order.

    Args:
        filled: its lines, and how far each is filled.
        free: the bags that could be taken, the first to expire first (`ledger.rules.inventory.fefo`).
        supply: which groups may stand in.
        barred: why a bag may not be allocated; asked only of bags that would be taken.
    """
    taken: set[str] = set()
    passed_over: dict[str, tuple[Bag, Refused]] = {}
    lines = []
    for number, fill in enumerate(filled, 1):
        missing, bags = fill.open_amount, []
        for bag in _in_order(fill.line, free, supply):
            amount = bag.amount or 0
            if bag.unit in taken or bag.unit in passed_over or not 0 < amount <= missing:
                continue
            refused = barred(bag)
            if refused is not None:
                passed_over[bag.unit] = bag, refused
                continue
            taken.add(bag.unit)
            bags.append(bag)
            missing -= amount
        lines.append(Proposed(number, tuple(bags), missing))
    return Proposal(tuple(lines), tuple(passed_over.values()))


def may_allocate(bag: Bag, facts: UnitFacts, *, number: int, standing: Standing, supply: Supply) -> Refused | None:
    """Whether a bag may be allocated to a line of an order.

    Args:
        bag: the bag.
        facts: what is known of it.
        number: the line, from 1.
        standing: how the order stands, with what was allocated before.
        supply: which groups may stand in.
    """
    filled = standing.filled
    if standing.state not in LIVE:
        text = f"the order is {standing.state}; only one that is open or part_filled gets bags"
        return Refused("allocation.order-live", text)
    if number not in range(1, len(filled) + 1):
        return Refused("allocation.line", f"the order has the lines 1 to {len(filled)}; came {number}")
    if bag.holder != standing.station:
        return Refused("allocation.holder", f"{bag.unit} is held by {bag.holder}, not by {standing.station}")
    refused = _fits(bag, filled[number - 1].line, supply) or release.may_allocate(facts)
    if refused is None and not filled[number - 1].open_amount:
        return Refused("allocation.enough", f"line {number} has as much as was ordered; put something back first")
    return refused


def _in_order(line: OrderLine, free: Sequence[Bag], supply: Supply) -> list[Bag]:
    """The bags that fit a line: group after group, and of each in the order given."""
    ranks = {group: rank for rank, group in enumerate(supply.groups_for(line))}
    fitting = [bag for bag in free if _fits(bag, line, supply) is None]
    return sorted(fitting, key=lambda bag: ranks[str(bag.abo), str(bag.rhd)])


def _fits(bag: Bag, line: OrderLine, supply: Supply) -> Refused | None:
    if bag.component != line.component:
        return Refused("allocation.component", f"{line.component} was ordered; {bag.unit} is {bag.component}")
    if (bag.abo, bag.rhd) not in supply.groups_for(line):
        text = f"{line.abo} {line.rhd} was ordered, and no rule of the site lets {bag.abo} {bag.rhd} stand in for it"
        return Refused("allocation.group", text)
    if bag.measure != line.measure:
        return Refused(
            "allocation.measure", f"it was ordered in {line.measure}; {bag.unit} is counted in {bag.measure}"
        )
    return None
