"""A hospital takes blood in, gives it to a ward, and says what became of it (临床用血)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core import kinds
from ledger.core.checklist import Checklist, Wording
from tests.browser import world as story
from tests.browser.world import BANK, FRIDGE, HOSPITAL, PATIENT, WARD, World, opened
from tests.journey.test_release import found, give, red
from tests.support.producers import Gateway, introduce
from tests.unit.web.conftest import Visitor

NOTE = "consignment:FX-26-0901"
LOOKS = (Wording("appearance", "外观正常", "Appearance"), Wording("label", "标签完整", "Label whole"))
REASONS = (Wording("haemolysis", "溶血", "Haemolysis"), Wording("torn", "标签破损", "Label torn"))
LISTS = (Checklist("received", "R-3", LOOKS, REASONS), Checklist("issued", "F-1", LOOKS[:1], REASONS[:1]))
SOUND = {"check.appearance": "met", "check.label": "met"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "site", checklists=LISTS) as found_site:
        yield found_site


def hospital(world: World) -> Visitor:
    return Visitor(world.app.test_client()).signed_in("hospital.wu")


def delivered(world: World, number: int = 1) -> None:
    """A released unit is on its way to the hospital by the third hour, cold all the time."""
    centre, hospital_gateway = Gateway("gw-centre"), Gateway("gw-hospital")
    give(world, number)
    found(world, number)
    introduce(world.ledger, centre, hospital_gateway)
    story._readings(world, centre, FRIDGE, 0.4, 3.2)
    second = world.people["quality.he"].person
    world.claim(2, "quality.xu", kinds.Released, unit=red(number), second=second)
    world.claim(3, "tech.lin", kinds.Dispatched, dispatch_note=NOTE, units=[red(number)], to=HOSPITAL, place=FRIDGE)
    story._readings(world, hospital_gateway, BANK, 2.9, 6)
    world.at(3.1)


def refusal(answer: object) -> str:
    """The rule that refused; `fields` where the form was not filled in; nothing where the step was recorded."""
    text = getattr(answer, "text", "")
    return "" if getattr(answer, "status_code", 0) == 303 else text.partition('data-rule="')[2].partition('"')[0]


def take_in(world: World, number: int = 1, *, outcome: str = "accepted", **answers: str) -> str:
    fields = {"dispatch_note": NOTE, "units": red(number), "outcome": outcome, "place": BANK, **answers}
    return refusal(hospital(world).post("/steps/received", **fields))


def state(world: World, number: int = 1) -> str:
    with world.app.extensions["xuemai"].reading() as reader:
        return str(reader.summary(red(number)).state)


def test_the_hospital_answers_its_own_checklist_before_it_takes_a_bag(world: World) -> None:
    delivered(world)
    page = hospital(world).get("/steps/received").text
    assert "Checklist R-3" in page
    assert "Appearance" in page
    assert take_in(world) == "fields"
    assert take_in(world, **SOUND | {"check.label": "not_met"}) == "fields"
    torn = SOUND | {"check.label": "not_met", "check.label.why": "torn"}
    assert take_in(world, **torn) == "checklist.not-met"
    assert state(world) == "in_transit"
    assert take_in(world, outcome="held", **torn) == ""
    assert take_in(world, **SOUND) == ""
    assert state(world) == "in_hospital"
    shown = hospital(world).get(f"/units/{red(1)}").text
    assert "checklist R-3: not met: Label whole (Label torn)" in shown
    assert "checklist R-3: all met" in shown


def test_no_bag_goes_to_the_ward_over_a_no(world: World) -> None:
    delivered(world)
    take_in(world, **SOUND)
    world.at(4)
    asked = {"unit": red(1), "patient": PATIENT, "place": WARD}
    bad = {"check.appearance": "not_met", "check.appearance.why": "haemolysis"}
    assert refusal(hospital(world).post("/steps/issued", **asked)) == "fields"
    assert refusal(hospital(world).post("/steps/issued", **asked, **bad)) == "checklist.not-met"
    assert refusal(hospital(world).post("/steps/issued", **asked, **bad, override="bleeding")) == "checklist.not-met"
    assert state(world) == "in_hospital"
    assert refusal(hospital(world).post("/steps/issued", **asked, **{"check.appearance": "met"})) == ""
    assert state(world) == "issued"
