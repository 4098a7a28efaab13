"""A donor is found reactive: from the finding to the closed case, through a pool, a split and a patient."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import xuemai
from ledger import fsck
from ledger.accounts import LOCAL
from ledger.core import kinds
from ledger.core.ids import format_instant
from tests.browser import world as story
from tests.browser.world import (
    BANK,
    CENTRE,
    FRIDGE,
    HOSPITAL,
    HOUR_MS,
    LAB,
    PASSWORD,
    PATIENT,
    ROOM,
    WARD,
    World,
    opened,
)
from tests.unit.web.conftest import Visitor

DAY_MS = 24 * HOUR_MS
DONOR, OTHER = "person:" + "1" * 32, "person:" + "2" * 32
EARLIER, LATER, COMPANION = "A999925000001", "A999926000002", "A999926000003"
CASE = "case:HIV-2026-004"


def bag(din: str, product: str) -> str:
    return f"unit:{din}.{product}"


POOL, GIVEN, SENT = (bag(LATER, code) for code in ("A0007V00", "A0007VA0", "A0007VB0"))
CELLS = bag(LATER, "A0002V00")
OLD_PLASMA = bag(EARLIER, "A0003V00")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "site") as found:
        yield found


def signed_in(world: World, login: str) -> Visitor:
    return Visitor(world.app.test_client()).signed_in(login)


def command(world: World, *arguments: str) -> Result:
    return CliRunner().invoke(xuemai.main, [*arguments, "--site", str(world.site.directory)])


def at(world: World, days: float) -> None:
    world.at(days * 24)


def donate(world: World, hours: float, din: str, donor: str) -> None:
    """A donation, separated into red cells, plasma and platelets."""
    world.claim(hours, "tech.lin", kinds.Collected, unit=bag(din, "A0001V00"), donor=donor, place=ROOM)
    children = [kinds.Component(unit=bag(din, f"A000{n}V00")) for n in (2, 3, 4)]
    world.claim(hours + 3, "tech.lin", kinds.Prepared, parents=[bag(din, "A0001V00")], children=children, place=LAB)


def deliver(world: World, hours: float, note: str, *units: str) -> None:
    """Released in an emergency, sent to the hospital and accepted there."""
    second = world.people["quality.he"].person
    for unit in units:
        world.claim(hours, "quality.xu", kinds.Released, unit=unit, second=second, override="urgent", place=LAB)
    sent = {"dispatch_note": f"consignment:{note}", "units": list(units)}
    world.claim(hours + 1, "tech.lin", kinds.Dispatched, **sent, to=HOSPITAL, place=LAB)
    world.claim(hours + 2, "hospital.wu", kinds.Received, **sent, outcome="accepted", place=BANK)


def before_the_finding(world: World) -> None:
    """A year of a donor's blood: a bag of plasma is still frozen, platelets were pooled, a patient got half of them."""
    donate(world, 0, EARLIER, DONOR)
    donate(world, 400 * 24, LATER, DONOR)
    donate(world, 400 * 24 + 4, COMPANION, OTHER)
    parents = [bag(LATER, "A0004V00"), bag(COMPANION, "A0004V00")]
    pooled = {"parents": parents, "children": [kinds.Component(unit=POOL)]}
    world.claim(400 * 24 + 8, "tech.lin", kinds.Pooled, **pooled, place=LAB)
    halves = [kinds.Component(unit=GIVEN), kinds.Component(unit=SENT)]
    world.claim(400 * 24 + 9, "tech.lin", kinds.Split, parents=[POOL], children=halves, place=LAB)
    world.claim(400 * 24 + 10, "tech.lin", kinds.Stored, unit=CELLS, place=FRIDGE)
    deliver(world, 400 * 24 + 11, "FX-1", GIVEN, SENT)
    for kind in (kinds.Issued, kinds.Transfused):
        world.claim(401 * 24, "hospital.wu", kind, unit=GIVEN, patient=PATIENT, place=WARD)


def open_case(quality: Visitor, **further: str) -> None:
    asked = {"case": "HIV-2026-004", "about": DONOR, "sort": "lookback", "reason": "NAT reactive at the third donation"}
    answer = quality.post("/recall", **{**asked, **further})
    assert (answer.status_code, answer.location) == (303, f"/recall/{CASE}"), answer.text


def withdraw(visitor: Visitor) -> int:
    seen = visitor.get(f"/recall/{CASE}").text.partition('name="seen" value="')[2].partition('"')[0]
    return visitor.post(f"/recall/{CASE}/withdraw", page=f"/recall/{CASE}", seen=seen, password=PASSWORD).status_code


def states(world: World, *units: str) -> list[str]:
    with world.app.extensions["xuemai"].reading() as reader:
        found = [reader.summary(unit) for unit in units]
    return [each.state for each in found if each is not None]


