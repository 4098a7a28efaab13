"""Batches through a real server: many at once, and answered as the described endpoint answers each alone."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, parse_headers
from pathlib import Path
from typing import BinaryIO

import pytest
from flask import Flask

from ledger.app import services_of
from ledger.append import Ledger, Rejected
from ledger.config import Site
from ledger.core import kinds
from ledger.core import receipt as receipts
from ledger.core.held import HEADER
from ledger.core.held import format as format_held
from ledger.core.receipt import Receipt
from ledger.core.signing import sign_note
from ledger.fsck import examine
from ledger.store.writer import Working
from tests.support.producers import Fact, Gateway, StoryClock, introduce, site_in
from tests.support.serving import Served, serving
from web.app import create_app

GATEWAYS = tuple(f"gw-{name}" for name in "abcdefgh")
SEEN: Fact = (
    kinds.TagArrived,
    "2026-03-01T12:00:00.000Z",
    {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1},
)


@dataclass
class World:
    """A site that is served."""

    site: Site
    ledger: Ledger
    app: Flask
    at: Served

    def ask(
        self, body: bytes, headers: Mapping[str, str] | None = None, method: str = "POST"
    ) -> tuple[int, bytes, dict]:  # type: ignore[type-arg]
        """Over the network."""
        connection = HTTPConnection("127.0.0.1", self.at.port, timeout=20)
        try:
            connection.request(method, "/v1/batches", body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            connection.close()


@contextmanager
def served(directory: Path, proxy: str | None = None) -> Iterator[World]:
    site = replace(site_in(directory), port=0)
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, *(Gateway(name) for name in GATEWAYS))
        app = create_app(site, ledger, StoryClock())
        with serving(app, proxy=proxy) as at:
            yield World(site, ledger, app, at)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served(tmp_path_factory.mktemp("lane") / "site") as found:
        yield found
    report = examine(found.site)
    assert report.ok, str(report.first_bad)


def receipt_in(world: World, raw: bytes) -> Receipt:
    receipt = receipts.verify(raw, world.site.verifier("receipt"))
    assert isinstance(receipt, Receipt), receipt
    return receipt


def told(status: int, body: bytes, headers: Mapping[str, str]) -> tuple[int, object, dict[str, str]]:
    """An answer without what is new in each, or of the server alone."""
    said = json.loads(body) if headers["Content-Type"].endswith("json") else body
    if isinstance(said, dict):
        assert said.pop("instance").startswith("urn:xuemai:error:")
    return status, said, {name: value for name, value in headers.items() if name not in {"Date", "Content-Length"}}


def forged(wire: bytes) -> bytes:
    note = json.loads(wire.split(b"\n")[0])["note"]
    turned = note[:-8] + ("A" if note[-8] != "A" else "B") + note[-7:]
    return json.dumps({"note": turned}, ensure_ascii=False, separators=(",", ":")).encode() + wire[wire.index(b"\n") :]


def test_every_answer_is_that_of_the_described_endpoint(world: World) -> None:
    gateway = Gateway("gw-a")
    first, second, third = (gateway.say(SEEN) for _ in range(3))
    assert world.ask(first)[0] == 200
    asked: dict[str, tuple[bytes, dict[str, str], int]] = {
        "again": (first, {}, 200),
        "one is missing": (third, {}, 409),
        "forged": (forged(second), {}, 422),
        "not a batch": (b"x", {}, 400),
        "nothing": (b"", {}, 400),
        "too large": (b"x" * (1024 * 1024 + 1), {}, 413),
        "another ledger's": (replace(gateway, origin="other.example/ledger/1", heads={}).say(SEEN), {}, 421),
        "of nobody known": (Gateway("gw-new").say(SEEN), {}, 403),
        "compressed": (first, {"Content-Encoding": "gzip"}, 415),
        "for another host": (first, {"Host": "evil.example"}, 400),
        "with a bad word of what it holds": (first, {HEADER: "no base64"}, 200),
    }
    client = world.app.test_client()
    for name, (body, headers, status) in asked.items():
        there = {"Host": "localhost", **headers}
        alone = client.post("/v1/batches", data=body, headers=there)
        assert alone.status_code == status, name
        expected = told(alone.status_code, alone.data, dict(alone.headers))
        assert told(*world.ask(body, there)) == expected, name
    assert world.ask(second)[0] == 200
    assert world.ask(b"", method="GET")[0] == 405


def test_what_is_counted_is_the_same_either_way(world: World) -> None:
    def counted() -> list[float]:
        sample = services_of(world.app).metrics._registry.get_sample_value
        asked = {"endpoint": "batches.accept", "status": "400"}
        return [
            sample("xuemai_batches_total", {"step": "envelope"}) or 0,
            sample("xuemai_http_requests_total", asked) or 0,
            sample("xuemai_http_request_seconds_count", {"endpoint": "batches.accept"}) or 0,
        ]

    before = counted()
    world.app.test_client().post("/v1/batches", data=b"x", headers={"Host": "localhost"})
    assert counted() == [each + 1 for each in before]
    world.ask(b"x")
    assert counted() == [each + 2 for each in before]


def held_up(ledger: Ledger) -> threading.Event:
    """Keep the writer busy until the event is set."""
    started, release = threading.Event(), threading.Event()

    def wait(_working: Working) -> None:
        started.set()
        release.wait(20)

    ledger._writer.submit(wait)
    assert started.wait(20)
    return release


def test_batches_that_wait_are_taken_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gateways = [Gateway(name, epoch=2) for name in GATEWAYS]
    at_once: list[int] = []
    take = world.ledger.append_batches

    def noted(wires: list[bytes]) -> list[bytes | Rejected]:
        at_once.append(len(wires))
        return take(wires)

    monkeypatch.setattr(world.ledger, "append_batches", noted)
    release = held_up(world.ledger)
    with ThreadPoolExecutor(len(gateways)) as sending:
        answers = [sending.submit(world.ask, gateways[0].say(SEEN))]
        while not at_once:
            time.sleep(0.01)
        answers += [sending.submit(world.ask, gateway.say(SEEN)) for gateway in gateways[1:]]
        lane = world.at.server.task_dispatcher
        while lane._batches.qsize() < len(gateways) - 1:
            time.sleep(0.01)
        release.set()
    assert [receipt_in(world, each.result()[1]).stream for each in answers] == [each.stream() for each in gateways]
    assert at_once == [1, 7]


def test_when_something_unexpected_happens_each_batch_is_taken_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = Gateway("gw-b", epoch=3)
    take, failed = world.ledger.append_batches, []

    def stumble(wires: list[bytes]) -> list[bytes | Rejected]:
        if not failed:
            failed.append(take(wires))
            raise RuntimeError("the secret cause")
        return take(wires)

    monkeypatch.setattr(world.ledger, "append_batches", stumble)
    status, receipt, _ = world.ask(gateway.say(SEEN))
    assert status == 200
    assert [receipt] == failed[0], "it was in the log, and got the receipt that it would have got"
    assert "the secret cause" in capsys.readouterr().out


def next_answer(answers: BinaryIO) -> bytes:
    """The body of the next answer on a connection, which must be a success."""
    assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
    return answers.read(int(parse_headers(answers)["Content-Length"]))


def test_requests_on_one_connection_are_answered_in_their_order(world: World) -> None:
    gateway = Gateway("gw-c", epoch=4)
    posts = [
        b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (len(wire), wire)
        for wire in (gateway.say(SEEN), gateway.say(SEEN))
    ]
    health = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", world.at.port), timeout=20) as connection:
        connection.sendall(posts[0] + health + posts[1] + health)
        with connection.makefile("rb") as answers:
            read = [next_answer(answers) for _ in range(4)]
    assert [receipt_in(world, read[at]).last_seq for at in (0, 2)] == [1, 2]
    assert read[1] == read[3] == b"ok\n"


def test_a_gateway_that_holds_what_the_ledger_lost_stops_the_lane_too(tmp_path: Path) -> None:
    with served(tmp_path / "site") as world:
        gateway = Gateway("gw-a")
        wire = gateway.say(SEEN)
        _, receipt, _ = world.ask(wire)
        assert world.ask(wire, {HEADER: format_held([receipt])})[1] == receipt
        lost = Receipt(world.site.origin, gateway.stream(), 7, 999, bytes(32))
        told_of = {HEADER: format_held([sign_note(lost.format(), [world.site.signer("receipt")])])}
        status, problem, headers = world.ask(wire, told_of)
        assert (status, json.loads(problem)["step"], headers["Retry-After"]) == (503, "history", "1")
        assert world.ask(wire)[0] == 503


@pytest.mark.parametrize(("proxy", "believed"), [("127.0.0.1", True), ("192.0.2.1", False)])
def test_behind_a_tls_proxy_the_answer_says_so_and_only_the_named_proxy_is_believed(
    tmp_path: Path, proxy: str, *, believed: bool
) -> None:
    with served(tmp_path / "site", proxy) as world:
        status, _, headers = world.ask(Gateway("gw-a").say(SEEN), {"X-Forwarded-Proto": "https"})
        assert status == 200
        assert ("Strict-Transport-Security" in headers) is believed
