"""A crate comes to the hospital: what is in it, against the paper; what is accepted, held, and sent back."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ledger.append import Draft
from ledger.core import kinds
from ledger.core.checklist import Checklist, Wording
from ledger.core.ids import format_instant
from tests.browser import world as story
from tests.browser.world import BANK, BOX, FRIDGE, HOSPITAL, HOUR_MS, LAB, PANEL, ROOM, World, opened
from tests.support.producers import NOON_MS, Gateway, declare, introduce
from tests.unit.web.conftest import Visitor

GROUP = {"abo": "A", "rhd": "positive"}
EXPIRES = format_instant(NOON_MS + 30 * 24 * HOUR_MS)
NOTE = "consignment:FX-1"
SEEN = {"device": "device:gw-hospital/gate", "antenna": 1, "reads": 5}
PAGE = "/consignments/FX-1/receipt"


def red(number: int) -> str:
    return f"unit:A99992600000{number}.A0002V00"


def tag(number: int) -> str:
    return f"tag:E0040150000000A{number}"


def label(number: int, group: str = "6200") -> str:
    """The label of a bag in one scan: donation, group, product."""
    return f"=+03000=A99992600000{number}00=%{group}=<A0002V00"


@dataclass
class Delivery:
    """Bags that a station stored, released and sent in a box, cold all the way.

    Attributes:
        world: the site.
        centre: the station's gateway.
        hospital: the hospital's.
    """

    world: World
    centre: Gateway = field(default_factory=lambda: Gateway("gw-centre"))
    hospital: Gateway = field(default_factory=lambda: Gateway("gw-hospital"))

    def make(self, *numbers: int) -> None:
        """Bags that are released and in the fridge at two o'clock."""
        for number in numbers:
            whole = f"unit:A99992600000{number}.A0001V00"
            self.world.claim(0, "tech.lin", kinds.Collected, unit=whole, donor="person:" + f"{number}" * 32, place=ROOM)
            made = [kinds.Component(unit=red(number), expires=EXPIRES)]
            self.world.claim(0.2, "tech.lin", kinds.Prepared, parents=[whole], children=made, place=LAB)
            self.world.claim(0.3, "tech.lin", kinds.Labelled, unit=red(number), **GROUP, expires=EXPIRES, place=LAB)
            self.world.claim(0.4, "tech.lin", kinds.TagAssociated, unit=red(number), tag=tag(number), place=LAB)
            self.world.claim(0.5, "tech.lin", kinds.Stored, unit=red(number), place=FRIDGE)
            tested = {"din": f"din:A99992600000{number}", "overall": "fit", **GROUP, "panel": PANEL}
            self.world.claim(0.6, "lab.chen", kinds.Tested, **tested)
            second = self.world.people["quality.he"].person
            self.world.claim(1, "quality.xu", kinds.Released, unit=red(number), second=second, place=FRIDGE)

    def send(self, *numbers: int, base: int = 400, until: float = 4.2) -> None:
        """Packed at two, sent a quarter of an hour later; the box's probe reads on."""
        bags = [red(number) for number in numbers]
        introduce(self.world.ledger, self.centre, self.hospital)
        story._readings(self.world, self.centre, FRIDGE, 0.4, 2.05)
        self.world.claim(2, "tech.lin", kinds.Packed, box=BOX, units=bags, place=FRIDGE)
        self.world.claim(2.1, "tech.lin", kinds.Sealed, box=BOX, units=bags, seal="S-1", place=FRIDGE)
        sent = {"dispatch_note": NOTE, "units": bags, "boxes": [BOX], "to": HOSPITAL}
        self.world.claim(2.25, "tech.lin", kinds.Dispatched, **sent, place=FRIDGE)
        story._readings(self.world, self.centre, BOX, 2, until, base=base)

    def sweep(self, hour: float, *tags: str) -> None:
        """The hospital's gate sees tags."""
        at = self.world.at(hour)
        story._see(
            self.world, self.hospital, *((kinds.TagArrived, at, {"tag": each, "place": BANK, **SEEN}) for each in tags)
        )

    def visitor(self, login: str = "hospital.wu") -> Visitor:
        return Visitor(self.world.app.test_client()).signed_in(login)

    def states(self, *numbers: int) -> list[str]:
        with self.world.app.extensions["xuemai"].reading() as reader:
            return [str(reader.summary(red(number)).state) for number in numbers]


