"""What a configuration says of each port, and the tables with which no gateway could start."""

from pathlib import Path

import pytest

from gateway import config
from gateway.doctor import expected
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY

SETTINGS = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "http://127.0.0.1"
receipt_key = "{RECEIPT_VKEY}"
[mqtt]
host = "127.0.0.1"
username = "gw"
password_file = "nowhere"
"""


def reader(name: str, family: str, where: str, more: str = "") -> str:
    place = f'antennas = [{{antenna = 1, place = "place:centre/{name}"}}]'
    return f'[[reader]]\nname = "{name}"\nfamily = "{family}"\n{where}\n{place}\n{more}\n'


def probe(name: str, slave: int) -> str:
    return (
        f'[[probe]]\nname = "{name}"\nfamily = "modbus_rtu_temp"\nport = "/dev/bus"\nslave = {slave}\n'
        f'place = "place:centre/{name}"\nmeasures = "air"\n'
    )


def parsed(*tables: str) -> config.Config:
    return config.parse((SETTINGS + "".join(tables)).encode(), Path("/"))


def test_a_device_that_no_gateway_could_start_with_is_told_and_the_others_are_looked_at() -> None:
    good, topic = reader("a", "m100_uhf", 'port = "/dev/a"'), reader("t", "zebra_fx_mqtt", 'topic = "fx/+"')
    unknown, deaf = reader("b", "acme_uhf", 'port = "/dev/b"'), reader("c", "m100_uhf", 'topic = "c"')
    found, findings = expected.sound(parsed(good, unknown, deaf, topic))
    assert [each.name for each in found.readers] == ["a", "t"]
    assert [each.name for each in findings] == ["device-bad", "device-bad"]
    assert "b.family: expected one of" in findings[0].said("en")
    assert "c.family: expected a family that speaks MQTT" in findings[1].said("zh")
    assert found.mqtt is not None
    assert found.mqtt.username == "gw"


def test_each_port_has_its_family_its_speed_and_its_slaves() -> None:
    chafon = reader("d", "chafon_crc_uhf", 'port = "/dev/d"', "baud = 115200")
    feig = reader("e", "hf_iso15693", 'port = "/dev/e"')
    network = reader("f", "llrp", 'port = "tcp://10.0.0.7"')
    relay = '[[alarm.output]]\nname = "horn"\nkind = "relay"\nport = "/dev/horn"\n'
    told = expected.of_ports(parsed(chafon, feig, network, probe("p1", 1), probe("p2", 2), relay))
    spoken = {port: (each.family, each.baud, each.parity) for port, each in told.items()}
    assert spoken == {
        "/dev/d": ("chafon_crc_uhf", 115200, "N"),
        "/dev/e": ("hf_iso15693", 38400, "E"),
        "tcp://10.0.0.7": ("llrp", 0, "N"),
        "/dev/bus": ("modbus_rtu_temp", 9600, "N"),
        "/dev/horn": ("relay", 9600, "N"),
    }
    assert [each.name for each in told["/dev/bus"].probes] == ["p1", "p2"]
    assert all(each.driven is None for each in told.values())


def test_a_device_of_a_driver_is_spoken_with_as_its_driver_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[xuemai.devices]\nacme_probe = tests.support.acme_probe:DRIVER\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    acme = '[[probe]]\nname = "g"\nfamily = "acme_probe"\nport = "/dev/g"\nplace = "place:a"\nmeasures = "air"\n'
    told = expected.of_ports(parsed(acme))["/dev/g"]
    assert (told.family, told.baud) == ("acme_probe", 19200)
    assert told.driven is not None
