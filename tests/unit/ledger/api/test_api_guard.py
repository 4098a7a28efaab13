"""Who may call what: the whole matrix, from the application's own table of routes."""

from functools import reduce

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.accounts import LOCAL, Accounts, Policy
from ledger.accounts.permissions import PERMISSIONS, STATEMENTS
from ledger.api.services import Services
from ledger.app import create_app, join_policy
from ledger.append import Ledger
from ledger.config import Site
from ledger.core.errors import ConfigError
from tests.unit.ledger.api.world import NOW, PEOPLE, UNIT_AT_CENTRE, UNIT_OF_H1, UNIT_OF_H2, Bearers, FixedClock

SEEN = {
    "technician": {UNIT_OF_H1, UNIT_OF_H2, UNIT_AT_CENTRE},
    "laboratory": {UNIT_OF_H1, UNIT_OF_H2, UNIT_AT_CENTRE},
    "quality": {UNIT_OF_H1, UNIT_OF_H2, UNIT_AT_CENTRE},
    "hospital": {UNIT_OF_H1},
    "other_hospital": {UNIT_OF_H2},
    "administrator": {UNIT_OF_H1, UNIT_OF_H2, UNIT_AT_CENTRE},
    "auditor": {UNIT_OF_H1, UNIT_OF_H2, UNIT_AT_CENTRE},
    "hospital_auditor": {UNIT_OF_H1},
}
OF_THE_WHOLE_SITE = {"audits.replay": 200, "audits.bucket_roots": 200, "audits.bucket": 200, "audits.cosign": 400}
"""What nobody of one organisation may ask, whatever the role → the answer to whoever may; 400: for want of a body."""

NOTHING_SAID = frozenset(
    {"orders.place", "orders.cancel", "orders.allocate", "orders.check", "orders.send", "orders.hand_over",
     "cases.open_case", "cases.withdraw", "cases.close", "corrections.correct", "corrections.comment",
     "corrections.enter_late", "discards.hand_over", "releases.release", "packs.enforce", "packs.confirm",
     "labels.parse", "returns.send_back", "returns.take_back", "stocktakes.take_stock", "monitoring.place_probe",
     "monitoring.report_agitation", "logger_files.judge"}
)  # fmt: skip
WITHOUT_A_BODY = {
    "passports.accept": 422,
    "bedside.report": 400,
    "orders.one": 404,
    "returns.of_note": 409,
    "evidence.copy": 404,
    "orders.proposal": 404,
    "steps.record": 404,
    **dict.fromkeys(NOTHING_SAID, 422),
}
"""The answer to whoever may, where nothing was sent that could be taken, or there is no such order."""
NO_CASE = "case:NEVER"
"""Cases are asked for in their own tests; of one that there is not, everybody hears the same."""

UNITS = (UNIT_OF_H1, UNIT_OF_H2, UNIT_AT_CENTRE)
MACHINE = "equipment:CENTRIFUGE-2"
"""It touched a unit of each hospital: everybody may see something of it."""
NO_ORDER = "order:DX-2026-000009"
"""There is none: whoever may ask for orders hears that."""
NOTES = {"consignment:h1": UNIT_OF_H1, "consignment:h2": UNIT_OF_H2}
"""Dispatch note → the unit that it names."""


