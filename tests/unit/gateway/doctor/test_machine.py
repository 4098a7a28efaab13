"""The doctor and the neighbours: a broker, a ledger, and what may stand in their places."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gateway import config
from gateway.config import MqttSettings, UplinkSettings
from gateway.doctor import machine
from ledger.core import checkpoint, note, signing
from ledger.core.merkle import EMPTY_ROOT
from ledger.core.signing import NoteSigner, SigningKey
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY
from tests.support.gateway_site import Mock
from tests.support.processes import free_port

LOG = NoteSigner(ORIGIN, SigningKey(bytes([9] * 32)))
OTHER = NoteSigner(ORIGIN, SigningKey(bytes([10] * 32)))


@contextmanager
def serving(status: int, body: bytes) -> Iterator[str]:
    """A web server that always says the same."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def signed(signer: NoteSigner, origin: str = ORIGIN) -> bytes:
    return signing.sign_note(checkpoint.format(checkpoint.Checkpoint(origin, 0, EMPTY_ROOT)), [signer])


def uplink(url: str, *log_keys: NoteSigner) -> UplinkSettings:
    keys = tuple(note.format_vkey(each.verifier) for each in log_keys)
    return UplinkSettings(url, RECEIPT_VKEY, None, keys)


def test_a_ledger_whose_checkpoint_is_signed_by_a_pinned_key() -> None:
    with serving(200, signed(LOG)) as url:
        good = machine.ledger(uplink(url, LOG), ORIGIN)
        assert (good.name, good.values["size"]) == ("ledger-good", "0")
        assert machine.ledger(uplink(url, OTHER), ORIGIN).name == "ledger-stranger"
        assert machine.ledger(uplink(url), ORIGIN).name == "ledger-unseen"
        assert machine.ledger(uplink(url, LOG), "other.example/ledger/1").name == "ledger-other"


def test_what_may_stand_where_the_ledger_should() -> None:
    with serving(200, b"<html>please sign in</html>") as url:
        assert machine.ledger(uplink(url, LOG), ORIGIN).name == "ledger-other"
    with serving(502, b"") as url:
        assert "HTTP 502" in machine.ledger(uplink(url, LOG), ORIGIN).said("en")
    assert machine.ledger(uplink(f"http://127.0.0.1:{free_port()}", LOG), ORIGIN).name == "ledger-silent"
    assert machine.ledger(uplink("http://no-such-host.invalid", LOG), ORIGIN).name == "ledger-name"


def test_a_server_that_speaks_no_tls_is_told_from_one_that_is_away() -> None:
    with serving(200, b"") as url:
        found = machine.ledger(uplink(url.replace("http:", "https:"), LOG), ORIGIN)
    assert found.name == "ledger-distrust"
    assert "speaks no TLS" in found.said("en")


def test_a_real_broker_takes_the_connection(tmp_path: Path) -> None:
    port = free_port()
    broker = Mock("broker", "--port", str(port), "--store", str(tmp_path))
    try:
        assert machine.broker(MqttSettings("127.0.0.1", port, None, None, None)).name == "broker-good"
    finally:
        broker.end()
    assert machine.broker(MqttSettings("127.0.0.1", port, None, None, None)).name == "broker-bad"


@pytest.mark.parametrize(("answer", "told"), [(b"\x20\x02\x00\x05", "CONNACK 5"), (b"HTTP/1.1", "48545450")])
def test_a_broker_that_refuses_and_one_that_is_none(answer: bytes, told: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret\n")
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            line, _ = door.accept()
            with line:
                asked.append(line.recv(200))
                line.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        settings = MqttSettings("127.0.0.1", door.getsockname()[1], "gw", password, None)
        found = machine.broker(settings)
        thread.join()
    assert (found.level, told in found.said("en")) == ("fault", True)
    # MQTT 3.1.1 §3.1: CONNECT, its length, the protocol, level 4, user name and password and a clean session.
    body = b"\x00\x04MQTT\x04\xc2\x00\x0a" + b"\x00\x0dxuemai-doctor" + b"\x00\x02gw" + b"\x00\x06secret"
    assert asked == [b"\x10" + bytes((len(body),)) + body]


def test_a_machine_without_a_configuration_is_looked_at_all_the_same(tmp_path: Path) -> None:
    names = {each.name for each in machine.examine(None, tmp_path)}
    assert names & {"disk-good", "disk-short"}
    assert names & {"clock-good", "clock-alone"}


def test_a_gateway_without_a_key_or_an_alarm_is_told(tmp_path: Path) -> None:
    text = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "http://127.0.0.1:{free_port()}"
receipt_key = "{RECEIPT_VKEY}"
"""
    read = config.parse(text.encode(), tmp_path)
    said = {each.name: each for each in machine.examine(read, tmp_path)}
    assert "xuemai gateway enroll" in said["key-bad"].said("en")
    assert said["alarm-none"].level == "warning"
    powered = config.parse((text + '[alarm]\npower_file = "power"\n').encode(), tmp_path)
    assert "power-unreadable" in {each.name for each in machine.examine(powered, tmp_path)}