@pytest.fixture
def delivery(tmp_path: Path) -> Iterator[Delivery]:
    with opened(tmp_path / "site") as world:
        yield Delivery(world)


def differences(page: str) -> dict[str, list[str]]:
    """What the page says differs: the name of the difference, and the bags and tags under it."""
    found = {}
    for name, block in re.findall(r'data-difference="(\w+)">(.*?)</div>', page, re.DOTALL):
        subjects = re.findall(r"/units/unit:([^\"]+)\"|<li><span class=\"mono\">([^<]+)<", block)
        found[name] = [unit or text for unit, text in subjects]
    return found


def rule_of(page: str) -> str:
    return page.partition('data-rule="')[2].partition('"')[0]


def sign(who: Visitor, outcome: str, *numbers: int, place: str = BANK, **more: str) -> str:
    """Sign for bags; answer the rule that refused it, or nothing."""
    units = "\n".join(red(number) for number in numbers)
    answer = who.post(PAGE, record="yes", units=units, outcome=outcome, place=place, **more)
    return "" if answer.status_code == 303 else rule_of(answer.text)


def test_the_manifest_fills_as_the_sweep_goes_and_what_is_there_is_received_without_the_rest(
    delivery: Delivery,
) -> None:
    delivery.make(1, 2, 3)
    delivery.send(1, 2, 3)
    nurse = delivery.visitor()
    page = f"{PAGE}?place={BANK}&since={delivery.world.at(4)}"
    assert differences(nurse.get(page).text)["missing"] == [red(number)[5:] for number in (1, 2, 3)]
    delivery.sweep(4.05, tag(1))
    delivery.sweep(4.1, tag(2))
    looked = nurse.get(page).text
    assert differences(looked) == {"missing": [red(3)[5:]]}
    assert "data-sweeping" in looked
    assert all(f"{red(number)}\n" in looked or f"{red(number)}<" in looked for number in (1, 2))
    assert sign(nurse, "accepted", 1, 2) == ""
    assert delivery.states(1, 2, 3) == ["in_hospital", "in_hospital", "in_transit"]
    assert "still to come" in nurse.get(page).text
    delivery.sweep(4.15, tag(3))
    assert differences(nurse.get(page).text) == {}
    assert sign(nurse, "refused", 3) == "receipt.reason", "whoever refuses says why"
    assert sign(nurse, "refused", 3, reason="the seal is broken") == "receipt.reason", "by the site's list"
    assert sign(nurse, "refused", 3, code="torn") == "receipt.reason"
    assert sign(nurse, "refused", 3, code="other") == "receipt.reason-told"
    assert sign(nurse, "refused", 3, code="seal", reason="torn off") == ""
    assert "seal of bag or box not whole" in nurse.get(f"/units/{red(3)}").text
    assert delivery.states(3) == ["returned"]
    station = delivery.visitor("tech.lin").get(PAGE).text
    outcomes = re.findall(r'class="badge (\w+)"[^>]*>(?:(?!</span>).)*?(accepted|refused)</span>', station, re.DOTALL)
    assert outcomes == [("ok", "accepted"), ("ok", "accepted"), ("stop", "refused")], (
        "the sender sees what was received"
    )


def test_what_came_without_a_paper_leads_nowhere_or_says_another_group_is_seen(delivery: Delivery) -> None:
    delivery.make(1, 2, 3, 4)
    delivery.send(1, 2, 3)
    delivery.sweep(4, tag(1), tag(4), "tag:E0040150000000FF")
    told = differences(delivery.visitor().get(f"{PAGE}?place={BANK}").text)
    assert (told["extra"], told["unknown"]) == ([red(4)[5:]], ["tag:E0040150000000FF"])

    scanned = "\n".join([label(2), label(2), label(3, "7300"), f"{tag(1)[4:]},{label(2)}"])
    told = differences(delivery.visitor().post(PAGE, texts=scanned, place=BANK).text)
    assert told["duplicate"] == [red(2)[5:]]
    assert told["wrong_group"] == [red(3)[5:]], "its label says B"
    assert told["differing"] == [red(1)[5:]], "its tag is on another bag"
    assert sign(delivery.visitor("tech.lin"), "accepted", 4, place=FRIDGE) == "receipt.not-on-note"


