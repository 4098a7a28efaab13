"""A ledger in PostgreSQL: who may do what (T40), guards that nothing gets around, several processes on one log."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from ledger.append import Draft, Ledger, Rejected
from ledger.cli import init
from ledger.config import Site, load
from ledger.core import kinds
from ledger.core.errors import ConfigError
from ledger.fsck import examine
from ledger.store import tables as t
from ledger.store.database import database_of
from ledger.store.postgresql import PostgresqlDatabase, statements
from ledger.store.postgresql_roles import APP, ERASER, OWNER, READER
from tests.support.copies import copy_site, keep, put_back
from tests.support.log_checker import check_site
from tests.support.postgresql import choose, chosen, databases_dropped, server
from tests.support.producers import Fact, Gateway, StoryClock, declare, introduce, site_in

SEEN: Fact = (
    kinds.TagArrived,
    "2026-03-01T12:00:00.000Z",
    {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1},
)
LOG = [table.name for table in t.LOG_TABLES]
PROJECTIONS = [table.name for table in t.PROJECTIONS]


@pytest.fixture(scope="module", autouse=True)
def _postgresql() -> Iterator[None]:
    """These tests are about PostgreSQL, whatever keeps the other tests' ledgers."""
    before = chosen()
    choose("postgresql")
    with databases_dropped():
        yield
    choose(before)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A stopped site with a gateway."""
    site = site_in(tmp_path_factory.mktemp("postgresql") / "site")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, Gateway("gw-a"), Gateway("gw-b"))
    return site


@pytest.fixture
def site(told: Site, tmp_path: Path) -> Site:
    """The same, to be changed."""
    return copy_site(told, tmp_path / "copy")


def url_of(site: Site) -> str:
    assert site.database_url is not None
    return site.database_url


def connected(site: Site, *settings: str) -> psycopg.Connection[tuple[object, ...]]:
    connection = psycopg.connect(url_of(site), autocommit=True, options="-c search_path=ledger")
    for setting in settings:
        connection.execute(setting.encode())
    return connection


def outcome(connection: psycopg.Connection[tuple[object, ...]], statement: str) -> str:
    """What the server says to a statement; nothing of it stays."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return "not allowed"
    except psycopg.errors.IntegrityConstraintViolation as error:
        return "append-only" if "is append-only" in str(error) else "a constraint"
    return "done"


def acts(table: str) -> dict[str, str]:
    column = t.metadata.tables[table].columns.values()[-1].name
    return {
        "SELECT": f"SELECT * FROM {table}",  # noqa: S608  our own tables
        "INSERT": f"INSERT INTO {table} SELECT * FROM {table} WHERE false",  # noqa: S608  the same
        "UPDATE": f"UPDATE {table} SET {column} = {column}",  # noqa: S608  the same
        "DELETE": f"DELETE FROM {table} WHERE false",  # noqa: S608  the same
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
        "ALTER": f"ALTER TABLE {table} ADD COLUMN more bigint",
        "DROP": f"DROP TABLE {table} CASCADE",
        "TRIGGER": f"ALTER TABLE {table} DISABLE TRIGGER ALL",
    }


@pytest.mark.parametrize("table", LOG + PROJECTIONS)
def test_each_role_may_do_what_it_is_for_and_nothing_else(told: Site, table: str) -> None:
    adding = {"SELECT", "INSERT"}
    going = {"SELECT", "DELETE"}
    erasing = {"contents": {"SELECT"}, "defects": going, "evidence": going, "erasures": {"SELECT"}}
    allowed = {
        APP: adding if table in LOG else adding | {"UPDATE", "DELETE"},
        READER: {"SELECT"},
        ERASER: erasing.get(table, set()),
    }
    for role, rights in allowed.items():
        with connected(told, f"SET ROLE {role}") as connection:
            found = {act: outcome(connection, statement) for act, statement in acts(table).items()}
        if (role, table) == (ERASER, "contents"):
            assert found.pop("UPDATE") == "append-only", "where no event was erased"
        assert found == {act: "done" if act in rights else "not allowed" for act in found}, role


