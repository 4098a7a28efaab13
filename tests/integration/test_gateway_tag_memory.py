"""Bags on an HF shelf: what their tags remember, through a FEIG reader's own bytes, and what may go wrong with it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core import kinds
from tests.support.gateway_ledger import LedgerServer, StrictLedger
from tests.support.gateway_site import Gateway, Mock, centre, edges, of_kind, wait_for
from tests.support.golden_tagmemory import MESSAGE, memory

GOOD = memory(MESSAGE)
BAGS = {
    "ours": "E004015012340001",
    "locked": "E004015012340002",
    "blank": "E004015012340003",
    "damaged": "E004015012340004",
    "foreign": "E004015012340005",
    "patient": "E004015012340006",
    "visitor": "E007015012340007",
}
SHELF = [
    {"epc": BAGS["ours"], "memory": GOOD.hex(), "afi": 196},
    {"epc": BAGS["locked"], "memory": GOOD.hex(), "locked": list(range(28)), "afi": 196},
    {"epc": BAGS["blank"], "afi": 196},
    {"epc": BAGS["damaged"], "memory": (GOOD[:-1] + bytes((GOOD[-1] ^ 1,))).hex(), "afi": 196},
    {"epc": BAGS["foreign"], "memory": GOOD.hex(), "afi": 0},
    {"epc": BAGS["patient"], "memory": memory(b"=+02000=A99992612345600=;A99990000000000000123").hex()},
    {"epc": BAGS["visitor"], "memory": GOOD.hex()},
]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Mock]:
    mock = Mock("hf_reader", "--link", str(tmp_path / "hf"), "--answers", "once", "--seed", "7", "--baud", "0")
    yield mock
    mock.end()


@pytest.fixture
def gateway(tmp_path: Path, ledger: StrictLedger) -> Iterator[Gateway]:
    with LedgerServer(ledger) as server:
        running = Gateway(tmp_path)
        running.configure(
            f"""{centre(server.url)}[[reader]]
name = "hf"
family = "hf_iso15693"
port = "hf"
antennas = [{{antenna = 1, place = "place:centre/fridge-1"}}]
interval_seconds = 0.2
leave_after_seconds = 1.5
silent_after_seconds = 20.0
known_tags = ["E00401"]
memory = {{afi = 196}}
"""
        )
        yield running
        running.clean_up()


def memories(ledger: StrictLedger) -> dict[str, list[kinds.TagMemoryRead]]:
    found: dict[str, list[kinds.TagMemoryRead]] = {name: [] for name in BAGS}
    names = {f"tag:{uid}": name for name, uid in BAGS.items()}
    for event in of_kind(ledger, kinds.TagMemoryRead):
        assert isinstance(event, kinds.TagMemoryRead)
        found[names[event.tag]].append(event)
    return found


def test_what_the_tags_of_a_shelf_remember_reaches_the_ledger_once(
    gateway: Gateway, ledger: StrictLedger, reader: Mock
) -> None:
    reader.tell(cmd="field", tags=SHELF)
    gateway.start()
    known = [name for name in BAGS if name != "visitor"]
    wait_for(lambda: all(memories(ledger)[name] for name in known), "every bag's memory")
    found = {name: memories(ledger)[name][0] for name in known}
    outcomes = {name: each.outcome for name, each in found.items()}
    assert outcomes == dict.fromkeys(known, "read") | {"blank": "blank", "patient": "unreadable"}
    says = found["ours"].says
    assert says is not None
    assert (says.din, says.product, says.abo, says.rhd) == ("din:A999926123456", "E0382V00", "O", "positive")
    assert (found["ours"].crc, found["damaged"].crc) == ("holds", "differs")
    assert (found["ours"].protection, found["locked"].protection) == ("unlocked", "locked")
    assert (found["ours"].reason, found["foreign"].reason) == (None, "expected AFI C4, came 00")
    assert found["patient"].withheld is not None
    assert "A99990000" not in str(found["patient"])
    assert found["ours"].place == "place:centre/fridge-1"
    # A restart tells nothing again, and a bag that was away is told anew.
    assert gateway.end() == 0
    reader.tell(cmd="replug")
    gateway.start()
    reader.tell(cmd="field", tags=[each for each in SHELF if each["epc"] != BAGS["ours"]])
    wait_for(lambda: edges(ledger, BAGS["ours"]) == ["TagArrived", "TagLeft"], "its departure")
    reader.tell(cmd="field", tags=SHELF)
    wait_for(lambda: len(memories(ledger)["ours"]) == 2, "its return")
    assert gateway.end() == 0
    assert {name: len(events) for name, events in memories(ledger).items()} == {
        **dict.fromkeys(BAGS, 1), "ours": 2, "visitor": 0,
    }  # fmt: skip
    assert ledger.complaints == []


def test_a_tag_that_leaves_while_it_is_read_is_told_as_not_read(
    gateway: Gateway, ledger: StrictLedger, reader: Mock
) -> None:
    reader.tell(cmd="field", tags=SHELF[:1])
    reader.tell(cmd="fault", name="lost-tag", seconds=30)
    gateway.start()
    wait_for(lambda: memories(ledger)["ours"], "why it was not read")
    (event,) = memories(ledger)["ours"]
    assert event.outcome == "not_read"
    assert event.reason is not None
    assert "the tag did not answer" in event.reason
    assert edges(ledger, BAGS["ours"]) == ["TagArrived"], "it is there all the same"
    assert gateway.end() == 0
    assert ledger.complaints == []


def tag(gateway: Gateway, *words: str) -> subprocess.CompletedProcess[str]:
    """`xuemai gateway tag`, in a process of its own."""
    code = "from gateway.cli import gateway; gateway()"
    asked = [sys.executable, "-c", code, "tag", *words, "--site", str(gateway.site)]
    return subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)


def test_a_tag_is_written_at_the_desk_and_read_on_the_shelf(
    gateway: Gateway, ledger: StrictLedger, reader: Mock
) -> None:
    reader.tell(cmd="field", tags=[{"epc": BAGS["blank"]}])
    done = tag(gateway, "write", MESSAGE.decode(), "--lock")
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout)
    assert (written["tag"], written["crc"], written["protection"], written["afi"]) == (
        BAGS["blank"],
        "holds",
        "locked",
        196,
    )
    reader.tell(cmd="replug")
    other = tag(gateway, "write", MESSAGE.decode().replace("E0382V00", "E0701V00"))
    assert (other.returncode, "it holds the message of A999926123456 E0382V00" in other.stderr) == (1, True)
    reader.tell(cmd="replug")
    gateway.start()
    wait_for(lambda: memories(ledger)["blank"], "what was written")
    (event,) = memories(ledger)["blank"]
    assert event.says is not None
    assert (event.says.din, event.crc, event.protection) == ("din:A999926123456", "holds", "locked")
    busy = tag(gateway, "read")
    assert (busy.returncode, "Does a gateway have it?" in busy.stderr) == (1, True)
    assert gateway.end() == 0
    assert ledger.complaints == []