def test_what_is_foreign_to_the_hospital_is_not_told_to_whoever_types_its_tag(delivery: Delivery) -> None:
    delivery.make(1, 2)
    delivery.send(1)
    told = differences(delivery.visitor().post(PAGE, texts=tag(2), place=BANK).text)
    assert told["unknown"] == [tag(2)]
    assert differences(delivery.visitor("tech.lin").post(PAGE, texts=tag(2), place=FRIDGE).text)["extra"] == [
        red(2)[5:]
    ]
    assert delivery.visitor().get(f"{PAGE}?place={FRIDGE}").status_code == 404, "not a place of theirs"
    assert delivery.visitor().get("/consignments/FX-9/receipt").status_code == 404


def test_one_warm_box_holds_the_whole_consignment_until_two_quality_officers_have_assessed_it(
    delivery: Delivery,
) -> None:
    delivery.make(1, 2)
    delivery.send(1, 2, base=1400)
    nurse = delivery.visitor()
    delivery.world.at(4.2)
    assert 'data-held="temperature temperature"' in nurse.get(PAGE).text
    assert sign(nurse, "accepted", 1) == "receipt.consignment-held"
    typed = {"dispatch_note": "FX-1", "units": red(1), "outcome": "accepted", "place": BANK}
    assert rule_of(nurse.post("/steps/received", **typed).text) == "receipt.consignment-held", "nor by another form"
    assert sign(nurse, "held", 1, 2) == ""
    assert delivery.states(1, 2) == ["received", "received"]
    second = delivery.world.people["quality.he"].person
    judged = {"outcome": "fit", "second": second, "place": BANK}
    delivery.world.claim(4.5, "quality.xu", kinds.Assessed, unit=red(1), **judged)
    assert delivery.states(1, 2) == ["in_hospital", "received"]


def test_a_box_that_was_longer_on_the_way_than_it_keeps_holds_the_whole(delivery: Delivery) -> None:
    delivery.make(1)
    delivery.send(1)
    file = delivery.world.site.directory / "boxes.toml"
    file.write_text(f'[[box]]\nbox = "{BOX}"\nminutes = 120\nsource = "VAL-7"\n', "utf-8")
    delivery.world.at(4)
    assert "data-held" not in delivery.visitor().get(PAGE).text
    delivery.world.at(4.1)
    assert 'data-held="box-time"' in delivery.visitor().get(PAGE).text
    assert sign(delivery.visitor(), "accepted", 1) == "receipt.consignment-held"
    delivery.world.claim(3.9, "hospital.wu", kinds.Opened, box=BOX, units=[red(1)], seal="S-1", place=BANK)
    delivery.world.at(4.1)
    assert sign(delivery.visitor(), "accepted", 1) == "", "it was opened in time"
    file.write_text("minutes = 3", "utf-8")
    assert 'data-problem="boxes"' in delivery.visitor().get(PAGE).text


def test_the_sites_checklist_is_answered_where_the_sweep_is_signed(tmp_path: Path) -> None:
    looks, reasons = (Wording("seal", "封口完好", "Seal whole"),), (Wording("torn", "封口破损", "Seal torn"),)
    with opened(tmp_path / "asking", checklists=(Checklist("received", "R-1", looks, reasons),)) as world:
        delivery = Delivery(world)
        delivery.make(1, 2)
        delivery.send(1, 2)
        delivery.world.at(4)
        nurse = delivery.visitor()
        assert "Seal whole" in nurse.get(PAGE).text
        assert sign(nurse, "accepted", 1) == "fields"
        torn = {"check.seal": "not_met", "check.seal.why": "torn"}
        assert sign(nurse, "accepted", 1, **torn) == "checklist.not-met"
        assert sign(nurse, "refused", 1, **{"check.seal": "met"}) == "receipt.reason", "nothing says why"
        assert sign(nurse, "refused", 1, **torn) == "", "the site's own reason is enough"
        assert sign(nurse, "accepted", 2, **{"check.seal": "met"}) == ""
        assert delivery.states(1, 2) == ["returned", "in_hospital"]


