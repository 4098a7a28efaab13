"""A gateway whose disk somebody else fills to the last block, and what the person with the scanner hears of it."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.spool.room import BALLAST_BYTES
from ledger.core import kinds
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY, LedgerServer, StrictLedger
from tests.support.gateway_site import Gateway, Mock, of_kind, wait_for
from tests.support.small_disk import on_small_disk, seen_by

DISK_MEGABYTES = 24
RUN = "from gateway.cli import gateway; gateway()"


class Cramped:
    """A gateway with one scanner, on a disk of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        prepared, self.site = folder / "prepared", folder / "site"
        for each in (prepared, self.site):
            each.mkdir()
        self.scanner = Mock("barcode_scanner", "--link", str(folder / "scanner"), "--waits")
        self.written = Gateway(prepared)
        self.written.configure(
            f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "{url}"
receipt_key = "{RECEIPT_VKEY}"
[outbox]
reserve_megabytes = 5
[[scanner]]
name = "desk"
port = "{folder / "scanner"}"
place = "place:centre/desk"
answers = "ack_nak"
"""
        )
        command = [sys.executable, "-c", RUN, "run", "--site", str(self.site), "--drain-seconds", "5"]
        self.log = folder / "gateway.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                on_small_disk(self.site, prepared, DISK_MEGABYTES, command), stderr=log, stdout=log
            )

    def on_disk(self, name: str) -> Path:
        return seen_by(self.process.pid, self.site / name)

    def scan(self, number: int) -> None:
        self.scanner.tell(cmd="scan", text=f"=A999926{number:06d}00")

    def hears(self) -> dict[str, Any]:
        return self.scanner.tell(cmd="stats")

    def fill(self) -> None:
        """Leave not one block."""
        with self.on_disk("of somebody else").open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    def make_room(self) -> None:
        self.on_disk("of somebody else").unlink()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
        self.written.clean_up()
        self.scanner.end()


@pytest.fixture
def ledger() -> StrictLedger:
    return StrictLedger()


@pytest.fixture
def cramped(tmp_path: Path, ledger: StrictLedger) -> Iterator[Cramped]:
    with LedgerServer(ledger) as server:
        made = Cramped(tmp_path, server.url)
        yield made
        made.end()


def test_on_a_full_disk_the_reserve_takes_scans_and_then_the_scanner_says_no(
    cramped: Cramped, ledger: StrictLedger
) -> None:
    ballast = cramped.on_disk("outbox.reserve")
    wait_for(lambda: of_kind(ledger, kinds.GatewayStarted), "the start")
    wait_for(lambda: ballast.exists() and ballast.stat().st_size == BALLAST_BYTES, "the ballast")
    assert ballast.stat().st_blocks * 512 >= BALLAST_BYTES, "with all its blocks"
    cramped.fill()
    cramped.scan(1)
    wait_for(lambda: cramped.hears()["taken"] == 1, "the scan that the reserve took")
    assert not ballast.exists()

    cramped.fill()
    cramped.scan(2)
    wait_for(lambda: cramped.hears()["error_tones"] == 1, "the error tone")
    assert cramped.hears()["taken"] == 1

    cramped.make_room()
    wait_for(lambda: len(of_kind(ledger, kinds.LabelScanned)) == 2, "what was held in memory")
    cramped.scan(3)
    wait_for(lambda: cramped.hears()["taken"] == 2, "the scan after it")
    wait_for(lambda: len(of_kind(ledger, kinds.LabelScanned)) == 3, "the third scan")
    wait_for(ballast.exists, "the ballast, laid by again")
    assert ledger.complaints == []
    assert cramped.hears()["error_tones"] == 1
    assert "Free space" in cramped.log.read_text()
