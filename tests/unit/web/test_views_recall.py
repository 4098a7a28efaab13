"""The pages of recall and lookback, as a reader of plain HTML finds them."""

from tests.browser import world as story
from tests.browser.world import CELLS, HOUR_MS, PASSWORD, PLASMA, World
from tests.unit.web.conftest import Visitor

DONOR = "person:" + "ab" * 16
CASE = "case:R-2026-001"
OPENING = {"case": "R-2026-001", "about": DONOR, "sort": "lookback", "reason": "reactive at the next donation"}


def signed_in(world: World, login: str) -> Visitor:
    return Visitor(world.app.test_client()).signed_in(login)


def told(world: World) -> Visitor:
    """The story of the browser tests; a quality officer signs in."""
    story.tell(world)
    return signed_in(world, "quality.xu")


def withdraw(visitor: Visitor, *, seen: str = "", password: str = PASSWORD) -> int:
    page = f"/recall/{CASE}"
    found = visitor.get(page).text
    shown = found.partition('name="seen" value="')[2].partition('"')[0]
    return visitor.post(f"{page}/withdraw", page=page, seen=seen or shown, password=password).status_code


def test_a_quality_officer_looks_first_and_records_nothing(world: World) -> None:
    quality = told(world)
    size = world.ledger.size
    page = quality.post("/recall", look="yes", about=DONOR)
    assert page.status_code == 200
    assert f'data-looked="{DONOR}"' in page.text
    assert page.text.count("data-unit=") == 5
    assert f'data-unit="{CELLS}" data-fate="dispatched"' in page.text
    assert world.ledger.size == size
    nothing = quality.post("/recall", look="yes", about="A999926123999")
    assert (nothing.status_code, 'data-rule="case.nothing-found"' in nothing.text) == (422, True)
    for wrong in ({"about": "nonsense"}, {"screened": "soon"}, {"months": "x"}, {"months": "-1"}, {"since": "then"}):
        refused = quality.post("/recall", look="yes", **{"about": DONOR, **wrong})
        assert (refused.status_code, 'data-rule="case.question"' in refused.text) == (422, True), wrong
    before = quality.post("/recall", look="yes", about=DONOR, screened="2027-06-01", months="1")
    assert 'data-rule="case.nothing-found"' in before.text, "the window begins after the donation"


def test_a_case_is_opened_withdrawn_acknowledged_and_closed_on_its_pages(world: World) -> None:
    quality = told(world)
    opened = quality.post("/recall", **OPENING)
    assert (opened.status_code, opened.location) == (303, f"/recall/{CASE}")
    page = quality.get(f"/recall/{CASE}").text
    assert "due by" in page
    assert "3 units still exist and are not recalled yet." in page
    assert withdraw(quality, seen=PLASMA) == 422, "not what was shown"
    assert withdraw(quality, password="not this one at all") == 422
    assert withdraw(quality) == 303
    assert "Withdraw and tell</button>" not in quality.get(f"/recall/{CASE}").text

    hospital = signed_in(world, "hospital.wu")
    assert f'data-notice="{CASE}"' in hospital.get("/recall").text
    seen = hospital.get(f"/recall/{CASE}").text
    assert "Take these units out of use" in seen
    assert (CELLS in seen, PLASMA in seen, DONOR in seen) == (True, False, False)
    world.clock.at_ms += 5 * 24 * HOUR_MS
    quality, hospital = signed_in(world, "quality.xu"), signed_in(world, "hospital.wu")
    assert 'data-late="1"' in quality.get("/recall").text
    answer = hospital.post(f"/recall/{CASE}/acknowledge", page=f"/recall/{CASE}", reason="set aside")
    assert answer.status_code == 303
    answered = hospital.get(f"/recall/{CASE}").text
    assert ("/acknowledge" in answered, "Take these units out of use" in answered) == (False, False)
    assert 'data-late="1"' not in quality.get("/recall").text

    signatures = {"password": PASSWORD, "colleague": "quality.he", "colleague_password": PASSWORD}
    alone = quality.post(
        f"/recall/{CASE}/close", page=f"/recall/{CASE}", reason="r", **{**signatures, "colleague": "hospital.wu"}
    )
    assert (alone.status_code, 'data-rule="case.persons"' in alone.text) == (422, True)
    wrong = quality.post(
        f"/recall/{CASE}/close", page=f"/recall/{CASE}", reason="r", **{**signatures, "colleague_password": "no"}
    )
    assert 'data-rule="person.signature"' in wrong.text
    closed = quality.post(f"/recall/{CASE}/close", page=f"/recall/{CASE}", reason="nobody ill", **signatures)
    assert closed.status_code == 303
    assert "Close the case</button>" not in quality.get(f"/recall/{CASE}").text


def test_the_case_file_shows_ways_holders_and_recipients_and_is_for_who_leads_it(world: World) -> None:
    told(world)
    world.claim(31, "hospital.wu", story.kinds.Issued, unit=CELLS, patient=story.PATIENT, place=story.WARD)
    quality = signed_in(world, "quality.xu")
    quality.post("/recall", **OPENING)
    file = quality.get(f"/recall/{CASE}/file").text
    assert f'data-unit="{CELLS}"' in file
    for said in (story.PATIENT, "First City Hospital", "FX-26-0812", DONOR, "Signature"):
        assert said in file
    assert ("data-print>" in file, "/print.js" in file, f'href="/recall/{CASE}"' in file) == (True, True, True)
    withdraw(quality)
    hospital = signed_in(world, "hospital.wu")
    assert hospital.get(f"/recall/{CASE}/file").status_code == 403
    assert signed_in(world, "tech.lin").get(f"/recall/{CASE}").status_code == 404
    assert quality.get("/recall/case:NEVER").status_code == 404
    assert quality.get("/recall/nonsense").status_code == 404


def test_notes_that_name_people_stay_out_of_the_log_and_can_be_erased(world: World) -> None:
    quality = told(world)
    quality.post("/recall", **OPENING)
    page = f"/recall/{CASE}"
    assert quality.post(f"{page}/notes", page=page, note="").status_code == 422
    assert quality.post(f"{page}/notes", page=page, note="Zhang San called").status_code == 303
    assert "Zhang San called" in quality.get(page).text
    with world.app.extensions["xuemai"].reading() as reader:
        assert not any(b"Zhang San" in (entry.body or b"") for entry in reader.history.of_stream("web"))
    withdraw(quality)
    assert "Zhang San" not in signed_in(world, "hospital.wu").get(page).text
    assert quality.post(f"{page}/notes", page=page, erase="yes", password="no").status_code == 422
    assert quality.post(f"{page}/notes", page=page, erase="yes", password=PASSWORD).status_code == 303
    assert "Zhang San" not in quality.get(page).text


def test_a_technician_opens_nothing_and_sees_no_case(world: World) -> None:
    told(world)
    technician = signed_in(world, "tech.lin")
    assert technician.get("/recall").status_code == 200
    assert technician.client.post("/recall", data={}).status_code in {400, 403}
    quality = signed_in(world, "quality.xu")
    assert quality.get("/steps/case_opened").location == "/recall"
    token = {"case": CASE, "reason": "x", "second": "quality.he"}
    assert quality.post("/steps/case_closed", page="/recall", **token).status_code == 404
