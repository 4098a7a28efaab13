"""A database file that is written anew holds what its rows say, and nothing that they once said."""

import random
import sqlite3
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ledger.store import engine as engines
from ledger.store.postgresql_connections import engine_of_one, engine_of_readers
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


@pytest.mark.parametrize("opened", ["writer", "reader", "scratch", "beside"])
def test_a_failure_says_which_statement_and_nothing_of_the_row(tmp_path: Path, opened: str) -> None:
    database = site_in(tmp_path / "site").ledger_db
    engine = {
        "writer": lambda: engines.open_writer(database),
        "reader": lambda: engines.open_reader(database),
        "scratch": lambda: engines.open_scratch(tmp_path / "scratch.db"),
        "beside": lambda: engines.open_beside(tmp_path / "scratch.db", database, immutable=False),
    }[opened]()
    with engine.connect() as connection, pytest.raises(SQLAlchemyError, match="no_such_table") as failed:
        connection.execute(text("INSERT INTO no_such_table VALUES (:body)"), {"body": "CANARY"})
    assert "CANARY" not in str(failed.value)
    engine.dispose()


def test_nor_does_a_failure_in_postgresql() -> None:
    for engine in (engine_of_one, engine_of_readers):
        assert engine(_never).hide_parameters


def _never() -> NoReturn:
    pytest.fail("nothing is asked")
