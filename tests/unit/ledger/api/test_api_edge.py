"""The edge of the application: every error a problem, every answer with its headers, only for its own hosts."""

from dataclasses import replace

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from ledger.accounts import Accounts, Policy
from ledger.api.edge import answers_for
from ledger.app import create_app, join_policy
from ledger.append import Ledger
from ledger.config import Site
from tests.unit.ledger.api.world import FixedClock


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/batches", 405),
        ("DELETE", "/checkpoint", 405),
        ("PUT", "/v1/inventory", 405),
        ("GET", "/v1/units", 404),
        ("GET", "/static/x", 404),
        ("GET", "/console", 404),
    ],
)
def test_every_error_is_a_problem_with_an_id(client: FlaskClient, method: str, address: str, status: int) -> None:
    answer = client.open(address, method=method)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert problem["status"] == status
    assert problem["instance"].startswith("urn:xuemai:error:")
    assert ("Allow" in answer.headers) == (status == 405)
    assert client.open(address, method=method).get_json()["instance"] != problem["instance"]


def test_a_405_says_what_is_allowed(client: FlaskClient) -> None:
    assert {each.strip() for each in client.get("/v1/batches").headers["Allow"].split(",")} == {"OPTIONS", "POST"}


def test_a_failure_is_a_500_with_an_id_and_without_a_word_of_what_failed(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> str:
        raise RuntimeError("the secret cause")

    app.add_url_rule("/fail", "fail", fail)
    join_policy(app, Policy({"fail": "public"}))
    answer = app.test_client().get("/fail")
    assert answer.status_code == 500
    assert b"secret" not in answer.data
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    logged = capsys.readouterr().out
    assert answer.get_json()["instance"] in logged
    assert "the secret cause" in logged


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for address in ("/healthz", "/nowhere", "/v1/inventory", "/v1/openapi.json", "/checkpoint"):
        headers = client.get(address).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; frame-ancestors 'none'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Cache-Control" in headers
        assert "Strict-Transport-Security" not in headers
    assert "Strict-Transport-Security" in client.get("/healthz", base_url="https://localhost").headers


def test_a_foreign_host_is_refused(client: FlaskClient, site: Site) -> None:
    for host in ("evil.example", "localhost.evil.example", "a\tb", "x" * 3000):
        answer = client.get("/healthz", headers={"Host": host})
        assert answer.status_code == 400, host
        assert answer.content_type == "application/problem+json"
    for host in (site.name, "localhost:8080", "127.0.0.1:8080", "[::1]:8080"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200, host


def test_forwarded_headers_are_not_believed(client: FlaskClient) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    answer = client.get("/healthz", headers=headers)
    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers


def test_on_every_address_any_address_will_do_but_no_foreign_name(site: Site) -> None:
    everywhere = replace(site, host="0.0.0.0")  # noqa: S104  not bound here
    for host in ("192.168.1.20:8080", "[fd00::20]:8080", "localhost", site.name):
        assert answers_for(everywhere, host), host
    for host in ("evil.example", "evil.example:8080", "", "192.168.1.20.evil.example", ":8080"):
        assert not answers_for(everywhere, host), host
    assert not answers_for(site, "192.168.1.20:8080")
    assert answers_for(replace(site, host="fd00::1"), "[fd00::1]:8080")


def test_a_body_beyond_the_limit_is_a_413(app: Flask) -> None:
    def echo() -> bytes:
        return request.get_data()

    app.add_url_rule("/echo", "echo", echo, methods=["POST"])
    join_policy(app, Policy({"echo": "public"}))
    client = app.test_client()
    assert client.post("/echo", data=b"x" * (1024 * 1024)).status_code == 200
    answer = client.post("/echo", data=b"x" * (1024 * 1024 + 1))
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")


def test_debug_is_off_and_accounts_are_the_sites(
    site: Site, ledger: Ledger, clock: FixedClock, accounts: Accounts
) -> None:
    accounts.close()
    app = create_app(site, ledger, clock)
    assert not app.debug
    assert not app.testing
    assert app.extensions["xuemai"].wall.name == "synchronised"
    app.extensions["xuemai"].accounts.close()
