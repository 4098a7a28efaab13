"""A gateway's disk was copied and both copies speak: two histories under one key. Neither may pass for the other.

The ledger keeps the first, keeps the second as evidence outside the log, and takes nothing more of that stream until an
administrator resumes the gateway on a new epoch.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from firmware_mocks.children import Device
from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.core import kinds
from ledger.core.errors import Refused
from tests.support import sites
from tests.support.invariants import read_log, read_outbox
from tests.support.processes import Gateway, device, ending, wait_for

DEVICES = """
[[scanner]]
name = "desk"
port = "../scanner"
place = "place:centre/bench"
"""


def stopped(gateway: Gateway) -> str:
    """Why a gateway's custody stream is stopped; empty while it is not."""
    file = gateway.folder / "status.json"
    streams = json.loads(file.read_bytes())["streams"] if file.exists() else {}
    return next((state["stopped"] or "" for name, state in streams.items() if name.endswith("/c")), "")


def acknowledged(gateway: Gateway, part_of_event: bytes) -> bool:
    outbox = read_outbox(gateway.folder / "outbox.db")
    return outbox.waiting == 0 and any(part_of_event in body for body in outbox.events.values())


def scan_again(scanner: Device) -> dict[str, object]:
    """Scan, as a person does who saw no lamp: the line may not be open yet. An echo within a second counts once."""
    return scanner.ask("scan", text="=A99992600000100")


def resume(whole: sites.WholeSite, *, epoch: int) -> None:
    """What the administrator does: a new epoch in the log, and in the gateway's configuration."""
    with Ledger(whole.site, SystemClock()) as ledger:
        fields = {"producer": sites.GATEWAY, "epoch": epoch, "reason": "its disk had been copied"}
        answer = ledger.record("site", [Draft(kinds.StreamResumed, fields)])
    assert not isinstance(answer, Refused), answer
    settings = whole.gateway.folder / "gateway.toml"
    settings.write_text(settings.read_text().replace("[gateway]", f"[gateway]\nepoch = {epoch}", 1))


def test_two_copies_of_a_gateway_are_one_history_and_one_piece_of_evidence(tmp_path: Path) -> None:
    whole = sites.make(tmp_path, DEVICES, units={})
    clone = Gateway(tmp_path / "clone", log=tmp_path / "clone.log")
    everybody = (whole.gateway, clone, whole.server)

    def wait(found: Callable[[], object], what: str) -> None:
        wait_for(found, what, *everybody)

    with (
        device("barcode_scanner", "--link", str(tmp_path / "scanner"), log=tmp_path / "scanner.log") as scanner,
        ending(*everybody),
    ):
        whole.server.start_and_wait()
        whole.gateway.start()
        wait((whole.gateway.folder / "status.json").exists, "the gateway")
        wait(lambda: acknowledged(whole.gateway, b"gateway_started"), "its first receipt")
        assert whole.gateway.stop() == 0
        shutil.copytree(whole.gateway.folder, clone.folder)

        whole.gateway.start()
        wait(lambda: scan_again(scanner) and acknowledged(whole.gateway, b"din:A999926000001"), "the original's scan")
        assert whole.gateway.stop() == 0

        for gateway, reason in ((clone, "fork"), (whole.gateway, "quarantined")):
            gateway.start()
            wait(lambda gateway=gateway: stopped(gateway), "its stream to be stopped")  # type: ignore[misc]  # bound now
            assert reason in stopped(gateway)
            assert gateway.stop() == 0
        assert whole.server.stop() == 0

        resume(whole, epoch=2)
        whole.server.start_and_wait()
        whole.gateway.start()
        wait(lambda: read_outbox(whole.gateway.folder / "outbox.db").acknowledged.get("gw-centre/2/c"), "epoch 2")
        assert whole.gateway.stop() == 0
        assert whole.server.stop() == 0
    report = whole.fsck()
    assert report["first_bad"] is None
    assert "forks: 1 kept as evidence" in report["checks"]  # type: ignore[operator]  # a list of texts
    check_history(whole, clone)


def check_history(whole: sites.WholeSite, clone: Gateway) -> None:
    """The log holds the original's events and none of those that only the clone has."""
    in_log = {body for batch in read_log(whole.site.ledger_db) for _, body in batch.events}
    original = set(read_outbox(whole.gateway.folder / "outbox.db").events.values())
    only_clone = set(read_outbox(clone.folder / "outbox.db").events.values()) - original
    assert only_clone
    assert not only_clone & in_log
    assert any(b"din:A999926000001" in body for body in in_log)
