"""Erasing in PostgreSQL: what an `erased` event names goes, nothing else does, and no copy stays behind."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ledger.append import Draft, Erasure, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.fsck import examine
from ledger.store.database import database_of
from ledger.store.postgresql import PostgresqlDatabase
from ledger.store.postgresql_roles import APP, ERASER, READER
from tests.support.log_checker import check_site
from tests.support.postgresql import choose, chosen, databases_dropped, server
from tests.support.producers import NOON_MS, Gateway, StoryClock, introduce, site_in

CANARY = "CANARY7A31F0E2"
UNIT = "unit:A999926000001.E0382V00"
NOON = "2026-03-01T12:00:00.000Z"


@pytest.fixture(scope="module", autouse=True)
def _postgresql() -> Iterator[None]:
    before = chosen()
    choose("postgresql")
    with databases_dropped():
        yield
    choose(before)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site with three events of persons: a reason, a place nobody knows, and an event that cannot be understood."""
    site = site_in(tmp_path / "site")
    gateway = Gateway("gw")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        ledger.record("web", [Draft(kinds.Opening, {"unit": UNIT}), Draft(kinds.Opening, {"unit": f"{UNIT[:-1]}1"})])
        ledger.record("web", [Draft(kinds.Quarantined, {"unit": UNIT, "reason": CANARY})])
        fault = {"device": "device:r", "place": f"place:{CANARY}", "reason": CANARY}
        ledger.append_batch(gateway.say((kinds.DeviceFault, NOON, fault), (kinds.DeviceFault, NOON, fault)))
    return site


def erase(ledger: Ledger, stream: str, seq: int) -> None:
    answer = ledger.erase(Erasure(stream, seq, "a court's order"))
    assert not isinstance(answer, Refused), answer


def as_role(site: Site, role: str) -> psycopg.Connection[tuple[object, ...]]:
    assert site.database_url is not None
    connection = psycopg.connect(site.database_url, autocommit=True, options="-c search_path=ledger")
    connection.execute(f"SET ROLE {role}".encode())
    return connection


def files_with_the_canary(site: Site) -> list[str]:
    """The files of the site's database that hold it, in the server's own folder: tables, indexes, catalogues."""
    assert site.database_url is not None
    folder = server().folder
    ((number,),) = server().execute(f"SELECT oid FROM pg_database WHERE datname = '{_name(site)}'")  # noqa: S608  our own
    server().execute("CHECKPOINT")
    spelt = (CANARY.encode(), CANARY.lower().encode(), CANARY.encode().hex().encode())
    return [
        path.name
        for path in sorted((folder / "base" / str(number)).iterdir())
        if any(each in path.read_bytes() for each in spelt)
    ]


def _name(site: Site) -> str:
    assert site.database_url is not None
    return site.database_url.partition("@/")[2].partition("?")[0]


def test_nothing_of_what_was_erased_is_left_in_any_file_of_the_database(site: Site) -> None:
    assert site.database_url is not None
    with psycopg.connect(site.database_url, autocommit=True) as administrator:
        administrator.execute("ANALYZE")  # samples of values stand in a catalogue: none of these may
        assert len(files_with_the_canary(site)) > 1, "the test has to find it where it is"
        with Ledger(site, StoryClock(NOON_MS + 1)) as ledger:
            for place in (("web", 3), ("gw/1/c", 1), ("gw/1/c", 2)):
                erase(ledger, *place)
            assert ledger.finish_erasures()
    assert files_with_the_canary(site) == []
    assert not site.unfinished_erasure.exists()
    check_site(site)
    report = examine(site)
    assert report.ok, str(report.first_bad)


def test_who_still_sees_what_was_there_is_waited_for(site: Site) -> None:
    with as_role(site, READER) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with Ledger(site, StoryClock(NOON_MS + 1)) as ledger:
            with reader.transaction():
                reader.execute("SELECT 1")  # a snapshot, and no lock on anything
                erase(ledger, "web", 3)
                assert not ledger.finish_erasures()
                seen = reader.execute("SELECT bodies FROM contents").fetchall()
                assert any(CANARY.encode() in bytes(bodies) for (bodies,) in seen if isinstance(bodies, bytes))
                assert not ledger.finish_erasures(), "nor where it holds a lock"
            assert ledger.finish_erasures()


def test_a_modest_login_sees_that_another_one_still_reads(site: Site) -> None:
    assert site.database_url is not None
    with as_role(site, "postgres") as administrator:
        administrator.execute("DO $$ BEGIN CREATE ROLE modest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        administrator.execute(f"GRANT {APP}, {READER}, {ERASER} TO modest".encode())
        modest = PostgresqlDatabase(site.database_url.replace("postgres@", "modest@"))
        with Ledger(site, StoryClock(NOON_MS + 1)) as ledger:
            administrator.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with administrator.transaction():
                administrator.execute("SELECT 1")
                erase(ledger, "web", 3)
                assert not modest.rewrite()
            assert modest.rewrite()


@pytest.fixture
def erased(site: Site) -> Site:
    """The site after one erasure."""
    with Ledger(site, StoryClock(NOON_MS + 1)) as ledger:
        erase(ledger, "web", 1)
    return site


HERE = "WHERE event_id = (SELECT event_id - event_id % 1024 % 11 FROM erasures)"


@pytest.mark.parametrize(
    "change",
    [
        "bodies = repeat('x', length(bodies))::bytea",
        "bodies = substring(bodies FROM 1 FOR length(bodies) - 1)",
        "bodies = substring(bodies FROM 2)",
        "bodies = ''",
        "sizes = '\\x00000000'",
        "sizes = substring(sizes FROM 1 FOR 2)",
        "sizes = sizes || '\\x0000'::bytea",
        "sizes = '\\x0007'::bytea || substring(sizes FROM 3)",
    ],
)
def test_the_eraser_takes_what_was_named_and_no_more(erased: Site, change: str) -> None:
    with as_role(erased, ERASER) as eraser:
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="contents is append-only"):
            eraser.execute(f"UPDATE contents SET {change} {HERE}".encode())  # noqa: S608  our own words
        for forbidden in (
            "UPDATE contents SET leaves = ''",
            "DELETE FROM contents",
            "UPDATE batches SET count = 1",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                eraser.execute(forbidden.encode())


def test_a_defect_stays_unless_its_event_is_named_and_a_register_is_not_made_up(erased: Site) -> None:
    with as_role(erased, APP) as app:
        app.execute("INSERT INTO defects VALUES (5, 'why')")
        made_up = "INSERT INTO erasures SELECT {}, {}, 'body' FROM erasures"
        for by, of in (("event_id", "erased_by"), ("erased_by + 1", "event_id"), ("event_id + 1", "event_id")):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="follow from erased events"):
                app.execute(made_up.format(by, of).encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("SELECT rewrite('contents')")
    with as_role(erased, ERASER) as eraser:
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="defects is append-only"):
            eraser.execute("DELETE FROM defects")
        with pytest.raises(psycopg.errors.NoDataFound):
            eraser.execute("SELECT rewrite('pg_class')")


def test_what_was_cut_off_between_the_commit_and_the_writing_anew_is_made_good_at_the_next_start(site: Site) -> None:
    with as_role(site, READER) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with reader.transaction(), Ledger(site, StoryClock(NOON_MS + 1)) as ledger:
            reader.execute("SELECT 1")
            for place in (("web", 3), ("gw/1/c", 1), ("gw/1/c", 2)):
                erase(ledger, *place)
    assert files_with_the_canary(site)
    with Ledger(site, StoryClock(NOON_MS + 2)):
        assert files_with_the_canary(site) == []


def test_nothing_is_said_to_be_clean_where_the_database_cannot_be_written_anew(site: Site) -> None:
    with Ledger(site, StoryClock(NOON_MS + 1)) as ledger:
        assert database_of(site).rewrite()
        with psycopg.connect(site.database_url or "", autocommit=True) as administrator:
            administrator.execute(f"REVOKE EXECUTE ON FUNCTION ledger.rewrite(text) FROM {ERASER}".encode())
        erase(ledger, "web", 3)
        assert not ledger.finish_erasures()