@pytest.mark.parametrize("setting", ["SELECT 1", "SET session_replication_role = replica", f"SET ROLE {OWNER}"])
def test_the_guards_stop_even_the_server_s_administrator(told: Site, setting: str) -> None:
    with connected(told, setting) as connection:
        for table in LOG:
            for act in ("UPDATE", "DELETE", "TRUNCATE"):
                assert outcome(connection, acts(table)[act]) == "append-only", f"{act} {table}"


def test_nobody_may_log_in_as_one_of_the_roles(told: Site) -> None:
    with connected(told) as connection:
        query = "SELECT rolname, rolcanlogin, rolsuper FROM pg_roles WHERE rolname LIKE 'xuemai%'"
        assert set(connection.execute(query)) == {(role, False, False) for role in (OWNER, APP, READER, ERASER)}


def test_the_ledgers_own_connections_are_those_of_the_roles(told: Site) -> None:
    database = database_of(told)
    with database.snapshot() as reading:
        assert reading.exec_driver_sql("SELECT current_user").scalar_one() == READER
        with pytest.raises(DBAPIError):
            reading.exec_driver_sql("DELETE FROM units")
    engine = database.open_writer()
    with engine.connect() as writing, writing.begin():
        assert writing.exec_driver_sql("SELECT current_user").scalar_one() == APP
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("ALTER TABLE contents DISABLE TRIGGER contents_refuse_change", "trigger contents_refuse_change"),
        ("ALTER TABLE contents ENABLE TRIGGER contents_refuse_change", "trigger contents_refuse_change"),
        ("DROP TRIGGER batches_refuse_change ON batches", "trigger batches_refuse_change"),
        (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "function refuse_change",
        ),
        ("CREATE RULE quiet AS ON DELETE TO contents DO INSTEAD NOTHING", "rule quiet"),
        (f"GRANT UPDATE (bodies) ON contents TO {APP}", f"grant contents to {APP}"),
        (f"GRANT UPDATE (leaves) ON contents TO {ERASER}", f"grant contents.leaves to {ERASER}"),
        (f"GRANT EXECUTE ON FUNCTION rewrite TO {APP}", f"grant rewrite() to {APP}"),
        ("ALTER FUNCTION rewrite OWNER TO postgres", "function rewrite"),
        ("ALTER TABLE contents DISABLE TRIGGER contents_refuse_unless_erased", "trigger contents_refuse_unless_erased"),
        ("ALTER TABLE units ALTER COLUMN unit SET STATISTICS 100", "column units.unit"),
        (f"GRANT TRUNCATE ON units TO {APP}", f"grant units to {APP}"),
        (f"GRANT INSERT ON keys TO {READER}", f"grant keys to {READER}"),
        ("GRANT DELETE ON batches TO PUBLIC", f"grant batches to {APP}"),
        ("ALTER TABLE batches OWNER TO postgres", "table batches"),
        ("ALTER TABLE contents SET UNLOGGED", "table contents"),
        ("ALTER TABLE units ENABLE ROW LEVEL SECURITY", "table units"),
        ("ALTER TABLE units ADD COLUMN note text", "column units.note"),
        ('ALTER TABLE units ALTER COLUMN unit TYPE text COLLATE "POSIX"', "column units.unit"),
        ("ALTER TABLE units ALTER COLUMN state DROP NOT NULL", "column units.state"),
        ("DROP INDEX batches_by_stream", "index batches_by_stream"),
        ("ALTER TABLE forks DROP CONSTRAINT forks_stream_id_fkey", "reference forks.stream_id"),
        ("CREATE TABLE more (id bigint)", "column more.id"),
        ("CREATE VIEW more AS SELECT 1 AS id", "column more.id"),
    ],
)
def test_whatever_an_administrator_changed_is_named(site: Site, statement: str, named: str) -> None:
    with connected(site) as connection:
        connection.execute(statement.encode())
    found = examine(site).first_bad
    assert found is not None
    assert (found.check, found.where) == ("schema", named)


