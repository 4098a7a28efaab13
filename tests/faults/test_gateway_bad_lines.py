"""Devices that misbehave on their lines: what gets through must be true, and what does not must be told."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.core import kinds
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY, LedgerServer, StrictLedger
from tests.support.gateway_site import EPC, Gateway, Mock, T, edges, of_kind, wait_for
from tests.support.invariants import read_outbox

BAD_LINE = {"noise": 0.1, "cut": 0.04, "split": 0.1, "checksum": 0.04, "late": 0.04, "silence": 0.02}
HEAD = """
[gateway]
name = "gw-centre"
origin = "{origin}"
[uplink]
url = "{url}"
receipt_key = "{key}"
"""
BUS = """
[[probe]]
name = "cold"
family = "modbus_rtu_temp"
port = "bus"
slave = 1
place = "place:centre/fridge-1"
measures = "air"
interval_seconds = 0.3
segment_seconds = 2
[[probe]]
name = "warm"
family = "modbus_rtu_temp"
port = "bus"
slave = 2
place = "place:centre/room"
measures = "air"
interval_seconds = 0.3
segment_seconds = 2
"""
READER = """
[[reader]]
name = "fridge-1"
family = "m100_uhf"
port = "m100"
antennas = [{antenna = 1, place = "place:centre/fridge-1"}]
interval_seconds = 0.2
leave_after_seconds = 3.0
known_tags = ["E280A999"]
"""


def spooled_edges(gateway: Gateway) -> int:
    """How many arrivals and departures lie in the gateway's outbox."""
    bodies = read_outbox(gateway.site / "outbox.db").events.values()
    return sum(json.loads(body)["kind"] in {"tag_arrived", "tag_left"} for body in bodies)


@pytest.fixture
def ledger() -> StrictLedger:
    return StrictLedger()


@pytest.fixture
def mock() -> Iterator[Callable[..., Mock]]:
    started: list[Mock] = []

    def start(name: str, *options: str) -> Mock:
        started.append(Mock(name, *options))
        return started[-1]

    yield start
    for each in started:
        each.end()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    running = Gateway(tmp_path)
    yield running
    running.clean_up()


def rates(**more: float) -> list[str]:
    return [option for name, rate in (BAD_LINE | more).items() for option in ("--fault-rate", f"{name}={rate}")]


@pytest.mark.slow
def test_no_probe_ever_gets_anothers_temperature(
    gateway: Gateway, ledger: StrictLedger, mock: Callable[..., Mock]
) -> None:
    truth = gateway.site / "truth.jsonl"
    zones = ["--zone", "1=fridge,start=4", "--zone", "2=platelet_incubator,start=22"]
    bus = ["--link", str(gateway.site / "bus"), "--seed", "7", "--truth", str(truth)]
    mock("modbus_sht20", *bus, *zones, *rates(wrong_slave=0.05))
    with LedgerServer(ledger) as server:
        gateway.configure(HEAD.format(origin=ORIGIN, url=server.url, key=RECEIPT_VKEY) + BUS)
        gateway.start()
        time.sleep(18)
        assert gateway.end() == 0
    assert ledger.complaints == []
    read: dict[str, list[int]] = {"cold": [], "warm": []}
    for segment in ledger.events(T):
        assert isinstance(segment, kinds.TemperatureSegment)
        read[segment.probe.rpartition("/")[2]] += [value for _, value in segment.readings]
    served = [json.loads(line) for line in truth.read_text().splitlines()]
    for name, zone in (("cold", "1"), ("warm", "2")):
        true = {each["centi_celsius"] for each in served if each["zone"] == zone}
        assert set(read[name]) <= true
        assert len(read[name]) > 3
    assert any(each["fault"] for each in served), "the line was bad indeed"


@pytest.mark.slow
def test_a_reader_on_a_bad_line_makes_no_tag_flicker_and_invents_none(
    gateway: Gateway, ledger: StrictLedger, mock: Callable[..., Mock]
) -> None:
    noisy = rates(ghost=0.1, flicker=0.2, duplicate=0.05, merge=0.05)
    reader = mock("m100_uhf", "--link", str(gateway.site / "m100"), "--seed", "7", *noisy)
    others = [f"E280A99900000000000000{number:02X}" for number in range(2, 8)]
    reader.tell(cmd="field", tags=[{"epc": epc, "antenna": 1, "rssi": -55} for epc in (EPC, *others)])
    with LedgerServer(ledger) as server:
        gateway.configure(HEAD.format(origin=ORIGIN, url=server.url, key=RECEIPT_VKEY) + READER)
        gateway.start()
        wait_for(lambda: all(edges(ledger, epc) for epc in (EPC, *others)), "every arrival")
        time.sleep(6)
        reader.tell(cmd="field", tags=[{"epc": epc, "antenna": 1, "rssi": -55} for epc in others])
        wait_for(lambda: edges(ledger) == ["TagArrived", "TagLeft"], "the one departure")
        assert gateway.end() == 0
    assert ledger.complaints == []
    assert [edges(ledger, epc) for epc in others] == [["TagArrived"]] * len(others)
    arrivals = of_kind(ledger, kinds.TagArrived)
    assert len(arrivals) == 1 + len(others), "a ghost's own CRC does not fit"


@pytest.mark.slow
def test_a_gateway_that_starts_without_its_ledger_delivers_all_when_it_comes_back(
    gateway: Gateway, ledger: StrictLedger, mock: Callable[..., Mock]
) -> None:
    reader = mock("m100_uhf", "--link", str(gateway.site / "m100"))
    closed = LedgerServer(ledger)
    gateway.configure(HEAD.format(origin=ORIGIN, url=closed.url, key=RECEIPT_VKEY) + READER)
    closed._server.server_close()
    gateway.start()
    gateway.status()
    for edge_number, present in enumerate((True, False, True), 1):
        reader.tell(cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}] if present else [])
        wait_for(lambda number=edge_number: spooled_edges(gateway) == number, "the edge in the outbox")
    status = gateway.status()
    assert status["ledger"] == "unreachable"
    assert status["alarms"]
    with LedgerServer(ledger, closed.port):
        wait_for(lambda: edges(ledger) == ["TagArrived", "TagLeft", "TagArrived"], "the backlog")
        assert gateway.end() == 0
    assert ledger.complaints == []
