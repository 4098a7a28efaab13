"""What keeps the log append-only inside a PostgreSQL database, and the one way for bytes to go.

Statement guards refuse every change of the log's tables to everybody. They let one role through, the eraser, and for
three statements only: bytes that leave a row of `contents`, and a row of `defects` or of `evidence` that goes.
Whoever writes becomes that role for the length of such a statement (`while_erasing`), and then a guard of each row asks
for the `erased` event that names the event. An `erased` event itself is looked for when the register takes it. So it is
on SQLite (`guards`).

`rewrite` is how no dead row of a table keeps a copy: it is the owner's, because nobody else may write a table anew.
"""

from collections.abc import Iterator

from sqlalchemy import Table

from ledger.core.batch import MAX_EVENTS
from ledger.store import tables as t
from ledger.store.packing import EVENTS_A_ROW
from ledger.store.postgresql_roles import ERASER, SCHEMA

REWRITE = "rewrite"
ERASED_COLUMNS = {"contents": ("sizes", "bodies")}
"""What the eraser may change."""

_GUARD = "refuse_change"
_UNNAMED, _UNEXPLAINED = "refuse_unless_erased", "refuse_unless_explained"
_REFUSED = "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'"
_STATEMENT, _ROW_UPDATED, _ROW_DELETED, _ROW_INSERTED = 58, 19, 11, 7
"""`pg_trigger.tgtype`: a row 1, before 2, INSERT 4, DELETE 8, UPDATE 16, TRUNCATE 32."""


def _size(sizes: str, position: str) -> str:
    """SQL: how many bytes the event at a position has."""
    return f"(256 * get_byte({sizes}, 2 * {position}) + get_byte({sizes}, 2 * {position} + 1))"


def _start(sizes: str, position: str) -> str:
    """SQL: how many bytes stand before the event at a position."""
    return f"(SELECT coalesce(sum({_size(sizes, 'n')}), 0)::int FROM generate_series(0, {position} - 1) AS n)"  # noqa: S608  our own words


_STATEMENT_BODY = f"""BEGIN
  IF current_user = '{ERASER}' AND (TG_TABLE_NAME, TG_OP) IN
      (('contents', 'UPDATE'), ('defects', 'DELETE'), ('evidence', 'DELETE')) THEN
    RETURN NULL;
  END IF;
  {_REFUSED};
END"""
_NAMED_BODY = f"""DECLARE at int; size int; start int;
BEGIN
  IF TG_TABLE_NAME IN ('defects', 'evidence') THEN
    IF EXISTS (SELECT FROM {SCHEMA}.erasures WHERE what = 'body' AND event_id = OLD.event_id) THEN
      RETURN OLD;
    END IF;
  ELSE
    FOR at IN SELECT (event_id - OLD.event_id)::int FROM {SCHEMA}.erasures WHERE what = 'body'
        AND event_id >= OLD.event_id AND event_id < OLD.event_id + length(OLD.sizes) / 2 LOOP
      size := {_size("OLD.sizes", "at")};
      start := {_start("OLD.sizes", "at")};
      IF NEW.event_id = OLD.event_id AND NEW.sealed_ms = OLD.sealed_ms AND NEW.leaves = OLD.leaves
          AND NEW.sizes = overlay(OLD.sizes PLACING '\\x0000'::bytea FROM 2 * at + 1 FOR 2)
          AND NEW.bodies = substring(OLD.bodies FROM 1 FOR start) || substring(OLD.bodies FROM start + size + 1) THEN
        RETURN NEW;
      END IF;
    END LOOP;
  END IF;
  {_REFUSED};
END"""  # noqa: S608  our own words
_AT = f"(NEW.erased_by % {MAX_EVENTS} % {EVENTS_A_ROW})::int"
_EXPLAINED_BODY = f"""BEGIN
  IF NEW.erased_by > NEW.event_id
      AND NOT EXISTS (SELECT FROM {SCHEMA}.defects WHERE event_id = NEW.erased_by)
      AND EXISTS (SELECT FROM {SCHEMA}.contents WHERE event_id = NEW.erased_by - {_AT}
        AND substring(bodies FROM {_start("sizes", _AT)} + 1 FOR 16)
          = convert_to('{{"kind":"erased"', 'UTF8')) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'erasures follow from erased events' USING ERRCODE = 'integrity_constraint_violation';
END"""  # noqa: S608  the same
_REWRITE_BODY = f"""DECLARE key name;
BEGIN
  SELECT i.relname INTO STRICT key FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class c ON c.oid = x.indrelid
    WHERE c.relnamespace = '{SCHEMA}'::regnamespace AND c.relname = of_table AND x.indisprimary;
  EXECUTE format('CLUSTER {SCHEMA}.%I USING %I', of_table, key);
END"""  # noqa: S608  the same
BODIES = {
    _GUARD: _STATEMENT_BODY,
    _UNNAMED: _NAMED_BODY,
    _UNEXPLAINED: _EXPLAINED_BODY,
    REWRITE: _REWRITE_BODY,
}
"""Every function of the schema, as the server keeps its text."""
_OF_ROWS = {
    ("contents", "UPDATE"): (_ROW_UPDATED, _UNNAMED),
    ("defects", "DELETE"): (_ROW_DELETED, _UNNAMED),
    ("evidence", "DELETE"): (_ROW_DELETED, _UNNAMED),
    ("erasures", "INSERT"): (_ROW_INSERTED, _UNEXPLAINED),
}


def functions() -> Iterator[str]:
    """The statements that make the functions, run as the owner in its schema."""
    for name in (_GUARD, _UNNAMED, _UNEXPLAINED):
        yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${BODIES[name]}$$"
    yield (
        f"CREATE FUNCTION {REWRITE}(of_table text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER"
        f" SET search_path = pg_catalog, pg_temp AS $${_REWRITE_BODY}$$"
    )
    yield f"REVOKE ALL ON FUNCTION {REWRITE}(text) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION {REWRITE}(text) TO {ERASER}"


def triggers(table: Table) -> Iterator[str]:
    """The statements that make a table's guards, enabled even in a replica's session."""
    if table not in t.LOG_TABLES:
        return
    yield (
        f"CREATE TRIGGER {table.name}_{_GUARD} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_GUARD}()"
    )
    for (guarded, action), (_, function) in _OF_ROWS.items():
        if guarded == table.name:
            yield (
                f"CREATE TRIGGER {guarded}_{function} BEFORE {action} ON {guarded} "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()"
            )
    for name, _ in expected(table):
        yield f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {name}"


def expected(table: Table) -> Iterator[tuple[str, str]]:
    """A table's guards as the server's catalogue tells them: name; table, type, that it is always enabled, function."""
    if table not in t.LOG_TABLES:
        return
    yield f"{table.name}_{_GUARD}", f"{table.name} {_STATEMENT} A {_GUARD}"
    for (guarded, _), (kind, function) in _OF_ROWS.items():
        if guarded == table.name:
            yield f"{guarded}_{function}", f"{guarded} {kind} A {function}"
