"""The page of the days of cover, as a reader of plain HTML finds it."""

import re

import pytest

from ledger.core import kinds
from tests.browser import world as story
from tests.browser.world import World
from tests.unit.web.conftest import Visitor

ROW = re.compile(r'data-cover="([^"]+)"(?: data-tenths="(\d+)")?.*?</tr>', re.DOTALL)


@pytest.fixture
def stocked(world: World) -> World:
    """Three bags of O negative, of which one went to the hospital, and one of A positive that nobody asked for."""
    for number, abo, rhd in ((1, "O", "negative"), (2, "O", "negative"), (3, "O", "negative"), (4, "A", "positive")):
        unit = f"unit:A99992600000{number}.A0002V00"
        opening = {"expires": "2026-04-03T15:59:00.000Z", "place": story.FRIDGE, "abo": abo, "rhd": rhd}
        world.claim(0.01, "tech.lin", kinds.Opening, unit=unit, **opening)
        world.claim(0.02, "quality.xu", kinds.Released, unit=unit, second=world.people["quality.he"].person)
    sent = {"dispatch_note": "consignment:FX-1", "units": ["unit:A999926000003.A0002V00"], "to": story.HOSPITAL}
    world.claim(1, "tech.lin", kinds.Dispatched, **sent, place=story.FRIDGE)
    world.at(2)
    return world


def rows(world: World, login: str) -> dict[str, str]:
    page = Visitor(world.app.test_client()).signed_in(login).get("/stock/cover").text
    return {found[1]: found[2] or "" for found in ROW.finditer(page)}


def test_two_bags_of_which_one_goes_in_four_weeks_last_for_eight(stocked: World) -> None:
    assert rows(stocked, "tech.lin") == {"RBC_AS O\N{MINUS SIGN}": "560", "RBC_AS A+": ""}
    page = Visitor(stocked.app.test_client()).signed_in("tech.lin").get("/stock/cover").text
    assert "56.0 days" in page
    assert "cannot be estimated" in page, "none of A positive went out"
    assert story.HOSPITAL not in page


def test_the_groups_stand_in_the_order_of_the_stocks_own_page(stocked: World) -> None:
    opening = {"expires": "2026-04-03T15:59:00.000Z", "place": story.FRIDGE, "abo": "O", "rhd": "positive"}
    stocked.claim(2.1, "tech.lin", kinds.Opening, unit="unit:A999926000005.A0002V00", **opening)
    released = {"unit": "unit:A999926000005.A0002V00", "second": stocked.people["quality.he"].person}
    stocked.claim(2.2, "quality.xu", kinds.Released, **released)
    stocked.at(3)
    assert list(rows(stocked, "tech.lin")) == ["RBC_AS A+", "RBC_AS O+", "RBC_AS O\N{MINUS SIGN}"]


def test_a_hospital_sees_its_own_and_who_sees_the_whole_site_every_organisation(stocked: World) -> None:
    assert rows(stocked, "hospital.wu") == {}
    page = Visitor(stocked.app.test_client()).signed_in("admin.zhou").get("/stock/cover").text
    assert re.findall(r'data-holder="([^"]+)"', page) == [story.CENTRE, story.HOSPITAL]


def test_what_is_used_up_says_so(stocked: World) -> None:
    for number in (1, 2):
        sent = {"dispatch_note": f"consignment:FX-{number + 1}", "units": [f"unit:A99992600000{number}.A0002V00"]}
        stocked.claim(2, "tech.lin", kinds.Dispatched, **sent, to=story.HOSPITAL, place=story.FRIDGE)
    stocked.at(3)
    assert rows(stocked, "tech.lin")["RBC_AS O\N{MINUS SIGN}"] == "0"
    assert "none left" in Visitor(stocked.app.test_client()).signed_in("tech.lin").get("/stock/cover").text
