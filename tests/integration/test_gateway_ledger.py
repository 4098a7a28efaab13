"""The gateway and the real ledger: enrolment, approval, a day in simulated time, and a log that fsck finds clean."""

import contextlib
import json
import shutil
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware_mocks.cast import free_port
from gateway.cli import gateway as command
from ledger import fsck
from ledger.app import create_app
from ledger.append import Draft, Ledger
from ledger.clock import SimulatedClock
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.note import format_vkey
from ledger.init import make_site
from tests.support.gateway_site import EPC, Gateway, Mock, wait_for
from tests.support.serving import serving

NOON_MS = 1_772_366_400_000
SPEED = 60


@pytest.fixture
def clock_file(tmp_path: Path) -> Iterator[Path]:
    """Simulated time, sixty times as fast as real time."""
    file = tmp_path / "ledger" / "sim-clock"
    file.parent.mkdir()
    file.write_bytes(struct.pack("<q", NOON_MS))
    ended = threading.Event()

    def conduct() -> None:
        start = time.monotonic()
        with file.open("r+b", buffering=0) as shared:
            while not ended.wait(0.02):
                shared.seek(0)
                shared.write(struct.pack("<q", NOON_MS + int((time.monotonic() - start) * 1000 * SPEED)))

    conductor = threading.Thread(target=conduct)
    conductor.start()
    yield file
    ended.set()
    conductor.join()


@pytest.fixture
def site(clock_file: Path) -> Site:
    return make_site(
        Site(
            directory=clock_file.parent,
            name="demo.a9999.example",
            mode="demo",
            number=1,
            timezone="Asia/Shanghai",
            pack="cn",
            host="127.0.0.1",
            port=8080,
            simulated_clock=clock_file,
        ),
        clock=SimulatedClock(clock_file),
    ).site


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Gateway]:
    (tmp_path / "edge").mkdir()
    running = Gateway(tmp_path / "edge")
    yield running
    running.clean_up()


def configuration(site: Site, url: str, clock_file: Path) -> str:
    return f"""
[gateway]
name = "gw-centre"
origin = "{site.origin}"
[uplink]
url = "{url}"
receipt_key = "{format_vkey(site.signer("receipt").verifier)}"
[clock]
source = "simulated"
path = "{clock_file}"
[[reader]]
name = "fridge-1"
family = "m100_uhf"
port = "m100"
antennas = [{{antenna = 1, place = "place:centre/fridge-1"}}]
leave_after_seconds = 120
arrive_within_seconds = 300
[[probe]]
name = "fridge-1-air"
family = "modbus_rtu_temp"
port = "bus"
place = "place:centre/fridge-1"
measures = "air"
interval_seconds = 60
low = 200
high = 600
"""


def acknowledged(edge: Gateway, suffix: str) -> int:
    seq = edge.status()["streams"].get(f"gw-centre/1/{suffix}", {}).get("acknowledged_seq", 0)
    assert isinstance(seq, int)
    return seq


@pytest.mark.slow
def test_a_gateway_waits_for_approval_and_then_delivers_its_day(
    site: Site, clock_file: Path, edge: Gateway, mock: Callable[..., Mock]
) -> None:
    reader = mock("m100_uhf", "--link", str(edge.site / "m100"))
    mock("modbus_sht20", "--link", str(edge.site / "bus"), "--zone", "1=fridge,start=4", "--clock", str(clock_file))
    with Ledger(site, SimulatedClock(clock_file)) as ledger, serving(create_app(site, ledger, ledger.clock)) as at:
        edge.configure(configuration(site, at.address, clock_file))
        shutil.rmtree(edge.site / "keys")
        enrolled = CliRunner().invoke(command, ["enroll", "--site", str(edge.site)])
        told = json.loads(enrolled.stdout)
        edge.start()
        reader.tell(cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}])
        edge.status()
        time.sleep(2)
        assert acknowledged(edge, "c") == 0, "nobody has approved its key"
        fields = {name: told[name] for name in ("key", "vkey", "proof")} | {"producer": told["gateway"]}
        assert not isinstance(ledger.record("site", [Draft(kinds.KeyAdded, fields)]), Refused)
        wait_for(lambda: acknowledged(edge, "c") >= 2, "the arrival")
        wait_for(lambda: acknowledged(edge, "t") >= 2, "a segment of a quarter of an hour")
        assert edge.end() == 0
    assert all(stream["waiting"] == 0 for stream in edge.status()["streams"].values())
    report = fsck.examine(site)
    assert report.ok, list(fsck.describe(report))
    assert report.events > acknowledged(edge, "c") + acknowledged(edge, "t")


