"""What goes back to a station, over HTTP, for whom it concerns."""

from flask.testing import FlaskClient

from ledger.append import Draft, Ledger
from ledger.core import kinds
from tests.support.producers import claim
from tests.unit.ledger.api.world import CENTRE, H1, UNIT_OF_H1, Bearers

SENT = {"dispatch_note": "consignment:TX-1", "to": CENTRE, "purpose": "return", "place": "place:h1/bank"}


def sends_back(ledger: Ledger) -> None:
    note = {"dispatch_note": "consignment:h1", "units": [UNIT_OF_H1], "place": "place:h1/bank"}
    claim(ledger, Draft(kinds.Received, {**note, "outcome": "refused", "code": "seal"}))


def test_what_was_refused_is_to_be_sent_back_and_then_on_its_way(
    client: FlaskClient, as_user: Bearers, ledger: Ledger
) -> None:
    sends_back(ledger)
    told = client.get("/v1/returns", headers=as_user("hospital")).get_json()
    assert [each["unit"] for each in told["to_send"]] == [UNIT_OF_H1]
    assert told["notes"] == []
    assert client.get("/v1/returns", headers=as_user("other_hospital")).get_json()["to_send"] == []
    claim(ledger, Draft(kinds.Dispatched, {**SENT, "units": [UNIT_OF_H1]}))
    for login in ("hospital", "technician"):
        told = client.get("/v1/returns", headers=as_user(login)).get_json()
        assert (told["to_send"], told["notes"]) == ([], ["consignment:TX-1"])
    told = client.get("/v1/consignments/TX-1/return", headers=as_user("technician")).get_json()
    assert (told["sender"], told["to"], told["pack"]) == (H1, CENTRE, "cn")
    (line,) = told["units"]
    assert (line["unit"], line["refusal"], line["outcome"]) == (UNIT_OF_H1, "seal", None)
    assert line["answer"] in {"no", "undecided"}
    assert line["why"]


def test_another_hospitals_return_and_none_get_the_same_answer_and_what_is_no_return_says_so(
    client: FlaskClient, as_user: Bearers, ledger: Ledger
) -> None:
    sends_back(ledger)
    claim(ledger, Draft(kinds.Dispatched, {**SENT, "units": [UNIT_OF_H1]}))
    answers = []
    for login, note in (("other_hospital", "TX-1"), ("technician", "nobody")):
        answer = client.get(f"/v1/consignments/{note}/return", headers=as_user(login))
        answers.append((answer.status_code, answer.get_json()["detail"]))
    assert answers == [(404, "there is no such return, or it is not yours to see")] * 2
    assert client.get("/v1/consignments/h2/return", headers=as_user("technician")).status_code == 409
