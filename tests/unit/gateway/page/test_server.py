"""The local page over real sockets: what is served, to whom, and that nothing can be changed through it."""

import http.client
import socket
from collections.abc import Iterator

import msgspec
import pytest

from gateway.config import PageSettings
from gateway.page.server import PageServer, Shown, serving
from gateway.status import Status
from ledger.core.errors import ConfigError
from tests.support.statuses import TROUBLED


class Seconds:
    """Real seconds, as the test says."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def shown(seconds: Seconds) -> Shown:
    return Shown(seconds)


@pytest.fixture
def server(shown: Shown) -> Iterator[PageServer]:
    running = PageServer("127.0.0.1", 0, shown)
    running.start()
    yield running
    running.end()


def ask(
    server: PageServer, path: str, *, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_before_the_first_status_it_says_that_there_is_none(server: PageServer) -> None:
    assert ask(server, "/")[0].status == 503
    assert ask(server, "/healthz")[0].status == 503


def test_the_page_the_status_and_the_metrics(server: PageServer, shown: Shown) -> None:
    shown.show(TROUBLED)
    page, markup = ask(server, "/")
    assert page.status == 200
    assert b'<html lang="zh">' in markup
    assert msgspec.json.decode(ask(server, "/status.json")[1], type=Status) == TROUBLED
    assert b"xuemai_gateway_ledger_reachable 0.0" in ask(server, "/metrics")[1]
    assert ask(server, "/page.css")[0].getheader("Content-Type") == "text/css; charset=utf-8"
    assert ask(server, "/outbox.db")[0].status == 404
    assert ask(server, "/../gateway.toml")[0].status == 404
    assert ask(server, "//[")[0].status == 404


def test_the_language_is_asked_for_or_preferred(server: PageServer, shown: Shown) -> None:
    shown.show(TROUBLED)
    assert b'lang="en">' in ask(server, "/?lang=en")[1]
    assert b'<html lang="en">' in ask(server, "/", **{"Accept-Language": "de-DE, en-GB;q=0.8, zh;q=0.5"})[1]
    assert b'<html lang="zh">' in ask(server, "/?lang=zh", **{"Accept-Language": "en"})[1]


def test_a_page_needs_no_script_and_may_run_none(server: PageServer, shown: Shown) -> None:
    shown.show(TROUBLED)
    page, markup = ask(server, "/")
    policy = page.getheader("Content-Security-Policy", "")
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in policy
    assert b"<script" not in markup
    assert b"style=" not in markup
    assert b'<meta http-equiv="refresh" content="5">' in markup


def test_it_only_shows(server: PageServer, shown: Shown) -> None:
    shown.show(TROUBLED)
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert ask(server, "/", method=method)[0].status == 501
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as line:
        line.sendall(b"HEAD / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        whole = b"".join(iter(lambda: line.recv(4096), b""))
    assert whole.startswith(b"HTTP/1.0 200")
    assert whole.endswith(b"\r\n\r\n"), "a head without a body"


def test_a_name_from_elsewhere_that_points_here_gets_nothing(server: PageServer, shown: Shown) -> None:
    shown.show(TROUBLED)
    response, body = ask(server, "/status.json", Host="evil.example")
    assert response.status == 421
    assert b"gw-centre" not in body
    assert ask(server, "/status.json", Host=f"localhost:{server.port}")[0].status == 200


def test_a_status_that_nobody_renews_is_not_healthy(server: PageServer, shown: Shown, seconds: Seconds) -> None:
    shown.show(TROUBLED)
    assert ask(server, "/healthz")[0].status == 200
    seconds.now += 31
    assert ask(server, "/healthz")[0].status == 503
    assert "本页数据已过时" in ask(server, "/")[1].decode()


def test_a_port_in_use_is_named_before_anything_runs(server: PageServer, shown: Shown) -> None:
    with (
        pytest.raises(ConfigError, match=r"page\.port: expected a free port"),
        serving(PageSettings("127.0.0.1", server.port), shown),
    ):
        pass
