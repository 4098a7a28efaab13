"""The power failed, and a shift wrote on paper (补录): what happened is entered at its own time, by two persons."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core import kinds
from tests.browser.world import BANK, FRIDGE, LAB, PASSWORD, ROOM, World, opened
from tests.unit.web.conftest import Visitor

RED = "unit:A999926000001.A0002V00"
OTHER = "unit:A999926000002.A0002V00"
DONOR = "person:" + "ab" * 16
EXPIRES = "2026-03-31T12:00:00.000Z"
TWO = {"signs": "quality.xu", "second_password": PASSWORD}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two bags; then the power fails for eight hours."""
    with opened(tmp_path / "site") as found:
        for number, unit in ((1, RED), (2, OTHER)):
            whole = f"unit:A99992600000{number}.A0001V00"
            found.claim(0.0, "tech.lin", kinds.Collected, unit=whole, donor=DONOR, place=ROOM)
            made = [kinds.Component(unit=unit, expires=EXPIRES)]
            found.claim(0.2, "tech.lin", kinds.Prepared, parents=[whole], children=made, place=LAB)
        found.at(9)
        yield found


@pytest.fixture
def technician(world: World) -> Visitor:
    return Visitor(world.app.test_client()).signed_in("tech.lin")


def at(world: World, hour: float) -> str:
    now = world.clock.at_ms
    instant = world.at(hour)
    world.clock.at_ms = now
    return instant


def table(world: World) -> str:
    """Both bags were put into the fridge; the second was taken out again by somebody else."""
    return (
        "kind,time,unit,place,by\n"
        f"stored,{at(world, 2)},{RED}|,{FRIDGE},\n"
        f"stored,{at(world, 2.1)},{OTHER},{FRIDGE},quality.xu\n"
        f"removed,{at(world, 3)},{OTHER},{FRIDGE},quality.xu\n"
    )


def enter(who: Visitor, text: str, **fields: str) -> tuple[int, str]:
    """Enter a table; answer the status and the page."""
    answer = who.post("/paper", table=text, **fields)
    return answer.status_code, answer.text


def rule(page: str) -> str:
    return page.partition('data-rule="')[2].partition('"')[0]


def history(world: World, unit: str) -> list[kinds.AnyEvent]:
    with world.app.extensions["xuemai"].reading() as reader:
        return [each.event for each in reader.told(unit)]


def test_what_stood_on_paper_is_shown_first_and_nothing_is_recorded_by_looking(
    world: World, technician: Visitor
) -> None:
    before = len(history(world, RED))
    status, page = enter(technician, table(world))
    assert (status, page.count('data-row="')) == (200, 3)
    assert "Stock fridge F-07" in page
    assert len(history(world, RED)) == before


def test_two_persons_enter_it_and_it_counts_when_it_happened(world: World, technician: Visitor) -> None:
    status, page = enter(technician, table(world), record="yes", **TWO)
    assert status == 303, page
    stored = history(world, OTHER)[-2]
    assert stored.time == at(world, 2.1)
    assert stored.recorded_at == at(world, 9)
    assert stored.by == stored.confirmed_by == world.people["quality.xu"].person
    assert stored.entered_by == world.people["tech.lin"].person
    with world.app.extensions["xuemai"].reading() as reader:
        assert reader.summary(RED).place.id == FRIDGE
        assert reader.summary(OTHER).place is None, "taken out an hour later"
    shown = technician.get(f"/units/{OTHER[5:]}").text
    assert "entered by" in shown
    assert "confirmed by" in shown


def test_one_person_alone_enters_nothing(world: World, technician: Visitor) -> None:
    assert rule(enter(technician, table(world), record="yes")[1]) == "late.two-persons"
    himself = {"signs": "tech.lin", "second_password": PASSWORD}
    assert rule(enter(technician, table(world), record="yes", **himself)[1]) == "two-persons"
    assert rule(enter(technician, table(world), record="yes", signs="quality.xu")[1]) == "person.signature"


def test_a_row_that_is_wrong_is_named_and_nothing_of_the_table_is_recorded(world: World, technician: Visitor) -> None:
    before = len(history(world, RED))
    for wrong in (
        f"removed,,{RED},{FRIDGE},\n",
        f"flown,{at(world, 2)},{RED},{FRIDGE},\n",
        f"shift_handed_over,{at(world, 2)},{RED},{FRIDGE},\n",
        f"stored,{at(world, 2)},{RED}|{OTHER},{FRIDGE},\n",
    ):
        status, page = enter(technician, table(world) + wrong, record="yes", **TWO)
        assert (status, 'data-wrong="4"' in page) == (422, True), wrong
    assert len(history(world, RED)) == before


def test_a_rule_that_refuses_names_the_row(world: World, technician: Visitor) -> None:
    elsewhere = f"moved,{at(world, 4)},{RED},{BANK},\n"
    status, page = enter(technician, table(world) + elsewhere, record="yes", **TWO)
    assert (status, rule(page)) == (422, "place.foreign")
    assert "Row 4:" in page
    beyond = f"released,{at(world, 4)},{RED},{LAB},\n"
    assert rule(enter(technician, table(world) + beyond, record="yes", **TWO)[1]) == "role"
    stranger = f"moved,{at(world, 4)},{RED},{LAB},hospital.wu\n"
    assert rule(enter(technician, table(world) + stranger, record="yes", **TWO)[1]) == "person.unknown"
    ahead = f"moved,{at(world, 40)},{RED},{LAB},\n"
    assert rule(enter(technician, table(world) + ahead, record="yes", **TWO)[1]) == "time.ahead"


def test_what_would_change_the_present_waits_on_hold_for_a_person(world: World) -> None:
    world.claim(9, "tech.lin", kinds.Stored, unit=RED, place=FRIDGE)
    world.at(9.1)
    officer = Visitor(world.app.test_client()).signed_in("quality.he")
    late = f"kind,time,unit,reason\nnonconforming,{at(world, 5)},{RED},clots\n"
    assert enter(officer, late, record="yes", **TWO)[0] == 303
    with world.app.extensions["xuemai"].reading() as reader:
        assert reader.summary(RED).on_hold
        assert [each.rule for each in reader.discrepancies(subject=RED)] == ["state.late"]


def test_what_changed_since_the_preview_is_told(world: World, technician: Visitor) -> None:
    page = enter(technician, table(world))[1]
    drawn_at = page.partition('name="drawn_at" value="')[2].partition('"')[0]
    world.claim(9, "quality.xu", kinds.Quarantined, unit=RED, reason="a call")
    assert rule(enter(technician, table(world), record="yes", drawn_at=drawn_at, **TWO)[1]) == "stale"


@pytest.mark.parametrize("text", ["", "unit,place\na,b\n", "kind,time,colour\nstored,x,y\n", "kind,time,unit\n"])
def test_a_text_that_is_no_such_table_is_refused(technician: Visitor, text: str) -> None:
    status, page = enter(technician, text)
    assert (status, rule(page)) == (422, "table")
