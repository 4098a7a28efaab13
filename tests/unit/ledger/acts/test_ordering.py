"""A hospital orders, the station allocates: each one act, and a refusal writes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.acts import ordering
from ledger.acts.ordering import Acting
from ledger.core.errors import Refused
from ledger.core.kinds import OrderLine
from ledger.read import orders
from ledger.read.reader import reading
from tests.browser.world import CENTRE, HOSPITAL, World
from tests.support.supplying import DX1, DX2, FOUR_A, acting, red, stocked, wanted


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with stocked(tmp_path / "site", warm=(5,)) as found:
        yield found


def place(world: World, *lines: OrderLine, login: str = "hospital.wu") -> str:
    answer = ordering.place(world.ledger, wanted(*lines), who=acting(world, login))
    return answer.step if isinstance(answer, Refused) else answer


def allocate(world: World, chosen: dict[str, int], *, name: str = DX1, login: str = "tech.lin") -> str | None:
    refused = ordering.allocate(world.ledger, name, chosen, who=acting(world, login))
    return None if refused is None else refused.step


def proposed(world: World, name: str = DX1) -> dict[str, int]:
    with reading(world.site) as reader:
        found = orders.order(reader, name, organisation=None)
        assert found is not None
        told = orders.propose(reader, found, now_ms=world.clock.now_ms())
    return {bag.unit: each.number for each in told.lines for bag in each.bags}


def events(world: World) -> int:
    with reading(world.site) as reader:
        return reader.event_count()


def test_orders_are_numbered_one_after_the_other(world: World) -> None:
    assert place(world) == DX1
    before = events(world)
    assert place(world, login="tech.lin") == "order.hospital", "the station orders nothing in a hospital's name"
    assert events(world) == before
    assert place(world) == DX2, "what was refused took no number"


def test_an_order_is_a_hospitals_to_a_blood_centre(world: World) -> None:
    somebody = Acting(world.people["admin.zhou"].person, None)
    turned = replace(wanted(), organisation=CENTRE, station=HOSPITAL)
    strange = replace(wanted(), station="org:nobody")
    for each in (turned, strange, replace(wanted(), station=HOSPITAL), replace(wanted(), organisation="org:nobody")):
        answer = ordering.place(world.ledger, each, who=somebody)
        assert isinstance(answer, Refused)
        assert answer.step == "order.parties"


@pytest.mark.parametrize("other", [{"component": "RBC_X"}, {"measure": "mL"}])
def test_only_what_the_catalogue_has_in_that_measure_can_be_ordered(world: World, other: dict[str, str]) -> None:
    fields = {"component": "RBC_AS", "abo": "A", "rhd": "positive", "amount": 400, "measure": "U"} | other
    assert place(world, FOUR_A, OrderLine(**fields)) == "order.component"  # type: ignore[arg-type]  # a test's own


def test_an_order_without_a_line_is_none(world: World) -> None:
    answer = ordering.place(world.ledger, replace(wanted(), lines=()), who=acting(world, "hospital.wu"))
    assert isinstance(answer, Refused)
    assert answer.step == "fields"


def test_what_is_proposed_can_be_allocated_and_is_the_first_to_expire_that_is_cold(world: World) -> None:
    place(world)
    chosen = proposed(world)
    assert chosen == {red(4): 1, red(3): 1}, "5 expires first and stood where nothing is measured"
    assert allocate(world, chosen) is None
    assert proposed(world) == {}
    assert allocate(world, {red(2): 1}) == "allocation.enough"


def test_bags_of_one_act_count_one_after_the_other(world: World) -> None:
    place(world)
    before = events(world)
    assert allocate(world, {red(1): 1, red(2): 1, red(3): 1}) == "allocation.enough"
    assert events(world) == before, "all or nothing"


def test_a_bag_is_allocated_once(world: World) -> None:
    place(world)
    place(world)
    assert allocate(world, {red(1): 1}) is None
    assert allocate(world, {red(1): 1}, name=DX2) == "allocate.state"
    assert proposed(world, DX2) == {red(4): 1, red(3): 1}


@pytest.mark.parametrize(
    ("unit", "line", "rule"),
    [
        (red(5), 1, "allocate.exposure-ok"),
        (red(6), 1, "allocation.group"),
        (red(1), 2, "allocation.line"),
        (red(9), 1, "unit.unknown"),
    ],
)
def test_a_bag_that_may_not_be_sent_is_not_allocated(world: World, unit: str, line: int, rule: str) -> None:
    place(world)
    assert allocate(world, {unit: line}) == rule


def test_what_stands_in_is_what_the_site_says(world: World) -> None:
    (world.site.directory / orders.SUPPLY_FILE).write_text(
        '[[instead]]\ncomponent = "RBC_AS"\nordered = "A+"\ngive = ["O-"]\n', "utf-8"
    )
    place(world)
    assert allocate(world, {red(6): 1}) is None
    (world.site.directory / orders.SUPPLY_FILE).write_text("what", "utf-8")
    assert allocate(world, {red(1): 1}) == "supply.file"


def test_only_the_station_allocates_and_what_is_nobodys_is_unknown(world: World) -> None:
    place(world)
    assert allocate(world, {red(1): 1}, login="hospital.wu") == "order.station"
    assert allocate(world, {red(1): 1}, name=DX2) == "order.unknown"


def cancel(world: World, login: str, name: str = DX1) -> str | None:
    refused = ordering.cancel(world.ledger, name, "no_longer_needed", who=acting(world, login))
    return None if refused is None else refused.step


@pytest.mark.parametrize("login", ["hospital.wu", "tech.lin"])
def test_either_side_cancels_and_then_nothing_more_is_allocated(world: World, login: str) -> None:
    place(world)
    assert cancel(world, login, DX2) == "order.unknown"
    assert cancel(world, login) is None
    assert cancel(world, login) == "order.live"
    assert allocate(world, {red(1): 1}) == "allocation.order-live"
