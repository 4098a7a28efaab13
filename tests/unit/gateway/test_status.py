"""The file in which a gateway says how it is."""

import os
from pathlib import Path

import msgspec
import pytest

from gateway import status as statuses
from gateway.words.reasons import in_chinese
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


@pytest.mark.parametrize(
    ("ahead_ms", "told", "chinese"),
    [
        (0, "", None),
        (45_400, "the ledger's clock is 45 s ahead of this gateway's", "中心时钟比本机快 45 秒"),
        (-119_000, "the ledger's clock is 119 s behind this gateway's", "中心时钟比本机慢 119 秒"),
        (-7_200_900, "the ledger's clock is 120 min behind this gateway's", "中心时钟比本机慢 120 分钟"),
        (600_000, "the ledger's clock is 10 min ahead of this gateway's", "中心时钟比本机快 10 分钟"),
    ],
)
def test_how_far_two_clocks_are_apart_is_said_in_both_languages(ahead_ms: int, told: str, chinese: str | None) -> None:
    apart = msgspec.structs.replace(TROUBLED, ledger_ahead_ms=ahead_ms).clocks_apart
    assert apart == told
    assert in_chinese(apart) == chinese
