"""The LLRP reader in software, byte by byte over a real connection."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support import llrp

EPC = "E280A9990000000000000001"


class Host:
    """A client that knows where messages end, and nothing else."""

    def __init__(self, port: int) -> None:
        self.line = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.rest = b""

    def next(self) -> tuple[int, bytes]:
        while len(self.rest) < 10 or len(self.rest) < int.from_bytes(self.rest[2:6], "big"):
            octets = self.line.recv(65536)
            assert octets, "the reader hung up"
            self.rest += octets
        length = int.from_bytes(self.rest[2:6], "big")
        message, self.rest = self.rest[:length], self.rest[length:]
        return int.from_bytes(message[:2], "big") & 0x3FF, message[10:]

    def ask(self, kind: int, content: bytes) -> tuple[int, bytes]:
        self.line.sendall(llrp.message(kind, content, number=kind))
        return self.next()


ROSPEC = bytes.fromhex("000000010000") + llrp.parameter(
    178,
    llrp.parameter(179, b"\x02" + llrp.parameter(180, bytes.fromhex("0000000000000032")))
    + llrp.parameter(182, bytes(5)),
)


def rospec(antennas: bytes) -> bytes:
    return llrp.parameter(177, ROSPEC + llrp.parameter(183, antennas + llrp.parameter(184, bytes(5))))


@pytest.fixture
def reader(start: Callable[..., Any]) -> Any:
    return start("llrp_reader")


@pytest.fixture
def host(reader: Any) -> Iterator[Host]:
    made = Host(int(str(reader.ready["link"]).rpartition(":")[2]))
    yield made
    made.line.close()


def test_reader_greets_and_reports_its_field_once_its_rospec_is_enabled(reader: Any, host: Host) -> None:
    kind, greeting = host.next()
    assert (kind, greeting[-6:]) == (63, bytes.fromhex("010000060000"))
    reader.order("field", tags=[{"epc": EPC, "antenna": 2, "rssi": -50}, {"epc": "AAAA", "antenna": 3}])
    assert host.ask(20, rospec(b"\x00\x01\x00\x02"))[0] == 30
    assert host.ask(24, b"\x00\x00\x00\x01")[0] == 34
    kind, report = host.next()
    assert kind == 61
    assert b"\x8d" + bytes.fromhex(EPC) in report
    assert report.count(b"\x00\xf0") == 1, "antenna 3 is not in the ROSpec"
    kind, event = host.next()
    assert (kind, event[12 + 4 : 12 + 9]) == (63, bytes.fromhex("00F9000D01"))


def test_request_that_is_refused_says_so(reader: Any, host: Host) -> None:
    host.next()
    reader.order("fault", name="refuse", count=1)
    assert host.ask(20, rospec(b"\x00\x00"))[1][4:6] == b"\x00\x64"
    assert host.ask(99, b"")[0] == 100


def test_host_that_acknowledges_nothing_is_hung_up_on(host: Host) -> None:
    host.next()
    host.line.sendall(llrp.message(3, b"\x00" + llrp.parameter(220, bytes.fromhex("0100000014"))))
    kinds = [host.next()[0] for _ in range(4)]
    assert kinds == [13, 62, 62, 62]
    assert host.line.recv(100) == b""
