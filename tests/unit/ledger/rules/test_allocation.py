"""The bags that a person is proposed for an order, and why another one is not let in."""

from dataclasses import replace

import msgspec
import pytest

from ledger.core.kinds import OrderLine
from ledger.rules.allocation import Proposed, may_allocate, propose
from ledger.rules.inventory import Bag
from ledger.rules.lifecycle import State
from ledger.rules.ordering import Fill, OrderState, Standing
from ledger.rules.refused import Refused
from ledger.rules.release import UnitFacts
from ledger.rules.supply import GROUPS, Supply

NOW, DAY = 1_000_000_000_000, 86_400_000
LINE = OrderLine(component="RBC_AS", abo="A", rhd="positive", amount=400, measure="U")
BAG = Bag("unit:1", "RBC_AS", "A", "positive", "place:f", "org:c", "available", NOW + DAY, "2001-09-10", 200, "U")
O_TOO = Supply(instead={("RBC_AS", GROUPS["A+"]): (GROUPS["O-"],)})
GOOD = UnitFacts(state=State.AVAILABLE, now_ms=NOW, tests="fit", expires_ms=NOW + DAY, exposure="ok")
WARM = Refused("allocate.exposure-ok", "the cold chain must be ok, it is out")


def bags(*names: str, **other: object) -> list[Bag]:
    return [replace(BAG, unit=name, **other) for name in names]  # type: ignore[arg-type]  # a test's own


def asked(line: OrderLine = LINE, *, allocated: int = 0, sent: int = 0) -> Fill:
    return Fill(line, 0, allocated, sent)


def taken(*lines: Proposed) -> list[tuple[int, list[str], int]]:
    return [(each.number, [bag.unit for bag in each.bags], each.short) for each in lines]


def test_the_first_to_expire_is_proposed_and_never_more_than_was_ordered() -> None:
    told = propose([asked()], bags("a", "b", "c"), supply=Supply(), barred=lambda _: None)
    assert taken(*told.lines) == [(1, ["a", "b"], 0)]


def test_what_the_line_has_already_is_not_proposed_again() -> None:
    told = propose([asked(allocated=100, sent=100)], bags("a", "b"), supply=Supply(), barred=lambda _: None)
    assert taken(*told.lines) == [(1, ["a"], 0)]


def test_what_is_missing_is_told() -> None:
    told = propose([asked()], bags("a"), supply=Supply(), barred=lambda _: None)
    assert taken(*told.lines) == [(1, ["a"], 200)]


def test_a_bag_that_holds_more_than_is_missing_is_left_for_a_person_and_a_smaller_one_found() -> None:
    free = [*bags("large", amount=500), *bags("unmeasured", amount=None), *bags("small")]
    told = propose([asked()], free, supply=Supply(), barred=lambda _: None)
    assert taken(*told.lines) == [(1, ["small"], 200)]


def test_the_ordered_group_comes_before_what_the_site_lets_stand_in() -> None:
    free = [*bags("o", abo="O", rhd="negative"), *bags("a"), *bags("b", abo="B"), *bags("o+", abo="O")]
    told = propose([asked()], free, supply=O_TOO, barred=lambda _: None)
    assert taken(*told.lines) == [(1, ["a", "o"], 0)]
    told = propose([asked()], free, supply=Supply(), barred=lambda _: None)
    assert taken(*told.lines) == [(1, ["a"], 200)]


def test_a_bag_is_proposed_once_though_two_lines_could_have_it() -> None:
    told = propose([asked(), asked()], bags("a", "b", "c"), supply=Supply(), barred=lambda _: None)
    assert taken(*told.lines) == [(1, ["a", "b"], 0), (2, ["c"], 200)]


def test_a_bag_that_must_not_leave_is_passed_over_with_the_reason_once() -> None:
    free = bags("warm", "b", "c")
    asks: list[str] = []

    def barred(bag: Bag) -> Refused | None:
        asks.append(bag.unit)
        return WARM if bag.unit == "warm" else None

    told = propose([asked(), asked()], free, supply=Supply(), barred=barred)
    assert taken(*told.lines) == [(1, ["b", "c"], 0), (2, [], 400)]
    assert told.passed_over == ((free[0], WARM),)
    assert asks == ["warm", "b", "c"], "nobody is asked about a bag twice"


def test_what_is_not_of_the_line_is_not_proposed() -> None:
    free = [*bags("p", component="FFP"), *bags("m", measure="mL"), *bags("n", abo=None), *bags("r", rhd="negative")]
    assert taken(*propose([asked()], free, supply=Supply(), barred=lambda _: None).lines) == [(1, [], 400)]


