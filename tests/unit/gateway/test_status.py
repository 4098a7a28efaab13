"""The file in which a gateway says how it is."""

import os
from pathlib import Path

import pytest

from gateway import status as statuses
from ledger.core.errors import FormatError
from tests.support.statuses import TROUBLED


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


def test_how_old_it_is_is_told_by_the_file(tmp_path: Path) -> None:
    statuses.write(tmp_path, TROUBLED)
    os.utime(tmp_path / statuses.STATUS_NAME, (1000, 1000))
    assert statuses.age_seconds(tmp_path, 1_042_000) == 42
    assert statuses.age_seconds(tmp_path, 999_000) == 0, "a clock that was set back"
    with pytest.raises(FormatError, match="is the gateway running"):
        statuses.age_seconds(tmp_path / "gone", 0)
