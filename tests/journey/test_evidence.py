"""What an assessment rests on (偏差评估): the logger's file beside it, who sees it, and how it goes."""

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from firmware_mocks.browser_forms import forms_in
from ledger.api.services import services_of
from ledger.append import Erasure
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.fsck import examine
from ledger.read.reader import reading
from tests.browser.world import HOUR_MS, PASSWORD, opened
from tests.journey.test_cold_chain import LATE, WARM, Refrigerator
from tests.support.producers import NOON_MS
from tests.unit.web.conftest import Visitor

MARKUP = b"<html><script>alert(1)</script>"


@pytest.fixture
def fridge(tmp_path: Path) -> Iterator[Refrigerator]:
    """The door stood open at one o'clock, and one bag was inside."""
    with opened(tmp_path / "site") as world:
        made = Refrigerator(world)
        made.store(WARM, 0.05)
        made.read(0, 2, peak=(1.0, 520))
        world.at(2.1)
        yield made


def logged(*rows: tuple[float, object]) -> bytes:
    """A logger's file: hour of the story, degrees."""
    told = (
        f"{datetime.fromtimestamp((NOON_MS + round(hour * HOUR_MS)) / 1000, UTC).isoformat()},{celsius}\n"
        for hour, celsius in rows
    )
    return ("time,celsius\n" + "".join(told)).encode()


FILE = logged(*[(0.5 + minute / 60, "6.8" if 30 <= minute < 40 else "4.2") for minute in range(0, 60, 5)])


def visitor(fridge: Refrigerator, login: str = "quality.xu") -> Visitor:
    return Visitor(fridge.world.app.test_client()).signed_in(login)


def assess(fridge: Refrigerator, document: bytes, what: str = "logger_file", **more: object) -> TestResponse:
    """A quality officer fills in the form; another signs it."""
    told = {"unit": WARM, "outcome": "fit", "second": "quality.he", "second_password": PASSWORD, "evidence_what": what}
    file = (io.BytesIO(document), "Li Na's fridge.csv")
    answer = visitor(fridge).post("/steps/assessed", **(told | {"evidence": file} | more))
    answer.request.environ["wsgi.input"].close()  # the client keeps a long form in a file
    return answer


def page(fridge: Refrigerator, login: str = "tech.lin") -> str:
    return visitor(fridge, login).get(f"/units/{WARM}").text


def address(document: bytes, unit: str = WARM) -> str:
    return f"/units/{unit}/evidence/{hashlib.sha256(document).hexdigest()}"


def test_a_colleague_who_is_no_quality_officer_judges_no_deviation(fridge: Refrigerator) -> None:
    answer = assess(fridge, FILE, second="tech.lin")
    assert (answer.status_code, 'data-rule="assessment.persons"' in answer.text) == (422, True)
    assert "assessed its deviation" not in page(fridge)


def test_the_loggers_file_stands_beside_the_assessment_with_what_it_says(fridge: Refrigerator) -> None:
    answer = assess(fridge, FILE)
    assert answer.status_code == 303, answer.text
    told = page(fridge)
    assert "Two quality officers assessed its deviation" in told
    assert f'href="{address(FILE)}">Logger file</a>' in told
    assert f"{len(FILE)} bytes" in told
    assert "4.2 °C to 6.8 °C · out of range for 10 min" in told
    assert "Li Na" not in told
    report = examine(fridge.world.site)
    assert report.ok, report.first_bad
    assert "evidence: 1, as the assessments name them" in report.checks


def test_the_file_of_a_chinese_logger_is_kept_as_it_came_and_the_page_says_how_it_was_read(
    fridge: Refrigerator,
) -> None:
    told = FILE.decode().replace("time,celsius", "日期时间,温度(℃)")
    for encoding, said in (("gb18030", True), ("utf-8", False)):
        document = told.encode(encoding)
        assert assess(fridge, document).status_code == 303
        after = page(fridge).split(f'href="{address(document)}"')[1].split("</tr>")[0]
        assert "4.2 °C to 6.8 °C · out of range for 10 min" in after
        assert ("read as GB18030" in after) is said
        assert visitor(fridge).get(address(document)).data == document


def test_whoever_sees_the_unit_saves_the_file_and_the_audit_says_so(fridge: Refrigerator) -> None:
    assess(fridge, FILE)
    answer = visitor(fridge, "tech.lin").get(address(FILE))
    assert (answer.status_code, answer.data) == (200, FILE)
    digest = hashlib.sha256(FILE).hexdigest()
    audited = [each for each in services_of(fridge.world.app).accounts.audit() if each.action == "evidence_read"]
    assert [(each.actor, each.subject, each.detail) for each in audited] == [
        (fridge.world.people["tech.lin"].person, WARM, digest)
    ]
    assert visitor(fridge, "hospital.wu").get(address(FILE)).status_code == 404, "not a unit of that hospital"
    assert visitor(fridge, "tech.lin").get(address(b"another")).status_code == 404
    fridge.store(LATE, 2.2)
    assert visitor(fridge, "tech.lin").get(address(FILE, LATE)).status_code == 404


