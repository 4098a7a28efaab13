"""What a ledger's SQLite file is besides its rows: its pages against the seal, SQLite's own check, the schema."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from ledger.config import Site
from ledger.core.errors import FormatError
from ledger.store import engine as engines
from ledger.store import seal as seals
from ledger.store.bad import BadPlaceError
from ledger.store.compare import compare_schema

_SCHEMA = "SELECT type || ' ' || name, tbl_name || ': ' || coalesce(sql, '') FROM sqlite_master"


def check_seal(site: Site, passed: Callable[[str], None]) -> bool:
    """Whether the site is stopped and its database's bytes are those that were sealed.

    Raises:
        BadPlaceError: they are other bytes, or there is no file.
    """
    try:
        seal = seals.read_seal(site.seal)
    except FormatError as error:
        raise BadPlaceError("seal", site.seal.name, expected="a seal", found=str(error)) from error
    if not site.ledger_db.exists():
        raise BadPlaceError("database", site.ledger_db.name, expected="a database", found="no file")
    if seal is None:
        passed("seal: none; the site is running, or was not closed cleanly")
        return False
    wal = seals.wal_of(site.ledger_db)
    if wal.exists() and wal.stat().st_size:
        raise BadPlaceError("seal", wal.name, expected="no write-ahead log beside a sealed database", found="one")
    pages = seals.broken_pages(site.ledger_db, seal)
    if pages is not None:
        key = f"page {pages.start}" if len(pages) == 1 else f"pages {pages.start} to {pages.stop - 1}"
        raise BadPlaceError(
            "seal",
            site.ledger_db.name,
            f"{key} ({_owner(site.ledger_db, pages)})",
            expected="the bytes of the last clean close",
            found="other bytes",
        )
    passed(f"seal: {seal.size} bytes as they were closed")
    return True


def _owner(path: Path, pages: range) -> str:
    """Which table or index a page belongs to, where SQLite can still tell."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            rows = connection.execute(
                "SELECT DISTINCT name FROM dbstat WHERE pageno >= ? AND pageno < ?", (pages.start, pages.stop)
            ).fetchall()
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError):
        return "owner unknown"
    return ", ".join(str(name) for (name,) in rows) or "owner unknown"


def check_form(examined: Connection, passed: Callable[[str], None]) -> None:
    """Header, SQLite's own check, schema and guards.

    Raises:
        BadPlaceError: the first that is not as it should be.
    """
    application = examined.exec_driver_sql("PRAGMA application_id").scalar_one()
    version = examined.exec_driver_sql("PRAGMA user_version").scalar_one()
    problem = engines.version_problem(application, version)
    if problem is not None:
        raise BadPlaceError("database", "ledger.db", "header", expected="this ledger's database", found=problem)
    for pragma in ("integrity_check(1)", "foreign_key_check"):
        first = examined.exec_driver_sql(f"PRAGMA {pragma}").first()
        if first is not None and first[0] != "ok":
            found = " ".join(str(value) for value in first)
            raise BadPlaceError("integrity", "ledger.db", expected="a consistent database", found=found)
    passed("integrity: SQLite's own check")
    expected = _expected_schema()
    compare_schema(_schema(examined), expected)
    passed(f"schema: {len(expected)} tables, indexes and guards")


def _expected_schema() -> dict[str, str | None]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        engines.create_schema(connection)
        return dict(connection.execute(_SCHEMA).fetchall())
    finally:
        connection.close()


def _schema(examined: Connection) -> dict[str, str | None]:
    return {row[0]: row[1] for row in examined.exec_driver_sql(_SCHEMA)}