def addresses(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, address with `{unit}` or `{note}` left open) of every route that asks for a permission."""
    policy = app.extensions["xuemai"].policy
    named = {
        "<unit>": "{unit}",
        "<note>": "{note}",
        "<path:subject>": MACHINE,
        "<order>": NO_ORDER,
        "<case>": NO_CASE,
        "<kind>": "nonsense",
        "<name>": "cn",
        "<sha256>": "0" * 64,
    }
    return [
        (rule.endpoint, method, reduce(lambda address, each: address.replace(*each), named.items(), rule.rule))
        for rule in app.url_map.iter_rules()
        if policy.states(rule.endpoint) not in STATEMENTS
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    ]


def filled_in(address: str) -> list[tuple[str, str]]:
    """The address for every unit, or every dispatch note, with the unit that it is about; "": about none."""
    if "{note}" in address:
        return [(address.format(note=note), unit) for note, unit in NOTES.items()]
    return [(address.format(unit=unit), unit) for unit in UNITS] if "{unit}" in address else [(address, "")]


def test_the_matrix_covers_every_route_with_a_permission(app: Flask) -> None:
    found = addresses(app)
    assert len(found) >= 6
    assert all("<" not in address for _, _, address in found), (
        "a route with another argument: teach the matrix about it"
    )


@pytest.mark.parametrize("who", PEOPLE)
def test_route_by_role_by_own_and_foreign_units(app: Flask, client: FlaskClient, as_user: Bearers, who: str) -> None:
    policy = app.extensions["xuemai"].policy
    for endpoint, method, address in addresses(app):
        permitted = bool(PEOPLE[who][1] & PERMISSIONS[policy.states(endpoint)])
        for filled, unit in filled_in(address):
            answer = client.open(filled, method=method, headers=as_user(who))
            welcome = WITHOUT_A_BODY.get(endpoint, 200)
            expected = 403 if not permitted else welcome if not unit or unit in SEEN[who] else 404
            if permitted and NO_CASE in filled and endpoint not in NOTHING_SAID:
                expected = 404
            if permitted and endpoint in NOTHING_SAID:
                expected = 422  # before it is asked whose unit, order or case it is
            if permitted and endpoint in OF_THE_WHOLE_SITE:
                expected = OF_THE_WHOLE_SITE[endpoint] if who == "auditor" else 403
            assert answer.status_code == expected, (endpoint, method, unit, answer.data)


def test_nobody_gets_in_without_a_token_that_holds(app: Flask, client: FlaskClient) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer xm_" + "A" * 43},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer \xff"},
        {"Cookie": "session=x; token=y"},
    ):
        for _, method, address in addresses(app):
            answer = client.open(address.format(unit=UNIT_OF_H1, note="consignment:h1"), method=method, headers=headers)
            assert answer.status_code == 401, (address, headers)
            assert answer.content_type == "application/problem+json"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_in_a_cookie_or_in_the_address_is_no_token(client: FlaskClient, tokens: dict[str, str]) -> None:
    client.set_cookie("Authorization", f"Bearer {tokens['auditor']}")
    client.set_cookie("token", tokens["auditor"])
    assert client.get("/v1/inventory").status_code == 401
    assert client.get(f"/v1/inventory?access_token={tokens['auditor']}").status_code == 401


def test_a_token_that_ended_or_was_revoked_or_whose_user_was_disabled_is_refused_at_once(
    client: FlaskClient, as_user: Bearers, accounts: Accounts, clock: FixedClock
) -> None:
    assert client.get("/v1/inventory", headers=as_user("quality")).status_code == 200
    user = accounts.user_named("quality")
    assert user is not None
    accounts.disable(user.person, actor=LOCAL, now_ms=NOW)
    assert client.get("/v1/inventory", headers=as_user("quality")).status_code == 401
    clock.ms += 24 * 3600 * 1000
    assert client.get("/v1/inventory", headers=as_user("auditor")).status_code == 401


def test_a_token_whose_roles_its_user_lost_may_nothing_and_that_is_written_down(
    app: Flask, client: FlaskClient, as_user: Bearers, accounts: Accounts
) -> None:
    user = accounts.user_named("hospital")
    assert user is not None
    accounts.set_roles(user.person, {"laboratory"}, LOCAL, now_ms=NOW)
    for endpoint, method, address in addresses(app):
        answer = client.open(
            address.format(unit=UNIT_OF_H1, note="consignment:h1"), method=method, headers=as_user("hospital")
        )
        assert answer.status_code == 403, endpoint
        (entry,) = accounts.audit(limit=1)
        assert (entry.actor, entry.outcome) == (user.person, "denied")
        assert entry.action == app.extensions["xuemai"].policy.states(endpoint)


def test_a_foreign_unit_and_an_unknown_one_get_the_same_answer(client: FlaskClient, as_user: Bearers) -> None:
    answers = []
    for unit in (UNIT_OF_H2, "unit:A999926999999.E0382V00", "unit:nonsense", "\0", "%ED%A0%80", "x" * 3000):
        for tail in ("", "/events", "/cold-chain", "/lineage", "/passport"):
            answer = client.get(f"/v1/units/{unit}{tail}", headers=as_user("hospital"))
            problem = answer.get_json()
            del problem["instance"]
            answers.append((answer.status_code, problem, sorted(answer.headers.keys())))
    assert answers[0][0] == 404
    assert all(each == answers[0] for each in answers)


def test_what_someone_was_kept_from_is_written_down_once(
    client: FlaskClient, as_user: Bearers, accounts: Accounts
) -> None:
    user = accounts.user_named("hospital")
    assert user is not None
    before = accounts.audit(limit=1)[0].number
    client.get(f"/v1/units/{UNIT_OF_H2}/events", headers=as_user("hospital"))
    (entry,) = accounts.audit(limit=1)
    assert entry.number == before + 1
    assert (entry.actor, entry.action, entry.outcome) == (user.person, "unit.read", "denied")
    assert entry.subject == UNIT_OF_H2


def test_a_route_without_a_declared_permission_stops_the_start(
    site: Site, ledger: Ledger, clock: FixedClock, accounts: Accounts
) -> None:
    app = create_app(site, ledger, clock, wall=clock, accounts=accounts)
    app.add_url_rule("/planted", "planted", lambda: "reached")
    with pytest.raises(ConfigError, match="planted"):
        join_policy(app, Policy({"home": "site.read"}))


def test_a_route_that_slipped_in_later_is_nobodys(app: Flask, as_user: Bearers) -> None:
    app.add_url_rule("/planted", "planted", lambda: "reached")
    answer = app.test_client().get("/planted", headers=as_user("administrator"))
    assert answer.status_code == 403


def test_pages_bring_their_own_routes_and_their_own_guard(app: Flask, shared: Services) -> None:
    app.add_url_rule("/", "home", lambda: "the pages' guard decides")
    join_policy(app, Policy({"home": "site.read"}))
    assert shared.policy.states("home") == "site.read"
    assert app.test_client().get("/").status_code == 200


def test_the_api_sets_no_cookie(app: Flask, client: FlaskClient, as_user: Bearers) -> None:
    for _, method, address in addresses(app):
        answer = client.open(
            address.format(unit=UNIT_OF_H1, note="consignment:h1"), method=method, headers=as_user("auditor")
        )
        assert "Set-Cookie" not in answer.headers
