"""Connections that the lane reads itself: whatever comes on them is answered as it would be on any other."""

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

import pytest

from ledger.app import Answer
from ledger.append import Rejected
from ledger.core.held import HEADER
from ledger.core.held import format as format_held
from ledger.core.receipt import Receipt
from ledger.core.signing import sign_note
from ledger.fsck import examine
from tests.support.producers import Gateway
from tests.unit.web.test_lane import SEEN, World, next_answer, receipt_in, served, told
from web.kept import MAX_BODY_BYTES, said_of

EPOCHS = count(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served(tmp_path_factory.mktemp("kept") / "site") as found:
        yield found
    report = examine(found.site)
    assert report.ok, str(report.first_bad)


def kept_by(world: World) -> int:
    """How many open connections the lane reads."""
    return sum(each.socket.fileno() >= 0 for each in list(world.at.server.task_dispatcher._kept._kept.values()))


def wait_until(holds: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.005)


@contextmanager
def kept_connection(world: World, gateway: Gateway) -> Iterator[socket.socket]:
    """A connection on which a batch was accepted, so that the lane reads it from there on."""
    before = kept_by(world)
    with socket.create_connection(("127.0.0.1", world.at.port), timeout=20) as connection:
        connection.sendall(post(gateway.say(SEEN)))
        with connection.makefile("rb") as answers:
            next_answer(answers)
        wait_until(lambda: kept_by(world) == before + 1)
        yield connection
    wait_until(lambda: kept_by(world) == before)


def post(wire: bytes, **headers: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in {"Host": "localhost", **headers}.items()]
    return f"POST /v1/batches HTTP/1.1\r\n{''.join(lines)}Content-Length: {len(wire)}\r\n\r\n".encode() + wire


def fill(sending: socket.socket) -> int:
    """Send until the other side's buffers take no more; answer how much they took."""
    filled = 0
    for _ in range(5):  # they grow for a while
        try:
            while True:
                filled += sending.send(b"x" * 4096)
        except BlockingIOError:
            time.sleep(0.05)
    return filled


def answered(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as answers:
        return next_answer(answers)


def test_batch_after_batch_is_answered_as_the_described_endpoint_answers(world: World) -> None:
    gateway, client = Gateway("gw-a"), world.app.test_client()
    connection = HTTPConnection("127.0.0.1", world.at.port, timeout=20)
    for number in range(1, 5):
        wire = gateway.say(SEEN)
        connection.request("POST", "/v1/batches", body=wire, headers={"Host": "localhost"})
        answer = connection.getresponse()
        got = told(answer.status, answer.read(), dict(answer.getheaders()))
        alone = client.post("/v1/batches", data=wire, headers={"Host": "localhost"})
        assert got == told(alone.status_code, alone.data, dict(alone.headers))
        assert receipt_in(world, alone.data).last_seq == number
        assert answer.getheader("Date"), "whoever has a clock says when it answered (RFC 9110, 6.6.1)"
        wait_until(lambda: kept_by(world) == 1)
    connection.close()
    wait_until(lambda: kept_by(world) == 0)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"x", 400),
        ({}, b"", 400),
        ({}, b"x" * (1024 * 1024 + 1), 413),
        ({"Host": "evil.example"}, b"x", 400),
        ({"Content-Encoding": "gzip"}, b"x", 415),
        ({HEADER: "no base64"}, b"x", 400),
        ({"Transfer-Encoding": "chunked"}, b"1\r\nx\r\n0\r\n\r\n", 400),
    ],
)
def test_what_a_connection_brings_after_a_batch_is_answered_as_ever(
    world: World, headers: Mapping[str, str], body: bytes, status: int
) -> None:
    gateway = Gateway("gw-b", epoch=next(EPOCHS))
    connection = HTTPConnection("127.0.0.1", world.at.port, timeout=20)
    for _ in range(2):
        connection.request("POST", "/v1/batches", body=gateway.say(SEEN), headers={"Host": "localhost"})
        connection.getresponse().read()
        wait_until(lambda: kept_by(world) == 1)
    there = {"Host": "localhost", **headers}
    if "Transfer-Encoding" in there:
        connection.putrequest("POST", "/v1/batches", skip_host=True)
        for name, value in there.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        there = {"Host": "localhost"}
        body = b"x"
    else:
        connection.request("POST", "/v1/batches", body=body, headers=there)
    answer = connection.getresponse()
    got = told(answer.status, answer.read(), dict(answer.getheaders()))
    alone = world.app.test_client().post("/v1/batches", data=body, headers=there)
    assert got == told(alone.status_code, alone.data, dict(alone.headers))
    assert answer.status == status
    connection.close()
    wait_until(lambda: kept_by(world) == 0)


def test_other_requests_go_back_to_the_server_and_batches_after_them_are_kept_again(world: World) -> None:
    gateway = Gateway("gw-c")
    health = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with kept_connection(world, gateway) as connection:
        for _ in range(2):
            connection.sendall(health)
            assert answered(connection) == b"ok\n"
            assert kept_by(world) == 0
            connection.sendall(post(gateway.say(SEEN)))
            assert receipt_in(world, answered(connection)).stream == gateway.stream()
            wait_until(lambda: kept_by(world) == 1)


