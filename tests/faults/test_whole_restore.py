"""A ledger that comes back from an older copy has lost what it vouched for: its gateways say so, and lose nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

from firmware_mocks.children import Device
from tests.support import sites
from tests.support.invariants import read_log, read_outbox
from tests.support.processes import device, ending, wait_for

DIN = b"din:A999926%06d"
CUSTODY = f"{sites.GATEWAY}/1/c"
DEVICES = """
[[scanner]]
name = "desk"
port = "scanner"
place = "place:centre/bench"
"""


def status(whole: sites.WholeSite) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((whole.gateway_folder / "status.json").read_bytes())
    return found


def scan(scanner: Device, number: int) -> dict[str, object]:
    """Scan a donation number; an echo within a second counts once."""
    return scanner.ask("scan", text=f"=A999926{number:06}00")


def has_receipt(whole: sites.WholeSite, part_of_event: bytes) -> bool:
    """Whether such an event was stored and everything stored has a receipt."""
    outbox = read_outbox(whole.gateway_folder / "outbox.db")
    return outbox.waiting == 0 and any(part_of_event in body for body in outbox.events.values())


def test_a_gateway_stops_before_a_ledger_that_lost_history(tmp_path: Path) -> None:
    whole = sites.make(tmp_path, DEVICES, units={})
    link = str(whole.gateway_folder / "scanner")
    backup = tmp_path / "backup"
    with (
        device("barcode_scanner", "--link", link, log=tmp_path / "scanner.log") as scanner,
        ending(whole.gateway, whole.server),
    ):
        whole.server.start_and_wait()
        whole.gateway.start()
        wait_for((whole.gateway_folder / "status.json").exists, "the gateway", whole.gateway)
        wait_for(lambda: scan(scanner, 1) and has_receipt(whole, DIN % 1), "a receipt", whole.gateway, whole.server)
        assert whole.server.stop() == 0
        shutil.copytree(whole.site.directory, backup)

        whole.server.start_and_wait()
        scan(scanner, 2)
        wait_for(lambda: has_receipt(whole, DIN % 2), "a scan's receipt", whole.gateway, whole.server)
        whole.server.kill()
        shutil.rmtree(whole.site.directory)
        backup.rename(whole.site.directory)
        whole.server.start_and_wait()

        scan(scanner, 3)
        wait_for(lambda: status(whole)["streams"][CUSTODY]["stopped"], "an alarm", whole.gateway, whole.server)
        assert "lost history" in status(whole)["alarms"][0]
        assert whole.gateway.stop() == 0
        assert whole.server.stop() == 0
    kept = b"".join(read_outbox(whole.gateway_folder / "outbox.db").events.values())
    in_log = b"".join(body for batch in read_log(whole.site.ledger_db) for _, body in batch.events)
    for number, is_in_the_old_copy in ((1, True), (2, False), (3, False)):
        assert DIN % number in kept
        assert (DIN % number in in_log) is is_in_the_old_copy
