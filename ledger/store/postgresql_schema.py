"""The ledger's schema in PostgreSQL: roles, tables, guards and grants, as statements an administrator can read and run.

Three roles, none of which may log in; whoever runs the ledger is a member of the second and the third. The owner owns
the tables and is nobody's: only somebody who may become it can take the guards off. The app adds to the log and
rewrites projections. The reader reads. Triggers, enabled ALWAYS, stop even a superuser's slip, and a replica session.
"""

from collections.abc import Iterator

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.schema import CreateIndex, CreateTable

from ledger.store.engine import USER_VERSION
from ledger.store.tables import LOG_TABLES, metadata

SCHEMA = "ledger"
OWNER, APP, READER = "xuemai_owner", "xuemai_app", "xuemai_reader"
COMMENT = f"xuemai ledger, tables of version {USER_VERSION}"
GUARD = "refuse_change"
GUARD_BODY = (
    "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END"
)

_UNCOMPRESSED = {"contents": ("leaves", "bodies"), "unlisted": ("about",), "subject_events": ("further",)}
"""Columns that the server shall not try to compress.

Nonces and hashes gain nothing by it; the lists gain a little, and it would be a tenth of what a batch costs the server.
"""


def roles() -> Iterator[str]:
    """Make the three roles, where they are not there yet: they belong to the server, not to one database."""
    for role in (OWNER, APP, READER):
        yield (
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )


def schema() -> Iterator[str]:
    """Make the schema and everything in it, as somebody who may become the owner."""
    yield f"CREATE SCHEMA {SCHEMA} AUTHORIZATION {OWNER}"
    yield f"SET ROLE {OWNER}"
    yield f"SET search_path = {SCHEMA}, pg_temp"
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {APP}, {READER}"
    yield f"COMMENT ON SCHEMA {SCHEMA} IS '{COMMENT}'"
    yield f"CREATE FUNCTION {GUARD}() RETURNS trigger LANGUAGE plpgsql AS $${GUARD_BODY}$$"
    for table in metadata.sorted_tables:
        yield from _table(table)
    yield "RESET search_path"
    yield "RESET ROLE"


def guard_of(table: Table) -> str | None:
    """The name of a table's guard; None where rows may change."""
    return f"{table.name}_{GUARD}" if table in LOG_TABLES else None


def rights_of(table: Table) -> dict[str, tuple[str, ...]]:
    """What each role may do with a table's rows."""
    changing = () if table in LOG_TABLES else ("UPDATE", "DELETE")
    return {APP: ("SELECT", "INSERT", *changing), READER: ("SELECT",)}


def _table(table: Table) -> Iterator[str]:
    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # it has no types
    yield str(CreateTable(table).compile(dialect=dialect)).strip()
    for index in sorted(table.indexes, key=lambda each: str(each.name)):
        yield str(CreateIndex(index).compile(dialect=dialect)).strip()
    for column in _UNCOMPRESSED.get(table.name, ()):
        yield f"ALTER TABLE {table.name} ALTER COLUMN {column} SET STORAGE EXTERNAL"
    guard = guard_of(table)
    if guard is not None:
        yield (
            f"CREATE TRIGGER {guard} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {GUARD}()"
        )
        yield f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {guard}"
    for role, rights in rights_of(table).items():
        yield f"GRANT {', '.join(rights)} ON {table.name} TO {role}"
