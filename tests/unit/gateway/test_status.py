"""What `xuemai gateway status` says."""

import dataclasses
from pathlib import Path

from msgspec.structs import replace

from gateway import status as statuses
from tests.support.gateway_ledger import LOG, RECEIPT
from tests.support.statuses import READER, TROUBLED


def test_the_lag_and_the_disk_stand_beside_what_waits() -> None:
    said = statuses.render(TROUBLED)
    assert "waiting 2 batches" in said
    assert "the ledger has data until 2026-03-02T09:59:00.000Z" in said
    assert "the oldest waits since 2026-03-02T10:00:00.000Z, 7200 s" in said
    assert "outbox 1.5 MB, free 2,000.0 MB" in said


def test_a_scanner_that_saw_half_a_bag_says_what_to_scan() -> None:
    for wants, told in (("product", "scan its product code next"), ("donation", "scan its donation number next")):
        said = statuses.render(replace(TROUBLED, devices=[dataclasses.replace(READER, wants=wants)]))
        assert f"half a bag: {told}" in said
    assert "half a bag" not in statuses.render(TROUBLED)


def test_a_clock_that_was_set_says_when_and_by_how_much() -> None:
    was_set = replace(TROUBLED, clock_set="2026-03-02T11:00:00.000Z", clock_set_ms=-3_600_000)
    assert "was set by -3,600.0 s, to 2026-03-02T11:00:00.000Z" in statuses.render(was_set)
    assert "was set" not in statuses.render(TROUBLED)


def test_a_status_survives_its_file(tmp_path: Path) -> None:
    statuses.write(tmp_path, TROUBLED)
    assert statuses.read(tmp_path) == TROUBLED


def test_the_room_counts_the_write_ahead_log_too(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").write_bytes(b"x" * 10)
    (tmp_path / "outbox.db-wal").write_bytes(b"x" * 5)
    room = statuses.room_of(tmp_path / "outbox.db", 700)
    assert room is not None
    assert room.outbox_bytes == 15
    assert room.free_bytes == 700, "less than the disk has: what the outbox may take counts too"
    assert statuses.room_of(tmp_path / "gone" / "outbox.db", 0) is None


def test_the_ledgers_keys_that_are_believed_stand_in_the_status() -> None:
    keys = statuses.told_keys({"checkpoint": (), "receipt": (LOG.verifier, RECEIPT.verifier)})
    said = statuses.render(replace(TROUBLED, ledger_keys=keys))
    assert "checkpoints: none: they are not followed" in said
    first, then = keys["receipt"]
    assert f"receipts: {first[:20]}…, then {then[:20]}…" in said
