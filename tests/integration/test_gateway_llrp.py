"""The gateway and an LLRP reader over TCP: configured, kept alive, lost in the middle of a report, found again."""

import time
from collections.abc import Callable
from pathlib import Path

from firmware_mocks.cast import free_port
from ledger.core import kinds
from tests.support.gateway_ledger import LedgerServer, StrictLedger
from tests.support.gateway_site import EPC, Gateway, Mock, centre, edges, faulty, of_kind, wait_for


def configuration(url: str, port: int) -> str:
    return f"""{centre(url)}[[reader]]
name = "dock"
family = "llrp"
port = "tcp://127.0.0.1:{port}"
antennas = [{{antenna = 1, place = "place:centre/dock"}}, {{antenna = 2, place = "place:centre/gate"}}]
interval_seconds = 0.2
leave_after_seconds = 1.0
silent_after_seconds = 4.0
"""


def test_a_reader_on_the_network(tmp_path: Path, mock: Callable[..., Mock]) -> None:
    ledger, port = StrictLedger(), free_port()
    with LedgerServer(ledger) as server:
        gateway = Gateway(tmp_path)
        gateway.configure(configuration(server.url, port))
        try:
            reader = mock("llrp_reader", "--tcp", str(port))
            reader.tell(cmd="fault", name="refuse", count=1)
            reader.tell(cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}])
            gateway.start()
            wait_for(lambda: "device:gw-centre/dock" in faulty(ledger), "the refusal to be told")
            wait_for(lambda: edges(ledger) == ["TagArrived"], "the arrival, after the second try")
            reader.tell(cmd="fault", name="cut", count=1)
            wait_for(lambda: len(of_kind(ledger, kinds.DeviceRestored)) >= 2, "the connection to come back")
            reader.tell(cmd="antenna", antenna=1, connected=False)
            wait_for(lambda: "device:gw-centre/dock/antenna-1" in faulty(ledger), "the antenna's fault")
            time.sleep(1.5)
            assert edges(ledger) == ["TagArrived"], "whom a lost antenna does not see has not left"
            reader.tell(cmd="antenna", antenna=1, connected=True)
            reader.tell(cmd="field", tags=[])
            wait_for(lambda: edges(ledger) == ["TagArrived", "TagLeft"], "the departure, told by empty reports")
            assert reader.tell(cmd="stats")["acks"]
            assert gateway.end() == 0
        finally:
            gateway.clean_up()
    assert ledger.complaints == []
