"""From vein to patient over whatever link: perfect, byte by byte, a fifth lost, half a second late.

The same story is told four times, with a reader, a scanner and a probe in software on real lines, a real gateway, and a
relay between it and a real ledger. Whatever the weather, the ledger says the same of the unit: nothing is lost, nothing
is there twice, and everything verifies.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from firmware_mocks.children import Device
from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import format_instant
from tests.support import invariants, sites
from tests.support.processes import device, ending, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

DIN = "A999926123456"
WHOLE, RED = f"unit:{DIN}.E0001V00", f"unit:{DIN}.E0382V00"
EPC = "E280A9990000000000000001"
NOTE = "consignment:D-1"
DONOR, PATIENT, NURSE = ("person:" + letter * 32 for letter in "dab")
DEVICES = """
[[reader]]
name = "shelf"
family = "m100_uhf"
port = "m100"
antennas = [{antenna = 1, place = "place:centre/fridge-1"}]
interval_seconds = 0.2
leave_after_seconds = 2
silent_after_seconds = 10
[[scanner]]
name = "desk"
port = "scanner"
place = "place:centre/bench"
[[probe]]
name = "air"
family = "modbus_rtu_temp"
port = "bus"
place = "place:centre/fridge-1"
measures = "air"
interval_seconds = 1
low = 200
high = 600
"""


@dataclass(frozen=True)
class Weather:
    """What the devices' lines and the network do.

    Attributes:
        name: the relay's weather.
        baud: of the devices' lines, for byte times; 0 sends at once.
        faults: faults on the devices' lines, and how likely each is.
        late_seconds: how late a late frame is.
    """

    name: str
    baud: int = 0
    faults: tuple[str, ...] = ()
    late_seconds: float = 0.5

    def options(self, link: Path) -> list[str]:
        """Of a device's program."""
        rates = [option for fault in self.faults for option in ("--fault-rate", fault)]
        line = {"--link": str(link), "--baud": str(self.baud), "--late-seconds": str(self.late_seconds), "--seed": "7"}
        return [*(word for option in line.items() for word in option), *rates]


PERFECT = Weather("perfect")
BYTES = Weather("bytes", baud=2400)
LOSSY = Weather("lossy", faults=("silence=0.2", "noise=0.1", "cut=0.1", "duplicate=0.1"))
DELAYED = Weather("delayed", faults=("late=1",), late_seconds=0.15)