def test_a_reactive_donor_is_looked_back_to_everything_that_came_of_the_blood(world: World) -> None:
    before_the_finding(world)
    at(world, 402)

    # The laboratory reports on day 402. The last non-reactive screen was that of the second donation, on day 400:
    # twelve months before it lie after the first donation, so the plasma of then is not affected.
    told = json.loads(command(world, "lookback", DONOR, "--screened", "2027-04-05", "--as", CENTRE, "--json").stdout)
    assert {each["din"]: each["standing"] for each in told["donations"]} == {
        f"din:{EARLIER}": "before",
        f"din:{LATER}": "within",
    }
    assert {each["unit"]: each["fate"] for each in told["units"] if each["fate"] != "made_into_others"} == {
        CELLS: "in_stock",
        bag(LATER, "A0003V00"): "in_stock",
        GIVEN: "transfused",
        SENT: "dispatched",
    }
    [given] = [each for each in told["units"] if each["unit"] == GIVEN]
    assert (given["patients"], given["via"], [each["holder"] for each in given["holdings"]][-1]) == (
        [PATIENT], f"din:{LATER}", HOSPITAL,
    )  # fmt: skip

    # A quality officer opens the case, and with one signature everything is withdrawn and the hospital told.
    quality = signed_in(world, "quality.xu")
    open_case(quality, screened="2027-04-05")
    assert withdraw(quality) == 303
    assert states(world, CELLS, SENT, GIVEN, OLD_PLASMA) == ["recalled", "recalled", "transfused", "pending"]
    issuing = signed_in(world, "hospital.wu").post("/steps/issued", unit=SENT, patient=PATIENT, place=WARD)
    assert 'data-rule="state"' in issuing.text or issuing.status_code == 422, "nobody can give it now"

    # The hospital is slow. After the third day it stands on the list, by so many days.
    assert "have not acknowledged in time" not in quality.get("/recall").text
    at(world, 407)
    quality, hospital = signed_in(world, "quality.xu"), signed_in(world, "hospital.wu")
    late = quality.get("/recall").text.partition("have not acknowledged in time")[2].partition("</div>")[0]
    assert ("First City Hospital" in late, "2 days late" in late) == (True, True)

    # Its own system answers over the API; the case cannot be closed before.
    signatures = {"password": PASSWORD, "colleague": "quality.he", "colleague_password": PASSWORD}
    page = f"/recall/{CASE}"
    early = quality.post(f"{page}/close", page=page, reason="recipient followed up", **signatures)
    assert 'data-rule="case.unanswered"' in early.text
    token = world.app.extensions["xuemai"].accounts.issue_token(
        world.people["hospital.wu"].person, label="hospital system", roles={"hospital"},
        expires_ms=world.clock.at_ms + DAY_MS, actor=LOCAL, now_ms=world.clock.at_ms,
    )  # fmt: skip
    bearer = {"Authorization": f"Bearer {token}"}
    answer = world.app.test_client().post(f"/v1/cases/{CASE}/acknowledgement", headers=bearer)
    assert (answer.status_code, answer.get_json()["notice"]["units"]) == (200, sorted([GIVEN, SENT]))
    assert hospital.get(page).status_code == 200
    assert quality.post(f"{page}/close", page=page, reason="recipient followed up", **signatures).status_code == 303

    # What remains: a file to print, a log that holds, and a passport of the bag that says that it was recalled.
    file = quality.get(f"{page}/file").text
    assert all(said in file for said in (PATIENT, GIVEN[5:18][:5], "recipient followed up", "2027-04-10"))
    with world.app.extensions["xuemai"].reading() as reader:
        kinds_told = {str(type(each.event).__struct_config__.tag) for each in reader.told(SENT)}
    assert {"recalled", "notice_sent"} <= kinds_told
    assert fsck.examine(world.site).ok


def test_from_a_patients_reaction_back_to_both_donors_and_onward_to_the_siblings(world: World) -> None:
    before_the_finding(world)
    told = json.loads(command(world, "lookback", GIVEN, "--back", "--json").stdout)
    assert {each["donor"] for each in told["donations"]} == {DONOR, OTHER}
    siblings = {each["unit"] for each in told["units"] if each["withdrawable"]}
    assert siblings == {SENT, CELLS, *(bag(LATER, "A0003V00"), bag(COMPANION, "A0002V00"), bag(COMPANION, "A0003V00"))}
    assert OLD_PLASMA not in {each["unit"] for each in told["units"]}, "the donor is not found reactive"

    quality = signed_in(world, "quality.xu")
    open_case(quality, direction="back", about=GIVEN)
    assert withdraw(quality) == 303
    assert set(states(world, *sorted(siblings))) == {"recalled"}


def test_what_was_done_late_stays_late_and_a_bag_that_turns_up_is_withdrawn_too(world: World) -> None:
    before_the_finding(world)
    at(world, 410)
    learnt = format_instant(world.clock.at_ms - 5 * DAY_MS)
    quality = signed_in(world, "quality.xu")
    open_case(quality, learnt=learnt)
    assert "2 days late" in quality.get(f"/recall/{CASE}").text
    assert withdraw(quality) == 303
    found = f"unit:{LATER}.A0008V00"
    world.claim(410 * 24 + 1, "tech.lin", kinds.Opening, unit=found, place=FRIDGE)
    quality = signed_in(world, "quality.xu")
    assert "1 unit still exists and is not recalled yet." in quality.get(f"/recall/{CASE}").text
    assert withdraw(quality) == 303
    assert states(world, found) == ["recalled"]
    assert "2 days late" in quality.get(f"/recall/{CASE}").text
    assert story.CELLS not in quality.get(f"/recall/{CASE}").text
