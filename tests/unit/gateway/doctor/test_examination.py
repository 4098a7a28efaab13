"""`xuemai gateway doctor` as a person sees it."""

import json
import os
from pathlib import Path

from click.testing import CliRunner

from firmware_mocks.cast import free_port
from firmware_mocks.tasmota import rom_of
from gateway.cli import gateway
from gateway.doctor import examination
from gateway.doctor.examination import Wanted
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY
from tests.support.gateway_site import Mock
from tests.support.processes import pty_link
from tests.support.pty_device import device

INFO = bytes.fromhex("BB 01 03 00 10 00 4D 31 30 30 20 32 36 64 42 6D 20 56 31 2E 30 92 7E")
COLD = bytes.fromhex("01 04 04 01 31 02 22 2A CE")
CONFIGURED = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "http://127.0.0.1:{free_port()}"
receipt_key = "{RECEIPT_VKEY}"
[[reader]]
name = "fridge-1"
family = "m100_uhf"
port = "port"
antennas = [{{antenna = 1, place = "place:centre/fridge-1"}}]
"""

ON_A_BROKER = """
[mqtt]
host = "127.0.0.1"
port = {port}
[[probe]]
name = "fridge-9"
family = "mqtt_temperature"
topic = "tele/fridge/+"
place = "place:centre/fridge-9"
measures = "air"
[[probe]]
name = "fridge-8"
family = "mqtt_temperature"
topic = "tele/other/+"
place = "place:centre/fridge-8"
measures = "air"
"""


def test_an_unknown_device_is_named_and_proposed(tmp_path: Path) -> None:
    with device(tmp_path / "port", lambda asked: INFO if asked[:3] == b"\xbb\x00\x03" else b""):
        said = CliRunner().invoke(
            gateway, ["doctor", "--site", str(tmp_path), "--port", str(tmp_path / "port"), "--language", "zh"]
        )
    assert f"✓ {tmp_path}/port：m100_uhf 在 115200 8N1 应答" in said.output
    assert "此处还没有 gateway.toml" in said.output
    assert 'family = "m100_uhf"' in said.output
    assert said.exit_code == 0, said.output


def test_swapped_cables_are_a_fault_and_nothing_is_proposed(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(CONFIGURED)
    with device(tmp_path / "port", lambda asked: COLD if asked[:2] == b"\x01\x04" else b""):
        said = CliRunner().invoke(
            gateway, ["doctor", "--site", str(tmp_path), "--port", str(tmp_path / "port"), "--json"]
        )
    told = json.loads(said.output)
    swapped = next(each for each in told["findings"] if each["name"] == "port-other")
    assert "gateway.toml says m100_uhf, but modbus_rtu_temp answers" in swapped["said"]
    assert (told["proposals"], said.exit_code) == ([], 1)


def test_a_configured_port_that_is_gone_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(CONFIGURED)
    report = examination.examine(tmp_path, Wanted())
    gone = [each for each in report.findings if each.name == "port-gone"]
    assert [each.values["port"] for each in gone] == [str(tmp_path / "port")]
    assert not report.is_well


def test_a_port_by_number_is_warned_of_and_a_plug_that_is_out_is_named(tmp_path: Path) -> None:
    wanted = Wanted(ports=("/dev/ttyUSB77", "usb:dead:beef:1"))
    report = examination.examine(tmp_path, wanted)
    said = {each.name: each.values["port"] for each in report.findings if "port" in each.values}
    assert said == {"port-numbered": "/dev/ttyUSB77", "port-gone": "/dev/ttyUSB77", "port-lost": "usb:dead:beef:1"}


def test_a_configuration_with_a_mistake_is_told_and_the_rest_looked_at(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(CONFIGURED.replace("m100_uhf", "m100_uhf\nlow"))
    names = [each.name for each in examination.examine(tmp_path, Wanted(ports=("/gone",))).findings]
    assert names[0] == "config-bad"
    assert "port-gone" in names


def test_a_table_that_no_gateway_could_start_with_is_told_and_the_rest_looked_at(tmp_path: Path) -> None:
    more = CONFIGURED[CONFIGURED.index("[[reader]]") :].replace("fridge-1", "fridge-2").replace("m100_uhf", "acme")
    (tmp_path / "gateway.toml").write_text(CONFIGURED + more.replace('"port"', '"other"'))
    report = examination.examine(tmp_path, Wanted())
    said = {each.name: each.said("en") for each in report.findings}
    assert "fridge-2.family: expected one of" in said["device-bad"]
    assert "port-gone" in said, "the other reader's port is looked at"


def test_a_broker_is_looked_at_and_who_speaks_there_is_proposed(tmp_path: Path) -> None:
    port = free_port()
    broker = Mock("broker", "--port", str(port), "--store", str(tmp_path / "broker"))
    thermometer = Mock("tasmota", "--port", str(port), "--every", "0.2", "--zone", "fridge=fridge,start=4")
    try:
        said = CliRunner().invoke(
            gateway, ["doctor", "--site", str(tmp_path), "--broker", f"127.0.0.1:{port}", "--listen", "1.5", "--json"]
        )
        (tmp_path / "gateway.toml").write_text(CONFIGURED + ON_A_BROKER.format(port=port))
        configured = examination.examine(tmp_path, Wanted(listen_seconds=1.5))
        one_port = examination.examine(tmp_path, Wanted(ports=("/gone",)))
    finally:
        thermometer.end()
        broker.end()
    told = json.loads(said.output)
    names = [each["name"] for each in told["findings"]]
    assert ("broker-good" in names, "topic-unknown" in names) == (True, True)
    assert "[mqtt]" in told["proposals"]
    assert f'sensor = "{rom_of("fridge")}"' in told["proposals"]
    found = {each.name: each for each in configured.findings}
    assert found["topic-heard"].values["device"] == "fridge-9"
    assert found["topic-silent"].values["device"] == "fridge-8"
    assert "topic-unknown" not in found
    assert "broker-good" not in {each.name for each in one_port.findings}, "only that port was asked for"


def test_where_nothing_may_be_written_nothing_is(tmp_path: Path) -> None:
    with pty_link(tmp_path / "port") as ours:
        report = examination.examine(tmp_path, Wanted((str(tmp_path / "port"),), questions="none"))
        assert "port-unasked" in [each.name for each in report.findings]
        os.set_blocking(ours, False)
        try:
            written = os.read(ours, 100)
        except BlockingIOError:
            written = b""
    assert written == b""
