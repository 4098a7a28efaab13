"""A hospital takes blood in, gives it to a ward, and says what became of it (临床用血)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core import kinds
from ledger.core.checklist import Checklist, Wording
from ledger.core.ids import format_instant
from tests.browser import world as story
from tests.browser.world import BANK, FRIDGE, HOSPITAL, PASSWORD, PATIENT, WARD, World, opened
from tests.journey.test_release import found, give, red
from tests.support.producers import Gateway, introduce
from tests.unit.web.conftest import Visitor

NOTE = "consignment:FX-26-0901"
LOOKS = (Wording("appearance", "外观正常", "Appearance"), Wording("label", "标签完整", "Label whole"))
REASONS = (Wording("haemolysis", "溶血", "Haemolysis"), Wording("torn", "标签破损", "Label torn"))
LISTS = (Checklist("received", "R-3", LOOKS, REASONS), Checklist("issued", "F-1", LOOKS[:1], REASONS[:1]))
COLLECTED = {"collector": "ward.qian", "collector_password": PASSWORD}
ANSWERED = {"second": "doctor.sun", "second_password": PASSWORD}
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


def test_what_was_received_while_the_pages_were_away_is_entered_without_the_checklist(world: World) -> None:
    delivered(world)
    at = format_instant(world.clock.now_ms())
    table = f"kind,time,dispatch_note,units,outcome,place\nreceived,{at},{NOTE},{red(1)},accepted,{BANK}"
    signed = {"signs": "doctor.sun", "second_password": PASSWORD, "record": "yes"}
    assert refusal(hospital(world).post("/paper", table=table, **signed)) == ""
    assert state(world) == "in_hospital"


def test_no_bag_goes_to_the_ward_over_a_no(world: World) -> None:
    delivered(world)
    take_in(world, **SOUND)
    world.at(4)
    asked = {"unit": red(1), "patient": PATIENT, "place": WARD, **COLLECTED}
    bad = {"check.appearance": "not_met", "check.appearance.why": "haemolysis"}
    assert refusal(hospital(world).post("/steps/issued", **asked)) == "fields"
    assert refusal(hospital(world).post("/steps/issued", **asked, **bad)) == "checklist.not-met"
    assert state(world) == "in_hospital"
    assert refusal(hospital(world).post("/steps/issued", **asked, **{"check.appearance": "met"})) == ""
    assert state(world) == "issued"


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[World]:
    """A hospital without a checklist that has taken in one bag by the third hour."""
    with opened(tmp_path / "site") as site:
        delivered(site)
        take_in(site)
        site.at(4)
        yield site


def step(world: World, kind: str, login: str = "hospital.wu", **fields: object) -> str:
    """Record a step of the bag; answer the rule that refused, or nothing."""
    page = Visitor(world.app.test_client()).signed_in(login)
    return refusal(page.post(f"/steps/{kind}", **{"unit": red(1), "place": WARD, **fields}))


def issue(world: World, **fields: object) -> str:
    return step(world, "issued", **{"patient": PATIENT, **COLLECTED, **fields})


def unit_page(world: World, login: str = "hospital.wu") -> str:
    return Visitor(world.app.test_client()).signed_in(login).get(f"/units/{red(1)}").text


def test_from_the_crossmatch_to_the_empty_bag(plain: World) -> None:
    for_her = {"patient": PATIENT}
    assert step(plain, "crossmatched", **for_her, result="incompatible") == ""
    assert state(plain) == "in_hospital", "the result is recorded, and no decision is made"
    assert step(plain, "crossmatched", **for_her, result="compatible") == ""
    assert issue(plain) == ""
    plain.at(4.3)
    assert step(plain, "bedside_checked", **for_her, **ANSWERED, outcome="agrees") == ""
    assert step(plain, "transfused", **for_her, outcome="stopped", volume_ml="120") == ""
    assert step(plain, "reaction", **for_her, severity="mild", reason="fever") == ""
    assert step(plain, "bag_returned", place=BANK) == ""
    assert state(plain) == "transfused"
    page = unit_page(plain)
    assert "without a bedside check" not in page
    for said in ("Empty bag returned", "stopped", "mild", "incompatible"):
        assert said in page


def test_issuer_and_collector_both_sign(plain: World) -> None:
    unsigned = {"collector": "ward.qian"}
    assert issue(plain, collector="", collector_password="") == "fields"
    assert issue(plain, collector="hospital.wu") == "two-persons"
    assert step(plain, "issued", patient=PATIENT, **unsigned) == "person.signature"
    assert issue(plain, collector_password="a guess of the ward's") == "person.signature"
    assert state(plain) == "in_hospital"
    assert issue(plain) == ""


def test_two_persons_check_for_the_patient_that_it_was_issued_to(plain: World) -> None:
    issue(plain)
    plain.at(4.3)
    assert step(plain, "bedside_checked", patient=PATIENT, outcome="agrees") == "bedside.two-persons"
    other = {"patient": "person:" + "ef" * 16, **ANSWERED}
    assert step(plain, "bedside_checked", **other, outcome="agrees") == "bedside.patient"
    assert step(plain, "bedside_checked", **other, outcome="differs") == ""
    assert step(plain, "not_transfused", patient=PATIENT, reason="brought to the wrong bed") == ""
    assert state(plain) == "issued"


def test_what_was_given_to_the_wrong_patient_is_recorded_and_found(plain: World) -> None:
    issue(plain)
    plain.at(4.3)
    assert step(plain, "transfused", patient="person:" + "ef" * 16, outcome="complete") == ""
    assert state(plain) == "transfused"
    page = unit_page(plain)
    assert "It was transfused to another recipient than it was issued to" in page
    assert "It was transfused without a bedside check of two persons that agreed" in page


def test_what_comes_back_from_a_ward_is_never_stock_again_under_this_pack(plain: World) -> None:
    issue(plain)
    plain.at(4.3)
    back = {"place": BANK, **ANSWERED, "reason": "operation put off"}
    refused = step(plain, "returned_to_bank", **back, outcome="restocked")
    assert refused == "bank.return-rule", "the Chinese pack knows no return from the ward"
    assert step(plain, "returned_to_bank", **back, outcome="held") == ""
    assert state(plain) == "quarantined"
    assert "operation put off" in unit_page(plain)


def test_what_the_blood_bank_does_not_take_back_into_stock_awaits_its_discard(plain: World) -> None:
    issue(plain)
    plain.at(4.3)
    back = {"place": BANK, **ANSWERED, "reason": "an hour on the ward"}
    assert step(plain, "returned_to_bank", **back, outcome="discard") == ""
    assert state(plain) == "awaiting_disposal"
    page = hospital(plain).get("/discards").text
    row = page.partition(f'data-asked="{red(1)}"')[2].partition("</tr>")[0]
    assert "Returned to the blood bank" in row
    assert "an hour on the ward" in row


BLEEDING = {"override": "massive bleeding, no other O negative bag in the city"}


def test_a_quarantined_bag_is_issued_over_the_named_rule_by_three_persons_and_every_page_shows_it(
    plain: World,
) -> None:
    plain.claim(4.1, "quality.xu", kinds.Quarantined, unit=red(1), reason="fridge door stood open", place=BANK)
    plain.at(4.2)
    named = {"set_aside": "issue.not-quarantined"}
    assert issue(plain) == "issue.not-quarantined"
    assert issue(plain, **BLEEDING, **ANSWERED) == "issue.not-quarantined", "the rule is not named"
    assert issue(plain, **named, **ANSWERED) == "issue.not-quarantined", "the reason is missing"
    assert issue(plain, **BLEEDING, **named) == "issue.override-signed"
    collector_again = {"second": "ward.qian", "second_password": PASSWORD}
    assert issue(plain, **BLEEDING, **named, **collector_again) == "issue.override-signed"
    too_many = {"set_aside": ["issue.not-quarantined", "issue.not-recalled"]}
    assert issue(plain, **BLEEDING, **too_many, **ANSWERED) == "issue.override-idle"
    assert state(plain) == "quarantined"
    assert issue(plain, **BLEEDING, **named, **ANSWERED) == ""
    assert state(plain) == "issued"
    page = unit_page(plain)
    assert "It was issued over a rule, which a named person set aside" in page
    assert "override (it is quarantined): massive bleeding" in page
    plain.at(4.4)
    back = {"place": BANK, **ANSWERED, "reason": "not needed"}
    assert step(plain, "returned_to_bank", **back, outcome="restocked") == "bank.overridden"


def test_expired_and_recalled_both_have_to_be_named_and_a_bad_test_result_lifts_for_nobody(plain: World) -> None:
    plain.claim(5, "quality.xu", kinds.Recalled, units=[red(1)], reason="the donor called", place=FRIDGE)
    plain.at(31 * 24)
    assert issue(plain, **BLEEDING, **ANSWERED, set_aside="issue.not-recalled") == "issue.not-expired"
    both = ["issue.not-recalled", "issue.not-expired"]
    assert issue(plain, **BLEEDING, **ANSWERED, set_aside=both) == "issue.exposure-ok"
    found(plain, hour=31 * 24, overall="unfit")
    plain.at(31 * 24 + 1)
    assert issue(plain, **BLEEDING, **ANSWERED, set_aside=[*both, "issue.exposure-ok"]) == "issue.never-unfit"
    assert state(plain) == "recalled"


def test_a_bag_whose_fate_nobody_says_is_found_and_leaves_the_list_once_somebody_does(plain: World) -> None:
    issue(plain)
    plain.at(4 + 7 * 24 - 1)
    page = hospital(plain).get("/fates").text
    assert f'data-missing="{red(1)}"' not in page
    assert "Nothing was due in these days." in page
    plain.at(4 + 7 * 24)
    page = hospital(plain).get("/fates").text
    assert f'data-missing="{red(1)}"' in page
    assert f'data-holder="{HOSPITAL}" data-closed="0" data-due="1"' in page
    at_the_station = Visitor(plain.app.test_client()).signed_in("quality.xu").get("/fates").text
    assert f'data-missing="{red(1)}"' not in at_the_station, "it is the hospital's to say"
    assert step(plain, "bedside_checked", patient=PATIENT, **ANSWERED, outcome="agrees") == ""
    assert step(plain, "transfused", patient=PATIENT, outcome="complete") == ""
    page = hospital(plain).get("/fates").text
    assert f'data-missing="{red(1)}"' not in page
    assert f'data-holder="{HOSPITAL}" data-closed="1" data-due="1"' in page