DISPOSAL_AREA = "place:centre/disposal"


def set_apart(delivery: Delivery) -> None:
    """The station has a disposal area, and its gateway a reader there."""
    named = {"name_zh": "报废区", "name_en": "Disposal area"}
    apart = {"place": DISPOSAL_AREA, "organisation": story.CENTRE, "use": "disposal"}
    declare(delivery.world.ledger, Draft(kinds.PlaceAdded, apart | named))
    introduce(delivery.world.ledger, delivery.centre)


def ask(who: Visitor, *numbers: int, code: str = "expired", **more: str) -> str:
    """Ask for bags to be discarded; answer the rule that refused it, or nothing."""
    units = "\n".join(red(number) for number in numbers)
    answer = who.post("/discards/request", page="/discards", units=units, code=code, **more)
    return "" if answer.status_code == 303 else rule_of(answer.text)


def approve(who: Visitor, *numbers: int) -> str:
    answer = who.post("/discards/approve", page="/discards", unit=[red(number) for number in numbers])
    return "" if answer.status_code == 303 else rule_of(answer.text)


def hand_over(who: Visitor, *texts: str, place: str = DISPOSAL_AREA, **more: str) -> tuple[str, dict[str, list[str]]]:
    """Count, and with `record` sign; answer the rule that refused it, and what differs."""
    answer = who.post("/discards/hand-over", page="/discards", place=place, texts="\n".join(texts), **more)
    return ("" if answer.status_code == 303 else rule_of(answer.text)), differences(answer.text)


def test_a_bag_is_discarded_by_request_approval_of_another_and_a_count_that_agrees(delivery: Delivery) -> None:
    delivery.make(1, 2, 3)
    set_apart(delivery)
    technician, officer = delivery.visitor("tech.lin"), delivery.visitor("quality.xu")
    assert ask(technician, 1, 2, code="") == "discard.reason"
    assert ask(technician, code="expired") == "discard.units"
    assert ask(technician, 1, 2, reason="since Monday") == ""
    assert delivery.states(1, 2) == ["awaiting_disposal"] * 2
    assert "since Monday" in officer.get("/discards").text
    assert hand_over(technician, red(1), record="yes")[0] == "discard.counted", "quality has approved nothing"
    assert approve(officer) == "discard.units"
    assert approve(officer, 3) == "discard.not-requested"
    assert approve(officer, 1, 2) == ""

    assert hand_over(technician, red(1)) == ("", {"missing": [red(2)[5:]]})
    rule, told = hand_over(technician, red(1), red(3), "E0FF", record="yes")
    assert (rule, told) == (
        "discard.counted",
        {"missing": [red(2)[5:]], "surplus": [red(3)[5:]], "unknown": ["E0FF"]},
    )
    assert delivery.states(1, 2) == ["awaiting_disposal"] * 2, "nothing is destroyed where the count differs"
    began = delivery.world.at(2)
    seen = {"tag": tag(2), "place": DISPOSAL_AREA, **SEEN}
    story._see(delivery.world, delivery.centre, (kinds.TagArrived, delivery.world.at(2.1), seen))
    signed = {"record": "yes", "since": began, "hand_over": "D-7"}
    technician = delivery.visitor("tech.lin")
    assert hand_over(technician, red(1), place="", **signed)[0] == "discard.place"
    assert hand_over(technician, red(1), **{**signed, "since": "at dusk"})[0] == "fields"
    assert hand_over(technician, red(1), since="2026-03-01 22:07")[1] == {"missing": [red(2)[5:]]}, (
        "an hour of the site"
    )
    assert hand_over(technician, red(1), **signed)[0] == ""
    assert delivery.states(1, 2, 3) == ["discarded", "discarded", "available"]
    with delivery.world.app.extensions["xuemai"].reading() as reader:
        said = [each.event for each in reader.told(red(2))]
    assert [event.hand_over for event in said if isinstance(event, kinds.Discarded)] == ["D-7"]
    assert [event.found for event in said if isinstance(event, kinds.StockTaken)] == [[red(1), red(2)]]