def let_in(bag: Bag = BAG, facts: UnitFacts = GOOD, *, number: int = 1, state: OrderState = OrderState.OPEN,
           supply: Supply = O_TOO, sent: int = 0) -> str | None:  # fmt: skip
    standing = Standing("org:c", state, (asked(sent=sent), asked(sent=400)))
    refused = may_allocate(bag, facts, number=number, standing=standing, supply=supply)
    return None if refused is None else refused.rule


def test_a_free_bag_that_fits_is_let_in_also_where_it_holds_more_than_is_missing() -> None:
    assert let_in() is None
    assert let_in(sent=399, state=OrderState.PART_FILLED) is None
    assert let_in(replace(BAG, abo="O", rhd="negative")) is None


@pytest.mark.parametrize(
    ("other", "rule"),
    [
        ({"state": OrderState.FILLED}, "allocation.order-live"),
        ({"state": OrderState.CANCELLED}, "allocation.order-live"),
        ({"number": 0}, "allocation.line"),
        ({"number": 3}, "allocation.line"),
        ({"bag": replace(BAG, holder="org:other")}, "allocation.holder"),
        ({"bag": replace(BAG, holder="org:another")}, "allocation.holder"),
        ({"bag": replace(BAG, component="FFP")}, "allocation.component"),
        ({"bag": replace(BAG, component="WB")}, "allocation.component"),
        ({"bag": replace(BAG, abo="B")}, "allocation.group"),
        ({"bag": replace(BAG, rhd=None)}, "allocation.group"),
        ({"bag": replace(BAG, abo="O", rhd="negative"), "supply": Supply()}, "allocation.group"),
        ({"bag": replace(BAG, measure="mL")}, "allocation.measure"),
        ({"bag": replace(BAG, measure="dose")}, "allocation.measure"),
        ({"facts": replace(GOOD, state=State.RESERVED)}, "allocate.state"),
        ({"facts": replace(GOOD, state=State.QUARANTINED)}, "allocate.state"),
        ({"facts": replace(GOOD, state=State.PENDING)}, "allocate.state"),
        ({"facts": replace(GOOD, labelled=False)}, "allocate.labelled"),
        ({"facts": replace(GOOD, recalled=True)}, "allocate.not-recalled"),
        ({"facts": replace(GOOD, ever_unfit=True)}, "allocate.never-unfit"),
        ({"facts": replace(GOOD, expires_ms=NOW - 1)}, "allocate.not-expired"),
        ({"facts": replace(GOOD, exposure="out")}, "allocate.exposure-ok"),
        ({"facts": replace(GOOD, exposure="unknown")}, "allocate.exposure-ok"),
        ({"number": 2}, "allocation.enough"),
    ],
)
def test_every_other_bag_is_refused_by_name(other: dict[str, object], rule: str) -> None:
    assert let_in(**other) == rule  # type: ignore[arg-type]  # a test's own


def test_each_line_takes_what_was_ordered_on_it() -> None:
    """Red cells, plasma, platelets: the third line has what it asked for."""
    lines = [msgspec.structs.replace(LINE, component=component) for component in ("RBC_AS", "FFP", "PLT")]
    standing = Standing("org:c", OrderState.OPEN, (asked(lines[0]), asked(lines[1]), asked(lines[2], sent=400)))

    def refused(component: str, number: int) -> str | None:
        bag = replace(BAG, component=component)
        found = may_allocate(bag, GOOD, number=number, standing=standing, supply=Supply())
        return None if found is None else found.rule

    told = [refused(component, number) for number, component in enumerate(["RBC_AS", "FFP", "PLT"], 1)]
    assert told == [None, None, "allocation.enough"]
    assert refused("FFP", 3) == refused("RBC_AS", 2) == "allocation.component"


def test_the_smallest_amount_is_proposed() -> None:
    told = propose(
        [asked(msgspec.structs.replace(LINE, amount=1))], bags("drop", amount=1), supply=Supply(), barred=lambda _: None
    )
    assert taken(*told.lines) == [(1, ["drop"], 0)]


def test_a_refusal_says_what_was_asked_and_what_came() -> None:
    standing = Standing("org:c", OrderState.OPEN, (asked(),))
    said = may_allocate(replace(BAG, abo="B"), GOOD, number=1, standing=standing, supply=Supply())
    assert said is not None
    assert said.reason == "A positive was ordered, and no rule of the site lets B positive stand in for it"
