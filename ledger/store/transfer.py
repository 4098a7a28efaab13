"""Every row of one ledger database in another, empty one, whichever engines keep them.

Nothing is judged on the way: whoever lets a copy count examines it.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, Table, select

from ledger.store import tables as t
from ledger.store.prepared import Prepared, insertion

_AT_ONCE = 500


def copy_ledger(source: Connection, target: Connection) -> None:
    """Copy all tables; an erasure's row comes after what it rests on, as the guards want it."""
    copy_tables(source, target, (*t.LOG_TABLES, *t.PROJECTIONS, *t.JUDGED))


def copy_tables(source: Connection, target: Connection, tables: Iterable[Table]) -> None:
    """Copy some tables, in the order given."""
    for table in tables:
        put = insertion(table)
        for rows in Prepared(select(table).order_by(*table.primary_key.columns)).stream(source, _AT_ONCE):
            put.run_many(target, rows)
