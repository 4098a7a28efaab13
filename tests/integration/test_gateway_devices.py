"""The gateway as a process, between devices in software on real pseudo-terminals and a strict ledger over HTTP."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.core import kinds
from tests.support.gateway_ledger import LedgerServer, StrictLedger
from tests.support.gateway_site import EPC, Gateway, Mock, T, centre, edges, faulty, of_kind, wait_for

STRANGER = "300833B2DDD9014000000000"


@pytest.fixture
def gateway(tmp_path: Path, server: LedgerServer) -> Iterator[Gateway]:
    running = Gateway(tmp_path)
    running.configure(
        f"""{centre(server.url)}[[reader]]
name = "fridge-1"
family = "m100_uhf"
port = "m100"
antennas = [{{antenna = 1, place = "place:centre/fridge-1"}}]
interval_seconds = 0.2
leave_after_seconds = 1.0
silent_after_seconds = 3.0
known_tags = ["E280A999"]
[[scanner]]
name = "desk"
port = "scanner"
place = "place:centre/desk"
[[probe]]
name = "fridge-1-air"
family = "modbus_rtu_temp"
port = "bus"
slave = 1
place = "place:centre/fridge-1"
measures = "air"
interval_seconds = 0.5
segment_seconds = 2
low = 200
high = 600
[[probe]]
name = "fridge-2-air"
family = "modbus_rtu_temp"
port = "bus"
slave = 2
place = "place:centre/fridge-2"
measures = "air"
interval_seconds = 0.5
segment_seconds = 2
low = 200
high = 600
"""
    )
    yield running
    running.clean_up()


def test_from_the_bytes_of_four_devices_to_receipts(
    gateway: Gateway, ledger: StrictLedger, mock: Callable[..., Mock]
) -> None:
    site = gateway.site
    reader = mock("m100_uhf", "--link", str(site / "m100"))
    bus = mock("modbus_sht20", "--link", str(site / "bus"), "--zone", "1=fridge,start=4", "--zone", "2=fridge,start=12")
    scanner = mock("barcode_scanner", "--link", str(site / "scanner"))
    gateway.start_and_wait(ledger)
    reader.tell(
        cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}, {"epc": STRANGER, "antenna": 1, "rssi": -60}]
    )
    wait_for(lambda: edges(ledger) == ["TagArrived"], "the arrival")
    wait_for(lambda: of_kind(ledger, kinds.UnknownTagSeen), "the stranger")
    scanner.tell(cmd="scan", text="=A99992612345600")
    wait_for(lambda: of_kind(ledger, kinds.LabelScanned), "the scan")
    wait_for(lambda: of_kind(ledger, kinds.Excursion), "the warm fridge")
    reader.tell(cmd="field", tags=[])
    wait_for(lambda: edges(ledger) == ["TagArrived", "TagLeft"], "the departure")
    wait_for(lambda: len(ledger.events(T)) > 3, "segments")
    stats = bus.tell(cmd="stats")
    assert gateway.end() == 0

    assert ledger.complaints == []
    excursion = of_kind(ledger, kinds.Excursion)[0]
    assert isinstance(excursion, kinds.Excursion)
    assert (excursion.probe, excursion.limit) == ("probe:gw-centre/fridge-2-air", "high")
    assert len(of_kind(ledger, kinds.UnknownTagSeen)) == 1
    status = gateway.status()
    kept = {device["name"]: device["counts"] for device in status["devices"]}
    segments = [event for event in ledger.events(T) if isinstance(event, kinds.TemperatureSegment)]
    for name in ("fridge-1-air", "fridge-2-air"):
        in_segments = sum(len(each.readings) for each in segments if each.probe == f"probe:gw-centre/{name}")
        assert in_segments == kept[name]["kept"] > 0, (name, stats)
    assert all(stream["waiting"] == stream["unsealed"] == 0 for stream in status["streams"].values())


@pytest.mark.slow
def test_an_unplugged_reader_makes_nobody_leave(
    gateway: Gateway, ledger: StrictLedger, mock: Callable[..., Mock]
) -> None:
    reader = mock("m100_uhf", "--link", str(gateway.site / "m100"))
    reader.tell(cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}])
    gateway.start()
    wait_for(lambda: edges(ledger) == ["TagArrived"], "the arrival")
    reader.tell(cmd="unplug")
    wait_for(lambda: "device:gw-centre/fridge-1" in faulty(ledger), "the fault")
    time.sleep(2.5)
    reader.tell(cmd="plug")
    wait_for(lambda: of_kind(ledger, kinds.DeviceRestored), "the recovery")
    time.sleep(1.5)
    assert edges(ledger) == ["TagArrived"], "the tag was there all the time"
    reader.tell(cmd="replug")
    reader.tell(cmd="field", tags=[])
    wait_for(lambda: edges(ledger) == ["TagArrived", "TagLeft"], "the departure, seen on the new port")
    assert gateway.end() == 0
    assert ledger.complaints == []


def test_a_killed_gateway_goes_on_where_it_was(
    gateway: Gateway, ledger: StrictLedger, mock: Callable[..., Mock]
) -> None:
    reader = mock("m100_uhf", "--link", str(gateway.site / "m100"))
    reader.tell(cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}])
    gateway.start()
    wait_for(lambda: edges(ledger) == ["TagArrived"], "the arrival")
    gateway.end(signal.SIGKILL)
    gateway.start()
    wait_for(lambda: of_kind(ledger, kinds.Gap), "the gap")
    time.sleep(1.5)
    assert edges(ledger) == ["TagArrived"], "it is the same presence"
    reader.tell(cmd="field", tags=[])
    wait_for(lambda: edges(ledger) == ["TagArrived", "TagLeft"], "the departure")
    assert gateway.end() == 0
    assert ledger.complaints == []
