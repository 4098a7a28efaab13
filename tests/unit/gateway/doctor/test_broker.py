"""The doctor and a broker: one that is real, and those that refuse, each in its own way."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_mocks.cast import free_port
from gateway.config import MqttSettings
from gateway.doctor import broker
from tests.support.gateway_site import Mock
from tests.support.tls_front import TlsFront, make_authority, make_server

TAG = b'{"eventType":"tagInventory","tagInventoryEvent":{"epc":"ikUCJA==","antennaPort":3,"peakRssiCdbm":-7400}}'
GRANTED, REFUSED = 0x00, 0x80


def settings(port: int, **more: object) -> MqttSettings:
    values = {"username": None, "password_file": None, "ca_file": None, **more}
    return MqttSettings("127.0.0.1", port, **values)  # type: ignore[arg-type]  # what a test leaves out is None


def field(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content


def published(topic: str, payload: bytes, *, kept: bool) -> bytes:
    """PUBLISH at QoS 0 (MQTT 3.1.1 §3.3), below 128 bytes."""
    body = field(topic.encode()) + payload
    assert len(body) < 128
    return bytes((0x31 if kept else 0x30, len(body))) + body


@contextmanager
def answering(connack: bytes, subacks: list[int], *publishes: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Somebody at a port who answers one connection; the port, and what he was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            line, _ = door.accept()
            with line:
                line.settimeout(10)
                asked.append(line.recv(400))
                line.sendall(connack)
                for code in subacks:
                    head = line.recv(2)
                    asked.append(head + line.recv(head[1]))
                    line.sendall(b"\x90\x03" + asked[-1][2:4] + bytes((code,)))
                for each in publishes:
                    line.sendall(each)
                # Who understands nothing of it leaves without a word.
                with contextlib.suppress(ConnectionResetError):
                    while line.recv(400):
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        yield door.getsockname()[1], asked
        thread.join()


TAKEN = b"\x20\x02\x00\x00"


def test_a_real_broker_takes_the_connection_and_one_that_is_gone_does_not(tmp_path: Path) -> None:
    port = free_port()
    real = Mock("broker", "--port", str(port), "--store", str(tmp_path))
    try:
        told = broker.visit(settings(port), ["rfid/+", broker.EVERYTHING], 0.1)
    finally:
        real.end()
    assert (told.finding.name, told.refused, told.messages) == ("broker-good", set(), [])
    gone = broker.visit(settings(port), [], 0.1).finding
    assert (gone.level, gone.name) == ("fault", "broker-silent")
    lost = broker.visit(MqttSettings("no-such-host.invalid", port, None, None, None), [], 0.1).finding
    assert lost.name == "broker-name"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (b"\x20\x02\x00\x02", "broker-refused"),
        (b"\x20\x02\x00\x03", "broker-away"),
        (b"\x20\x02\x00\x04", "broker-password"),
        (b"\x20\x02\x00\x05", "broker-rights"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "broker-other"),
    ],
)
def test_a_broker_that_refuses_says_why_and_one_that_is_none_is_told(
    answer: bytes, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "ANSWER_SECONDS", 1.0)
    password = tmp_path / "password"
    password.write_text("secret\n")
    with answering(answer, []) as (port, asked):
        told = broker.visit(settings(port, username="gw", password_file=password), ["rfid/+"], 0.1)
    assert (told.finding.level, told.finding.name) == ("fault", name)
    # MQTT 3.1.1 §3.1: CONNECT, its length, the protocol, level 4, user name and password and a clean session.
    body = field(b"MQTT") + b"\x04\xc2\x00\x1e" + field(b"xuemai-doctor") + field(b"gw") + field(b"secret")
    assert asked == [b"\x10" + bytes((len(body),)) + body]


def test_a_password_that_cannot_be_read_and_a_broker_without_tls(tmp_path: Path) -> None:
    unread = broker.visit(settings(1, username="gw", password_file=tmp_path / "gone"), [], 0.1).finding
    assert (unread.name, "gone" in unread.said("en")) == ("broker-secret", True)
    assert "：没有此文件（[Errno 2]" in unread.said("zh")
    key = tmp_path / "ca.pem"
    key.write_text("no certificate")
    # An SSL error of a file is told like one of the connection: both are about mqtt.ca_file.
    assert broker.visit(settings(1, ca_file=key), [], 0.1).finding.level == "fault"


# The MQTT library leaves a connection whose handshake failed to the garbage collector.
left_open = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"
)


@left_open
@pytest.mark.parametrize(
    ("believed", "host", "made_days_ago", "why"),
    [
        ("other", "127.0.0.1", 0, "证书不是所信任的机构签发的"),
        ("site", "127.0.0.1", 40, "证书已过期"),
        ("site", "127.0.0.1", -10, "证书尚未生效：请核对两台机器的时钟"),
        ("site", "elsewhere.example", 0, "证书不是签发给该地址的"),
    ],
)
def test_why_a_brokers_certificate_is_not_believed_is_said_in_chinese_and_as_it_came(
    believed: str, host: str, made_days_ago: int, why: str, tmp_path: Path
) -> None:
    authorities = {name: make_authority(tmp_path / name) for name in ("site", "other")}
    make_server(tmp_path, authorities["site"], host, made_days_ago=made_days_ago)
    with TlsFront(tmp_path, free_port()) as front:
        found = broker.visit(settings(front.port, ca_file=tmp_path / believed / "ca.crt"), [], 0.1).finding
    assert found.name == "broker-distrust"
    assert f"：{why}（[SSL: CERTIFICATE_VERIFY_FAILED]" in found.said("zh")
    assert why not in found.said("en")


@left_open
def test_a_broker_that_speaks_no_tls_is_told_from_one_that_is_not_believed(tmp_path: Path) -> None:
    make_authority(tmp_path)
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n", []) as (port, _):
        found = broker.visit(settings(port, ca_file=tmp_path / "ca.crt"), [], 0.1).finding
    assert "对方不使用 TLS（[SSL: WRONG_VERSION_NUMBER]" in found.said("zh")


def test_what_is_granted_what_is_not_and_what_comes() -> None:
    kept, live = published("rfid/gate", TAG, kept=True), published("rfid/gate", b"again", kept=False)
    with answering(TAKEN, [REFUSED, GRANTED], kept, live, live) as (port, asked):
        told = broker.visit(settings(port), ["secret/#", "rfid/+"], 0.5)
    assert told.finding.name == "broker-good"
    assert told.refused == {"secret/#"}
    # The same message twice came by two filters that overlap.
    heard = [(each.topic, each.payload, each.retained) for each in told.messages]
    assert heard == [("rfid/gate", TAG, True), ("rfid/gate", b"again", False)]
    assert [each[4:] for each in asked[1:]] == [field(b"secret/#") + b"\0", field(b"rfid/+") + b"\0"], "QoS 0"


def test_a_topic_that_nobody_answers_for_is_not_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "ANSWER_SECONDS", 0.4)
    with answering(TAKEN, [GRANTED]) as (port, _):
        told = broker.visit(settings(port), ["rfid/+", "late/+"], 0.1)
    assert told.refused == {"late/+"}
