"""What the API says of units, and how it is spelt."""

import pytest
from flask.testing import FlaskClient

from ledger.accounts import Accounts
from ledger.api.services import Services
from ledger.core.ids import format_instant, parse_instant
from tests.unit.ledger.api.world import (
    CENTRE,
    DAY,
    NOW,
    UNIT_AT_CENTRE,
    UNIT_OF_H1,
    UNIT_OF_H2,
    WHOLE_BLOOD,
    Bearers,
)


def test_a_unit_is_spelt_in_instants_and_plain_names(client: FlaskClient, as_user: Bearers) -> None:
    unit = client.get(f"/v1/units/{UNIT_OF_H1}", headers=as_user("hospital")).get_json()
    assert unit["summary"]["unit"] == UNIT_OF_H1
    assert unit["summary"]["state"] == "in_transit"
    assert (unit["summary"]["abo"], unit["summary"]["rhd"]) == ("A", "positive")
    assert unit["summary"]["expires"] == format_instant(NOW + 30 * DAY)
    assert unit["din"] == "A999926123456"
    assert parse_instant(unit["as_of"]) == NOW
    assert [holding["holder"] for holding in unit["holdings"]] == [CENTRE, "transit"]
    assert "expires_ms" not in unit["summary"]


def test_events_carry_their_place_in_the_log_and_their_own_fields(client: FlaskClient, as_user: Bearers) -> None:
    answer = client.get(f"/v1/units/{UNIT_OF_H1}/events", headers=as_user("hospital")).get_json()
    kinds = [event["kind"] for event in answer["events"]]
    assert kinds[0] == "dispatched"
    assert set(kinds) == {"collected", "prepared", "labelled", "released", "dispatched"}
    dispatched = answer["events"][0]
    assert dispatched["event"]["to"] == "org:h1"
    assert dispatched["stream"] == "web"
    assert isinstance(dispatched["log_index"], int)
    assert (dispatched["position"], dispatched["late"], dispatched["defect"]) == (0, False, None)
    assert answer["unit"] == UNIT_OF_H1


def test_the_cold_chain_is_in_centi_degrees(client: FlaskClient, as_user: Bearers) -> None:
    answer = client.get(f"/v1/units/{UNIT_OF_H1}/cold-chain", headers=as_user("hospital")).get_json()
    assert answer["unit"] == UNIT_OF_H1
    assert set(answer) >= {"exposure", "low_centi_celsius", "high_centi_celsius", "runs", "lag_ms"}


def test_lineage_shows_a_hospital_its_own_line_only(client: FlaskClient, as_user: Bearers) -> None:
    own = client.get(f"/v1/units/{UNIT_OF_H1}/lineage", headers=as_user("hospital")).get_json()
    assert [(edge["parent"], edge["child"]) for edge in own["edges"]] == [(WHOLE_BLOOD, UNIT_OF_H1)]
    assert [unit["unit"] for unit in own["units"]] == [UNIT_OF_H1]
    assert UNIT_OF_H2 not in str(own)
    whole = client.get(f"/v1/units/{UNIT_OF_H1}/lineage", headers=as_user("quality")).get_json()
    assert {edge["child"] for edge in whole["edges"]} == {UNIT_OF_H1, UNIT_OF_H2}
    assert {unit["unit"] for unit in whole["units"]} == {WHOLE_BLOOD, UNIT_OF_H1, UNIT_OF_H2}


def test_the_inventory_is_the_users_own(client: FlaskClient, as_user: Bearers) -> None:
    def listed(who: str, query: str = "") -> set[str]:
        answer = client.get(f"/v1/inventory{query}", headers=as_user(who)).get_json()
        return {unit["unit"] for unit in answer["units"]}

    assert listed("hospital") == {UNIT_OF_H1}
    assert listed("other_hospital") == {UNIT_OF_H2}
    assert listed("technician") >= {UNIT_OF_H1, UNIT_OF_H2, UNIT_AT_CENTRE}
    assert listed("technician", "?state=pending") == {UNIT_AT_CENTRE}
    assert len(listed("technician", "?limit=1")) == 1


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=" + "9" * 5000,
        "limit=1e3",
        "limit=NaN",
        "limit=%00",
        "state=%ED%A0%80",
        "state=A'",
        "component=rbc",
        "abo=C",
        "rhd=%2B",
        "place=fridge",
        "holder=me",
        "x=1",
    ],
)
def test_a_query_that_was_not_offered_is_refused(client: FlaskClient, as_user: Bearers, query: str) -> None:
    answer = client.get(f"/v1/inventory?{query}", headers=as_user("technician"))
    assert answer.status_code == 422, answer.data
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["errors"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("component=RBC_AS", set()),
        ("component=NONE", set()),
        ("abo=A", {UNIT_OF_H1, UNIT_OF_H2, UNIT_AT_CENTRE}),
        ("abo=A&rhd=negative", set()),
        (f"holder={CENTRE}&abo=A", {UNIT_AT_CENTRE}),
        ("holder=transit", {UNIT_OF_H1, UNIT_OF_H2}),
        ("holder=transit&state=pending", set()),
        ("state=pending", {UNIT_AT_CENTRE}),
        ("place=place:centre/cold-room&state=pending", {UNIT_AT_CENTRE}),
        ("place=place:h1/bank", set()),
    ],
)
def test_units_are_listed_by_what_they_are_where_they_are_and_who_has_them(
    client: FlaskClient, as_user: Bearers, query: str, found: set[str]
) -> None:
    told = client.get(f"/v1/inventory?{query}", headers=as_user("auditor")).get_json()["units"]
    assert {each["unit"] for each in told} == found
    own = client.get(f"/v1/inventory?{query}", headers=as_user("hospital")).get_json()["units"]
    assert {each["unit"] for each in own} == found & {UNIT_OF_H1}, "a filter opens nothing to anybody"


def test_someone_without_an_organisation_who_is_not_of_the_whole_site_sees_nothing(
    client: FlaskClient, as_user: Bearers, accounts: Accounts, shared: Services
) -> None:
    """Accounts refuse such a user; if a database were changed by hand, the API still does not show the whole site."""
    user = accounts.user_named("hospital")
    assert user is not None
    with accounts._database.transaction() as connection:
        connection.exec_driver_sql("UPDATE users SET organisation = NULL WHERE login = 'hospital'")
    for address in (f"/v1/units/{UNIT_OF_H1}", "/v1/inventory"):
        assert client.get(address, headers=as_user("hospital")).status_code == 403
    assert shared.accounts is accounts


def test_a_lot_that_nobody_named_is_not_found_and_a_unit_is_no_lot(client: FlaskClient, as_user: Bearers) -> None:
    for subject in ("lot:bag/NEVER", UNIT_OF_H1, "nonsense"):
        answer = client.get(f"/v1/materials/{subject}", headers=as_user("quality"))
        assert (answer.status_code, answer.get_json()["status"]) == (404, 404)


def test_a_machine_tells_a_hospital_its_own_units_only(client: FlaskClient, as_user: Bearers) -> None:
    everything = client.get("/v1/materials/equipment:CENTRIFUGE-2", headers=as_user("quality")).get_json()
    assert {each["unit"] for each in everything["units"]} == {UNIT_OF_H1, UNIT_OF_H2}
    assert (set(everything["direct"]), len(everything["events"])) == ({UNIT_OF_H1, UNIT_OF_H2}, 1)
    own = client.get("/v1/materials/equipment:CENTRIFUGE-2", headers=as_user("hospital")).get_json()
    assert ([each["unit"] for each in own["units"]], own["events"]) == ([UNIT_OF_H1], [])
