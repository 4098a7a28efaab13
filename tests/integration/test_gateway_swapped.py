"""Two readers of one make whose cables were swapped behind their adapters: nothing is read under the wrong name."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.core import kinds
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY, LedgerServer, StrictLedger
from tests.support.gateway_site import Gateway, Mock, edges, faulty, of_kind, wait_for


@dataclass(frozen=True)
class Pair:
    """Two readers of one family: on the port `…-left` belongs the first number, on `…-right` the second."""

    family: str
    program: str
    option: str
    numbers: tuple[str, str]
    tags: tuple[str, str]

    @property
    def ports(self) -> tuple[str, str]:
        return f"{self.program}-left", f"{self.program}-right"

    def tables(self) -> str:
        return "".join(
            f"""
[[reader]]
name = "{port}"
family = "{self.family}"
port = "{port}"
antennas = [{{antenna = 1, place = "place:centre/{port}"}}]
interval_seconds = 0.3
leave_after_seconds = 1.0
silent_after_seconds = 5.0
"""
            for port in self.ports
        )


PAIRS = [
    Pair(
        "r2000_a0_uhf",
        "r2000_a0",
        "--identifier",
        ("A0-left", "A0-right"),
        ("E280A9990000000000000001", "E280A9990000000000000002"),
    ),
    Pair("hf_iso15693", "hf_reader", "--number", ("00A1B2C3", "00A1B2C4"), ("E004015012345601", "E004015012345602")),
    Pair(
        "chafon_crc_uhf",
        "chafon",
        "--number",
        ("20260001", "20260002"),
        ("E280A9990000000000000003", "E280A9990000000000000004"),
    ),
    Pair(
        "thingmagic_m6e",
        "thingmagic",
        "--number",
        ("210401", "210402"),
        ("E280A9990000000000000005", "E280A9990000000000000006"),
    ),
]
TAGS = [tag for pair in PAIRS for tag in pair.tags]
ALL = {f"device:gw-centre/{port}" for pair in PAIRS for port in pair.ports}


@pytest.fixture
def edge(tmp_path: Path, ledger: StrictLedger) -> Iterator[Gateway]:
    with LedgerServer(ledger) as server:
        running = Gateway(tmp_path)
        head = f'[gateway]\nname = "gw-centre"\norigin = "{ORIGIN}"\n[uplink]\nurl = "{server.url}"\n'
        running.configure(f'{head}receipt_key = "{RECEIPT_VKEY}"\n{"".join(pair.tables() for pair in PAIRS)}')
        yield running
        running.clean_up()


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., list[Mock]]]:
    """Plug both readers of each pair in, on their own ports or on each other's, each with its own bag before it."""
    started: list[Mock] = []

    def plug_in(*, swapped: bool) -> list[Mock]:
        readers = []
        for pair in PAIRS:
            ports = reversed(pair.ports) if swapped else pair.ports
            for port, number, tag in zip(ports, pair.numbers, pair.tags, strict=True):
                reader = Mock(pair.program, "--link", str(tmp_path / port), pair.option, number)
                reader.tell(cmd="field", tags=[{"epc": tag, "antenna": 1, "rssi": -55}])
                readers.append(reader)
        started.extend(readers)
        return readers

    yield plug_in
    for each in started:
        each.end()


def nobody_moved(ledger: StrictLedger) -> bool:
    return all(edges(ledger, tag) == ["TagArrived"] for tag in TAGS)


@pytest.mark.slow
def test_swapped_readers_are_faults_until_they_are_back(
    edge: Gateway, ledger: StrictLedger, connect: Callable[..., list[Mock]]
) -> None:
    before = connect(swapped=False)
    edge.start()
    wait_for(lambda: nobody_moved(ledger), "every arrival")
    for each in before:
        each.tell(cmd="unplug")
    swapped = connect(swapped=True)
    wait_for(lambda: faulty(ledger) >= ALL, "every fault")
    time.sleep(2.5)
    assert nobody_moved(ledger), "nobody moved, nobody left"
    assert of_kind(ledger, kinds.DeviceRestored) == []
    # What was learnt is kept across a restart.
    assert edge.end() == 0
    for each in swapped:
        # A pty refuses to be opened a second time with the parity that it could not set the first time.
        each.tell(cmd="replug")
    edge.start()
    status = edge.site / "status.json"
    wait_for(lambda: status.read_text().count("another reader than before") == len(ALL), "the words")
    time.sleep(1.0)
    assert nobody_moved(ledger)
    for each in swapped:
        each.tell(cmd="unplug")
    connect(swapped=False)
    wait_for(lambda: {event.device for event in of_kind(ledger, kinds.DeviceRestored)} >= ALL, "all restored")  # type: ignore[attr-defined]
    assert edge.end() == 0
    assert nobody_moved(ledger)
    assert ledger.complaints == []
