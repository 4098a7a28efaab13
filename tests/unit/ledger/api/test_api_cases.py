"""Cases of recall and lookback over HTTP: for who leads them, and for who was told."""

from flask.testing import FlaskClient

from ledger.acts import recalling
from ledger.acts.recalling import Opening
from ledger.append import Ledger
from ledger.core.ids import format_instant
from tests.unit.ledger.api.world import CENTRE, H1, H2, NOW, UNIT_OF_H1, UNIT_OF_H2, Bearers

CASE = "case:R-1"
XU = "person:" + "7" * 32


def begin(ledger: Ledger) -> None:
    """A case about the donation of both hospitals' units, everything withdrawn and told."""
    opening = Opening(CASE, "lookback", "din:A999926123456", format_instant(NOW), "reactive")
    assert recalling.open_case(ledger, opening, by=XU, organisation=CENTRE) is None
    seen = sorted([UNIT_OF_H1, UNIT_OF_H2])
    assert recalling.withdraw(ledger, CASE, seen=seen, by=XU, organisation=CENTRE) is None


def test_who_leads_a_case_sees_all_of_it_and_a_consignee_its_own(
    client: FlaskClient, as_user: Bearers, ledger: Ledger
) -> None:
    begin(ledger)
    told = client.get(f"/v1/cases/{CASE}", headers=as_user("quality")).get_json()
    assert told["opened"]["about"] == "din:A999926123456"
    assert (told["closed"], told["days_late"]) == (None, 0)
    assert told["withdrawn"] == sorted([UNIT_OF_H1, UNIT_OF_H2])
    assert told["left"] == {"units": [], "untold": {}, "unanswered": [H1, H2]}
    assert len(told["affected"]["units"]) == 3
    assert client.get(f"/v1/cases/{CASE}", headers=as_user("hospital")).status_code == 403
    assert client.get(f"/v1/cases/{CASE}", headers=as_user("hospital_auditor")).status_code == 404

    assert [each["case"] for each in client.get("/v1/cases", headers=as_user("auditor")).get_json()["cases"]] == [CASE]
    listed = client.get("/v1/cases", headers=as_user("hospital")).get_json()
    assert listed["cases"] == []
    [notice] = listed["notices"]
    assert (notice["case"], notice["by"], notice["notice"]["units"]) == (CASE, CENTRE, [UNIT_OF_H1])


def test_a_consignees_own_system_acknowledges_once(client: FlaskClient, as_user: Bearers, ledger: Ledger) -> None:
    begin(ledger)
    address = f"/v1/cases/{CASE}/acknowledgement"
    answer = client.post(address, headers=as_user("hospital"))
    assert answer.status_code == 200
    assert answer.get_json()["notice"]["acknowledged"] == format_instant(NOW)
    again = client.post(address, headers=as_user("hospital"))
    assert (again.status_code, "case.acknowledged" in again.get_json()["detail"]) == (409, True)
    assert client.post(address, headers=as_user("technician")).status_code == 404, "the leader was sent no notice"
    told = client.get(f"/v1/cases/{CASE}", headers=as_user("quality")).get_json()
    assert told["left"]["unanswered"] == [H2]
