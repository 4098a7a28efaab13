"""What keeps the log append-only inside the database.

Two guards, either of which suffices: triggers, which stop any program that opens the file, and an authoriser on the
ledger's own writing connection, which stops a statement before it runs. Neither stops somebody who writes to the file
itself: that is what signatures, the tree and `ledger.fsck` are for.

There is one way for bytes to go: the bytes of an event that an `erased` event of the log names
(`ledger.store.erasing`). The triggers let that happen and nothing beside it; the authoriser, only `while_erasing`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from ledger.core.events import ERASED_DEFECT, ERASED_KIND
from ledger.store.tables import LOG_TABLES

_LOG = frozenset(table.name for table in LOG_TABLES)
_REFUSED = frozenset(
    {
        sqlite3.SQLITE_ALTER_TABLE,
        sqlite3.SQLITE_ATTACH,
        sqlite3.SQLITE_DETACH,
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_TRIGGER,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_DROP_INDEX,
        sqlite3.SQLITE_DROP_TABLE,
        sqlite3.SQLITE_DROP_TRIGGER,
        sqlite3.SQLITE_DROP_VIEW,
    }
)
_PRAGMAS = frozenset({"wal_checkpoint", "user_version", "application_id", "quick_check", "table_info", "table_list"})


_ERASABLE = frozenset({("events", "kind"), ("events", "time_ms"), ("events", "defect")})
_KEPT = ("id", "log_index", "position", "seq", "stream_id", "leaf")
_NAMED = "EXISTS (SELECT 1 FROM erasures WHERE what = 'body' AND event_id ="
_ALLOWED = {
    ("bodies", "DELETE"): f"{_NAMED} OLD.event_id)",
    ("events", "UPDATE"): " AND ".join(
        [
            *(f"NEW.{name} IS OLD.{name}" for name in _KEPT),
            f"NEW.kind = '{ERASED_KIND}'",
            f"NEW.defect = '{ERASED_DEFECT}'",
            f"{_NAMED} OLD.id)",
        ]
    ),
}
"""(table, action) → when it may happen all the same."""
_EXPLAINED = (
    "EXISTS (SELECT 1 FROM events WHERE id = NEW.erased_by AND kind = 'erased' AND defect IS NULL"
    " AND id > NEW.event_id)"
)


def triggers() -> Iterator[str]:
    """The statements that make the log's tables append-only.

    `INSERT OR REPLACE` deletes the row that it replaces; with `recursive_triggers` on that fires the second trigger.
    """
    for table in LOG_TABLES:
        for action in ("UPDATE", "DELETE"):
            allowed = _ALLOWED.get((table.name, action))
            unless = "" if allowed is None else f"WHEN NOT ({allowed}) "
            yield (
                f"CREATE TRIGGER {table.name}_refuse_{action.lower()} BEFORE {action} ON {table.name} {unless}"
                f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
            )
    refused = "BEGIN SELECT RAISE(ABORT, 'erasures follow from erased events'); END"
    yield f"CREATE TRIGGER erasures_refuse_insert BEFORE INSERT ON erasures WHEN NOT {_EXPLAINED} {refused}"


@contextmanager
def while_erasing(connection: Connection) -> Iterator[None]:
    """Let the writing connection ask for what an erasure needs; the triggers still judge each row."""
    driver = connection.connection.dbapi_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.set_authorizer(_authorise_erasure)
    try:
        yield
    finally:
        driver.set_authorizer(authorise)


def _authorise_erasure(action: int, first: str | None, second: str | None, *more: str | None) -> int:
    if action == sqlite3.SQLITE_DELETE and first == "bodies":
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_UPDATE and (first, second) in _ERASABLE:
        return sqlite3.SQLITE_OK
    return authorise(action, first, second, *more)


def authorise(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """The writing connection's authoriser: nothing of the log is changed or removed, and the schema stays."""
    if action in {sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE} and first in _LOG:
        return sqlite3.SQLITE_DENY
    if action in _REFUSED:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and (
        first not in _PRAGMAS or (second is not None and first != "wal_checkpoint")
    ):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK
