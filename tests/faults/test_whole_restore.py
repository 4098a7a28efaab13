"""A ledger on an older copy, or on a clone, lacks what it vouched for: its gateways stop it, and lose nothing.

Neither has a witness, and each has its own signed head, so that nothing but what gateways hold can tell. The first
story is told over TLS with the site's own authority, as on a hospital's network.
"""

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware_mocks.children import Device
from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.core import kinds
from ledger.core.errors import Refused
from tests.support import sites
from tests.support.invariants import read_log, read_outbox
from tests.support.processes import device, ending, fetch, wait_for, xuemai
from tests.support.tls_front import TlsFront

DIN = b"din:A999926%06d"
# Several starts and stops of real processes, each of which a busy machine may hold up.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WITHIN_SECONDS = 50
"""Within a minute, the slow start of a process on a busy machine included; gateways look each second here."""

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


def unready(whole: sites.WholeSite) -> str:
    """Why the ledger is not ready; empty while it is, or does not answer."""
    with contextlib.suppress(OSError):
        answer = fetch(f"{whole.server.url}/readyz")
        return "" if answer.status == 200 else answer.body.decode()
    return ""


def logged(whole: sites.WholeSite) -> int:
    """How many batches the log must hold for the gateway's last receipt."""
    return max(stream["log_index"] for stream in status(whole)["streams"].values()) + 1


def scan(scanner: Device, number: int) -> dict[str, object]:
    """Scan a donation number; an echo within a second counts once."""
    return scanner.ask("scan", text=f"=A999926{number:06}00")


def has_receipt(whole: sites.WholeSite, part_of_event: bytes) -> bool:
    """Whether such an event was stored and everything stored has a receipt."""
    outbox = read_outbox(whole.gateway_folder / "outbox.db")
    return outbox.waiting == 0 and any(part_of_event in body for body in outbox.events.values())


def test_a_ledger_that_lost_history_is_stopped_by_its_gateway_until_the_newest_is_back(tmp_path: Path) -> None:
    whole = sites.make(tmp_path, DEVICES, units={})
    link = str(whole.gateway_folder / "scanner")
    backup, newest = tmp_path / "backup", tmp_path / "newest"
    with (
        behind_tls(whole, tmp_path / "certificates"),
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
        wait_for(lambda: status(whole)["checkpoint_size"] >= logged(whole), "a look", whole.gateway, whole.server)
        whole.server.kill()
        whole.site.directory.rename(newest)
        backup.rename(whole.site.directory)
        # The backup has its own signed head: by itself the ledger cannot know that anything is missing.
        whole.server.start()
        wait_for(lambda: "history" in unready(whole), "the ledger to be told", whole.gateway, whole.server)

        scan(scanner, 3)
        wait_for(lambda: "went back" in " ".join(status(whole)["alarms"]), "an alarm", whole.gateway, whole.server)
        assert whole.server.stop() == 0
        whole.server.start()
        wait_for(lambda: "history" in unready(whole), "a restart to change nothing", whole.gateway, whole.server)
        assert not has_receipt(whole, DIN % 3)
        assert whole.server.stop() == 0
        assert whole.fsck()["first_bad"]["check"] == "contradictions"  # type: ignore[index]  # a place

        whole.site.directory.rename(backup)
        newest.rename(whole.site.directory)
        deliver_everything(whole)
    assert whole.fsck()["first_bad"] is None


@contextlib.contextmanager
def behind_tls(whole: sites.WholeSite, certificates: Path) -> Iterator[None]:
    """Let the gateway find the ledger behind TLS alone, with what `xuemai tls init` made."""
    made = whole.site.directory / "tls"
    command = xuemai("tls", "init", "--site", str(whole.site.directory), "--host", "localhost")
    subprocess.run(command, check=True, capture_output=True)
    made.rename(certificates)
    with TlsFront(certificates, whole.site.port) as front:
        toml = whole.gateway_folder / "gateway.toml"
        beside = f'"{front.url}"\nca_file = "{certificates / "ca.crt"}"'
        text = toml.read_text("utf-8")
        assert f'"{whole.server.url}"' in text
        toml.write_text(text.replace(f'"{whole.server.url}"', beside), "utf-8")
        yield


def deliver_everything(whole: sites.WholeSite) -> None:
    """What the newest database is good for: nobody has to tell the gateway."""
    whole.server.start_and_wait()
    wait_for(lambda: has_receipt(whole, DIN % 3), "everything to be delivered", whole.gateway, whole.server)
    wait_for(lambda: not status(whole)["alarms"], "the alarm to end", whole.gateway, whole.server)
    assert whole.gateway.stop() == 0
    assert whole.server.stop() == 0
    in_log = b"".join(body for batch in read_log(whole.site.ledger_db) for _, body in batch.events)
    for number in (1, 2, 3):
        assert DIN % number in in_log


def test_of_two_ledgers_on_copies_of_one_disk_a_gateway_stops_the_second(tmp_path: Path) -> None:
    whole = sites.make(tmp_path, DEVICES, units={})
    link, clone = str(whole.gateway_folder / "scanner"), tmp_path / "clone"
    with (
        device("barcode_scanner", "--link", link, log=tmp_path / "scanner.log") as scanner,
        ending(whole.gateway, whole.server),
    ):
        shutil.copytree(whole.site.directory, clone)
        whole.server.start_and_wait()
        whole.gateway.start()
        wait_for((whole.gateway_folder / "status.json").exists, "the gateway", whole.gateway)
        wait_for(lambda: scan(scanner, 1) and has_receipt(whole, DIN % 1), "a receipt", whole.gateway, whole.server)
        wait_for(lambda: status(whole)["checkpoint_size"] >= logged(whole), "a look", whole.gateway, whole.server)
        assert whole.server.stop() == 0

        # The other copy went on by itself, further than the first, and now answers at its address.
        with Ledger(replace(whole.site, directory=clone), SystemClock()) as other:
            for epoch in range(2, 12):
                fields = {"producer": "gw-other", "epoch": epoch, "reason": "another history"}
                assert not isinstance(other.record("site", [Draft(kinds.StreamResumed, fields)]), Refused)
        whole.site.directory.rename(tmp_path / "original")
        clone.rename(whole.site.directory)
        began = time.monotonic()
        whole.server.start()
        wait_for(lambda: "history" in unready(whole), "the clone to be found", whole.gateway, whole.server)
        assert time.monotonic() - began < WITHIN_SECONDS
        scan(scanner, 2)
        wait_for(lambda: status(whole)["streams"][CUSTODY]["waiting"], "a scan to wait", whole.gateway, whole.server)
        assert whole.server.stop() == 0
        whole.gateway.kill()
    assert not has_receipt(whole, DIN % 2)
    in_log = b"".join(body for batch in read_log(whole.site.ledger_db) for _, body in batch.events)
    assert DIN % 2 not in in_log
