"""The centre is away and a fridge is warm: the gateway sounds on the spot, really, until a person comes."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from firmware_mocks.cast import free_port
from ledger.core import kinds
from tests.support.gateway_ledger import LedgerServer, StrictLedger
from tests.support.gateway_site import Gateway, Mock, centre, faulty, of_kind, wait_for
from tests.support.processes import fetch

NURSE = "person:" + "ab" * 16
DUTY = "+8613800000000"


@pytest.fixture
def ports() -> tuple[int, int, int]:
    """Of the ledger, the broker and the local page."""
    return free_port(), free_port(), free_port()


@pytest.fixture
def gateway(tmp_path: Path, ports: tuple[int, int, int]) -> Iterator[Gateway]:
    ring = tmp_path / "ring"
    ring.write_text(f'#!/bin/sh\ncat >> "{tmp_path}/rung"\ntest ! -e "{tmp_path}/broken"\n')
    ring.chmod(0o700)
    running = Gateway(tmp_path)
    running.configure(
        f"""{centre(f"http://127.0.0.1:{ports[0]}")}[mqtt]
host = "127.0.0.1"
port = {ports[1]}
[page]
port = {ports[2]}
[alarm]
repeat_seconds = 0
check_seconds = 1
free_mb = 0
[[alarm.output]]
name = "bell"
kind = "command"
command = ["{ring}"]
[[alarm.output]]
name = "horn"
kind = "relay"
port = "relay"
[[alarm.output]]
name = "duty"
kind = "sms"
port = "modem"
numbers = ["{DUTY}"]
[[alarm.output]]
name = "wall"
kind = "mqtt"
topic = "xuemai/alarm"
[[alarm.step]]
outputs = ["bell"]
causes = ["excursion"]
[[alarm.step]]
after_seconds = 1000
outputs = ["horn", "duty", "wall"]
causes = ["excursion"]
[[scanner]]
name = "desk"
port = "scanner"
place = "place:centre/desk"
[[probe]]
name = "fridge-1-air"
family = "modbus_rtu_temp"
port = "bus"
place = "place:centre/fridge-1"
measures = "air"
interval_seconds = 0.5
low = 200
high = 600
"""
    )
    yield running
    running.clean_up()


class Listener:
    """What stands, retained, below a topic of a broker."""

    def __init__(self, port: int) -> None:
        self.said: dict[str, dict[str, object]] = {}
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", port)
        self.client.subscribe("xuemai/alarm/#")
        self.client.loop_start()

    def _take(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        del client, userdata
        self.said[message.topic] = json.loads(message.payload)

    def end(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def page(port: int) -> str:
    return fetch(f"http://127.0.0.1:{port}/?lang=zh").body.decode()


def sent(modem: Mock) -> list[dict[str, str]]:
    messages = modem.tell(cmd="sent")["sent"]
    assert isinstance(messages, list)
    return messages


def raised(gateway: Gateway) -> list[str]:
    """When the excursions that the status shows were raised."""
    return [each["raised"] for each in gateway.status()["sounding"] if each["cause"] == "excursion"]


def test_a_warm_fridge_sounds_on_the_spot_until_a_person_scans_a_card(
    gateway: Gateway, mock: Callable[..., Mock], ports: tuple[int, int, int]
) -> None:
    site = gateway.site
    (site / "broken").touch()
    mock("broker", "--port", str(ports[1]), "--store", str(site / "broker"))
    mock("modbus_sht20", "--link", str(site / "bus"), "--zone", "1=fridge,start=12")
    relay = mock("modbus_relay", "--link", str(site / "relay"))
    modem = mock("sms_modem", "--link", str(site / "modem"))
    scanner = mock("barcode_scanner", "--link", str(site / "scanner"))
    listener = Listener(ports[1])
    gateway.start()

    # The bell does not work, so nobody waits a thousand seconds for the next step.
    wait_for(lambda: relay.tell(cmd="coils")["on"] == [0], "the horn")
    wait_for(lambda: sent(modem), "the message")
    wait_for(lambda: listener.said, "the wall display")
    message = sent(modem)[0]
    assert message["number"] == DUTY
    assert message["text"].startswith("血脉报警 超温 centre/fridge-1 fridge-1-air")
    assert '"cause":"excursion"' in (site / "rung").read_text()
    topic = "xuemai/alarm/excursion/gw-centre/fridge-1-air"
    assert listener.said[topic]["phase"] == "raised"
    wait_for(lambda: "程序退出码为 1（应为 0）" in page(ports[2]), "the bell's fault on the page")
    assert "尚无人确认" in page(ports[2])

    scanner.tell(cmd="scan", text=f"XUEMAI ACK {NURSE[7:]}")
    wait_for(lambda: relay.tell(cmd="coils")["on"] == [], "silence")
    wait_for(lambda: listener.said[topic]["phase"] == "acknowledged", "the wall display to know")
    assert len(sent(modem)) == 1
    listener.end()

    learns_of_it_all(gateway, ports[0])
    assert DUTY[3:] not in (site / "gateway.log").read_text() + (site / "status.json").read_text()


def learns_of_it_all(gateway: Gateway, port: int) -> None:
    """Days later the centre is back."""
    ledger = StrictLedger()
    with LedgerServer(ledger, port):
        wait_for(lambda: of_kind(ledger, kinds.AlarmAcknowledged), "the log to say who took charge")
        assert gateway.end() == 0
    assert ledger.complaints == []
    raised = next(each for each in of_kind(ledger, kinds.AlarmRaised) if _cause(each) == "excursion")
    taken = next(each for each in of_kind(ledger, kinds.AlarmAcknowledged) if _cause(each) == "excursion")
    assert isinstance(taken, kinds.AlarmAcknowledged)
    assert (taken.by, taken.raised, taken.way) == (NURSE, raised.time, "card")
    assert "device:gw-centre/bell" in faulty(ledger)
    assert not of_kind(ledger, kinds.ScanRefused), "a card is no label"


def _cause(event: kinds.Event) -> str:
    assert isinstance(event, kinds.AlarmRaised | kinds.AlarmAcknowledged)
    return event.cause


def test_a_killed_gateway_sounds_again_until_somebody_says_that_they_take_charge(
    gateway: Gateway, mock: Callable[..., Mock]
) -> None:
    site = gateway.site
    bus = mock("modbus_sht20", "--link", str(site / "bus"), "--zone", "1=fridge,start=12")
    gateway.start()
    wait_for((site / "rung").exists, "the bell")
    gateway.end(9)
    bus.tell(cmd="unplug")
    (site / "rung").unlink()
    gateway.start()
    wait_for((site / "rung").exists, "the bell, again")
    wait_for(lambda: raised(gateway), "the status to say so")
    first = raised(gateway)
    code = "from gateway.cli import gateway; gateway()"
    probe = "device:gw-centre/fridge-1-air"
    command = [sys.executable, "-c", code, "acknowledge", "--site", str(site), "--device", probe]
    said = subprocess.run([*command, "--by", NURSE], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert f"{NURSE} took charge: excursion" in said.stdout
    assert raised(gateway) == first
    wait_for(lambda: '"phase":"acknowledged"' in (site / "rung").read_text(), "the bell to know")
    again = subprocess.run([*command, "--by", NURSE], capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "there is none" in again.stderr
    wrong = subprocess.run([*command, "--by", "Dr Li"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, "expected a pseudonym" in wrong.stderr) == (1, True)
    assert gateway.end() == 0
