"""What a ledger's schema in PostgreSQL is, and what the server says that it is: one line for each thing that matters.

Columns, indexes, keys, guards with their bodies, grants, the tables' owner and durability. Told from the server's
catalogues, so that whatever an administrator changed since, on purpose or by a slip, is named.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, Index, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from ledger.store import postgresql_guards as guards
from ledger.store import postgresql_schema as schemas
from ledger.store.postgresql_roles import APP, ERASER, OWNER, READER
from ledger.store.tables import metadata

_ROLES = (APP, READER, ERASER)
_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")

_TABLES = """
SELECT 'table ' || c.relname,
       concat_ws(' ', c.relkind, c.relpersistence, 'of', pg_get_userbyid(c.relowner),
                 CASE WHEN c.relrowsecurity THEN 'with row security' END)
FROM pg_class c WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind NOT IN ('i', 't')
"""
_COLUMNS = """
SELECT 'column ' || c.relname || '.' || a.attname,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
                 'collate ' || l.collname, CASE WHEN a.atthasdef THEN 'with a default' END,
                 CASE WHEN a.attstattarget = 0 THEN 'no statistics' END)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind NOT IN ('i', 't') AND a.attnum > 0 AND NOT a.attisdropped
"""
_INDEXES = """
SELECT 'index ' || i.relname,
       concat_ws(' ', t.relname, (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(x.indkey) WITH ORDINALITY
                  AS k (attnum, n) LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum),
                 CASE WHEN x.indisunique THEN 'unique' END, CASE WHEN x.indpred IS NOT NULL THEN 'partial' END,
                 CASE WHEN NOT x.indisvalid THEN 'not valid' END)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE t.relnamespace = 'ledger'::regnamespace AND t.relkind = 'r'
"""
_REFERENCES = """
SELECT 'reference ' || t.relname || '.' || a.attname,
       concat_ws(' ', f.relname, CASE WHEN NOT n.convalidated THEN 'not validated' END)
FROM pg_constraint n JOIN pg_class t ON t.oid = n.conrelid JOIN pg_class f ON f.oid = n.confrelid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = n.conkey[1]
WHERE n.contype = 'f' AND n.connamespace = 'ledger'::regnamespace
"""
_TRIGGERS = """
SELECT 'trigger ' || g.tgname, concat_ws(' ', t.relname, g.tgtype, g.tgenabled, p.proname)
FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid
WHERE t.relnamespace = 'ledger'::regnamespace AND NOT g.tgisinternal
UNION ALL SELECT 'function ' || proname,
                 concat_ws(' ', prosrc, CASE WHEN prosecdef THEN 'as ' || pg_get_userbyid(proowner) END)
FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace
UNION ALL SELECT 'rule ' || rulename, tablename FROM pg_rules WHERE schemaname = 'ledger'
"""
_GRANTS = """
SELECT 'grant ' || t.relname || ' to ' || r.role, string_agg(r.privilege, ', ' ORDER BY r.n)
FROM pg_class t CROSS JOIN (SELECT role, privilege, n FROM unnest(%s::text[]) AS role
                            CROSS JOIN unnest(%s::text[]) WITH ORDINALITY AS p (privilege, n)) AS r
WHERE t.relnamespace = 'ledger'::regnamespace AND t.relkind = 'r'
      AND CASE WHEN r.privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
               THEN has_any_column_privilege(r.role::name, t.oid, r.privilege)
               ELSE has_table_privilege(r.role::name, t.oid, r.privilege) END
GROUP BY 1
UNION ALL SELECT 'grant ' || c.relname || '.' || a.attname || ' to ' || r.role, 'UPDATE'
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid CROSS JOIN unnest(%s::text[]) AS r (role)
WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
      AND has_column_privilege(r.role::name, c.oid, a.attnum, 'UPDATE')
      AND NOT has_table_privilege(r.role::name, c.oid, 'UPDATE')
UNION ALL SELECT 'grant ' || p.proname || '() to ' || r.role, 'EXECUTE'
FROM pg_proc p CROSS JOIN unnest(%s::text[]) AS r (role)
WHERE p.pronamespace = 'ledger'::regnamespace AND p.prosecdef AND has_function_privilege(r.role::name, p.oid, 'EXECUTE')
"""


def expected_form() -> dict[str, str | None]:
    """What must be there, by name."""
    form: dict[str, str | None] = {f"function {name}": body for name, body in guards.BODIES.items()}
    form[f"function {guards.REWRITE}"] = f"{guards.BODIES[guards.REWRITE]} as {OWNER}"
    form[f"grant {guards.REWRITE}() to {ERASER}"] = "EXECUTE"
    for table in metadata.sorted_tables:
        form |= dict(_table(table))
    return form


def stored_form(connection: Connection) -> dict[str, str | None]:
    """What is there, by name, as the server's catalogues tell it."""
    found: dict[str, str | None] = {}
    for query in (_TABLES, _COLUMNS, _INDEXES, _REFERENCES, _TRIGGERS):
        found |= _pairs(connection, query)
    found |= _pairs(connection, _GRANTS, list(_ROLES), list(_RIGHTS), list(_ROLES), list(_ROLES))
    return found


def _pairs(connection: Connection, query: str, *values: list[str]) -> dict[str, str | None]:
    return {row[0]: row[1] for row in connection.exec_driver_sql(query, values)}


def _table(table: Table) -> Iterator[tuple[str, str]]:
    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # it has no types
    yield f"table {table.name}", f"r p of {OWNER}"
    for column in table.columns:
        kind = column.type.compile(dialect).lower().partition(" ")[0]
        collation = " collate C" if kind == "text" else ""
        sampled = "" if kind == "bigint" else " no statistics"
        yield (
            f"column {table.name}.{column.name}",
            f"{kind}{'' if column.nullable else ' not null'}{collation}{sampled}",
        )
        for reference in column.foreign_keys:
            yield f"reference {table.name}.{column.name}", reference.column.table.name
    yield from _indexes(table)
    for guard, form in guards.expected(table):
        yield f"trigger {guard}", form
    for erased in guards.ERASED_COLUMNS.get(table.name, ()):
        yield f"grant {table.name}.{erased} to {ERASER}", "UPDATE"
    for role, rights in schemas.rights_of(table).items():
        yield f"grant {table.name} to {role}", ", ".join(each for each in _RIGHTS if each in rights)


def _indexes(table: Table) -> Iterator[tuple[str, str]]:
    key = [column.name for column in table.primary_key.columns]
    yield f"index {table.name}_pkey", f"{table.name} {', '.join(key)} unique"
    for each in table.constraints:
        if isinstance(each, UniqueConstraint):
            names = [column.name for column in each.columns]
            yield f"index {table.name}_{'_'.join(names)}_key", f"{table.name} {', '.join(names)} unique"
    for index in table.indexes:
        yield f"index {index.name}", f"{table.name} {_of(index)}"


def _of(index: Index) -> str:
    names = ", ".join(str(column.name) for column in index.columns)
    partial = " partial" if index.dialect_options["postgresql"]["where"] is not None else ""
    return f"{names}{' unique' if index.unique else ''}{partial}"
