"""What the publishing probes say, byte by byte; how they say it on a broker is the gateway's integration test."""

import json
import struct

import pytest

from firmware_mocks.esphome import EspHome
from firmware_mocks.lorawan_server import ChirpStack, TheThingsStack
from firmware_mocks.ruuvi_gateway import RuuviGateway
from firmware_mocks.tasmota import Tasmota, rom_of

AT_MS = 1_767_225_600_000


def test_tasmota_shows_local_time_and_its_unit() -> None:
    said = Tasmota(fahrenheit=True).reading("cold", 4.0, now_ms=AT_MS, count=1)
    assert said.topic == "tele/cold/SENSOR"
    content = json.loads(said.payload)
    assert content["DS18B20"] == {"Id": rom_of("cold"), "Temperature": 39.2}
    assert (content["Time"], content["TempUnit"]) == ("2026-01-01T00:00:00", "F")
    assert Tasmota(fahrenheit=False).goodbye("cold").payload == b"Offline"


def test_esphome_says_a_number_or_nan() -> None:
    assert EspHome().reading("cold", -28.5, now_ms=AT_MS, count=1).payload == b"-28.5"
    assert EspHome().reading("cold", None, now_ms=AT_MS, count=1).payload == b"nan"


@pytest.mark.parametrize(("celsius", "raw"), [(4.1, 820), (-28.5, 0x10000 - 5700), (None, 0x8000)])
def test_ruuvi_relays_data_format_5(celsius: float | None, raw: int) -> None:
    said = RuuviGateway().reading("cold", celsius, now_ms=AT_MS, count=7)
    advertised = bytes.fromhex(json.loads(said.payload)["data"])
    assert advertised[:7] == bytes.fromhex("0201061BFF9904")
    assert len(advertised) == 31
    assert struct.unpack_from(">BH", advertised, 7) == (5, raw)
    assert advertised[-8:-6] == b"\x00\x07"


def test_lorawan_servers_leave_zeros_out() -> None:
    first = json.loads(TheThingsStack().reading("cold", None, now_ms=AT_MS, count=1).payload)["uplink_message"]
    assert "f_cnt" not in first
    assert first["decoded_payload"]["TempC_DS"] == 327.67
    second = json.loads(ChirpStack().reading("cold", 4.0, now_ms=AT_MS, count=2).payload)
    assert (second["fCnt"], second["object"]["TempC_DS"]) == (1, 4.0)
