"""What awaits disposal, over HTTP."""

from flask.testing import FlaskClient

from ledger.append import Draft, Ledger
from ledger.core import kinds
from tests.unit.ledger.api.world import CENTRE, UNIT_AT_CENTRE, Bearers, done


def test_what_awaits_disposal_is_told_to_whom_it_concerns(
    client: FlaskClient, as_user: Bearers, ledger: Ledger
) -> None:
    asked = {"unit": UNIT_AT_CENTRE, "code": "expired", "by": "person:" + "a" * 32}
    assert client.get("/v1/discards", headers=as_user("technician")).get_json()["waiting"] == []
    done(ledger.record("web", [Draft(kinds.DiscardRequested, asked)]))
    (told,) = client.get("/v1/discards", headers=as_user("technician")).get_json()["waiting"]
    assert (told["summary"]["unit"], told["summary"]["holder"]) == (UNIT_AT_CENTRE, CENTRE)
    assert (told["code"], told["reason"], told["approved"]) == ("expired", None, False)
    done(ledger.record("web", [Draft(kinds.DiscardApproved, {"unit": UNIT_AT_CENTRE, "by": "person:" + "b" * 32})]))
    assert client.get("/v1/discards", headers=as_user("auditor")).get_json()["waiting"][0]["approved"]
    assert client.get("/v1/discards", headers=as_user("hospital")).get_json()["waiting"] == []
