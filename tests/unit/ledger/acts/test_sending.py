"""Checked by a second person, sent under the next number, handed from hand to hand."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.acts import ordering, sending
from ledger.append import Rejected
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.read import consignments, orders
from ledger.read.reader import reading
from ledger.rules.passing import Pass
from tests.browser.world import BANK, BOX, FRIDGE, World
from tests.support.supplying import DX1, DX2, FX1, FX2, acting, red, stocked, wanted


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two bags are allocated to the first order by Lin."""
    with stocked(tmp_path / "site") as found:
        assert ordering.place(found.ledger, wanted(), who=acting(found, "hospital.wu")) == DX1
        allocate(found, 1, 2)
        yield found


def allocate(world: World, *numbers: int, name: str = DX1) -> None:
    chosen = {red(each): 1 for each in numbers}
    assert ordering.allocate(world.ledger, name, chosen, who=acting(world, "tech.lin")) is None


def check(world: World, *numbers: int, login: str = "tech.ma", name: str = DX1) -> str | None:
    refused = sending.check(world.ledger, name, [red(each) for each in numbers], who=acting(world, login))
    return None if refused is None else refused.step


def send(world: World, login: str = "tech.lin", *, place: str = FRIDGE, name: str = DX1) -> str:
    answer = sending.send(world.ledger, name, place=place, boxes=[BOX], who=acting(world, login))
    return answer.step if isinstance(answer, Refused) else answer


def hand(world: World, by: str, courier: str, passes: str = "to_courier", *, note: str = FX1) -> str | None:
    passing = Pass(world.people[by].person, world.people[courier].person, passes)  # type: ignore[arg-type]  # a test's own
    refused = sending.hand_over(world.ledger, note, passing, place=BANK, who=acting(world, by))
    return None if refused is None else refused.step


def test_the_second_person_scans_every_bag_and_no_other(world: World) -> None:
    assert check(world, 1) == "check.missing"
    assert check(world, 1, 2, 3) == "check.not-on-list"
    assert check(world, 1, 2, login="tech.lin") == "check.two-persons"
    assert check(world, 1, 2, login="hospital.wu") == "order.station"
    assert check(world, 1, 2, name=DX2) == "order.unknown"
    assert send(world) == "send.unchecked"
    assert check(world, 2, 1) is None


def test_a_bag_that_was_withheld_meanwhile_is_no_longer_on_the_list(world: World) -> None:
    world.claim(1.1, "quality.xu", kinds.Quarantined, unit=red(1))
    assert check(world, 1, 2) == "check.not-on-list"
    assert check(world, 2) is None


def test_a_bag_that_expired_since_it_was_allocated_neither_passes_the_check_nor_leaves(world: World) -> None:
    assert check(world, 1, 2) is None
    world.at(31 * 24)
    assert check(world, 1, 2) == "dispatch.not-expired"
    assert send(world) == "dispatch.not-expired"


def test_what_was_checked_leaves_under_the_next_number_in_its_box(world: World) -> None:
    assert check(world, 1, 2) is None
    assert send(world, "tech.ma") == "send.two-persons"
    assert send(world, place=BANK) == "place.foreign"
    assert send(world, "hospital.wu") == "order.station"
    assert send(world, name=DX2) == "order.unknown"
    assert send(world) == FX1
    with reading(world.site) as reader:
        page = consignments.note_page(reader, FX1, now_ms=world.clock.now_ms())
        assert page is not None
        [sent] = page.sent
        assert (sent.units, sent.boxes, sent.order) == ([red(1), red(2)], [BOX], DX1)
        assert (sent.by, sent.second) == (world.people["tech.lin"].person, world.people["tech.ma"].person)
        found = orders.order(reader, DX1, organisation=None)
        assert found is not None
        assert found.state == "filled"
    assert send(world) == "send.nothing"


def test_what_was_allocated_after_the_check_is_checked_too(world: World) -> None:
    assert check(world, 1, 2) is None
    world.at(1.2)
    world.claim(1.2, "tech.lin", kinds.Stored, unit=red(1), place=FRIDGE)
    world.at(1.3)
    allocate(world, 3)
    assert send(world) == "send.unchecked"
    assert check(world, 2, 3) is None
    assert send(world) == FX1


def test_two_who_send_at_once_get_two_numbers_and_a_refusal_takes_none(world: World) -> None:
    ordering.place(world.ledger, wanted(), who=acting(world, "hospital.wu"))
    allocate(world, 3, 4, name=DX2)
    assert check(world, 1, 2) is None
    assert check(world, 3, 4, name=DX2) is None
    assert send(world, "tech.ma") == "send.two-persons"
    notes: list[str] = []

    def go(name: str) -> None:
        try:
            notes.append(send(world, name=name))
        except Rejected as error:  # pragma: no cover  it would be a failure, and is shown as one
            notes.append(str(error))

    both = [threading.Thread(target=go, args=(name,)) for name in (DX1, DX2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(notes) == [FX1, FX2]


def test_each_hand_over_is_of_who_has_the_box(world: World) -> None:
    assert hand(world, "tech.lin", "courier.tang") == "pass.not-sent"
    assert check(world, 1, 2) is None
    assert send(world) == FX1
    assert hand(world, "hospital.wu", "courier.tang", "to_receiver") == "pass.hands"
    assert hand(world, "tech.lin", "courier.tang") is None
    world.at(1.5)
    assert hand(world, "tech.lin", "tech.ma") == "pass.hands", "Tang has it"
    assert hand(world, "courier.tang", "courier.tang") == "pass.two-persons"
    assert hand(world, "hospital.wu", "courier.tang", "to_receiver") is None
    assert hand(world, "tech.lin", "courier.tang") == "pass.over"
    with reading(world.site) as reader:
        page = consignments.note_page(reader, FX1, now_ms=world.clock.now_ms())
        assert page is not None
        told = [(each.passes, each.units) for each in page.further if isinstance(each, kinds.HandedOver)]
    assert told == [("to_courier", [red(1), red(2)]), ("to_receiver", [red(1), red(2)])]


def test_a_note_that_is_somebody_elses_is_not_there(world: World) -> None:
    assert check(world, 1, 2) is None
    assert send(world) == FX1
    stranger = ordering.Acting(world.people["hospital.wu"].person, "org:other")
    passing = Pass(stranger.person, world.people["courier.tang"].person, "to_receiver")
    refused = sending.hand_over(world.ledger, FX1, passing, place=None, who=stranger)
    assert refused is not None
    assert refused.step == "pass.not-sent"
    assert "not yours to see" in refused.reason
