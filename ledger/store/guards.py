"""What keeps the log append-only inside the database.

Two guards, either of which suffices: triggers, which stop any program that opens the file, and an authoriser on the
ledger's own writing connection, which stops a statement before it runs. Neither stops somebody who writes to the file
itself: that is what signatures, the tree and `ledger.fsck` are for.

There is one way for bytes to go: the bytes of an event that an `erased` event of the log names, and the file kept for
it (`ledger.store.erasing`). The triggers let that happen and nothing beside it; the authoriser, only `while_erasing`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from ledger.core.batch import MAX_EVENTS
from ledger.store.packing import EVENTS_A_ROW
from ledger.store.postgresql_roles import APP, ERASER
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


_ERASED = b'{"kind":"erased"'
"""How an event begins that says that another one was erased."""
_BECOME_ERASER, _BECOME_APP = f"SET LOCAL ROLE {ERASER}", f"SET LOCAL ROLE {APP}"
_ERASABLE = frozenset({("contents", "sizes"), ("contents", "bodies")})


def _size(sizes: str, position: str) -> str:
    """SQL: how many bytes the event at a position has; SQLite has no function that reads a number from two bytes."""
    one, two, three, four = (
        f"(instr('0123456789ABCDEF', substr(hex(substr({sizes}, 2 * {position} + 1, 2)), {digit}, 1)) - 1)"
        for digit in range(1, 5)
    )
    return f"((({one} * 16 + {two}) * 16 + {three}) * 16 + {four})"


def _start(sizes: str, position: str) -> str:
    """SQL: how many bytes stand before the event at a position."""
    numbers = f"(SELECT column1 AS n FROM (VALUES {', '.join(f'({number})' for number in range(EVENTS_A_ROW))}))"  # noqa: S608  our own words
    return f"(SELECT coalesce(sum({_size(sizes, 'n')}), 0) FROM {numbers} WHERE n < {position})"  # noqa: S608  as above


def _same(new: str, old: str) -> str:
    """SQL: two parts are the same; of an empty value `substr` has NULL, of any other an empty part."""
    return f"coalesce(substr({new}), x'') IS coalesce(substr({old}), x'')"


_ONE_EVENT_GONE = f"""
EXISTS (
  SELECT 1 FROM (
    SELECT at, {_size("OLD.sizes", "at")} AS size, {_start("OLD.sizes", "at")} AS start
    FROM (SELECT event_id - OLD.event_id AS at FROM erasures
          WHERE what = 'body' AND event_id >= OLD.event_id AND event_id < OLD.event_id + length(OLD.sizes) / 2)
  ) WHERE NEW.event_id IS OLD.event_id AND NEW.sealed_ms IS OLD.sealed_ms AND NEW.leaves IS OLD.leaves
    AND substr(NEW.sizes, 2 * at + 1, 2) IS x'0000'
    AND {_same("NEW.sizes, 1, 2 * at", "OLD.sizes, 1, 2 * at")}
    AND {_same("NEW.sizes, 2 * at + 3", "OLD.sizes, 2 * at + 3")}
    AND {_same("NEW.bodies, 1, start", "OLD.bodies, 1, start")}
    AND {_same("NEW.bodies, start + 1", "OLD.bodies, start + size + 1")}
)"""  # noqa: S608  the same
"""Of a row of events the bytes of one have gone, which an `erased` event names, and nothing else."""
_ITS_EVENT_IS_NAMED = "EXISTS (SELECT 1 FROM erasures WHERE what = 'body' AND event_id = OLD.event_id)"
_GOING = frozenset({"defects", "evidence"})
"""The tables of which whole rows go with an event's bytes."""
_ALLOWED = {
    ("contents", "UPDATE"): _ONE_EVENT_GONE,
    ("defects", "DELETE"): _ITS_EVENT_IS_NAMED,
    ("evidence", "DELETE"): _ITS_EVENT_IS_NAMED,
}
"""(table, action) → when it may happen all the same."""
_AT = f"NEW.erased_by % {MAX_EVENTS} % {EVENTS_A_ROW}"
_EXPLAINED = f"""
NEW.erased_by > NEW.event_id
AND NOT EXISTS (SELECT 1 FROM defects WHERE event_id = NEW.erased_by)
AND EXISTS (
  SELECT 1 FROM contents WHERE event_id = NEW.erased_by - {_AT}
    AND substr(bodies, {_start("sizes", _AT)} + 1, {len(_ERASED)}) IS x'{_ERASED.hex()}'
)"""  # noqa: S608  the same


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
    yield f"CREATE TRIGGER erasures_refuse_insert BEFORE INSERT ON erasures WHEN NOT ({_EXPLAINED}) {refused}"


@contextmanager
def while_erasing(connection: Connection) -> Iterator[None]:
    """Let the writing connection ask for what an erasure needs; the triggers still judge each row."""
    driver = connection.connection.dbapi_connection
    if not isinstance(driver, sqlite3.Connection):
        # For this transaction alone; where it fails, so does what was set.
        connection.exec_driver_sql(_BECOME_ERASER)
        yield
        connection.exec_driver_sql(_BECOME_APP)
        return
    driver.set_authorizer(_authorise_erasure)
    try:
        yield
    finally:
        driver.set_authorizer(authorise)


def _authorise_erasure(action: int, first: str | None, second: str | None, *more: str | None) -> int:
    if action == sqlite3.SQLITE_DELETE and first in _GOING:
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
