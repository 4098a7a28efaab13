"""A TCP line: connects, converses, is missed, and comes back."""

import queue
import socket
import time
from collections.abc import Iterator

import pytest

from gateway.answers import ACK
from gateway.ports.line import Line
from gateway.ports.mailbox import Heard, Letter, Lost, Opened
from gateway.ports.tcp_port import TcpPort, address_of
from gateway.session import Listening, Moment
from gateway.wire.barcode_isbt128 import BarcodeDecoder
from ledger.core.errors import ConfigError

SCAN = b"=A99991712345600\r\n"


class Desk:
    """A device's end, and what the gateway learnt at the other."""

    def __init__(self, keepalive_seconds: float | None) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(10)
        self.letters: queue.Queue[Letter] = queue.Queue()
        address = ("127.0.0.1", int(self.listener.getsockname()[1]))
        self.port = Line(
            TcpPort("tcp://scanner", address),
            Listening(BarcodeDecoder()),
            lambda: Moment(0, time.monotonic()),
            self.letters.put,
            lambda: 0.0,
            keepalive_seconds,
        )
        self.port.start()

    def accept(self) -> socket.socket:
        device, _ = self.listener.accept()
        assert isinstance(self.letters.get(timeout=10), Opened)
        return device

    def close(self) -> None:
        self.port.end()
        self.listener.close()


@pytest.fixture
def line() -> Iterator[Desk]:
    made = Desk(None)
    yield made
    made.close()


def test_what_a_device_sends_is_heard_under_its_address(line: Desk) -> None:
    with line.accept() as device:
        device.sendall(SCAN)
        heard = line.letters.get(timeout=10)
    assert isinstance(heard, Heard)
    assert (heard.source, len(heard.items)) == ("tcp://scanner", 1)


def test_device_that_hangs_up_is_lost_and_found_again(line: Desk) -> None:
    line.accept().close()
    lost = line.letters.get(timeout=10)
    assert isinstance(lost, Lost)
    assert "closed" in lost.reason
    with line.accept() as device:
        device.sendall(SCAN)
        assert isinstance(line.letters.get(timeout=10), Heard)


def test_what_is_to_be_said_is_said_to_this_device_and_not_to_the_next_one(line: Desk) -> None:
    with line.accept() as device:
        device.settimeout(10)
        line.port.say(ACK)
        assert device.recv(1) == ACK
    assert isinstance(line.letters.get(timeout=10), Lost)
    line.port.say(ACK)
    with line.accept() as device:
        device.settimeout(0.3)
        with pytest.raises(TimeoutError):
            device.recv(1)


def test_silence_without_a_good_frame_ends_a_connection() -> None:
    line = Desk(0.2)
    try:
        with line.accept() as device:
            device.sendall(b"\xff")
            lost = line.letters.get(timeout=10)
            assert isinstance(lost, Lost)
            assert "no good frame" in lost.reason
    finally:
        line.close()


@pytest.mark.parametrize(
    ("port", "address"),
    [("tcp://reader", ("reader", 5084)), ("tcp://10.0.0.5:4001", ("10.0.0.5", 4001)), ("tcp://[::1]:9", ("::1", 9))],
)
def test_address_is_host_and_port(port: str, address: tuple[str, int]) -> None:
    assert address_of(port, default_port=5084) == address


@pytest.mark.parametrize(
    "port", ["tcp://", "udp://reader", "tcp://reader:x", "tcp://reader:99999", "tcp://reader/path", "tcp://me@r"]
)
def test_address_of_another_shape_is_refused(port: str) -> None:
    with pytest.raises(ConfigError, match="expected tcp://host:port"):
        address_of(port, default_port=5084)
