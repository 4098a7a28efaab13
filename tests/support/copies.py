"""A stopped site's ledger database kept aside and put back, whichever engine keeps it: what a restored backup does."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from ledger.config import Site, format_config
from ledger.store.postgresql import forget_readers
from tests.support.log_checker import connected
from tests.support.postgresql import copied, server

Execute = Callable[..., Any]
"""Executes a statement with `?` for each of a sequence of values; answers the driver's cursor."""


def keep(site: Site) -> bytes | str:
    """The database as it is: its bytes, or the URL of a copy."""
    if site.database_url is None:
        return site.ledger_db.read_bytes()
    forget_readers()
    return copied(site.database_url)


def put_back(site: Site, kept: bytes | str) -> None:
    """Put what was kept in the place of a site's database."""
    if isinstance(kept, bytes):
        site.ledger_db.write_bytes(kept)
        return
    assert site.database_url is not None
    forget_readers()
    server().replace(site.database_url, kept)


def copy_site(site: Site, folder: Path) -> Site:
    """A whole stopped site once more in a new folder."""
    shutil.copytree(site.directory, folder)
    kept = None if site.database_url is None else keep(site)
    assert not isinstance(kept, bytes)
    copy = replace(site, directory=folder, database_url=kept)
    copy.config_file.write_text(format_config(copy), "utf-8")
    return copy


def engine_of(site: Site) -> str:
    """Which engine keeps a site's ledger."""
    return "sqlite" if site.database_url is None else "postgresql"


@contextmanager
def unguarded(site: Site, table: str) -> Iterator[Execute]:
    """What executes statements as the database's owner could.

    The table's guards are off meanwhile and keys may point nowhere.
    """
    ways = {"sqlite": _unguarded_file, "postgresql": _unguarded_database}
    with ways[engine_of(site)](site, table) as execute:
        yield execute


@contextmanager
def _unguarded_file(site: Site, table: str) -> Iterator[Execute]:
    connection = sqlite3.connect(site.ledger_db, isolation_level=None)
    try:
        guards = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
        ).fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection.execute
        for _, guard in guards:
            connection.execute(guard)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


@contextmanager
def _unguarded_database(site: Site, table: str) -> Iterator[Execute]:
    assert site.database_url is not None
    with psycopg.connect(site.database_url, autocommit=True, options="-c search_path=ledger") as connection:
        connection.execute("SET session_replication_role = replica")
        query = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
        guards = [name for (name,) in connection.execute(query, (table,))]
        for name in guards:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}".encode())
        yield lambda statement, *values: connection.execute(statement.replace("?", "%s").encode(), *values)
        for name in guards:
            connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}".encode())


def rows_of(site: Site, table: str) -> list[tuple[object, ...]]:
    """Every row of a table."""
    with connected(site) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  our own tables


def put_rows_back(site: Site, table: str, rows: list[tuple[object, ...]]) -> None:
    """Make a table what it was: faster than the whole database."""
    with unguarded(site, table) as execute:
        execute(f"DELETE FROM {table}")  # noqa: S608  the same
        for row in rows:
            execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608  the same
