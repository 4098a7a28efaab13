"""A crate over HTTP: manifest and sweep, for whom it concerns."""

import pytest
from flask.testing import FlaskClient

from ledger.config import Site
from tests.unit.ledger.api.world import H1, UNIT_OF_H1, Bearers

H1_NOTE = "/v1/consignments/consignment:h1/receipt"


def test_the_receiver_sees_what_is_still_to_come(client: FlaskClient, as_user: Bearers) -> None:
    told = client.get(f"{H1_NOTE}?place=place:h1/bank", headers=as_user("hospital")).get_json()
    assert (told["note"], told["to"], told["place"]) == ("consignment:h1", H1, "place:h1/bank")
    assert told["units"] == [{"unit": UNIT_OF_H1, "outcome": None}]
    assert (told["comparison"]["missing"], told["comparison"]["unknown"]) == ([UNIT_OF_H1], [])
    assert (told["comparison"]["agrees"], told["holds"], told["outstanding"]) == (False, [], [UNIT_OF_H1])
    assert client.get("/v1/consignments/h1/receipt", headers=as_user("technician")).status_code == 200


def test_another_hospitals_note_and_none_get_the_same_answer(client: FlaskClient, as_user: Bearers) -> None:
    answers = []
    for note in ("h1", "nobody", "x" * 300):
        answer = client.get(f"/v1/consignments/{note}/receipt", headers=as_user("other_hospital"))
        answers.append((answer.status_code, answer.get_json()["detail"]))
    assert answers == [answers[0]] * 3
    assert answers[0][0] == 404


@pytest.mark.parametrize("query", ["place=place:h2/bank", "place=place:nowhere", "since=now", "of=me"])
def test_a_question_that_cannot_be_is_refused(client: FlaskClient, as_user: Bearers, query: str) -> None:
    answer = client.get(f"{H1_NOTE}?{query}", headers=as_user("hospital"))
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")


def test_a_list_of_boxes_that_cannot_be_read_is_said(client: FlaskClient, as_user: Bearers, site: Site) -> None:
    (site.directory / "boxes.toml").write_text("nonsense", "utf-8")
    assert client.get(H1_NOTE, headers=as_user("hospital")).status_code == 503