def test_connections_are_kept_beside_each_other(world: World) -> None:
    first, second = Gateway("gw-a", epoch=2), Gateway("gw-b", epoch=1000)
    with kept_connection(world, first) as one, kept_connection(world, second) as other:
        assert kept_by(world) == 2
        for connection, gateway in ((one, first), (other, second), (one, first)):
            connection.sendall(post(gateway.say(SEEN)))
            assert receipt_in(world, answered(connection)).stream == gateway.stream()
        assert kept_by(world) == 2


def test_a_request_may_come_in_any_pieces_and_several_at_once(world: World) -> None:
    gateway = Gateway("gw-d")
    with kept_connection(world, gateway) as connection:
        for cut in (1, 20, -1, -400):
            asked = post(gateway.say(SEEN))
            connection.sendall(asked[:cut])
            time.sleep(0.05)
            connection.sendall(asked[cut:])
            assert receipt_in(world, answered(connection)).stream == gateway.stream()
        two = [gateway.say(SEEN), gateway.say(SEEN)]
        connection.sendall(b"".join(map(post, two)))
        with connection.makefile("rb") as answers:
            assert [receipt_in(world, next_answer(answers)).last_seq for _ in two] == [6, 7]


def test_lengths_that_contradict_each_other_are_refused(world: World) -> None:
    gateway = Gateway("gw-e")
    with kept_connection(world, gateway) as connection:
        wire = gateway.say(SEEN)
        connection.sendall(post(wire, Content_Length=str(len(wire) + 1)))
        with connection.makefile("rb") as answers:
            assert answers.readline() == b"HTTP/1.1 400 Bad Request\r\n"
    assert len(wire) <= MAX_BODY_BYTES


@pytest.mark.parametrize("more", [{}, {"xuemai-held": ""}], ids=["once", "twice"])
def test_what_the_gateway_holds_is_confronted_on_a_kept_connection_too(tmp_path: Path, more: dict[str, str]) -> None:
    with served(tmp_path / "site") as world:
        gateway = Gateway("gw-a")
        with kept_connection(world, gateway) as connection:
            wire = gateway.say(SEEN)
            connection.sendall(post(wire, Xuemai_Held=""))
            receipt = answered(connection)
            connection.sendall(post(wire, Xuemai_Held=format_held([receipt])))
            assert answered(connection) == receipt
            lost = Receipt(world.site.origin, gateway.stream(), 7, 999, bytes(32))
            signed = sign_note(lost.format(), [world.site.signer("receipt")])
            connection.sendall(post(wire, Xuemai_Held=format_held([signed]), **more))
            with connection.makefile("rb") as answers:
                assert answers.readline() == b"HTTP/1.1 503 SERVICE UNAVAILABLE\r\n"
            assert more or kept_by(world) == 1, "a refusal is an answer like any other"


def test_when_something_unexpected_happens_a_kept_batch_is_taken_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = Gateway("gw-f")
    take, failed = world.ledger.append_batches, []

    def stumble(wires: list[bytes]) -> list[bytes | Rejected]:
        if not failed:
            failed.append(take(wires))
            raise RuntimeError("the secret cause")
        return take(wires)

    with kept_connection(world, gateway) as connection:
        monkeypatch.setattr(world.ledger, "append_batches", stumble)
        connection.sendall(post(gateway.say(SEEN)))
        assert [answered(connection)] == failed[0]
        wait_until(lambda: kept_by(world) == 1)
    assert "the secret cause" in capsys.readouterr().out


def test_an_answer_that_nobody_reads_yet_is_the_servers_to_send(world: World) -> None:
    gateway = Gateway("gw-g")
    with kept_connection(world, gateway) as connection:
        (channel,) = (
            each for each in world.at.server.active_channels.values() if each.addr == connection.getsockname()
        )
        filled = fill(channel.socket)
        connection.sendall(post(gateway.say(SEEN)))
        wait_until(lambda: kept_by(world) == 0)
        while filled:
            filled -= len(connection.recv(min(filled, 65536)))
        assert receipt_in(world, answered(connection)).last_seq == 2
        connection.sendall(post(gateway.say(SEEN)))
        assert receipt_in(world, answered(connection)).last_seq == 3
        wait_until(lambda: kept_by(world) == 1)


def test_the_server_closes_a_kept_connection_that_says_nothing(world: World) -> None:
    gateway = Gateway("gw-h")
    with socket.create_connection(("127.0.0.1", world.at.port), timeout=20) as connection:
        connection.sendall(post(gateway.say(SEEN)))
        answered(connection)
        wait_until(lambda: kept_by(world) == 1)
        connection.sendall(b"POST /v1/ba")
        (kept,) = world.at.server.task_dispatcher._kept._kept.values()
        wait_until(lambda: bool(kept.pieces))
        channel = kept.channel
        later = channel.last_activity + 2 * world.at.server.adj.channel_timeout
        world.at.server.trigger.pull_trigger(lambda: world.at.server.maintenance(later))
        assert connection.recv(1) == b""
    with kept_connection(world, gateway):
        assert kept_by(world) == 1, "and the number of its file may be another connection's"


def test_an_answer_in_words_that_change_by_the_second() -> None:
    answer = Answer(200, "text/plain", b"ok")
    said = said_of(answer, secure=True, second=0)
    assert said.startswith(b"HTTP/1.1 200 OK\r\nContent-Security-Policy: ")
    assert said.endswith(b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 2\r\n\r\nok")
    assert b"Strict-Transport-Security" not in said_of(answer, secure=False, second=1)
    assert b"00:00:01 GMT" in said_of(answer, secure=False, second=1)
