"""The scan box, as a technician with gloves on and a hospital that sees only its own bags meet it."""

import pytest
from werkzeug.test import TestResponse

from ledger.core import kinds
from tests.browser import world as story
from tests.browser.world import CELLS, PLASMA, World
from tests.support.wide import wide
from tests.unit.web.conftest import Visitor

DONATION, CELLS_CODE, PLASMA_CODE = "=A99992612345600", "=<A0002V00", "=<A0003V00"


@pytest.fixture
def technician(world: World, visitor: Visitor) -> Visitor:
    story.tell(world)
    return visitor.signed_in("tech.lin")


def scan(visitor: Visitor, text: str, **more: str) -> TestResponse:
    return visitor.client.get("/find", query_string={"q": text, **more}, headers={"Accept-Language": "en"})


def page_of(unit: str) -> str:
    return f"/units/{unit}"


def links(answer: TestResponse) -> list[str]:
    """The bags that a page lists."""
    return [unit for unit in (story.WHOLE, CELLS, PLASMA, story.WARM) if f'href="{page_of(unit)}"' in answer.text]


@pytest.mark.parametrize(
    ("scans", "unit"),
    [
        ((DONATION, CELLS_CODE), CELLS),
        ((PLASMA_CODE, DONATION), PLASMA),
        ((DONATION + PLASMA_CODE,), PLASMA),
        (("=+02000" + DONATION + CELLS_CODE,), CELLS),
        ((story.TAG.removeprefix("tag:"),), CELLS),
    ],
    ids=["donation-first", "product-first", "both-bars", "data-matrix", "tag"],
)
def test_a_bag_is_found_by_two_scans_by_one_and_by_its_tag(
    technician: Visitor, scans: tuple[str, ...], unit: str
) -> None:
    *before, last = [scan(technician, text) for text in scans]
    assert all(answer.status_code == 200 for answer in before)
    assert (last.status_code, last.location) == (302, page_of(unit))


def test_a_donation_alone_selects_no_bag_and_lists_them_all(technician: Visitor) -> None:
    answer = scan(technician, DONATION)
    assert 'data-asked="product"' in answer.text
    assert links(answer) == [story.WHOLE, CELLS, PLASMA]


def test_a_product_alone_says_what_to_scan(technician: Visitor) -> None:
    answer = scan(technician, CELLS_CODE)
    assert 'data-asked="donation"' in answer.text
    assert links(answer) == []


def test_halves_are_not_joined_across_another_scan_and_that_is_said(technician: Visitor) -> None:
    scan(technician, DONATION)
    assert "Nothing is called that" in scan(technician, "=%6200").text
    assert scan(technician, CELLS_CODE).status_code == 200
    scan(technician, story.TAG)
    scan(technician, PLASMA_CODE)
    again = scan(technician, CELLS_CODE)
    assert 'data-parted="foreign"' in again.text


def test_halves_are_not_joined_when_the_second_comes_late(technician: Visitor, world: World) -> None:
    scan(technician, DONATION)
    world.at(30 + 16 / 3600)
    late = scan(technician, CELLS_CODE)
    assert (late.status_code, 'data-parted="late"' in late.text) == (200, True)


def test_the_last_bags_product_read_once_more_is_not_the_next_bags(technician: Visitor) -> None:
    scan(technician, DONATION)
    assert scan(technician, CELLS_CODE).location == page_of(CELLS)
    scan(technician, CELLS_CODE)
    assert 'data-asked="product"' in scan(technician, "=A99992612346300").text


def test_halves_wait_for_the_one_who_scanned_them(technician: Visitor, world: World) -> None:
    scan(technician, DONATION)
    other = Visitor(world.app.test_client()).signed_in("lab.chen")
    assert scan(other, CELLS_CODE).status_code == 200


def test_a_number_without_check_character_is_typed_twice(technician: Visitor) -> None:
    once = scan(technician, "A999926123456")
    assert 'data-asked="again"' in once.text
    assert '<input type="hidden" name="first" value="A999926123456">' in once.text
    assert links(once) == []
    assert links(scan(technician, "A9999 26 123456", first="A999926123456")) == [story.WHOLE, CELLS, PLASMA]
    assert links(scan(technician, "A999926123463", first="A999926123456")) == []
    assert links(scan(technician, "A999926123456T")) == [story.WHOLE, CELLS, PLASMA]


def test_a_product_that_the_donation_does_not_have_shows_those_that_it_has(technician: Visitor) -> None:
    answer = scan(technician, DONATION + "=<A0004V00")
    assert "no bag with this product code" in answer.text
    assert links(answer) == [story.WHOLE, CELLS, PLASMA]


def test_a_hospital_with_one_bag_of_several_is_not_sent_to_it_by_the_donation(world: World) -> None:
    story.tell(world)
    hospital = Visitor(world.app.test_client()).signed_in("hospital.wu")
    answer = scan(hospital, DONATION)
    assert (answer.status_code, links(answer)) == (200, [CELLS])
    assert "not yours to see" in answer.text
    assert scan(hospital, CELLS_CODE).location == page_of(CELLS)
    refused = scan(hospital, DONATION + PLASMA_CODE)
    assert (refused.status_code, links(refused)) == (200, [CELLS])


def test_the_only_bag_of_a_donation_is_shown_at_once(world: World, visitor: Visitor) -> None:
    lone = "unit:A999926777777.A0001V00"
    world.claim(1, "tech.lin", kinds.Collected, unit=lone, donor=story.PATIENT, place=story.ROOM)
    assert scan(visitor.signed_in("tech.lin"), "=A99992677777700").location == page_of(lone)


@pytest.mark.parametrize(
    "label", ["=;A99991234567890123456", "&#0105ABC12", "=A99992612345600&aWANG", "=#0119", "]C0=#0119", wide("=#0119")]
)
def test_a_label_that_names_a_person_stays_in_no_address_and_on_no_page(technician: Visitor, label: str) -> None:
    scan(technician, DONATION)
    answer = scan(technician, label)
    assert (answer.status_code, answer.location) == (302, "/find?said=person")
    assert 'data-said="person"' in technician.get(answer.location).text
    assert scan(technician, CELLS_CODE).status_code == 200, "it parted the halves"


def test_bags_are_scanned_into_a_steps_form_and_a_half_is_refused(world: World) -> None:
    story.tell(world)
    officer = Visitor(world.app.test_client()).signed_in("quality.xu")
    refused = officer.post("/steps/quarantined", unit=DONATION, reason="door")
    assert (refused.status_code, "half a bag names none" in refused.text) == (422, True)
    done = officer.post("/steps/quarantined", unit=f"{DONATION}\n{PLASMA_CODE}\n{story.TAG}", reason="door")
    assert (done.status_code, done.location) == (303, page_of(PLASMA))


def test_a_donation_number_in_a_steps_form_is_typed_twice(world: World) -> None:
    story.tell(world)
    lab = Visitor(world.app.test_client()).signed_in("lab.chen")
    once = lab.post("/steps/tested", din="A999926123456", overall="fit")
    assert (once.status_code, 'name="din.first" value="A999926123456"' in once.text) == (422, True)
    assert 'name="din" value=""' in once.text, "it is typed again, not sent again"
    twice = lab.post("/steps/tested", **{"din": "A999926123456", "din.first": "A999926123456", "overall": "fit"})
    assert twice.status_code == 303
