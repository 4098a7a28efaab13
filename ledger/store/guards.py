"""What keeps the log append-only inside the database.

Two guards, either of which suffices: triggers, which stop any program that opens the file, and an authoriser on the
ledger's own writing connection, which stops a statement before it runs. Neither stops somebody who writes to the file
itself: that is what signatures, the tree and `ledger.fsck` are for.
"""

import sqlite3
from collections.abc import Iterator

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


def triggers() -> Iterator[str]:
    """The statements that make the log's tables append-only.

    `INSERT OR REPLACE` deletes the row that it replaces; with `recursive_triggers` on that fires the second trigger.
    """
    for table in LOG_TABLES:
        for action in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table.name}_refuse_{action.lower()} BEFORE {action} ON {table.name} "
                f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
            )


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
