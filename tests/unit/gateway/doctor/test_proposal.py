"""What is proposed is a configuration, once a person has filled in what only a person knows."""

import tomllib
from collections.abc import Mapping

import pytest

from gateway.doctor.handshakes import handshakes
from gateway.doctor.ports import Met
from gateway.doctor.proposal import propose

PORT = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"
BY_FAMILY = {each.family: each for each in handshakes([2])}


def table(family: str, detail: str) -> Mapping[str, object]:
    root: object = tomllib.loads("\n".join(propose(PORT, Met(BY_FAMILY[family], detail))))
    while isinstance(root, dict | list) and not (isinstance(root, dict) and "port" in root):
        root = next(iter(root.values())) if isinstance(root, dict) else root[0]
    assert isinstance(root, dict)
    return root


def test_a_probe_keeps_the_slave_that_answered() -> None:
    probe = table("modbus_rtu_temp", "slave 2 4.0 °C")
    assert (probe["family"], probe["slave"], probe["port"]) == ("modbus_rtu_temp", 2, PORT)
    assert probe["name"] == "probe-usb-1a86-usb-serial-if00-port0"


@pytest.mark.parametrize("family", ["m100_uhf", "r2000_a0_uhf", "thingmagic_m6e", "hf_iso15693", "chafon_crc_uhf"])
def test_a_reader_has_an_antenna(family: str) -> None:
    assert "antennas" in table(family, "module-info")


def test_relays_and_modems_are_outputs_of_alarms() -> None:
    relay = table("relay", "relay board, slave 2")
    assert (relay["slave"], relay["kind"]) == (2, "relay")
    assert table("sms", "AT commands")["kind"] == "sms"
    assert table("barcode_isbt128", "a label was scanned")["family"] == "barcode_isbt128"
