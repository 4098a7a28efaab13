"""What the log says was erased goes from the gateway's own files too, and the gateway says so."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway import claim
from gateway.claim import Claim
from gateway.erasing import INTERVAL_SECONDS, Eraser
from gateway.outbox import Identity, Outbox
from gateway.uplink import Answer, Unreachable
from ledger.core import kinds
from ledger.core.erasurelist import PATH, ErasureList, ToErase
from ledger.core.signing import NoteSigner, SigningKey, sign_note
from tests.support.gateway_ledger import GATEWAY, ORIGIN, RECEIPT, StrictLedger
from tests.unit.gateway.test_outbox import NOON, C, HandClock, send_all

CANARY = "CANARY77AB12"
WITHHELD = "sha256:" + "c" * 64
SALT = b"SALTCANARY916253"


@dataclass
class Stand:
    """The ledger as far as erasures go: it lists what it is told to, or is away."""

    listed: tuple[ToErase, ...] = ()
    signer: NoteSigner = RECEIPT
    origin: str = ORIGIN
    away: bool = False
    asked: list[str] = field(default_factory=list)

    def get(self, path: str) -> Answer:
        self.asked.append(path)
        if self.away:
            raise Unreachable("no route")
        return Answer(200, sign_note(ErasureList(self.origin, "gw-centre", self.listed).format(), [self.signer]))

    def look_if_due(self) -> bool:
        return True


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def box(tmp_path: Path, clock: HandClock) -> Iterator[Outbox]:
    numbers = iter(range(1, 1_000_000))
    identity = Identity(ORIGIN, "gw-centre", 1, GATEWAY, RECEIPT.verifier)
    with Outbox(tmp_path / "outbox.db", identity, clock, lambda size: next(numbers).to_bytes(size, "big")) as opened:
        fields = {"time": "2026-03-02T12:00:00.000Z", "device": "device:s", "reason": CANARY, "withheld": WITHHELD}
        opened.append([Claim(kinds.ScanRefused, fields)], {f"salt/{WITHHELD}": SALT})
        for number in range(200):
            opened.append(
                [claim.device_fault("device:r", f"fault {number}", place=None, now_ms=NOON)],
                {f"salt/sha256:{number * 7919 % 200:064x}": bytes(16)},
            )
        opened.seal_all()
        yield opened


def files(box: Outbox) -> bytes:
    return b"".join(path.read_bytes() for path in box.path.parent.iterdir())


def events(box: Outbox) -> list[bytes]:
    connection = sqlite3.connect(box.path)
    rows = connection.execute("SELECT body FROM events ORDER BY stream, seq").fetchall()
    connection.close()
    return [bytes(body) for (body,) in rows]


def eraser(box: Outbox, stand: Stand) -> Eraser:
    return Eraser(box, stand.get, stand, box.clock.monotonic)


def test_an_erased_event_is_in_no_file_of_the_gateway_and_the_gateway_says_so(box: Outbox) -> None:
    send_all(box, StrictLedger())
    assert CANARY.encode() in files(box)
    assert SALT in files(box)
    stand = Stand((ToErase("body", C, 1),))
    assert eraser(box, stand).look_if_due()
    assert stand.asked == [PATH + "gw-centre"]
    assert CANARY.encode() not in files(box)
    assert SALT not in files(box)
    said = events(box)[-1]
    assert b'"kind":"erasure_applied"' in said
    assert b'"of_stream":"gw-centre/1/c","of_seq":1,"what":"body"' in said


def test_only_the_salt_goes_where_only_the_value_was_erased(box: Outbox) -> None:
    send_all(box, StrictLedger())
    eraser(box, Stand((ToErase("value", C, 1),))).look()
    assert SALT not in files(box)
    assert CANARY.encode() in files(box)


def test_what_the_ledger_never_acknowledged_stays(box: Outbox) -> None:
    eraser(box, Stand((ToErase("body", C, 1),))).look()
    assert CANARY.encode() in files(box)
    assert b"erasure_applied" not in events(box)[-1]


def test_what_is_not_there_any_more_is_confirmed_too(box: Outbox) -> None:
    eraser(box, Stand((ToErase("body", "gw-centre/7/c", 1),))).look()
    assert b'"of_stream":"gw-centre/7/c"' in events(box)[-1]


@pytest.mark.parametrize(
    "stand",
    [
        Stand((ToErase("body", C, 1),), signer=NoteSigner(RECEIPT.name, SigningKey(bytes(31) + b"\7"))),
        Stand((ToErase("body", C, 1),), origin="other.example/ledger/1"),
        Stand((ToErase("body", C, 1),), away=True),
    ],
)
def test_nobody_else_can_make_a_gateway_forget(box: Outbox, stand: Stand) -> None:
    send_all(box, StrictLedger())
    eraser(box, stand).look()
    assert CANARY.encode() in files(box)


def test_it_asks_once_a_minute(box: Outbox, clock: HandClock) -> None:
    stand = Stand()
    looking = eraser(box, stand)
    for _ in range(3):
        looking.look_if_due()
    assert len(stand.asked) == 1
    clock.seconds += INTERVAL_SECONDS
    looking.look_if_due()
    assert len(stand.asked) == 2


def test_cut_off_before_the_file_was_written_anew_it_is_at_the_next_start(tmp_path: Path, box: Outbox) -> None:
    send_all(box, StrictLedger())
    holding = sqlite3.connect(box.path)
    holding.execute("BEGIN")
    holding.execute("SELECT count(*) FROM events").fetchone()
    eraser(box, Stand((ToErase("body", C, 1),))).look()
    left = files(box)
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in box.path.parent.glob("outbox.db*"):
        (copy / path.name).write_bytes(path.read_bytes())
    holding.close()
    assert CANARY.encode() in left, "a reader held the old pages"
    with Outbox(copy / "outbox.db", box.identity, box.clock, bytes):
        assert not any(CANARY.encode() in path.read_bytes() for path in copy.iterdir())
