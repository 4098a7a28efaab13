"""Every family of serial readers at one gateway: its own bytes over its own line, with faults and pulled plugs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.core import kinds
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY, LedgerServer, StrictLedger
from tests.support.gateway_site import Gateway, Mock, edges, faulty, of_kind, wait_for


@dataclass(frozen=True)
class Station:
    """One reader: its program, its configuration, and a tag that stands before its last antenna."""

    name: str
    family: str
    program: tuple[str, ...]
    tag: str
    antenna: int = 1
    settings: str = ""

    def table(self) -> str:
        antennas = ", ".join(
            f'{{antenna = {each}, place = "place:centre/{self.name}-{each}"}}' for each in range(1, self.antenna + 1)
        )
        return f"""
[[reader]]
name = "{self.name}"
family = "{self.family}"
port = "{self.name}"
antennas = [{antennas}]
interval_seconds = 0.3
leave_after_seconds = 1.5
silent_after_seconds = 8.0
{self.settings}
"""

    def field(self) -> list[dict[str, object]]:
        return [{"epc": self.tag, "antenna": self.antenna, "rssi": -55}]


STATIONS = [
    Station("a0", "r2000_a0_uhf", ("r2000_a0",), "E280A9990000000000000011", 3, 'identity = "41302D3030303030303031"'),
    Station("m6e", "thingmagic_m6e", ("thingmagic",), "E280A9990000000000000012", 2, 'region = "eu"\npower_dbm = 23'),
    Station("chafon", "chafon_crc_uhf", ("chafon",), "E280A9990000000000000013", 2),
    Station("feig", "hf_iso15693", ("hf_reader", "--answers", "once"), "E004015012345614"),
    Station(
        "ti",
        "hf_iso15693",
        ("hf_reader", "--dialect", "ti", "--baud", "115200"),
        "E007000012345615",
        1,
        'dialect = "ti"',
    ),
]
NOISY = ("noise=0.02", "cut=0.01", "checksum=0.01", "merge=0.02", "split=0.05")


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[dict[str, Mock]]:
    """The programs, each on a noisy line with its tag in the field."""
    with ExitStack() as stack:
        running: dict[str, Mock] = {}
        for station in STATIONS:
            name, *options = station.program
            noise = [option for rate in NOISY for option in ("--fault-rate", rate)]
            # No check value can be spoilt where there is none.
            noise = noise if station.name != "ti" else []
            mock = Mock(name, "--link", str(tmp_path / station.name), "--seed", "7", *options, *noise)
            stack.callback(mock.end)
            mock.tell(cmd="field", tags=station.field())
            running[station.name] = mock
        yield running


@pytest.fixture
def gateway(tmp_path: Path, ledger: StrictLedger) -> Iterator[Gateway]:
    with LedgerServer(ledger) as server:
        running = Gateway(tmp_path)
        running.configure(
            f'[gateway]\nname = "gw-centre"\norigin = "{ORIGIN}"\n'
            f'[uplink]\nurl = "{server.url}"\nreceipt_key = "{RECEIPT_VKEY}"\n'
            + "".join(station.table() for station in STATIONS)
        )
        yield running
        running.clean_up()


def test_every_family_sees_its_tag_come_and_go_and_nobody_leaves_because_a_reader_is_ill(
    gateway: Gateway, ledger: StrictLedger, readers: dict[str, Mock]
) -> None:
    gateway.start()
    here, gone = ["TagArrived"], ["TagArrived", "TagLeft"]

    def all_are(expected: list[str]) -> Callable[[], bool]:
        return lambda: all(edges(ledger, station.tag) == expected for station in STATIONS)

    wait_for(all_are(here), "every tag")
    readers["m6e"].tell(cmd="heat", on=True)
    readers["feig"].tell(cmd="antenna", antenna=1, connected=False)
    readers["a0"].tell(cmd="antenna", antenna=3, connected=False)
    readers["chafon"].tell(cmd="antenna", antenna=2, connected=False)
    ill = {"m6e", "feig", "a0/antenna-3", "chafon/antenna-2"}
    wait_for(lambda: {f"device:gw-centre/{name}" for name in ill} <= faulty(ledger), "what is ill")
    readers["ti"].tell(cmd="unplug")
    wait_for(lambda: "device:gw-centre/ti" in faulty(ledger), "the unplugged reader")
    readers["ti"].tell(cmd="plug")
    readers["m6e"].tell(cmd="reboot")
    readers["m6e"].tell(cmd="heat", on=False)
    readers["feig"].tell(cmd="antenna", antenna=1, connected=True)
    readers["a0"].tell(cmd="antenna", antenna=3, connected=True)
    readers["chafon"].tell(cmd="antenna", antenna=2, connected=True)
    restored = {f"device:gw-centre/{name}" for name in ill | {"ti"}}
    wait_for(
        lambda: (
            restored <= {e.device for e in of_kind(ledger, kinds.DeviceRestored) if isinstance(e, kinds.DeviceRestored)}
        ),
        "all of them to work again",
    )
    assert all_are(here)(), "the tags were there all the time"
    for mock in readers.values():
        mock.tell(cmd="field", tags=[])
    wait_for(all_are(gone), "every departure")
    assert gateway.end() == 0
    assert ledger.complaints == []
    arrivals = {e.tag: e.place for e in of_kind(ledger, kinds.TagArrived) if isinstance(e, kinds.TagArrived)}
    assert arrivals == {f"tag:{each.tag}": f"place:centre/{each.name}-{each.antenna}" for each in STATIONS}