def test_nobody_approves_what_they_asked_for_and_nothing_is_destroyed_past_quality(delivery: Delivery) -> None:
    delivery.make(1, 2)
    set_apart(delivery)
    officer = delivery.world.people["quality.xu"].person
    asked = {"unit": red(1), "code": "broken", "by": officer}
    delivery.world.claim(2, "quality.xu", kinds.DiscardRequested, **asked)
    assert approve(delivery.visitor("quality.xu"), 1) == "discard.two-persons"
    assert approve(delivery.visitor("quality.he"), 1) == ""
    technician = delivery.visitor("tech.lin")
    assert technician.get("/steps/discarded").location == "/discards"
    assert technician.get(f"/steps/discard_requested?unit={red(2)}").location == f"/discards?unit={red(2)}"
    assert technician.post("/steps/discarded", page="/discards", unit=red(2)).status_code == 404
    assert delivery.visitor().post("/discards/approve", page="/discards", unit=red(2)).status_code == 403


def test_what_two_quality_officers_assessed_to_be_discarded_needs_no_third(delivery: Delivery) -> None:
    delivery.make(1)
    set_apart(delivery)
    second = delivery.world.people["quality.he"].person
    delivery.world.claim(2, "quality.xu", kinds.Assessed, unit=red(1), outcome="discard", second=second, place=FRIDGE)
    assert hand_over(delivery.visitor("tech.lin"), red(1), record="yes")[0] == ""
    assert delivery.states(1) == ["discarded"]


def test_a_recall_takes_a_request_back(delivery: Delivery) -> None:
    delivery.make(1)
    set_apart(delivery)
    technician, officer = delivery.visitor("tech.lin"), delivery.visitor("quality.xu")
    assert ask(technician, 1) == ""
    assert approve(officer, 1) == ""
    delivery.world.claim(2, "quality.xu", kinds.Recalled, units=[red(1)], reason="the donor rang up")
    assert delivery.states(1) == ["recalled"]
    assert ask(delivery.visitor("tech.lin"), 1, code="broken") == ""
    page = delivery.visitor("quality.xu").get("/discards").text
    assert f'data-asked="{red(1)}"' in page, "it must be approved anew"
    assert f'data-approved="{red(1)}"' not in page


def test_a_site_has_its_own_reasons(delivery: Delivery) -> None:
    delivery.make(1)
    file = delivery.world.site.directory / "discard-reasons.toml"
    file.write_text('[[reason]]\ncode = "r-1"\nzh = "脂肪血"\nen = "lipaemic"\n', "utf-8")
    technician = delivery.visitor("tech.lin")
    assert ask(technician, 1) == "discard.reason"
    assert ask(technician, 1, code="r-1") == ""
    assert "lipaemic" in technician.get("/discards").text
    file.write_text("nonsense", "utf-8")
    assert 'data-problem="reasons"' in technician.get("/discards").text
    assert ask(technician, 1, code="r-1") == "discard.reasons"


def test_a_reason_that_could_lead_to_a_donor_stays_out_of_the_log_and_others_read_not_suitable(
    delivery: Delivery,
) -> None:
    delivery.make(1)
    technician = delivery.visitor("tech.lin")
    assert ask(technician, 1, code="self-exclusion", reason="the donor rang up") == "discard.reason-told"
    assert ask(technician, 1, code="self-exclusion") == ""
    for login in ("tech.lin", "quality.xu"):
        page = (
            delivery.visitor(login).get("/discards").text.partition(f'data-asked="{red(1)}"')[2].partition("</tr>")[0]
        )
        assert "not suitable" in page
        assert "self-exclusion" not in page
    assert "not suitable" in delivery.visitor("quality.xu").get(f"/units/{red(1)}").text
    with delivery.world.app.extensions["xuemai"].reading() as reader:
        (said,) = [each.event for each in reader.told(red(1)) if isinstance(each.event, kinds.DiscardRequested)]
    assert (said.code, said.reason) == ("unsuitable", None)
    assert said.withheld.startswith("sha256:")
    assert delivery.visitor("tech.lin").post("/discards/reasons", page="/discards").status_code == 403
    opened = delivery.visitor("quality.xu").post("/discards/reasons", page="/discards").text
    assert 'data-opened="self-exclusion"' in opened
    assert "confidential self-exclusion" in opened
    (entry, *_) = delivery.world.app.extensions["xuemai"].accounts.audit(limit=1)
    assert (entry.action, entry.subject, entry.actor) == (
        "value_open",
        red(1),
        delivery.world.people["quality.xu"].person,
    )