def test_what_is_printed_for_an_administrator_makes_a_database_that_a_humble_login_may_use() -> None:
    server().execute("CREATE ROLE humble LOGIN")
    url = server().new_database()
    with pytest.raises(ConfigError, match="--print-sql"):
        PostgresqlDatabase(url.replace("postgres@", "humble@")).create()
    with psycopg.connect(url, autocommit=True) as administrator:
        for statement in statements("humble"):
            administrator.execute(statement.encode())
    humble = PostgresqlDatabase(url.replace("postgres@", "humble@"))
    humble.create()
    engine = humble.open_writer()
    with engine.connect() as connection, connection.begin():
        assert connection.execute(select(t.batches)).all() == []
        with pytest.raises(DBAPIError, match="permission denied"):
            connection.exec_driver_sql(f"SET ROLE {OWNER}")
    engine.dispose()


def test_the_command_makes_a_site_on_a_database(tmp_path: Path) -> None:
    folder, url = tmp_path / "site", server().new_database()
    wanted = ["--name", "a9999.example", "--database", url]
    printed = CliRunner().invoke(init, [str(folder), *wanted, "--print-sql"])
    assert printed.output == "".join(f"{statement};\n" for statement in statements("postgres"))
    assert not folder.exists()
    refused = CliRunner().invoke(init, [str(folder), *wanted[:-1], url.replace("postgres@", "nobody-known@")])
    assert refused.exit_code == 1
    assert not folder.exists()
    assert CliRunner().invoke(init, [str(folder), *wanted]).exit_code == 0
    site = load(folder)
    assert site.database_url == url
    assert not site.ledger_db.exists()
    report = examine(site)
    assert report.ok, str(report.first_bad)


def test_a_database_is_made_once(site: Site) -> None:
    with pytest.raises(ConfigError, match="it holds one"):
        database_of(site).create()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("COMMENT ON SCHEMA ledger IS 'xuemai ledger, tables of version 99'", "version 99"),
        ("DROP SCHEMA ledger CASCADE", "xuemai init"),
        ("ALTER ROLE postgres SET synchronous_commit = off", "synchronous_commit"),
    ],
)
def test_a_database_that_cannot_keep_a_promise_is_not_opened(site: Site, change: str, reason: str) -> None:
    with connected(site) as connection:
        connection.execute(change.encode())
    try:
        with pytest.raises(ConfigError, match=reason):
            Ledger(site, StoryClock())
    finally:
        server().execute("ALTER ROLE postgres RESET synchronous_commit")


def test_a_server_that_is_not_there_is_said_so(site: Site, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        Ledger(replace(site, database_url=f"postgresql:///none?host={tmp_path}"), StoryClock())


def revocation(gateway: Gateway) -> Draft:
    last_good = [kinds.LastGood(stream=gateway.stream(), seq=1)]
    return Draft(kinds.KeyRevoked, {"key": gateway.key_id, "last_good": last_good, "reason": "lost"})


# ── several processes on one log ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def pair(site: Site, tmp_path: Path) -> Iterator[tuple[Ledger, Ledger]]:
    """Two ledgers of two folders on one database, as two machines have them."""
    other = replace(copy_site(site, tmp_path / "other"), database_url=site.database_url)
    with Ledger(site, StoryClock()) as one, Ledger(other, StoryClock()) as two:
        yield one, two
    assert check_site(site).batches > 0
    for folder in (site, other):
        report = examine(folder)
        assert report.ok, str(report.first_bad)


def test_what_one_wrote_the_other_goes_on_from(pair: tuple[Ledger, Ledger]) -> None:
    gateway = Gateway("gw-a")
    receipts = []
    for turn in range(12):
        wire = gateway.say(SEEN)
        receipts.append(pair[turn % 2].append_batch(wire))
        assert pair[1 - turn % 2].append_batch(wire) == receipts[-1], "the same batch, the same receipt"
    assert len(set(receipts)) == 12


def test_a_gateway_approved_at_one_is_known_to_the_other_within_a_tick(pair: tuple[Ledger, Ledger]) -> None:
    new = Gateway("gw-new")
    wire = new.say(SEEN)
    introduce(pair[0], new)
    with pytest.raises(Rejected) as caught:
        pair[1].append_batch(wire)
    assert (caught.value.step, caught.value.retry) == ("key", "retry")
    pair[1].sign_checkpoint()
    assert pair[1].append_batch(wire)


def test_a_connection_that_was_lost_between_two_batches_costs_none_of_them(pair: tuple[Ledger, Ledger]) -> None:
    gateway = Gateway("gw-a")
    pair[0].append_batch(gateway.say(SEEN))
    with connected(pair[0].site) as administrator:
        ended = administrator.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'xuemai writer'"
        ).fetchall()
    assert ended == [(True,), (True,)]
    assert pair[0].append_batch(gateway.say(SEEN))


