"""One port: who answers there, at which speed, and whether that is who should."""

import os
import threading
from pathlib import Path

import pytest

from firmware_mocks.cast import free_port
from gateway.doctor.expected import Expected
from gateway.doctor.finding import Finding
from gateway.doctor.handshakes import handshakes
from gateway.doctor.plugged import Port, examine_port
from gateway.session import Listening
from tests.support.acme_probe import AcmeDecoder
from tests.support.gateway_site import Mock
from tests.support.processes import pty_link
from tests.support.pty_device import device

CHAFON_INFO = bytes.fromhex("1100210000160C034E001E0A01000000E651")


def chafon(asked: bytes) -> bytes:
    return CHAFON_INFO if asked[1:3] == b"\xff\x21" else b""


def found_at(
    path: Path | str, told: Expected | None, *, listen: float = 0.0, asks: bool = True, running: int = 0
) -> tuple[list[Finding], list[str]]:
    only = {"chafon_crc_uhf", "barcode_isbt128", "ds18b20_serial"}
    everything = [each for each in handshakes([1]) if each.family in only]
    return examine_port(Port(str(path), told, running, listen, asks=asks), everything)


def names(findings: list[Finding]) -> list[str]:
    return [each.name for each in findings]


@pytest.mark.parametrize(
    ("configured", "real", "name"),
    [
        (57600, 57600, "port-found"),
        (115200, 115200, "port-found"),
        (115200, 57600, "port-speed"),
        (57600, 9600, "port-speed"),
    ],
)
def test_a_wrong_speed_is_told_with_the_right_one(tmp_path: Path, configured: int, real: int, name: str) -> None:
    with device(tmp_path / "port", chafon, baud=real):
        findings, proposals = found_at(tmp_path / "port", Expected("chafon_crc_uhf", configured))
    assert (names(findings), proposals) == ([name], [])
    assert findings[0].values["baud"] == str(real)
    if name == "port-speed":
        assert f"answers at {real} 8N1" in findings[0].said("en")
        assert f"{configured} 8N1" in findings[0].said("zh")


def test_an_unknown_device_at_an_unusual_speed_is_proposed_with_it(tmp_path: Path) -> None:
    with device(tmp_path / "port", chafon, baud=115200):
        findings, proposals = found_at(tmp_path / "port", None)
    assert (names(findings), findings[0].values["baud"]) == (["port-found"], "115200")
    assert "baud = 115200" in proposals


def test_another_family_than_configured_is_a_fault(tmp_path: Path) -> None:
    with device(tmp_path / "port", chafon):
        findings, proposals = found_at(tmp_path / "port", Expected("m100_uhf", 115200))
    assert (names(findings), proposals) == (["port-other"], [])


def test_a_scanner_speaks_when_somebody_scans(tmp_path: Path) -> None:
    over = threading.Event()
    with pty_link(tmp_path / "port") as ours:

        def scan() -> None:
            while not over.wait(0.1):
                os.write(ours, b"=A99992612345600\r")

        scanning = threading.Thread(target=scan)
        scanning.start()
        findings, _ = found_at(tmp_path / "port", Expected("barcode_isbt128", 9600), listen=5.0)
        silent, proposals = found_at(tmp_path / "port", None, asks=False)
        over.set()
        scanning.join()
    assert (names(findings), names(silent)) == (["port-found"], ["port-found"])
    assert "[[scanner]]" in proposals


def test_where_nothing_may_be_written_nothing_is(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def listens(asked: bytes) -> bytes:
        heard.append(asked)
        return b""

    with device(tmp_path / "port", listens):
        findings, _ = found_at(tmp_path / "port", None, asks=False)
    assert (names(findings), heard) == (["port-unasked"], [])


def test_a_driver_and_a_plug_that_is_out(tmp_path: Path) -> None:
    told = Expected("acme_probe", 19200, driven=Listening(AcmeDecoder(), 1.0))
    with device(tmp_path / "port", lambda _asked: b""):
        findings, _ = found_at(tmp_path / "port", told, listen=0.2)
    assert (names(findings), findings[0].level) == (["port-mute"], "warning")
    assert names(found_at("usb:dead:beef:1", None)[0]) == ["port-lost"]
    assert names(found_at("/dev/ttyUSB77", told)[0]) == ["port-numbered", "port-gone"]


def test_a_reader_on_the_network_is_found_and_proposed() -> None:
    port = free_port()
    reader = Mock("llrp_reader", "--tcp", str(port))
    address = f"tcp://127.0.0.1:{port}"
    try:
        findings, proposals = found_at(address, None)
        known, nothing = found_at(address, Expected("llrp"))
    finally:
        reader.end()
    assert (names(findings), names(known), nothing) == (["port-heard"], ["port-heard"], [])
    assert f'port = "{address}"' in proposals
    assert 'family = "llrp"' in proposals
    held, _ = found_at(address, Expected("llrp"), running=1)
    assert names(held) == ["port-gateway"], "a running gateway has the only connection that there is"
    assert names(found_at("tcp://host:port", None)[0]) == ["port-lost"]


def test_probes_of_a_line_that_is_mute_are_looked_for_elsewhere(tmp_path: Path) -> None:
    told = Expected("modbus_rtu_temp", 9600)
    with pty_link(tmp_path / "port"):
        assert names(found_at(tmp_path / "port", told)[0]) == ["port-mute"]
    assert names(found_at(tmp_path / "port", told)[0]) == ["port-gone"]
