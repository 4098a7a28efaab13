"""What a finding touches, over HTTP: for whom it is, and what cannot be asked."""

import pytest
from flask.testing import FlaskClient

from ledger.core.ids import format_instant
from tests.unit.ledger.api.world import CENTRE, H1, H2, NOW, UNIT_OF_H1, UNIT_OF_H2, WHOLE_BLOOD, Bearers

DONOR = "person:" + "d" * 32
DIN = "din:A999926123456"


def test_a_quality_officer_sees_what_became_of_a_donors_blood(client: FlaskClient, as_user: Bearers) -> None:
    answer = client.get(f"/v1/lookback/{DONOR}?screened=2026-03-01", headers=as_user("quality"))
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["question"] == {
        "subject": DONOR, "direction": "onward", "first_day": "2025-03-01", "since": None, "until": None,
    }  # fmt: skip
    assert {each["unit"]: (each["why"], each["via"], each["fate"]) for each in told["units"]} == {
        WHOLE_BLOOD: ("made", DIN, "made_into_others"),
        UNIT_OF_H1: ("made", DIN, "dispatched"),
        UNIT_OF_H2: ("made", DIN, "dispatched"),
    }
    [given] = told["donations"]
    assert (given["din"], given["donor"], given["standing"]) == (DIN, DONOR, "within")
    assert told["consignees"] == {H1: [UNIT_OF_H1], H2: [UNIT_OF_H2]}
    assert (told["counts"]["dispatched"], told["elsewhere"], told["as_of"]) == (2, 0, format_instant(NOW))
    [sent] = [each for each in told["units"] if each["unit"] == UNIT_OF_H1]
    assert sent["dispatch_notes"] == ["consignment:h1"]
    assert [each["holder"] for each in sent["holdings"]] == [CENTRE, "transit"]
    assert sent["stands"]["state"] == "in_transit"


def test_the_window_may_reach_less_far(client: FlaskClient, as_user: Bearers) -> None:
    query = f"/v1/lookback/{DONOR}?screened=2026-05-01&months=1"
    assert client.get(query, headers=as_user("quality")).status_code == 404, "given before: nothing is affected"


def test_a_hospitals_auditor_looks_back_from_its_unit_and_is_told_how_many_more_there_are(
    client: FlaskClient, as_user: Bearers
) -> None:
    told = client.get(f"/v1/lookback/{UNIT_OF_H1}?direction=back", headers=as_user("hospital_auditor")).get_json()
    assert [each["unit"] for each in told["units"]] == [UNIT_OF_H1]
    assert told["elsewhere"] == 2
    assert client.get(f"/v1/lookback/{UNIT_OF_H2}", headers=as_user("hospital_auditor")).status_code == 404


def test_technicians_and_hospitals_look_nothing_back(client: FlaskClient, as_user: Bearers) -> None:
    for who in ("technician", "hospital", "laboratory", "administrator"):
        assert client.get(f"/v1/lookback/{DONOR}", headers=as_user(who)).status_code == 403


@pytest.mark.parametrize(
    "question",
    [
        "org:a9999",
        f"{DIN}?direction=back",
        f"{DIN}?direction=sideways",
        f"{DIN}?screened=2026-02-30",
        "place:centre/cold-room?since=yesterday",
        f"{DIN}?months=-1",
        f"{DIN}?who=me",
    ],
)
def test_a_question_that_cannot_be_is_refused(client: FlaskClient, as_user: Bearers, question: str) -> None:
    answer = client.get(f"/v1/lookback/{question}", headers=as_user("quality"))
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