def test_a_bag_that_leaves_by_the_door_without_a_paper_is_an_alarm_until_somebody_says_where_it_went(
    delivery: Delivery,
) -> None:
    delivery.make(1, 2)
    door = {"place": "place:centre/door", "organisation": story.CENTRE, "use": "exit"}
    declare(delivery.world.ledger, Draft(kinds.PlaceAdded, door | {"name_zh": "出口", "name_en": "Door"}))
    delivery.send(1)
    at = delivery.world.at(2.5)
    through = [{"tag": tag(number), "place": "place:centre/door", **SEEN} for number in (1, 2)]
    story._see(delivery.world, delivery.centre, *((kinds.TagArrived, at, each) for each in through))
    technician = delivery.visitor("tech.lin")
    home = technician.get("/").text
    alarm = "It was seen at an exit, and nobody recorded that it may leave"
    assert home.count(alarm) == 1, "the first was dispatched"
    assert f"/units/{red(2)}" in home.partition(alarm)[2].partition("</li>")[0]
    assert 'data-rule="custody.no-paper"' in technician.get(f"/units/{red(2)}").text
    assert 'data-rule="custody.no-paper"' not in technician.get(f"/units/{red(1)}").text
    assert alarm not in delivery.visitor().get("/").text, "the hospital has nothing to do with it"
    late = {"dispatch_note": "consignment:FX-2", "units": [red(2)], "to": HOSPITAL, "place": FRIDGE}
    delivery.world.claim(2.6, "tech.lin", kinds.Dispatched, **late)
    assert alarm not in technician.get("/").text
    assert 'data-rule="custody.no-paper"' not in technician.get(f"/units/{red(2)}").text


def box_row(page: str, box: str = BOX) -> str:
    return page.partition(f'data-box="{box}"')[2].partition("</tr>")[0]


def test_the_boxes_say_what_lies_in_them_how_warm_it_is_and_how_long_they_still_keep(delivery: Delivery) -> None:
    delivery.make(1, 2, 3)
    assert 'data-state="empty"' in box_row(delivery.visitor("tech.lin").get("/boxes").text)
    assert box_row(delivery.visitor().get("/boxes").text) == "", "a box of the station, and nothing of theirs in it"
    delivery.send(1, 2, until=3.5)
    file = delivery.world.site.directory / "boxes.toml"
    file.write_text(f'[[box]]\nbox = "{BOX}"\nminutes = 120\nsource = "VAL-7"\n', "utf-8")
    for login in ("tech.lin", "hospital.wu"):
        row = box_row(delivery.visitor(login).get("/boxes").text)
        assert 'data-state="on_the_road"' in row
        assert "seal S-1" in row
        assert f"/units/{red(1)}" in row
        assert "/consignments/FX-1" in row
        assert "30 min left" in row
        assert " °C" in row
    delivery.world.at(4.5)
    assert "overdue by 30 min" in box_row(delivery.visitor("tech.lin").get("/boxes").text)
    delivery.world.claim(4.5, "hospital.wu", kinds.Opened, box=BOX, units=[red(1)], seal="S-1", place=BANK)
    row = box_row(delivery.visitor().get("/boxes").text)
    assert 'data-state="opened"' in row
    assert "overdue" not in row
    file.write_text("nonsense", "utf-8")
    assert 'data-problem="boxes"' in delivery.visitor().get("/boxes").text
