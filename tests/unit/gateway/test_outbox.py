"""The outbox: places in a chain, sealing, receipts, restarts, a full disk."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import claim
from gateway.outbox import Identity, Outbox, OutboxError
from gateway.temperature import ProbeRule, SegmentClosed
from ledger.core import batch, kinds, note
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.core.signing import NoteSigner, SigningKey
from tests.support.gateway_ledger import GATEWAY, ORIGIN, RECEIPT, StrictLedger
from tests.support.outboxes import NOON, C, HandClock, T, fault, reading, send_all


def test_events_reach_the_ledger_in_order_and_are_acknowledged(make: Callable[[], Outbox], clock: HandClock) -> None:
    ledger = StrictLedger()
    with make() as box:
        box.append([fault(1), fault(2)])
        assert box.seal_due() == 0, "the second is not over"
        clock.seconds += 0.9
        assert box.seal_due() == 1
        box.append([fault(3)])
        clock.seconds += 0.9
        assert box.seal_due() == 1
        assert (box.streams()[C].waiting, box.streams()[C].unsealed) == (2, 0)
        assert send_all(box, ledger) == 2
        assert box.ledger.acknowledged_seq(C) == 3
        assert box.streams()[C].waiting == 0
        assert box.next_batch() is None
    assert [event.seq for event in ledger.events(C)] == [1, 2, 3]
    assert ledger.complaints == []


def test_custody_goes_before_a_backlog_of_readings(make: Callable[[], Outbox]) -> None:
    with make() as box:
        box.append([reading(400)])
        box.seal_all()
        box.append([fault(1)])
        box.seal_all()
        sealed = box.next_batch()
        assert sealed is not None
        assert sealed.stream == C


def test_a_thousand_and_more_events_become_several_batches(make: Callable[[], Outbox]) -> None:
    ledger = StrictLedger()
    with make() as box:
        box.append([fault(number) for number in range(1500)])
        assert box.seal_due() == 2, "full batches do not wait for the second"
        send_all(box, ledger)
    assert len(ledger.events(C)) == 1500
    assert max(len(batch.parse_wire(wire).bodies) for wire in ledger.log) == 1024


def test_large_events_keep_a_batch_under_half_a_megabyte(make: Callable[[], Outbox]) -> None:
    ledger = StrictLedger()

    rule = ProbeRule("probe:gw-centre/p1", "place:centre/fridge-1", "air", 1_000)
    big = SegmentClosed(NOON, NOON + 1_500_000, "good", "", tuple((n * 1000, 400) for n in range(1500)), ())
    with make() as box:
        box.append([claim.segment(big, rule)] * 60)
        box.seal_all()
        send_all(box, ledger)
    assert len(ledger.log) > 1
    assert all(len(wire) < 540_000 for wire in ledger.log)
    assert ledger.complaints == []


def test_unsealed_events_and_state_survive_a_restart(make: Callable[[], Outbox]) -> None:
    ledger = StrictLedger()
    with make() as box:
        box.append([fault(1)], {"presence/r1/AA": b"here", "presence/r1/BB": b"here"})
        box.append([], {"presence/r1/BB": None})
    with make() as box:
        assert box.state("presence/") == {"presence/r1/AA": b"here"}
        assert box.seal_due() == 1, "their second was over long ago"
        box.append([fault(2)])
        box.seal_all()
        send_all(box, ledger)
    assert [event.seq for event in ledger.events(C)] == [1, 2]
    assert ledger.complaints == []


def test_a_batch_is_resent_byte_for_byte(make: Callable[[], Outbox]) -> None:
    with make() as box:
        box.append([fault(1)])
        box.seal_all()
        first = box.next_batch()
    with make() as box:
        assert box.next_batch() == first


def test_a_receipt_under_another_key_acknowledges_nothing(make: Callable[[], Outbox]) -> None:
    ledger = StrictLedger()
    with make() as box:
        box.append([fault(1)])
        box.seal_all()
        sealed = box.next_batch()
        receipt = note.parse(ledger.post(sealed.wire).body)
        forged = note.format(
            note.Note(receipt.text, (NoteSigner(RECEIPT.name, SigningKey(bytes(32))).sign(receipt.text),))
        )
        refused = box.acknowledge(sealed, forged)
        assert isinstance(refused, Refused)
        assert box.ledger.acknowledged_seq(C) == 0


def test_a_receipt_for_another_batch_acknowledges_nothing(make: Callable[[], Outbox]) -> None:
    ledger = StrictLedger()
    with make() as box:
        box.append([fault(1)])
        box.seal_all()
        one = box.next_batch()
        receipt = ledger.post(one.wire).body
        assert box.acknowledge(one, receipt) is None
        box.append([fault(2)])
        box.seal_all()
        refused = box.acknowledge(box.next_batch(), receipt)
        assert isinstance(refused, Refused)
        assert refused.step == "receipt"


def test_a_ledger_that_falls_behind_its_own_receipt_is_refused(make: Callable[[], Outbox]) -> None:
    with make() as box:
        box.append([fault(1), fault(2)])
        box.seal_all()
        full = StrictLedger(log=[b"batches", b"of", b"others"])
        send_all(box, full)
        box.append([fault(3)])
        box.seal_all()
        restored = StrictLedger(heads=full.heads)
        sealed = box.next_batch()
        refused = box.acknowledge(sealed, restored.post(sealed.wire).body)
        assert isinstance(refused, Refused)
        assert refused.step == "rollback"
        assert box.ledger.acknowledged_seq(C) == 2


def test_a_stopped_stream_holds_up_no_other(make: Callable[[], Outbox]) -> None:
    with make() as box:
        box.append([fault(1), reading(400)])
        box.seal_all()
        box.stop(C, "fork")
        assert box.next_batch().stream == T
    with make() as box:
        assert box.streams()[C].stopped == "fork"
        box.resume(C)
        assert box.next_batch().stream == C


def test_a_second_process_is_held_off(make: Callable[[], Outbox]) -> None:
    with make(), pytest.raises(ConfigError, match="another process"):
        make().__enter__()


def test_another_ledgers_outbox_is_refused(make: Callable[[], Outbox], tmp_path: Path, clock: HandClock) -> None:
    with make():
        pass
    other = Identity("other.example/ledger/1", "gw-centre", 1, GATEWAY, RECEIPT.verifier)
    with pytest.raises(ConfigError, match="origin"):
        Outbox(tmp_path / "outbox.db", other, clock, bytes).__enter__()


def test_a_full_disk_is_said_loudly_and_leaves_nothing_behind(make: Callable[[], Outbox]) -> None:
    ledger = StrictLedger()
    with make() as box:
        box.append([fault(1)])
        box._db.execute(f"PRAGMA max_page_count = {box._db.execute('PRAGMA page_count').fetchone()[0]}")
        with pytest.raises(OutboxError, match="Free space"):
            box.append([fault(number) for number in range(2, 500)], {"alive": b"now"})
        assert box.streams()[C].next_seq == 2
        box._db.execute("PRAGMA max_page_count = 100000")
        box.append([fault(2)])
        box.seal_all()
        send_all(box, ledger)
    assert [event.reason for event in ledger.events(C)] == ["fault 1", "fault 2"]
    assert ledger.complaints == []


def test_a_claim_that_is_no_event_leaves_nothing_behind(make: Callable[[], Outbox]) -> None:

    with make() as box:
        with pytest.raises(FormatError, match="tag"):
            box.append([fault(1), claim.Claim(kinds.TagLeft, {"time": "2026-03-02T12:00:00.000Z", "tag": "tag:zz",
                                                              "device": "device:a", "reads": 1})])  # fmt: skip
        assert box.streams()[C].next_seq == 1


def test_every_commit_is_synced(make: Callable[[], Outbox], tmp_path: Path) -> None:
    with make() as box:
        assert box._db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert box._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert sqlite3.connect(tmp_path / "outbox.db").execute("SELECT origin FROM owner").fetchone() == (ORIGIN,)


def test_a_new_key_seals_from_the_next_batch_on_and_what_was_sealed_is_sent_as_it_is(
    make: Callable[[], Outbox],
) -> None:
    following = NoteSigner(GATEWAY.name, SigningKey(b"f" * 32))
    with make() as box:
        box.append([fault(1)])
        box.seal_all()
        box.append([fault(2)])
        before = box.next_batch()
        box.adopt(following)
        box.seal_all()
        assert before is not None
        assert box.next_batch() == before, "sealed under the old key, byte for byte"
        assert box.acknowledge(before, StrictLedger().post(before.wire).body) is None
        after = box.next_batch()
    assert after is not None
    key_ids = [note.parse(batch.parse_wire(each.wire).note).signatures[0].key_id for each in (before, after)]
    assert key_ids == [GATEWAY.verifier.key_id, following.verifier.key_id]
    _, text = batch.read_note(batch.parse_wire(after.wire).note)
    assert (text.first, text.previous) == (2, before.text_hash), "the chain goes on"
