"""Short conversations: a driver's device on a line, a reader on the network, and who may be there instead."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from firmware_mocks.cast import free_port
from gateway.doctor import conversing
from gateway.doctor.finding import Finding
from gateway.ports.serial_port import LineSettings, SerialPort
from gateway.ports.tcp_port import TcpPort
from gateway.session import Listening, Moment, Turn
from gateway.wire.decoder import Counters
from gateway.wire.items import Fault
from gateway.wire.llrp import LlrpDecoder
from tests.support.acme_probe import AcmeDecoder
from tests.support.gateway_site import Mock
from tests.support.pty_device import device


@dataclass
class Asking:
    """A driver's session that has to ask before its device speaks."""

    listening: Listening = field(default_factory=lambda: Listening(AcmeDecoder(), 0.1))

    @property
    def counters(self) -> Counters:
        return self.listening.counters

    def opened(self, moment: Moment) -> Turn:
        return Turn(b"ASK\n", self.listening.opened(moment).items)

    def heard(self, content: bytes, moment: Moment) -> Turn:
        return self.listening.heard(content, moment)

    def tick(self, moment: Moment) -> Turn:
        return self.listening.tick(moment)


def on_a_line(folder: Path, answer: Callable[[bytes], bytes], *, asks: bool = True) -> Finding:
    path = str(folder / "port")
    with device(folder / "port", answer):
        line = SerialPort(path, LineSettings(19200))
        return conversing.examined(line, Asking(), "acme_probe", 0.4, asks=asks)


def test_a_device_is_asked_as_its_driver_asks(tmp_path: Path) -> None:
    found = on_a_line(tmp_path, lambda asked: b"ACME f-7 425\n" if asked == b"ASK\n" else b"")
    assert (found.level, found.name) == ("ok", "port-heard")
    assert "f-7" in found.values["detail"]


def test_where_nothing_may_be_written_a_driver_asks_nothing(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def answer(asked: bytes) -> bytes:
        heard.append(asked)
        return b""

    assert on_a_line(tmp_path, answer, asks=False).name == "port-mute"
    assert heard == []


def test_what_a_driver_does_not_understand_is_told_with_its_first_bytes(tmp_path: Path) -> None:
    found = on_a_line(tmp_path, lambda _asked: b"\x01\x04\x04\x00*\n")
    assert (found.level, found.name) == ("fault", "port-foreign")
    assert found.values["hex"] == "01 04 04 00 2a 0a"


def test_a_line_that_is_gone_and_a_fault_are_told(tmp_path: Path) -> None:
    line = SerialPort(str(tmp_path / "gone"), LineSettings())
    assert conversing.examined(line, Asking(), "acme_probe", 0.2, asks=True).name == "port-gone"


def on_the_network(port: int, seconds: float = 5.0, host: str = "127.0.0.1") -> Finding:
    address = TcpPort(f"tcp://{host}:{port}", (host, port))
    return conversing.examined(address, Listening(LlrpDecoder(), 1.0), "llrp", seconds, asks=True)


@pytest.fixture
def reader() -> Iterator[int]:
    port = free_port()
    mock = Mock("llrp_reader", "--tcp", str(port))
    yield port
    mock.end()


def test_a_network_reader_says_that_it_takes_the_connection(reader: int) -> None:
    found = on_the_network(reader)
    assert (found.level, found.name, "connected" in found.values["detail"]) == ("ok", "port-heard", True)


def test_who_may_be_at_a_readers_address() -> None:
    assert on_the_network(free_port()).name == "reader-refused"
    assert on_the_network(5084, host="no-such-host.invalid").name == "reader-name"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert on_the_network(silent.getsockname()[1], seconds=0.2).name == "port-mute"
    assert conversing.why_away("tcp://a", TimeoutError()).said("en").startswith("nobody answers at tcp://a: TimeoutE")


class Ill(Listening):
    """A reader that is too hot, whatever it says."""

    def heard(self, content: bytes, moment: Moment) -> Turn:
        del content, moment
        return Turn(items=(Fault("too hot"),))


def test_a_device_that_is_ill_says_so(tmp_path: Path) -> None:
    with device(tmp_path / "port", lambda _asked: b"x"):
        line = SerialPort(str(tmp_path / "port"), LineSettings())
        session = Ill(AcmeDecoder(), 1.0)
        session.opened = lambda _moment: Turn(b"?")  # type: ignore[method-assign]  # it asks first, and others listen
        found = conversing.examined(line, session, "acme_probe", 2.0, asks=True)
    assert (found.level, found.name, found.values["reason"]) == ("fault", "port-ill", "too hot")
