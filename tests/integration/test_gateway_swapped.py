"""Two readers whose cables were swapped behind their adapters: nothing is read under the wrong name."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.core import kinds
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY, LedgerServer, StrictLedger
from tests.support.gateway_site import Gateway, Mock, edges, faulty, of_kind, wait_for

LEFT_TAG, RIGHT_TAG = "E280A9990000000000000001", "E280A9990000000000000002"
LEFT, RIGHT = "A0-left", "A0-right"


def table(name: str) -> str:
    return f"""
[[reader]]
name = "{name}"
family = "r2000_a0_uhf"
port = "{name}"
antennas = [{{antenna = 1, place = "place:centre/{name}"}}]
interval_seconds = 0.2
leave_after_seconds = 1.0
silent_after_seconds = 3.0
"""


@pytest.fixture
def ledger() -> StrictLedger:
    return StrictLedger()


@pytest.fixture
def edge(tmp_path: Path, ledger: StrictLedger) -> Iterator[Gateway]:
    with LedgerServer(ledger) as server:
        running = Gateway(tmp_path)
        head = f'[gateway]\nname = "gw-centre"\norigin = "{ORIGIN}"\n[uplink]\nurl = "{server.url}"\n'
        running.configure(f'{head}receipt_key = "{RECEIPT_VKEY}"\n{table("left")}{table("right")}')
        yield running
        running.clean_up()


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[[str, str, str], Mock]]:
    started: list[Mock] = []

    def start(name: str, identifier: str, tag: str) -> Mock:
        reader = Mock("r2000_a0", "--link", str(tmp_path / name), "--identifier", identifier)
        reader.tell(cmd="field", tags=[{"epc": tag, "antenna": 1, "rssi": -55}])
        started.append(reader)
        return reader

    yield start
    for each in started:
        each.end()


@pytest.mark.slow
def test_swapped_readers_are_faults_until_they_are_back(
    edge: Gateway, ledger: StrictLedger, connect: Callable[[str, str, str], Mock]
) -> None:
    before = connect("left", LEFT, LEFT_TAG), connect("right", RIGHT, RIGHT_TAG)
    edge.start()
    wait_for(lambda: edges(ledger, LEFT_TAG) == edges(ledger, RIGHT_TAG) == ["TagArrived"], "both arrivals")
    for each in before:
        each.tell(cmd="unplug")
    swapped = connect("left", RIGHT, RIGHT_TAG), connect("right", LEFT, LEFT_TAG)
    both = {"device:gw-centre/left", "device:gw-centre/right"}
    wait_for(lambda: faulty(ledger) >= both, "both faults")
    time.sleep(2.5)
    assert edges(ledger, LEFT_TAG) == edges(ledger, RIGHT_TAG) == ["TagArrived"], "nobody moved, nobody left"
    assert of_kind(ledger, kinds.DeviceRestored) == []
    # What was learnt is kept across a restart.
    assert edge.end() == 0
    edge.start()
    wait_for(lambda: "another reader than before" in (edge.site / "status.json").read_text(), "the words")
    time.sleep(1.5)
    assert edges(ledger, LEFT_TAG) == ["TagArrived"]
    for each in swapped:
        each.tell(cmd="unplug")
    connect("left", LEFT, LEFT_TAG)
    connect("right", RIGHT, RIGHT_TAG)
    wait_for(lambda: {event.device for event in of_kind(ledger, kinds.DeviceRestored)} >= both, "both restored")  # type: ignore[attr-defined]
    assert edge.end() == 0
    assert edges(ledger, LEFT_TAG) == edges(ledger, RIGHT_TAG) == ["TagArrived"]
    assert ledger.complaints == []
