"""Orders over HTTP, for the two whom each concerns."""

import pytest
from flask.testing import FlaskClient

from ledger.acts import ordering
from ledger.acts.ordering import Acting, Wanted
from ledger.api.services import services_of
from ledger.core.ids import format_instant
from ledger.core.kinds import OrderLine
from tests.unit.ledger.api.world import CENTRE, DAY, H1, NOW, Bearers

LINE = OrderLine(component="RBC_AS", abo="A", rhd="positive", amount=400, measure="U")
HOSPITAL = Acting("person:" + "9" * 32, H1)
DX1 = "order:DX-2026-000001"


@pytest.fixture(autouse=True)
def _ordered(client: FlaskClient) -> None:
    """Two orders of one hospital, of which the second is cancelled."""
    ledger = services_of(client.application).ledger
    for days in (2, 1):
        by = format_instant(NOW + days * DAY)
        wanted = Wanted(organisation=H1, station=CENTRE, wanted_by=by, lines=[LINE], urgency="emergency")
        assert isinstance(ordering.place(ledger, wanted, who=HOSPITAL), str)
    assert ordering.cancel(ledger, "order:DX-2026-000002", "ordered_twice", who=HOSPITAL) is None


@pytest.mark.parametrize("who", ["hospital", "technician", "auditor"])
def test_an_order_is_told_to_its_hospital_its_station_and_the_site(
    client: FlaskClient, as_user: Bearers, who: str
) -> None:
    told = client.get("/v1/orders", headers=as_user(who)).get_json()
    assert (told["as_of"], [each["order"] for each in told["orders"]]) == (format_instant(NOW), [DX1])
    one = client.get(f"/v1/orders/{DX1}", headers=as_user(who)).get_json()
    assert one == client.get("/v1/orders/DX-2026-000001", headers=as_user(who)).get_json() == told["orders"][0]
    assert (one["organisation"], one["to"], one["urgency"], one["state"]) == (H1, CENTRE, "emergency", "open")
    assert one["wanted_by"] == format_instant(NOW + 2 * DAY)
    assert one["lines"] == [
        {"component": "RBC_AS", "abo": "A", "rhd": "positive", "amount": 400, "measure": "U", "written": "4 U",
         "bags": 0, "allocated": 0, "sent": 0, "open": 400}
    ]  # fmt: skip
    assert (one["pick_list"], one["dispatch_notes"]) == ([], [])


def test_those_that_are_over_come_only_if_asked_for(client: FlaskClient, as_user: Bearers) -> None:
    told = client.get("/v1/orders?all=true", headers=as_user("hospital")).get_json()["orders"]
    assert [(each["order"], each["state"], each["cancelled"]) for each in told] == [
        ("order:DX-2026-000002", "cancelled", "ordered_twice"),
        (DX1, "open", None),
    ]
    assert client.get("/v1/orders?of=me", headers=as_user("hospital")).status_code == 422


def test_an_order_of_others_and_none_get_the_same_answer(client: FlaskClient, as_user: Bearers) -> None:
    assert client.get("/v1/orders?all=true", headers=as_user("other_hospital")).get_json()["orders"] == []
    answers = []
    for name in (DX1, "DX-2026-000007", "x" * 300):
        answer = client.get(f"/v1/orders/{name}", headers=as_user("other_hospital"))
        answers.append((answer.status_code, answer.get_json()["detail"]))
    assert answers == [answers[0]] * 3
    assert answers[0][0] == 404
