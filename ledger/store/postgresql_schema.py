"""The ledger's schema in PostgreSQL: roles, tables, guards and grants, as statements an administrator can read and run.

Four roles, none of which may log in; whoever runs the ledger is a member of all but the first. The owner owns the
tables and is nobody's: only somebody who may become it can take the guards off. The app adds to the log and rewrites
projections. The reader reads. The eraser does what an erasure needs and no more. Triggers (`postgresql_guards`),
enabled ALWAYS, stop even a superuser's slip, and a replica session.
"""

from collections.abc import Iterator

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.schema import CreateIndex, CreateTable

from ledger.store import postgresql_guards as guards
from ledger.store.engine import USER_VERSION
from ledger.store.postgresql_roles import APP, ERASER, OWNER, READER, SCHEMA
from ledger.store.tables import LOG_TABLES, metadata

COMMENT = f"xuemai ledger, tables of version {USER_VERSION}"
_UNCOMPRESSED = {"contents": ("leaves", "bodies"), "unlisted": ("about",), "subject_events": ("further",)}
"""Columns that the server shall not try to compress.

Nonces and hashes gain nothing by it; the lists gain a little, and it would be a tenth of what a batch costs the server.
"""

_ERASERS = {
    "contents": ("SELECT", "UPDATE"),
    "defects": ("SELECT", "DELETE"),
    "evidence": ("SELECT", "DELETE"),
    "erasures": ("SELECT",),
}


def roles() -> Iterator[str]:
    """Make the four roles, where they are not there yet: they belong to the server, not to one database."""
    for role in (OWNER, APP, READER, ERASER):
        yield (
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )


def schema() -> Iterator[str]:
    """Make the schema and everything in it, as somebody who may become the owner."""
    yield f"CREATE SCHEMA {SCHEMA} AUTHORIZATION {OWNER}"
    yield f"SET ROLE {OWNER}"
    yield f"SET search_path = {SCHEMA}, pg_temp"
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {APP}, {READER}, {ERASER}"
    yield f"COMMENT ON SCHEMA {SCHEMA} IS '{COMMENT}'"
    yield from guards.functions()
    for table in metadata.sorted_tables:
        yield from _table(table)
    yield "RESET search_path"
    yield "RESET ROLE"


def rights_of(table: Table) -> dict[str, tuple[str, ...]]:
    """What each role may do with a table's rows."""
    changing = () if table in LOG_TABLES else ("UPDATE", "DELETE")
    rights = {APP: ("SELECT", "INSERT", *changing), READER: ("SELECT",)}
    return rights if table.name not in _ERASERS else {**rights, ERASER: _ERASERS[table.name]}


def without_statistics(table: Table) -> list[str]:
    """The columns of which the server must not keep samples: an erased value would go on standing among them."""
    return [column.name for column in table.columns if column.type.python_type is not int]


def _table(table: Table) -> Iterator[str]:
    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # it has no types
    yield str(CreateTable(table).compile(dialect=dialect)).strip()
    for index in sorted(table.indexes, key=lambda each: str(each.name)):
        yield str(CreateIndex(index).compile(dialect=dialect)).strip()
    for column in _UNCOMPRESSED.get(table.name, ()):
        yield f"ALTER TABLE {table.name} ALTER COLUMN {column} SET STORAGE EXTERNAL"
    for column in without_statistics(table):
        yield f"ALTER TABLE {table.name} ALTER COLUMN {column} SET STATISTICS 0"
    yield from guards.triggers(table)
    for role, rights in rights_of(table).items():
        yield f"GRANT {', '.join(_on_columns(right, table) for right in rights)} ON {table.name} TO {role}"


def _on_columns(right: str, table: Table) -> str:
    columns = guards.ERASED_COLUMNS.get(table.name, ())
    return f"{right} ({', '.join(columns)})" if right == "UPDATE" and columns else right
