"""What a unit's events withhold, over HTTP."""

import pytest
from flask.testing import FlaskClient

from ledger.accounts import Accounts
from ledger.append import Draft, Ledger, Withheld
from ledger.core import kinds
from ledger.core.ids import format_instant
from tests.unit.ledger.api.world import CENTRE, NOW, UNIT_AT_CENTRE, UNIT_OF_H1, Bearers, done

RESULTS = [Withheld("HBsAg reactive", CENTRE), Withheld("NAT reactive", CENTRE)]


@pytest.fixture(autouse=True)
def withheld(ledger: Ledger) -> None:
    fields = {"din": "din:A999926123457", "overall": "unfit", "results": RESULTS}
    done(ledger.record("web", [Draft(kinds.Tested, fields)]))


def test_quality_opens_the_values_of_its_own_unit(client: FlaskClient, as_user: Bearers, accounts: Accounts) -> None:
    answer = client.get(f"/v1/units/{UNIT_AT_CENTRE}/withheld", headers=as_user("quality"))
    told = answer.get_json()
    assert told["unit"] == UNIT_AT_CENTRE
    assert [(each["kind"], each["value"], each["time"]) for each in told["values"]] == [
        ("tested", "HBsAg reactive", format_instant(NOW)),
        ("tested", "NAT reactive", format_instant(NOW)),
    ]
    assert all(each["commitment"].startswith("sha256:") for each in told["values"])
    assert answer.headers["Cache-Control"] == "no-store"
    (entry,) = accounts.audit(limit=1)
    assert (entry.action, entry.subject, entry.outcome) == ("value_open", UNIT_AT_CENTRE, "done")


def test_a_unit_without_any_has_none(client: FlaskClient, as_user: Bearers) -> None:
    told = client.get(f"/v1/units/{UNIT_OF_H1}/withheld", headers=as_user("laboratory")).get_json()
    assert told == {"unit": UNIT_OF_H1, "values": []}


@pytest.mark.parametrize("who", ["technician", "administrator", "auditor"])
def test_nobody_else_opens_them(client: FlaskClient, as_user: Bearers, who: str) -> None:
    answer = client.get(f"/v1/units/{UNIT_AT_CENTRE}/withheld", headers=as_user(who))
    assert answer.status_code == 403
    assert b"reactive" not in answer.data


def test_a_unit_that_is_none_is_not_there(client: FlaskClient, as_user: Bearers) -> None:
    assert client.get("/v1/units/nonsense/withheld", headers=as_user("quality")).status_code == 404
    unknown = "/v1/units/unit:A999926999999.E0382V00/withheld"
    assert client.get(unknown, headers=as_user("quality")).status_code == 404


def test_neither_history_nor_any_other_answer_shows_a_value(client: FlaskClient, as_user: Bearers) -> None:
    for tail in ("", "/events", "/lineage"):
        assert b"reactive" not in client.get(f"/v1/units/{UNIT_AT_CENTRE}{tail}", headers=as_user("quality")).data
