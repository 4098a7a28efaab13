"""Statements that go past SQLAlchemy, and what is said when they cannot be run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import IntegrityError, OperationalError

from ledger.store import driver
from ledger.store.engine import create, open_writer


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://").connect() as opened, opened.begin():
        opened.exec_driver_sql("CREATE TABLE shelf (slot INTEGER PRIMARY KEY, bag TEXT)")
        yield opened


def test_rows_go_in_and_come_back_within_the_transaction(connection: Connection) -> None:
    driver.run_many(connection, "INSERT INTO shelf VALUES (?, ?)", [(1, "a"), (2, "b")])
    assert driver.rows_of(connection, "SELECT bag FROM shelf WHERE slot > ?", (1,)) == [("b",)]
    assert driver.rows_of(connection, "DELETE FROM shelf") == []


def test_what_the_driver_refuses_is_named_as_sqlalchemy_names_it(connection: Connection) -> None:
    driver.run_many(connection, "INSERT INTO shelf VALUES (?, ?)", [(1, "a")])
    with pytest.raises(IntegrityError, match="UNIQUE"):
        driver.run_many(connection, "INSERT INTO shelf VALUES (?, ?)", [(1, "b")])
    with pytest.raises(OperationalError, match="no such table"):
        driver.rows_of(connection, "SELECT 1 FROM nowhere")


def test_a_transaction_that_cannot_begin_is_an_error_of_sqlalchemys_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.engine.BUSY_SECONDS", 0.0)
    create(tmp_path / "ledger.db")
    first, second = open_writer(tmp_path / "ledger.db"), open_writer(tmp_path / "ledger.db")
    held, waiting = first.connect(), second.connect()
    with held, held.begin(), waiting, pytest.raises(OperationalError, match="locked"):
        waiting.begin()
    first.dispose()
    second.dispose()
