"""One erasure from beginning to end: the log, the database, the gateway's outbox, the confirmation, a later backup."""

from pathlib import Path

from gateway.claim import Claim
from gateway.erasing import Eraser
from gateway.outbox import Identity, Outbox
from gateway.uplink import Answer
from ledger.app import create_app
from ledger.append import Erasure, Ledger
from ledger.backup import back_up
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.fsck import examine
from ledger.read.reader import reading
from tests.support.producers import Gateway, StoryClock, introduce, site_in

CANARY = b"CANARY2B7745"
SALT = b"SALTCANARY553311"
WITHHELD = "sha256:" + "d" * 64
TIME = "2026-03-01T12:00:00.000Z"


class Ahead:
    """Nobody looks before the eraser."""

    def look_if_due(self) -> bool:
        return True


def files_with(folder: Path, word: bytes) -> list[str]:
    return [path.name for path in sorted(folder.rglob("*")) if path.is_file() and word in path.read_bytes()]


def deliver(outbox: Outbox, ledger: Ledger) -> None:
    outbox.seal_all()
    while (sealed := outbox.next_batch()) is not None:
        assert outbox.acknowledge(sealed, ledger.append_batch(sealed.wire)) is None


def test_an_erasure_is_done_once_the_gateway_holds_nothing_either(tmp_path: Path) -> None:
    site, clock, producer = site_in(tmp_path / "site"), StoryClock(), Gateway("gw-centre")
    identity = Identity(site.origin, producer.name, 1, producer.signer, site.verifier("receipt"))
    with Ledger(site, clock) as ledger, Outbox(tmp_path / "outbox.db", identity, clock, bytes) as outbox:
        introduce(ledger, producer)
        fields = {"time": TIME, "device": "device:s", "reason": CANARY.decode(), "withheld": WITHHELD}
        outbox.append([Claim(kinds.ScanRefused, fields)], {f"salt/{WITHHELD}": SALT})
        deliver(outbox, ledger)
        assert set(files_with(tmp_path, CANARY)) >= {"outbox.db-wal"}
        assert not isinstance(ledger.erase(Erasure("gw-centre/1/c", 1, "a court's order")), Refused)
        assert not files_with(site.directory, CANARY)
        with reading(site) as reader:
            assert [each.seq for each in reader.unconfirmed_erasures("gw-centre")] == [1], (
                "pending until the gateway says so"
            )
        client = create_app(site, ledger, clock, wall=clock).test_client()

        def get(path: str) -> Answer:
            answered = client.get(path)
            return Answer(answered.status_code, answered.data)

        Eraser(outbox, get, Ahead(), clock.monotonic).look_if_due()
        deliver(outbox, ledger)
        with reading(site) as reader:
            assert reader.unconfirmed_erasures("gw-centre") == ()
        back_up(site, tmp_path / "backup", time=TIME)
        assert not files_with(tmp_path, CANARY)
        assert not files_with(tmp_path, SALT)
    report = examine(site)
    assert report.ok, str(report.first_bad)
