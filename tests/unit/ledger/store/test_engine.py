"""A database file that is written anew holds what its rows say, and nothing that they once said."""

import random
import sqlite3
from pathlib import Path

import pytest

from ledger.store import engine as engines
from tests.support.producers import site_in

pytestmark = pytest.mark.sqlite


def test_no_page_keeps_a_copy_of_a_row_that_once_moved_to_another_page(tmp_path: Path) -> None:
    database = site_in(tmp_path / "site").ledger_db
    dice = random.Random(11)  # noqa: S311  the same pages in each run
    names = [f"box:{dice.getrandbits(96):024x}{'canary' if number % 20 == 0 else ''}" for number in range(20_000)]
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA secure_delete = ON")
    connection.executemany("INSERT INTO subjects VALUES (?, ?)", list(enumerate(names, 1000)))
    connection.execute("DELETE FROM subjects WHERE name LIKE '%canary'")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert b"canary" in database.read_bytes(), "deleting alone leaves copies"
    assert engines.rewrite(database)
    assert not any(b"canary" in each.read_bytes() for each in database.parent.glob("ledger.db*"))


def test_a_reader_holds_the_old_pages_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.1)
    database = site_in(tmp_path / "site").ledger_db
    reader = sqlite3.connect(database)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM contents").fetchone()
    assert not engines.rewrite(database)
    reader.close()
    assert engines.rewrite(database)
