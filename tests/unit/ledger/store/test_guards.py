"""The log is append-only: planted violations, through the ledger's own connection and through any other."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from ledger.store import engine as engines
from ledger.store.tables import LOG_TABLES
from tests.support.producers import site_in

# A new site has no rows in these; their own tests and the stories of forks change them.
EMPTY = {"forks", "contradictions", "erasures", "evidence"}
LOG = [table.name for table in LOG_TABLES if table.name not in EMPTY]

pytestmark = pytest.mark.sqlite


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = site_in(tmp_path / "site").ledger_db
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO cosignatures SELECT size, 'a witness', note FROM checkpoints")
        connection.execute("INSERT INTO defects VALUES (0, 'why')")
        connection.execute("INSERT INTO map_cosignatures VALUES (1, 1, 'an auditor', 'a line')")
    return path


@pytest.fixture
def writer(database: Path) -> Iterator[Engine]:
    engine = engines.open_writer(database)
    yield engine
    engine.dispose()


def violations(table: str) -> tuple[str, ...]:
    column = {
        "contents": "bodies",
        "defects": "defect",
        "nodes": "hash",
        "checkpoints": "note",
        "batches": "note",
        "streams": "name",
        "cosignatures": "line",
        "map_cosignatures": "line",
        "enclosures": "document",
    }
    changed = column.get(table, "leaf")
    return (
        f"UPDATE {table} SET {changed} = {changed}",  # noqa: S608  our own tables
        f"DELETE FROM {table}",  # noqa: S608  as above
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",  # noqa: S608  as above
    )


@pytest.mark.parametrize("table", LOG)
def test_the_triggers_stop_any_other_program(database: Path, table: str) -> None:
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA recursive_triggers = ON")
    for violation in violations(table):
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            connection.execute(violation)
    connection.close()


@pytest.mark.parametrize("table", LOG)
def test_the_writing_connection_refuses_before_a_trigger_has_to(writer: Engine, table: str) -> None:
    for violation, reason in zip(violations(table), ("not authorized", "not authorized", "append-only"), strict=True):
        with writer.connect() as connection, connection.begin(), pytest.raises(DatabaseError, match=reason):
            connection.exec_driver_sql(violation)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER contents_refuse_update",
        "DROP TABLE contents",
        "ALTER TABLE contents RENAME TO occurrences",
        "CREATE TRIGGER t AFTER INSERT ON contents BEGIN SELECT 1; END",
        "ATTACH ':memory:' AS other",
        "PRAGMA recursive_triggers = OFF",
        "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode = DELETE",
    ],
)
def test_the_writing_connection_cannot_take_its_guards_off(writer: Engine, statement: str) -> None:
    with writer.connect() as connection, connection.begin(), pytest.raises(DatabaseError, match="not authorized"):
        connection.exec_driver_sql(statement)


def test_a_reader_cannot_write(database: Path) -> None:
    engine = engines.open_reader(database)
    with engines.reading(engine) as connection, pytest.raises(DatabaseError, match="readonly"):
        connection.exec_driver_sql("DELETE FROM units")
    engine.dispose()


def test_every_table_of_the_log_is_guarded_against_both(database: Path) -> None:
    connection = sqlite3.connect(database)
    guards = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    connection.close()
    both = {f"{table.name}_refuse_{action}" for table in LOG_TABLES for action in ("update", "delete")}
    assert guards == {*both, "erasures_refuse_insert"}
