"""A station releases blood (血液放行): what is asked before, who signs, and what no signature lifts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.append import Draft
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.settings.release import Releasing
from tests.browser import world as story
from tests.browser.world import FRIDGE, HOUR_MS, LAB, PANEL, PASSWORD, ROOM, World, opened
from tests.support.producers import NOON_MS, Gateway, declare, introduce
from tests.unit.web.conftest import Visitor

DONOR = "person:" + "ab" * 16
GROUP = {"abo": "A", "rhd": "positive"}
EXPIRES = format_instant(NOON_MS + 30 * 24 * HOUR_MS)
ISOLATION = "place:centre/isolation"
TWO = {"second": "quality.he", "second_password": PASSWORD}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "site") as found:
        yield found


@pytest.fixture
def after(tmp_path: Path) -> Iterator[World]:
    """A site that labels after release, in a province that asks for HTLV too."""
    with opened(tmp_path / "site", releasing=Releasing("after", ("anti-HTLV",))) as found:
        yield found


def red(number: int) -> str:
    return f"unit:A99992600000{number}.A0002V00"


def din(number: int) -> str:
    return f"din:A99992600000{number}"


def scanned(number: int) -> str:
    """The donation number as a scanner gives it."""
    return f"=A99992600000{number}00"


def give(world: World, number: int = 1, *, donor: str = DONOR, hour: float = 0, label: bool = True) -> None:
    """A donation whose red cells are made, labelled and in the fridge within the hour."""
    whole = f"unit:A99992600000{number}.A0001V00"
    world.claim(hour, "tech.lin", kinds.Collected, unit=whole, donor=donor, volume_ml=400, place=ROOM)
    made = [kinds.Component(unit=red(number), expires=EXPIRES)]
    world.claim(hour + 0.2, "tech.lin", kinds.Prepared, parents=[whole], children=made, place=LAB)
    if label:
        world.claim(hour + 0.3, "tech.lin", kinds.Labelled, unit=red(number), **GROUP, expires=EXPIRES, place=LAB)
    world.claim(hour + 0.5, "tech.lin", kinds.Stored, unit=red(number), place=FRIDGE)


def found(world: World, number: int = 1, *, hour: float = 1, **result: object) -> None:
    said = {"overall": "fit", **GROUP, "panel": PANEL, **result}
    world.claim(hour, "lab.chen", kinds.Tested, din=din(number), **said)


def cooled(world: World, until: float = 2) -> None:
    """The fridge was cold all the time; then it is that hour."""
    centre = Gateway("gw-centre")
    introduce(world.ledger, centre)
    story._readings(world, centre, FRIDGE, 0.4, until)


def released_by(world: World, number: int = 1, login: str = "quality.xu", **more: str) -> str:
    """Try to release; answer the rule that refused, or nothing."""
    officer = Visitor(world.app.test_client()).signed_in(login)
    answer = officer.post("/steps/released", **{"unit": red(number), **TWO, **more})
    return "" if answer.status_code == 303 else answer.text.partition('data-rule="')[2].partition('"')[0]


def state(world: World, number: int = 1) -> str:
    with world.app.extensions["xuemai"].reading() as reader:
        return str(reader.summary(red(number)).state)


def test_a_unit_is_released_once_everything_is_in_order_by_two_persons(world: World) -> None:
    give(world)
    cooled(world)
    assert released_by(world) == "release.tests-final"
    found(world, hour=2, overall="undecided", panel=PANEL[:3])
    assert released_by(world) == "release.tests-final"
    found(world, hour=2, panel=PANEL[3:5])
    assert released_by(world) == "release.panel-complete", "NAT is not in yet"
    found(world, hour=2, panel=["nat"])
    assert released_by(world, second="", second_password="") == "release.two-persons"
    assert (released_by(world), state(world)) == ("", "available")


def test_an_unfit_result_stays_whatever_comes_later_and_whoever_signs(world: World) -> None:
    give(world)
    found(world, hour=1, overall="unfit")
    found(world, hour=1.2)
    cooled(world)
    assert state(world) == "quarantined"
    world.claim(2, "quality.xu", kinds.QuarantineLifted, unit=red(1), place=FRIDGE)
    assert state(world) == "pending"
    assert released_by(world) == "release.never-unfit"
    assert released_by(world, override="massive bleeding, no other unit") == "release.never-unfit"


def test_a_group_that_differs_from_the_donors_history_is_not_released(world: World) -> None:
    give(world, 1)
    found(world, 1, hour=0.8, abo="B")
    give(world, 2, hour=1)
    found(world, 2, hour=1.8)
    give(world, 3, hour=1, donor="person:" + "cd" * 16)
    found(world, 3, hour=1.8)
    cooled(world)
    assert released_by(world, 2) == "release.group-confirmed", "the same donor was B before"
    assert released_by(world, 2, override="massive bleeding") == "release.group-confirmed"
    assert released_by(world, 3) == "", "another donor's first donation"


def test_a_deferred_donor_is_known_by_a_pseudonym_and_neither_gives_nor_is_anything_released(world: World) -> None:
    give(world)
    found(world)
    cooled(world)
    officer = Visitor(world.app.test_client()).signed_in("quality.xu")
    assert officer.post("/steps/donor_blocked", donor=DONOR).status_code == 303
    technician = Visitor(world.app.test_client()).signed_in("tech.lin")
    again = {"unit": "A999926000009.A0001V00", "donor": DONOR, "place": ROOM}
    assert 'data-rule="collection.donor-eligible"' in technician.post("/steps/collected", **again).text
    assert released_by(world) == "release.donor-eligible"
    world.at(2.1)
    assert officer.post("/steps/donor_reentered", donor=DONOR).status_code == 303
    assert technician.post("/steps/collected", **again).status_code == 303
    assert released_by(world) == ""


def test_what_was_released_before_its_donor_was_deferred_stays_until_the_donor_is_let_in_again(world: World) -> None:
    give(world)
    found(world)
    cooled(world)
    assert released_by(world) == ""
    officer = Visitor(world.app.test_client()).signed_in("quality.xu")
    assert officer.post("/steps/donor_blocked", donor=DONOR).status_code == 303
    technician = Visitor(world.app.test_client()).signed_in("tech.lin")
    sent = {"dispatch_note": "FX-1", "units": red(1), "to": story.HOSPITAL, "place": LAB}
    assert 'data-rule="dispatch.donor-eligible"' in technician.post("/steps/dispatched", **sent).text
    world.at(2.1)
    assert officer.post("/steps/donor_reentered", donor=DONOR).status_code == 303
    assert technician.post("/steps/dispatched", **sent).status_code == 303
    assert state(world) == "in_transit"


def test_a_bag_whose_group_is_disputed_after_its_release_does_not_leave(world: World) -> None:
    give(world, 1)
    found(world, 1)
    cooled(world)
    assert released_by(world) == ""
    give(world, 2, hour=1.2)
    found(world, 2, hour=1.9, abo="B")
    technician = Visitor(world.app.test_client()).signed_in("tech.lin")
    sent = {"dispatch_note": "FX-1", "units": red(1), "to": story.HOSPITAL, "place": LAB}
    answer = technician.post("/steps/dispatched", **sent)
    assert 'data-rule="dispatch.group-confirmed"' in answer.text, "the same donor's next donation was B"


def test_in_an_emergency_tests_may_be_outstanding_with_a_reason_and_two_persons(world: World) -> None:
    give(world)
    found(world, overall="undecided", panel=[])
    cooled(world)
    assert released_by(world, override="  ") == "release.tests-final"
    reason = "massive bleeding, no other A positive"
    assert released_by(world, override=reason, second="", second_password="") == "release.two-persons"
    assert released_by(world, override=reason) == ""
    page = Visitor(world.app.test_client()).signed_in("tech.lin").get(f"/units/{red(1)[5:]}")
    assert reason in page.text


def test_of_a_pool_every_donation_is_tested(world: World) -> None:
    give(world, 1)
    give(world, 2, donor="person:" + "cd" * 16)
    found(world, 1, hour=0.8)
    pool = [kinds.Component(unit=red(3), expires=EXPIRES)]
    world.claim(1, "tech.lin", kinds.Pooled, parents=[red(1), red(2)], children=pool, place=LAB)
    world.claim(1.1, "tech.lin", kinds.Labelled, unit=red(3), **GROUP, expires=EXPIRES, place=LAB)
    world.claim(1.2, "tech.lin", kinds.Stored, unit=red(3), place=FRIDGE)
    cooled(world)
    assert released_by(world, 3) == "release.tests-final", "the second donation has no result"
    found(world, 2, hour=2, panel=PANEL[1:])
    assert released_by(world, 3) == "release.panel-complete"
    found(world, 2, hour=2)
    assert released_by(world, 3) == ""


def test_where_labels_come_before_release_none_comes_after(world: World) -> None:
    give(world, label=False)
    found(world)
    cooled(world)
    assert released_by(world) == "release.group-confirmed", "the label is missing"
    technician = Visitor(world.app.test_client()).signed_in("tech.lin")
    label = {"unit": red(1), **GROUP, "expires": "2026-03-20 23:59"}
    assert technician.post("/steps/labelled", **label).status_code == 303
    assert released_by(world) == ""
    assert 'data-rule="labelling.before-release"' in technician.post("/steps/labelled", **label).text


def test_where_labels_come_after_release_nothing_leaves_without_one(after: World) -> None:
    give(after, label=False)
    found(after)
    cooled(after)
    technician = Visitor(after.app.test_client()).signed_in("tech.lin")
    label = {"unit": red(1), **GROUP, "expires": "2026-03-20 23:59"}
    assert 'data-rule="labelling.after-release"' in technician.post("/steps/labelled", **label).text
    assert released_by(after) == "release.panel-complete", "this province asks for HTLV"
    found(after, hour=2, panel=["anti-HTLV"])
    assert released_by(after) == ""
    note = {"dispatch_note": "FX-1", "units": red(1), "to": story.HOSPITAL, "place": FRIDGE}
    assert 'data-rule="dispatch.labelled"' in technician.post("/steps/dispatched", **note).text
    assert technician.post("/steps/labelled", **label).status_code == 303
    assert technician.post("/steps/dispatched", **note).status_code == 303


def test_a_sample_is_of_one_donation_and_a_result_names_the_right_one(world: World) -> None:
    give(world, 1)
    give(world, 2, donor="person:" + "cd" * 16)
    technician = Visitor(world.app.test_client()).signed_in("tech.lin")
    laboratory = Visitor(world.app.test_client()).signed_in("lab.chen")
    taken = {"sample": "S-1", "retained": "yes"}
    assert technician.post("/steps/sampled", din=scanned(1), **taken).status_code == 303
    assert 'data-rule="sample.exists"' in technician.post("/steps/sampled", din=scanned(2), **taken).text
    result = {"overall": "fit", "panel": "HBsAg", "sample": "S-1", "lots": "reagent/HBV-77"}
    assert 'data-rule="sample.foreign"' in laboratory.post("/steps/tested", din=scanned(2), **result).text
    unknown = laboratory.post("/steps/tested", din=scanned(1), **{**result, "sample": "S-9"})
    assert 'data-rule="sample.unknown"' in unknown.text
    assert laboratory.post("/steps/tested", din=scanned(1), **result).status_code == 303
    assert red(1)[5:18] in technician.get("/materials/lot:reagent/HBV-77").text


def look(world: World, units: list[str], login: str = "quality.xu", **more: str) -> tuple[str, str]:
    """Look at a batch, or release it; answer the rule that stands against it, and the page."""
    officer = Visitor(world.app.test_client()).signed_in(login)
    answer = officer.post("/release-batch", release_batch="B-0301", units="\n".join(units), **more)
    return answer.text.partition('data-rule="')[2].partition('"')[0], answer.text


def give_four(world: World) -> list[str]:
    """Four donations at a site with an isolation area: fit, unfit, undecided, and one without a result."""
    named = {"name_zh": "隔离区", "name_en": "Isolation"}
    apart = {"place": ISOLATION, "organisation": story.CENTRE, "use": "isolation"}
    declare(world.ledger, Draft(kinds.PlaceAdded, apart | named))
    for number in (1, 2, 3, 4):
        give(world, number, donor="person:" + str(number) * 32, hour=number / 100)
    found(world, 1)
    found(world, 2, overall="unfit")
    found(world, 3, overall="undecided", panel=PANEL[:2])
    cooled(world)
    return [red(number) for number in (1, 2, 3, 4)]


def test_a_batch_is_released_when_it_adds_up_the_unfit_was_swept_and_two_have_signed(world: World) -> None:
    batch = give_four(world)
    rule, page = look(world, batch)
    assert rule == "batch.unaccounted", "the fourth has no result"
    assert "Release the fit units" not in page
    found(world, 4, hour=2)
    assert look(world, batch)[0] == "batch.unfit-isolated"
    world.claim(2.1, "tech.lin", kinds.Stored, unit=red(2), place=ISOLATION)
    assert look(world, batch)[0] == "batch.unfit-isolated", "nobody has swept the isolation area"
    world.claim(2.2, "tech.lin", kinds.StockTaken, found=[red(2)], place=ISOLATION)
    rule, page = look(world, batch)
    assert (rule, "Release the fit units" in page) == ("", True)

    signed = {"release": "yes", "second": "quality.he", "second_password": PASSWORD, "place": FRIDGE}
    assert look(world, batch, **{**signed, "second": "quality.xu"})[0] == "two-persons"
    assert look(world, batch, **{**signed, "second_password": "wrong password here"})[0] == "person.signature"
    assert look(world, batch[:1], **{**signed, "place": story.BANK})[0] == "place.foreign"
    officer = Visitor(world.app.test_client()).signed_in("quality.xu")
    filled = officer.get("/release-batch?fill=pending").text
    assert all(unit in filled for unit in batch), "what is unfit was pending too"
    assert look(world, batch, **signed)[0] == ""
    assert [state(world, number) for number in (1, 2, 3, 4)] == ["available", "quarantined", "pending", "available"]

    with world.app.extensions["xuemai"].reading() as reader:
        events = [each.event for each in reader.told(red(2))]
        (said,) = [event for event in events if isinstance(event, kinds.BatchReleased)]
    assert (said.release_batch, said.pending, said.fit) == ("B-0301", 4, 2)
    assert (said.unfit, said.undecided, said.second) == ([red(2)], [red(3)], world.people["quality.he"].person)
    assert look(world, batch, **signed)[0] == "batch.unaccounted", "what is released is not pending"
    left = officer.get("/release-batch?fill=pending").text
    assert [unit in left for unit in batch] == [False, False, True, False], "the undecided one is left"


def test_what_awaits_disposal_is_no_matter_of_a_batch_any_more(world: World) -> None:
    give_four(world)
    world.claim(2, "tech.lin", kinds.DiscardRequested, unit=red(2), code="test-result")
    filled = Visitor(world.app.test_client()).signed_in("quality.xu").get("/release-batch?fill=pending").text
    assert [red(number) in filled for number in (1, 2, 3, 4)] == [True, False, True, True]


def test_a_batch_is_released_on_its_own_page_by_quality_alone(world: World) -> None:
    give(world)
    found(world)
    technician = Visitor(world.app.test_client()).signed_in("tech.lin")
    assert technician.get("/release-batch").status_code == 403
    officer = Visitor(world.app.test_client()).signed_in("quality.xu")
    assert officer.get("/steps/batch_released").location == "/release-batch"
    forged = {"release_batch": "B-1", "pending": "1", "fit": "1", "second": "quality.he"}
    assert officer.post("/steps/batch_released", page="/release-batch", **forged).status_code == 404
    assert red(1)[5:] in officer.get("/release-batch?fill=pending").text
    assert look(world, ["nonsense"])[1].count("nonsense") > 0
