"""The guard of the pages: nobody without a session, nothing without a token, no route without a policy."""

from pathlib import Path

import pytest

from ledger.core.errors import ConfigError
from tests.browser.world import PASSWORD, World
from tests.unit.web.conftest import Visitor
from web import security
from web.app import create_app, require_catalogues
from web.blueprint import pages


def addresses(world: World, method: str) -> dict[str, str]:
    """Endpoint to an address of it, for every page that takes `method`."""
    adapter = world.app.url_map.bind("localhost")
    given = {
        "unit": "A999926123456.A0002V00",
        "note": "FX-26-0812",
        "kind": "stored",
        "handle": "x",
        "person": "person:x",
        "filename": "icon.svg",
        "fingerprint": "0" * 64,
        "digest": "0" * 64,
        "name": "us",
        "subject": "lot:bag/B-1",
        "case": "case:R-1",
    }
    return {
        rule.endpoint: adapter.build(rule.endpoint, {name: given[name] for name in rule.arguments}, method=method)
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint.startswith("pages.") and method in (rule.methods or ())
    }


def test_every_page_but_the_door_asks_who_it_is(world: World, visitor: Visitor) -> None:
    for endpoint, address in addresses(world, "GET").items():
        with visitor.get(address) as answer:
            status, location = answer.status_code, answer.location or ""
        if security.POLICY.states(endpoint) == "public":
            assert status == 200, endpoint
        else:
            assert (status, location.split("?")[0]) == (302, "/sign-in"), endpoint


def test_every_form_refuses_a_missing_and_a_foreign_token(world: World, visitor: Visitor) -> None:
    visitor.signed_in("admin.zhou")
    found = addresses(world, "POST")
    assert len(found) > 10
    for endpoint, address in found.items():
        if not security.POLICY.allows(endpoint, world.people["admin.zhou"]):
            continue
        for token in ({}, {"csrf_token": "forged"}):
            answer = visitor.client.post(address, data=token, headers={"Accept": "text/html"})
            assert answer.status_code == 400, endpoint


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, 400),
        ({"Origin": "null"}, 400),
        ({"Sec-Fetch-Site": "cross-site"}, 400),
        ({"Origin": "http://localhost"}, 303),
        ({}, 303),
    ],
)
def test_a_form_from_another_site_is_refused_even_with_a_token(
    visitor: Visitor, headers: dict[str, str], status: int
) -> None:
    fields = {"csrf_token": visitor.token("/sign-in"), "login": "tech.lin", "password": PASSWORD}
    assert visitor.client.post("/sign-in", data=fields, headers=headers).status_code == status


def test_signing_in_makes_a_new_cookie_and_signing_out_ends_the_session(visitor: Visitor) -> None:
    visitor.get("/sign-in")
    before = visitor.client.get_cookie("xuemai")
    visitor.signed_in("tech.lin")
    during = visitor.client.get_cookie("xuemai")
    assert before
    assert during
    assert before.value != during.value
    assert during.http_only
    assert during.same_site == "Lax"
    assert visitor.get("/").status_code == 200
    visitor.post("/sign-out", page="/")
    visitor.client.set_cookie("xuemai", during.value)
    assert visitor.get("/").status_code == 302, "a kept cookie must not outlive the session on the server"


def test_under_tls_the_cookie_is_bound_to_the_host(world: World) -> None:
    client = world.app.test_client()
    answer = client.get("/sign-in", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-xuemai=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_a_page_allows_no_script_style_or_frame_but_its_own(visitor: Visitor) -> None:
    answer = visitor.signed_in("tech.lin").get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'nonce-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text


def test_a_wrong_password_says_nothing_about_the_login(visitor: Visitor) -> None:
    wrong = visitor.post("/sign-in", login="tech.lin", password="not this one at all")
    nobody = visitor.post("/sign-in", login="nobody.here", password="not this one at all")
    assert wrong.status_code == nobody.status_code == 422
    assert 'data-rule="credentials"' in wrong.text
    assert 'data-rule="credentials"' in nobody.text


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
def test_nobody_is_sent_elsewhere_after_signing_in(visitor: Visitor, target: str) -> None:
    answer = visitor.post("/sign-in", login="tech.lin", password=PASSWORD, next=target)
    assert answer.location == "/"


def test_a_role_that_may_not_is_refused_and_the_refusal_written_down(world: World, visitor: Visitor) -> None:
    visitor.signed_in("tech.lin")
    assert visitor.get("/people").status_code == 403
    with_accounts = world.app.extensions["xuemai"].accounts
    assert with_accounts.audit(limit=1)[0].outcome == "denied"


def test_a_route_without_a_policy_stops_the_start(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    routes = {name: need for name, need in security.POLICY.routes.items() if name != "pages.places"}
    monkeypatch.setattr(security, "POLICY", security.Policy(routes))
    with pytest.raises(ConfigError, match=r"pages\.places"):
        create_app(world.site, world.ledger, world.clock)


def test_a_weak_or_open_session_key_stops_the_start(tmp_path: Path) -> None:
    key = tmp_path / "session.key"
    for text, mode, said in (
        ("0" * 64, 0o600, "random"),
        ("short", 0o600, "64"),
        ("0123456789abcdef" * 4, 0o644, "chmod"),
    ):
        key.write_text(text)
        key.chmod(mode)
        with pytest.raises(ConfigError, match=said):
            security._session_key(key)
    key.unlink()
    with pytest.raises(ConfigError, match="expected the key"):
        security._session_key(key)


def test_missing_catalogues_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="pybabel compile"):
        require_catalogues(tmp_path)


def test_the_policy_names_only_routes_that_exist(world: World) -> None:
    assert set(security.POLICY.routes) == {
        rule.endpoint for rule in world.app.url_map.iter_rules() if rule.endpoint.startswith(f"{pages.name}.")
    }
