"""The gateway on a real broker: an RFID reader and a temperature sensor that publish, a broker that is killed."""

import json
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from firmware_mocks.cast import free_port
from ledger.core import kinds
from tests.support.gateway_ledger import LedgerServer, StrictLedger
from tests.support.gateway_site import EPC, Gateway, Mock, T, centre, edges, faulty, of_kind, wait_for

OTHER = "E280A9990000000000000002"
MORE_THAN_A_BROKER_OWES = 1200
"""nats-server holds back what comes after 1,024 messages without an acknowledgement, mosquitto after 20."""


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def gateway(tmp_path: Path, ledger: StrictLedger, port: int) -> Iterator[Gateway]:
    with LedgerServer(ledger) as server:
        running = Gateway(tmp_path)
        running.configure(
            f"""{centre(server.url)}[mqtt]
host = "127.0.0.1"
port = {port}
[[reader]]
name = "gate"
family = "impinj_r700_mqtt"
topic = "rfid/r700"
antennas = [{{antenna = 1, place = "place:centre/gate"}}]
interval_seconds = 0.2
leave_after_seconds = 1.0
[[probe]]
name = "fridge-1-air"
family = "mqtt_temperature"
topic = "zigbee2mqtt/fridge-1"
sensor = "fridge-1"
place = "place:centre/fridge-1"
measures = "air"
interval_seconds = 0.5
segment_seconds = 2
"""
        )
        yield running
        running.clean_up()


def test_a_reader_and_a_sensor_on_a_broker(
    gateway: Gateway, ledger: StrictLedger, mock: Callable[..., Mock], port: int
) -> None:
    site = gateway.site
    mock("broker", "--port", str(port), "--store", str(site / "broker"))
    gateway.start_and_wait(ledger)
    truth = site / "truth.jsonl"
    mock(
        "zigbee2mqtt", "--port", str(port), "--zone", "fridge-1=fridge,start=4", "--every", "0.5", "--truth", str(truth)
    )
    reader = mock("impinj_r700", "--port", str(port))
    reader.tell(cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}, {"epc": OTHER, "antenna": 1, "rssi": -50}])
    wait_for(lambda: edges(ledger) == ["TagArrived"], "the arrival")
    reader.tell(cmd="field", tags=[{"epc": OTHER, "antenna": 1, "rssi": -50}])
    wait_for(lambda: edges(ledger) == ["TagArrived", "TagLeft"], "the departure, while another tag is read")
    reader.tell(cmd="field", tags=[])
    wait_for(lambda: len(ledger.events(T)) >= 2, "segments")
    assert edges(ledger, OTHER) == ["TagArrived"], "a reader that says nothing proves no departure"
    assert gateway.end() == 0
    assert ledger.complaints == []
    segments = [each for each in ledger.events(T) if isinstance(each, kinds.TemperatureSegment)]
    read = [value for each in segments for _, value in each.readings]
    served = [json.loads(line)["centi_celsius"] for line in truth.read_text().splitlines()]
    assert read
    assert Counter(read) <= Counter(served), "no reading that was not served, and none twice"


def test_a_broker_that_dies_makes_nobody_leave(
    gateway: Gateway, ledger: StrictLedger, mock: Callable[..., Mock], port: int
) -> None:
    site = gateway.site
    broker = mock("broker", "--port", str(port), "--store", str(site / "broker"))
    gateway.start_and_wait(ledger)
    reader = mock("impinj_r700", "--port", str(port))
    reader.tell(cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}])
    wait_for(lambda: edges(ledger) == ["TagArrived"], "the arrival")
    broker.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "device:gw-centre/gate" in faulty(ledger), "the fault")
    assert "the connection to the broker is lost" in {each.reason for each in of_kind(ledger, kinds.DeviceFault)}
    mock("broker", "--port", str(port), "--store", str(site / "broker"))
    wait_for(lambda: of_kind(ledger, kinds.DeviceRestored), "the recovery")
    assert edges(ledger) == ["TagArrived"]
    assert gateway.end() == 0
    assert ledger.complaints == []


def test_readings_that_wait_for_room_do_not_hold_up_a_tag(
    gateway: Gateway, ledger: StrictLedger, mock: Callable[..., Mock], port: int
) -> None:
    site = gateway.site
    configured = site / "gateway.toml"
    # A reserve of more than any disk has: custody is kept, readings wait, and their messages stay the broker's.
    configured.write_text(configured.read_text() + "[outbox]\nreserve_megabytes = 1000000000\n")
    mock("broker", "--port", str(port), "--store", str(site / "broker"))
    gateway.start_and_wait(ledger)
    publisher = mqtt.Client(CallbackAPIVersion.VERSION2)
    publisher.connect("127.0.0.1", port)
    publisher.loop_start()
    for number in range(MORE_THAN_A_BROKER_OWES):
        told = {"temperature": 4, "last_seen": 1_772_000_000_000 + number}
        last = publisher.publish("zigbee2mqtt/fridge-1", json.dumps(told), qos=1)
    last.wait_for_publish(30)
    publisher.disconnect()
    publisher.loop_stop()
    reader = mock("impinj_r700", "--port", str(port))
    reader.tell(cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}])
    wait_for(lambda: edges(ledger) == ["TagArrived"], "the arrival, past all the readings that wait")
    assert ledger.events(T) == []
    assert gateway.end() == 0
    assert ledger.complaints == []