ALARMED = """
[alarm]
language = "en"
[[alarm.output]]
name = "lamp"
kind = "command"
command = ["/bin/sh", "-c", "cat >> {lamp}; echo >> {lamp}"]
[[alarm.step]]
outputs = ["lamp"]
"""


@contextlib.contextmanager
def served(site: Site, clock_file: Path, port: int) -> Iterator[Ledger]:
    """The ledger at work, behind HTTP."""
    with Ledger(site, SimulatedClock(clock_file)) as ledger, serving(create_app(site, ledger, ledger.clock), port):
        yield ledger


def put(site: Site, *, into: Path, away: Path | None) -> None:
    """Copy the ledger's files `into` a folder, from the site's or from where they were put `away`."""
    source = site.directory if away is None else away
    into.mkdir(exist_ok=True)
    for name in ("ledger.db", "ledger.seal", "signed-head"):
        shutil.copy(source / name, into / name)


def sounded(lamp: Path, phase: str) -> bool:
    """Whether the lamp was told of the ledger's refusal in this phase."""
    lines = lamp.read_text().splitlines() if lamp.exists() else []
    said = [json.loads(line) for line in lines if line]
    return any((each["phase"], each["cause"]) == (phase, "ledger_refused") for each in said)


@pytest.mark.slow
def test_a_ledger_that_went_back_sounds_at_the_gateway_and_nothing_is_lost(
    site: Site, clock_file: Path, edge: Gateway, mock: Callable[..., Mock], tmp_path: Path
) -> None:
    reader = mock("m100_uhf", "--link", str(edge.site / "m100"))
    mock("modbus_sht20", "--link", str(edge.site / "bus"), "--zone", "1=fridge,start=4", "--clock", str(clock_file))
    lamp, port = edge.site / "lamp.log", free_port()
    edge.configure(configuration(site, f"http://127.0.0.1:{port}", clock_file) + ALARMED.format(lamp=lamp))
    shutil.rmtree(edge.site / "keys")
    told = json.loads(CliRunner().invoke(command, ["enroll", "--site", str(edge.site)]).stdout)

    with served(site, clock_file, port) as ledger:
        fields = {name: told[name] for name in ("key", "vkey", "proof")} | {"producer": told["gateway"]}
        assert not isinstance(ledger.record("site", [Draft(kinds.KeyAdded, fields)]), Refused)
        edge.start()
        wait_for(lambda: acknowledged(edge, "c") >= 1, "the start")
    put(site, into=tmp_path / "old", away=None)
    before = acknowledged(edge, "c")
    with served(site, clock_file, port):
        reader.tell(cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}])
        wait_for(lambda: acknowledged(edge, "c") > before, "the arrival")
    put(site, into=tmp_path / "right", away=None)
    acknowledged_then = acknowledged(edge, "c")
    put(site, into=site.directory, away=tmp_path / "old")
    with served(site, clock_file, port):
        reader.tell(cmd="field", tags=[])
        wait_for(lambda: sounded(lamp, "raised"), "the alarm")
        (alarm,) = edge.status()["alarms"]
        assert alarm.startswith("ledger_went_back: the ledger stands still: a receipt was given"), alarm
        assert acknowledged(edge, "c") == acknowledged_then
    put(site, into=site.directory, away=tmp_path / "right")
    with served(site, clock_file, port):
        wait_for(lambda: sounded(lamp, "over"), "the end of the alarm")
        wait_for(lambda: acknowledged(edge, "c") > acknowledged_then, "what had waited")
        assert edge.end() == 0
    assert all(stream["waiting"] == 0 for stream in edge.status()["streams"].values())
    report = fsck.examine(site)
    assert report.ok, list(fsck.describe(report))