def test_markup_is_kept_and_never_rendered(fridge: Refrigerator) -> None:
    assert assess(fridge, MARKUP, "manual_readings").status_code == 303
    assert "alert(1)" not in page(fridge)
    answer = visitor(fridge).get(address(MARKUP))
    assert answer.data == MARKUP
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="evidence-')
    assert "Li" not in answer.headers["Content-Disposition"]


def test_a_file_that_no_logger_wrote_is_refused_with_its_line_and_nothing_is_recorded(fridge: Refrigerator) -> None:
    size = fridge.world.ledger.size
    answer = assess(fridge, logged((0.5, "4.2"), (0.6, "warm")))
    assert answer.status_code == 422
    assert "line 3: celsius" in answer.text
    assert 'enctype="multipart/form-data"' in answer.text
    assert "must name nobody" in answer.text
    assert assess(fridge, bytes(1_048_577), "manual_readings").status_code == 422
    assert assess(fridge, FILE, "a_hunch").status_code == 422
    assert assess(fridge, FILE, second_password="not it").status_code == 422
    assert fridge.world.ledger.size == size
    assert assess(fridge, b"").status_code == 303, "no file was chosen: an assessment may rest on none"
    assert "data-evidence" not in page(fridge)


def test_readings_of_another_time_are_held_against_no_limits(fridge: Refrigerator) -> None:
    assess(fridge, logged((-30, "5.0"), (-29, "5.5")))
    assert "5.0 °C to 5.5 °C · held against no limits" in page(fridge)


def test_what_a_failing_sensor_wrote_is_no_extreme(fridge: Refrigerator) -> None:
    assess(fridge, logged((-30, "5.0"), (-29, "85"), (-28, "5.5")))
    assert "5.0 °C to 5.5 °C · held against no limits" in page(fridge)
    assess(fridge, logged((-30, "85"), (-29, "85")))
    assert "85.0 °C" not in page(fridge)


def test_a_loggers_pdf_is_kept_as_it_is(fridge: Refrigerator) -> None:
    document = b"%PDF-1.7 a chart"
    assert assess(fridge, document).status_code == 303
    assert "16 bytes</span>" in page(fridge)
    assert visitor(fridge).get(address(document)).headers["Content-Disposition"].endswith('.pdf"')


def correction(fridge: Refrigerator) -> str:
    """Where the newest assessment is corrected."""
    with reading(fridge.world.site) as reader:
        judged = [each.event for each in reader.told(WARM) if isinstance(each.event, kinds.Assessed)]
    return f"/correction?stream=web&seq={judged[-1].seq}&unit={WARM}"


def test_the_form_that_corrects_an_assessment_says_that_its_files_go_along_and_they_do(fridge: Refrigerator) -> None:
    assert assess(fridge, b"").status_code == 303
    said = "The files that it rests on go along."
    assert said not in visitor(fridge).get(correction(fridge)).text, "there are none"
    assert assess(fridge, FILE).status_code == 303
    officer, where = visitor(fridge), correction(fridge)
    told = officer.get(where)
    assert said in told.text
    in_chinese = officer.client.get(where, headers={"Accept-Language": "zh-CN"})
    assert "所依据的文件随之保留。" in in_chinese.text
    signed = {"signs": "quality.he", "second_password": PASSWORD}
    (form,) = [each for each in forms_in(told.text) if "why" in each.names]
    typed = {**dict(form.values), "why": "the wrong outcome", "outcome": "discard", **signed}
    assert officer.client.post(form.action, data=typed).status_code == 303
    assert page(fridge).count(f'href="{address(FILE)}"') == 1, "under what stands in its place"
    officer, where = visitor(fridge), correction(fridge)
    (form,) = [each for each in forms_in(officer.get(where).text) if "why" in each.names]
    struck = {**dict(form.values), "why": "another file", "way": "strike", **signed}
    assert officer.client.post(form.action, data=struck).status_code == 303
    assert assess(fridge, MARKUP, "manual_readings").status_code == 303
    assert f'href="{address(MARKUP)}"' in page(fridge)


def test_a_file_that_named_somebody_goes_with_its_assessment(fridge: Refrigerator) -> None:
    assess(fridge, b"Li Na read 4.5 at noon", "manual_readings")
    with reading(fridge.world.site) as reader:
        (judged,) = (each.event for each in reader.told(WARM) if isinstance(each.event, kinds.Assessed))
    erasure = Erasure("web", judged.seq, "the file named a person")
    assert not isinstance(fridge.world.ledger.erase(erasure), Refused)
    assert visitor(fridge).get(address(b"Li Na read 4.5 at noon")).status_code == 404
    assert "data-evidence" not in page(fridge)
    report = examine(fridge.world.site)
    assert report.ok, report.first_bad
    assert "evidence: 0, as the assessments name them" in report.checks
