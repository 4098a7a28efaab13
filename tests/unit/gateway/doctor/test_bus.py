"""The probes of a Modbus line under examination, at a real pseudo-terminal."""

import re
from pathlib import Path

import pytest

from gateway import config
from gateway.config import ProbeSettings
from gateway.doctor import bus
from gateway.wire.modbus_rtu_temp.crc import crc16
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY
from tests.support.gateway_site import Mock
from tests.support.pty_device import device

SETTINGS = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "http://127.0.0.1"
receipt_key = "{RECEIPT_VKEY}"
"""


def probe(name: str, slave: int, more: str = "") -> str:
    return (
        f'[[probe]]\nname = "{name}"\nfamily = "modbus_rtu_temp"\nport = "/bus"\nslave = {slave}\n'
        f'place = "place:centre/{name}"\nmeasures = "air"\nlow = 200\nhigh = 600\n{more}\n'
    )


def probes(*tables: str) -> tuple[ProbeSettings, ...]:
    return config.parse((SETTINGS + "".join(tables)).encode(), Path("/")).probes


def test_each_probe_is_asked_as_configured_and_who_is_mute_is_named(tmp_path: Path) -> None:
    mock = Mock(
        "modbus_sht20", "--link", str(tmp_path / "bus"), "--zone", "1=fridge,start=4", "--zone", "3=fridge,start=4"
    )
    try:
        found = bus.roll_call(str(tmp_path / "bus"), 9600, probes(probe("a", 1), probe("b", 2), probe("c", 3)))
        alone = bus.roll_call(str(tmp_path / "bus"), 9600, probes(probe("b", 2)))
    finally:
        mock.end()
    assert [(each.name, each.values["device"]) for each in found] == [
        ("probe-good", "a"),
        ("probe-mute", "b"),
        ("probe-good", "c"),
    ]
    assert re.fullmatch(r"[34](\.\d)?", found[0].values["celsius"])
    assert found[1].level == "fault"
    assert alone == [], "where nobody answers it is the line that has to be looked at"


@pytest.mark.parametrize(
    ("answer", "name", "told"),
    [
        ("01 04 04 00 2A 01 F4", "probe-good", "4.2"),
        ("01 04 04 01 A4 13 88", "probe-scale", "42"),
        ("01 84 02", "probe-refuses", "illegal address"),
        ("01 04 04 FF FF FF FF", "probe-ill", "not connected"),
    ],
)
def test_what_a_probe_may_answer(tmp_path: Path, answer: str, name: str, told: str) -> None:
    frame = bytes.fromhex(answer)
    with device(tmp_path / "bus", lambda asked: asked + frame + crc16(frame) if len(asked) == 8 else b""):
        (found,) = bus.roll_call(str(tmp_path / "bus"), 9600, probes(probe("a", 1)))
    assert (found.name, told in found.said("en"), told in found.said("zh")) == (name, True, True)
    assert found.level == ("ok" if name == "probe-good" else "fault")


def test_a_scale_and_a_register_map_are_the_probes_own(tmp_path: Path) -> None:
    asked: list[bytes] = []

    def humidity_first(question: bytes) -> bytes:
        asked.append(question)
        frame = bytes.fromhex("07 03 04 13 88 01 A4")
        return frame + crc16(frame)

    wanted = probes(probe("a", 7, 'registers = "humidity-first"\nscale = "hundredths"'))
    with device(tmp_path / "bus", humidity_first):
        (found,) = bus.roll_call(str(tmp_path / "bus"), 9600, wanted)
    assert (found.name, found.values["celsius"]) == ("probe-good", "4.2")
    assert asked[0][:6] == bytes.fromhex("07 03 00 00 00 02")


def test_a_cabinet_without_limits_fits_every_temperature(tmp_path: Path) -> None:
    frame = bytes.fromhex("01 04 04 01 A4 13 88")
    free = probe("a", 1).replace("low = 200\nhigh = 600\n", "")
    with device(tmp_path / "bus", lambda _asked: frame + crc16(frame)):
        assert [each.name for each in bus.roll_call(str(tmp_path / "bus"), 9600, probes(free))] == ["probe-good"]