@contextlib.contextmanager
def relay(weather: Weather, port: int) -> Iterator["Relayed"]:
    """The network between gateway and ledger."""
    command = [sys.executable, "-m", "firmware_mocks.network", "--to", f"127.0.0.1:{port}", "--weather", weather.name]
    with subprocess.Popen(
        [*command, "--seed", "7"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        yield Relayed(running)
        running.communicate(timeout=10)


class Relayed:
    """The relay's port, and what it did."""

    def __init__(self, running: "subprocess.Popen[str]") -> None:
        self._running = running
        self.port: int = self._said()["port"]

    def injected(self) -> dict[str, int]:
        assert self._running.stdin is not None
        self._running.stdin.write("\n")
        self._running.stdin.flush()
        found: dict[str, int] = self._said()["injected"]
        return found

    def _said(self) -> dict[str, Any]:
        assert self._running.stdout is not None
        said: dict[str, Any] = json.loads(self._running.stdout.readline())
        return said


def record(whole: sites.WholeSite, *drafts: Draft) -> None:
    """What people say on the pages, through the one writer."""
    with Ledger(whole.site, SystemClock()) as ledger:
        for draft in drafts:
            answer = ledger.record("web", [draft])
            assert not isinstance(answer, Refused), answer


def give(whole: sites.WholeSite) -> None:
    """The vein: a donation, its red cells, their label and their tag."""
    expires = format_instant(SystemClock().now_ms() + 35 * sites.DAY_MS)
    child = kinds.Component(unit=RED, expires=expires, volume_ml=284)
    record(
        whole,
        Draft(kinds.Collected, {"unit": WHOLE, "donor": DONOR, "by": NURSE, "place": sites.BENCH}),
        Draft(kinds.Prepared, {"parents": [WHOLE], "children": [child], "place": sites.BENCH}),
        Draft(kinds.Tested, {"din": f"din:{DIN}", "overall": "fit", "abo": "A", "rhd": "positive"}),
        Draft(kinds.Labelled, {"unit": RED, "abo": "A", "rhd": "positive", "expires": expires}),
        Draft(kinds.TagAssociated, {"unit": RED, "tag": f"tag:{EPC}", "place": sites.BENCH}),
        Draft(kinds.Released, {"unit": RED, "place": sites.BENCH}),
    )


def transfuse(whole: sites.WholeSite) -> None:
    """The patient."""
    given = {"dispatch_note": NOTE, "units": [RED]}
    record(
        whole,
        Draft(kinds.Dispatched, given | {"to": sites.HOSPITAL, "place": sites.FRIDGE}),
        Draft(kinds.Received, given | {"outcome": "accepted", "place": sites.WARD}),
        Draft(kinds.Issued, {"unit": RED, "patient": PATIENT, "place": sites.WARD}),
        Draft(kinds.Transfused, {"unit": RED, "patient": PATIENT}),
    )


def store(whole: sites.WholeSite, weather: Weather, network: Relayed) -> None:
    """The cold room: the bag is scanned, lies in the fridge, and is taken out."""
    folder, logs = whole.gateway_folder, whole.site.directory.parent
    with contextlib.ExitStack() as stack:

        def start(program: str, name: str, *more: str) -> Device:
            return stack.enter_context(
                device(program, *weather.options(folder / name), *more, log=logs / f"{name}.log")
            )

        reader = start("m100_uhf", "m100")
        start("modbus_sht20", "bus", "--zone", "1=fridge,start=4")
        scanner = start("barcode_scanner", "scanner")
        stack.enter_context(ending(whole.gateway))
        whole.gateway.start()
        wait_for(
            lambda: whole.counts("air").get("kept", 0) >= 2,
            "readings",
            whole.gateway,
        )
        for _ in range(12):
            # A person who hears no beep scans again.
            scanner.ask("scan", text=f"={DIN}00=<E0382V00")
            with contextlib.suppress(AssertionError):
                wait_for(lambda: whole.counts("desk").get("scans"), "the scan", patience_seconds=2)
                break
        reader.ask("field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}])
        wait_for(lambda: whole.counts("shelf").get("arrived"), "the arrival", whole.gateway)
        wait_for(lambda: whole.counts("shelf").get("tagread", 0) >= 10, "some rounds", whole.gateway)
        reader.ask("field", tags=[])
        wait_for(lambda: whole.counts("shelf").get("left"), "the departure", whole.gateway, patience_seconds=60)
        wait_for(
            lambda: delivered(whole), "everything to be delivered", whole.gateway, whole.server, patience_seconds=60
        )
        assert whole.gateway.stop() == 0
        assert network.injected()["connections"] > 0


def delivered(whole: sites.WholeSite) -> bool:
    status = json.loads((whole.gateway_folder / "status.json").read_bytes())
    custody = status["streams"][f"{sites.GATEWAY}/1/c"]
    return custody["acknowledged_seq"] == custody["next_seq"] - 1 > 0


def kinds_of(bodies: Sequence[dict[str, Any]]) -> list[str]:
    """The unit's story, in the order of the log."""
    of_unit = [each for each in bodies if RED in json.dumps(each) or each.get("tag") == f"tag:{EPC}"]
    return [each["kind"] for each in of_unit]


@pytest.mark.parametrize("weather", [PERFECT, BYTES, LOSSY, DELAYED], ids=lambda weather: weather.name)
def test_the_way_from_vein_to_patient_is_the_same_in_any_weather(tmp_path: Path, weather: Weather) -> None:
    whole = sites.make(tmp_path, DEVICES, units={})
    toml = whole.gateway_folder / "gateway.toml"
    give(whole)
    with ending(whole.server), relay(weather, whole.site.port) as network:
        toml.write_text(toml.read_text().replace(whole.server.url, f"http://127.0.0.1:{network.port}"))
        whole.server.start_and_wait()
        store(whole, weather, network)
        injected = network.injected()
        assert whole.server.stop() == 0
    transfuse(whole)
    bodies = [json.loads(body) for batch in invariants.read_log(whole.site.ledger_db) for _, body in batch.events]
    assert kinds_of(bodies) == [
        *("prepared", "labelled", "tag_associated", "released", "label_scanned", "tag_arrived", "tag_left"),
        *("dispatched", "received", "issued", "transfused"),
    ]
    assert [each["place"] for each in bodies if each["kind"] in {"tag_arrived", "tag_left"}] == [sites.FRIDGE] * 2
    read = [value for each in bodies if each["kind"] == "temperature_segment" for _, value in each["readings"]]
    assert read
    assert all(200 <= value <= 900 for value in read), "nothing that a spoilt frame might have said"
    assert whole.fsck()["first_bad"] is None
    assert (weather is LOSSY) == any(name.startswith("broken") for name in injected)
