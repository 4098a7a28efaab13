"""The uplink: what it makes of every answer."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import claim
from gateway.clock import SystemClock
from gateway.outbox import Identity, Outbox
from gateway.uplink import Answer, Unreachable, Uplink
from tests.support.gateway_ledger import GATEWAY, ORIGIN, RECEIPT, StrictLedger

C, T = "gw-centre/1/c", "gw-centre/1/t"


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Outbox]:
    numbers = iter(range(1, 1_000_000))
    identity = Identity(ORIGIN, "gw-centre", 1, GATEWAY, RECEIPT.verifier)
    with Outbox(tmp_path / "outbox.db", identity, SystemClock(), lambda size: next(numbers).to_bytes(size)) as opened:
        yield opened


def observe(box: Outbox, *reasons: str) -> None:
    box.append([claim.device_fault("device:a", reason, place=None, now_ms=1_772_452_800_000) for reason in reasons])
    box.seal_all()


def problem(status: int, step: str, **more: object) -> Answer:
    return Answer(status, json.dumps({"step": step, "detail": "told", **more}).encode())


def uplink(box: Outbox, post: Callable[[bytes], Answer]) -> Uplink:
    return Uplink(box, post, jitter=lambda: 1.0)


def test_what_waits_is_sent_until_nothing_waits(box: Outbox) -> None:
    ledger = StrictLedger()
    observe(box, "one")
    observe(box, "two")
    sender = uplink(box, ledger.post)
    assert [sender.send_next() for _ in range(3)] == ["sent", "sent", "nothing"]
    assert box.ledger.acknowledged_seq(C) == 2


def test_a_lost_receipt_is_fetched_by_sending_again(box: Outbox) -> None:
    answers = iter(["lose", None])
    ledger = StrictLedger(fault=lambda _wire: next(answers))
    observe(box, "one")
    sender = uplink(box, ledger.post)
    assert [sender.send_next() for _ in range(2)] == ["retry", "sent"]
    assert len(ledger.log) == 1
    assert ledger.complaints == []


@pytest.mark.parametrize(
    "answer",
    [
        problem(503, "busy", retry="retry"),
        problem(507, "storage", retry="retry"),
        problem(403, "key", retry="retry"),
        Answer(500, b"<html>"),
        Answer(404, b""),
        Answer(400, b"a proxy's page"),
        Answer(200, b"a hotel's login page"),
    ],
)
def test_what_may_pass_is_tried_again(box: Outbox, answer: Answer) -> None:
    observe(box, "one")
    assert uplink(box, lambda _wire: answer).send_next() == "retry"
    assert box.streams()[C].stopped is None


@pytest.mark.parametrize(
    "answer",
    [
        problem(400, "envelope", retry="stop"),
        problem(403, "key", retry="stop"),
        problem(409, "fork"),
        problem(413, "size"),
        problem(422, "signature"),
        problem(423, "quarantined"),
        problem(421, "origin"),
        problem(421, "origin", retry="reseal"),
    ],
)
def test_what_cannot_pass_stops_this_stream_alone(box: Outbox, answer: Answer) -> None:
    observe(box, "one")
    sender = uplink(box, lambda _wire: answer)
    assert sender.send_next() == "stopped"
    assert "told" in str(box.streams()[C].stopped)
    assert box.streams()[T].stopped is None
    assert sender.send_next() == "nothing"


def test_who_is_revoked_is_told_how_it_goes_on(box: Outbox) -> None:
    observe(box, "one")
    uplink(box, lambda _wire: problem(403, "key", retry="stop")).send_next()
    stopped = str(box.streams()[C].stopped)
    assert all(step in stopped for step in ("gateway enroll", "gateway.epoch", "gateway carry-over"))


@pytest.mark.parametrize("status", [400, 403, 495, 496])
def test_a_proxy_that_wants_a_certificate_is_no_riddle(box: Outbox, status: int) -> None:
    observe(box, "one")
    sender = uplink(box, lambda _wire: Answer(status, b"<html>"))
    assert sender.send_next() == "retry"
    assert sender.last_error.startswith(f"HTTP {status}, from a proxy and not from the ledger")
    assert "uplink.certificate_file and key_file" in sender.last_error


def test_a_ledger_that_shows_its_log_answers_though_nothing_is_sent(box: Outbox) -> None:
    class Looking:
        def look_if_due(self) -> bool:
            return True

    sender = Uplink(box, lambda _wire: Answer(500, b""), sentinel=Looking())
    assert not sender.reachable
    sender._turn()
    assert sender.reachable


@pytest.mark.parametrize(
    ("last_seq", "why"), [(0, "lost history"), (7, "another gateway uses this name"), (1, "another hash")]
)
def test_a_chain_conflict_is_explained(box: Outbox, last_seq: int, why: str) -> None:
    ledger = StrictLedger()
    observe(box, "one")
    assert uplink(box, ledger.post).send_next() == "sent"
    observe(box, "two")
    head = {"stream": C, "last_seq": last_seq, "previous": ""}
    answer = problem(409, "chain", head=head, retry="retry")
    assert uplink(box, lambda _wire: answer).send_next() == "stopped"
    assert why in str(box.streams()[C].stopped)


def test_a_ledger_that_says_that_it_stands_still_is_believed_until_it_answers_otherwise(box: Outbox) -> None:
    ledger = StrictLedger()
    standing = problem(503, "history", retry="retry", detail="it went back")
    answers = iter([problem(503, "busy"), standing])
    ledger.fault = lambda _wire: next(answers, None)
    observe(box, "one")
    sender = uplink(box, ledger.post)
    assert (sender.send_next(), sender.standstill) == ("retry", "")
    assert (sender.send_next(), sender.standstill) == ("retry", "the ledger stands still: it went back")
    assert (sender.send_next(), sender.standstill) == ("sent", "")


def test_an_unreachable_ledger_is_waited_for_ever_longer(box: Outbox) -> None:
    def nobody(_wire: bytes) -> Answer:
        raise Unreachable("no route")

    observe(box, "one")
    sender = uplink(box, nobody)
    waits = [sender._turn() for _ in range(10)]
    assert waits[:4] == [0.5, 1.0, 2.0, 4.0]
    assert waits[-1] == 60.0
    assert "no route" in sender.last_error
