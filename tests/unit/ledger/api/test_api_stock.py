"""How much there is, over HTTP."""

import pytest
from flask.testing import FlaskClient

from ledger.core.ids import format_instant
from tests.unit.ledger.api.world import CENTRE, DAY, H1, NOW, Bearers


def test_the_stock_is_counted_for_whom_it_concerns(client: FlaskClient, as_user: Bearers) -> None:
    told = client.get("/v1/stock?by=state,holder", headers=as_user("auditor")).get_json()
    assert (told["at"], told["basis"], told["by"]) == (format_instant(NOW), "as it happened", ["state", "holder"])
    assert [(line["key"], line["bags"]) for line in told["lines"]] == [
        (["in_transit", "transit"], 2),
        (["pending", CENTRE], 1),
    ]
    [own] = client.get(f"/v1/stock?by=abo,rhd&holder={CENTRE}", headers=as_user("technician")).get_json()["lines"]
    assert (own["key"], own["bags"], own["unmeasured"]) == (["A", "positive"], 1, 1)
    assert own["earliest"] == format_instant(NOW + 30 * DAY)
    assert client.get("/v1/stock", headers=as_user("hospital")).get_json()["lines"] == []
    assert [line["bags"] for line in client.get("/v1/stock", headers=as_user("technician")).get_json()["lines"]] == [1]
    assert client.get(f"/v1/stock?holder={H1}", headers=as_user("hospital")).status_code == 200
    assert client.get(f"/v1/stock?holder={CENTRE}", headers=as_user("hospital")).status_code == 403


def test_a_mistyped_holder_is_no_empty_stock(client: FlaskClient, as_user: Bearers) -> None:
    answer = client.get("/v1/stock?holder=org:nobody", headers=as_user("auditor"))
    assert answer.status_code == 422
    assert "org:nobody" in answer.get_json()["detail"]
    assert client.get("/v1/stock?holder=transit", headers=as_user("auditor")).status_code == 200


def test_a_past_stock_says_on_what_it_rests(client: FlaskClient, as_user: Bearers) -> None:
    before = format_instant(NOW - DAY)
    for query, basis in (("at", "as it happened"), ("known", "as it was known")):
        told = client.get(f"/v1/stock?{query}={before}", headers=as_user("auditor")).get_json()
        assert (told["at"], told["basis"], told["lines"]) == (before, basis, [])


@pytest.mark.parametrize(
    "query",
    [
        "by=colour",
        "by=abo,abo",
        "at=yesterday",
        "at=2999-01-01T00:00:00.000Z",
        "known=2999-01-01T00:00:00.000Z",
        f"at={format_instant(0)}&known={format_instant(0)}",
        "of=me",
    ],
)
def test_a_question_that_cannot_be_is_refused(client: FlaskClient, as_user: Bearers, query: str) -> None:
    answer = client.get(f"/v1/stock?{query}", headers=as_user("technician"))
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
