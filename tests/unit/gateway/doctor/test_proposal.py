"""What is proposed is a configuration, once a person has filled in what only a person knows."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace

import pytest

from gateway.doctor.handshakes import handshakes
from gateway.doctor.ports import Met
from gateway.doctor.proposal import propose, propose_broker, propose_topic
from gateway.doctor.topics import MetTopic
from gateway.wire.items import Reading, TagRead

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


@pytest.mark.parametrize("family", ["relay", "sms"])
def test_an_output_is_proposed_with_the_step_without_which_it_never_sounds(family: str) -> None:
    proposed = tomllib.loads("\n".join(propose(PORT, Met(BY_FAMILY[family], "slave 1"))))["alarm"]
    assert proposed["step"][0]["outputs"] == [proposed["output"][0]["name"]]


@pytest.mark.parametrize(
    "family", ["chafon_crc_uhf", "m100_uhf", "modbus_rtu_temp", "ds18b20_serial", "barcode_isbt128", "sms", "relay"]
)
def test_a_device_at_an_unusual_speed_is_proposed_with_it(family: str) -> None:
    met = replace(BY_FAMILY[family], baud=38400, is_usual=False)
    assert "baud = 38400" in propose(PORT, Met(met, "slave 1"))
    assert not [line for line in propose(PORT, Met(BY_FAMILY[family], "slave 1")) if line.startswith("baud")]


def test_the_dialect_of_an_hf_reader_is_proposed_by_its_name() -> None:
    assert table("hf_iso15693", "TRF7970A EVM")["dialect"] == "ti"
    assert "dialect" not in table("hf_iso15693", "firmware 1.0")


def test_topics_are_proposed_with_their_antennas_and_sensors() -> None:
    tags = (TagRead("AA", 3), TagRead("BB", 1), TagRead("CC", 3))
    (reader,) = tomllib.loads("\n".join(propose_topic(MetTopic("rfid/gate", "impinj_r700_mqtt", tags))))["reader"]
    assert (reader["family"], reader["topic"], reader["name"]) == ("impinj_r700_mqtt", "rfid/gate", "reader-rfid-gate")
    assert [each["antenna"] for each in reader["antennas"]] == [1, 3]
    readings = (Reading("b", 420), Reading("a", 410), Reading("b", 430))
    probes = tomllib.loads("\n".join(propose_topic(MetTopic("tele/x/SENSOR", "mqtt_temperature", readings))))["probe"]
    assert [(each["sensor"], each["topic"]) for each in probes] == [("a", "tele/x/SENSOR"), ("b", "tele/x/SENSOR")]
    assert probes[0]["name"] != probes[1]["name"]


def test_a_broker_is_proposed_where_it_was_found() -> None:
    assert tomllib.loads("\n".join(propose_broker("box", 1883))) == {"mqtt": {"host": "box"}}
    assert tomllib.loads("\n".join(propose_broker("box", 8883))) == {"mqtt": {"host": "box", "port": 8883}}