def test_a_batch_goes_over_in_four_turns_of_the_wire(site: Site, tmp_path: Path) -> None:
    """The beginning, the lock with what stands there, all rows, the commit: a turn costs more than most statements."""
    gateway, trace = Gateway("gw-a"), tmp_path / "trace"
    with Ledger(site, StoryClock()) as ledger:
        ledger.append_batch(gateway.say(SEEN))
        driver = ledger._writer.submit(lambda working: working.connection.connection.driver_connection).result(10)
        assert isinstance(driver, psycopg.Connection)
        wire = gateway.say(SEEN)
        with trace.open("wb") as file:
            driver.pgconn.trace(file.fileno())
            ledger.append_batch(wire)
            driver.pgconn.untrace()
    assert trace.read_text("latin-1").count("ReadyForQuery") == 4


def test_a_key_revoked_at_one_is_refused_by_the_other_at_once(pair: tuple[Ledger, Ledger]) -> None:
    gateway = Gateway("gw-a")
    pair[1].append_batch(gateway.say(SEEN))
    declare(pair[0], revocation(gateway))
    with pytest.raises(Rejected, match="revoked"):
        pair[1].append_batch(gateway.say(SEEN))


def test_a_fork_seen_by_one_stops_the_stream_at_the_other(pair: tuple[Ledger, Ledger]) -> None:
    gateway = Gateway("gw-a")
    pair[1].append_batch(gateway.say(SEEN))
    with pytest.raises(Rejected, match="two histories"):
        pair[0].append_batch(Gateway("gw-a").say((*SEEN[:2], {**SEEN[2], "reads": 2})))
    with pytest.raises(Rejected, match="quarantined"):
        pair[1].append_batch(gateway.say(SEEN))


def test_a_checkpoint_that_one_signed_is_what_the_others_folder_holds_to(pair: tuple[Ledger, Ledger]) -> None:
    one, two = pair
    one.append_batch(Gateway("gw-a").say(SEEN))
    signed = one.sign_checkpoint()
    assert two.site.signed_head.read_bytes() != signed
    assert two.sign_checkpoint() == signed
    assert two.site.signed_head.read_bytes() == signed


@pytest.mark.parametrize("rewind", ["an older copy", "another history of the same length"])
def test_a_server_that_went_back_is_noticed_before_anything_is_written(site: Site, rewind: str) -> None:
    """A fail-over to a replica that lagged: the process runs on, and its connection leads to a log it did not write."""
    before, signed = keep(site), site.signed_head.read_bytes()
    with Ledger(site, StoryClock()) as ledger:
        ledger.append_batch(Gateway("gw-b").say(SEEN))
    other = keep(site)
    put_back(site, before)
    site.signed_head.write_bytes(signed)
    ledger = Ledger(site, StoryClock())
    gateway = Gateway("gw-a")
    ledger.append_batch(gateway.say(SEEN))
    put_back(site, before if rewind == "an older copy" else other)
    with pytest.raises(Rejected) as caught:
        ledger.append_batch(gateway.say(SEEN))
    assert caught.value.status == 507
    assert "committed before" in caught.value.reason
    with pytest.raises(Rejected):
        ledger.sign_checkpoint()
    ledger.close()
    with connected(site) as connection:
        assert connection.execute("SELECT count(*) FROM batches").fetchone() == (2 if rewind == "an older copy" else 3,)


def test_a_server_that_has_just_stopped_is_waited_for_and_one_that_runs_is_not(site: Site) -> None:
    database = PostgresqlDatabase(url_of(site))
    engine = database.open_writer()
    writing = engine.connect()
    with pytest.raises(ConfigError, match="to be stopped"):
        database.require_alone()
    leaving = threading.Timer(0.3, lambda: (writing.close(), engine.dispose()))
    leaving.start()
    database.require_alone()
    leaving.join()
