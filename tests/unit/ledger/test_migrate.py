"""A database rebuilt from its log: in place and from one engine to the other and back; or nothing changes at all."""

import json
import sqlite3
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from ledger.append import Erasure, Ledger, Rejected
from ledger.cli import migrate as command
from ledger.config import Site, load
from ledger.core import kinds
from ledger.core.errors import ConfigError, Refused
from ledger.fsck import examine
from ledger.migrate import SQLITE, migrate
from ledger.store.tables import CARRIED, LOG_TABLES, PROJECTIONS
from tests.support.copies import copy_site, engine_of, rows_of, unguarded
from tests.support.log_checker import check_site
from tests.support.postgresql import server
from tests.support.producers import Fact, Gateway, StoryClock, introduce, site_in

SEEN: Fact = (
    kinds.TagArrived,
    "2026-03-01T12:00:00.000Z",
    {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1, "place": "place:fridge"},
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A stopped site with a fork, which the log does not imply, and a few checkpoints."""
    site = site_in(tmp_path_factory.mktemp("migrate") / "site")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, Gateway("gw-a"), Gateway("gw-b"))
        ledger.append_batch(Gateway("gw-a").say(SEEN))
        ledger.sign_checkpoint()
        with pytest.raises(Rejected, match="two histories"):
            ledger.append_batch(Gateway("gw-a").say(SEEN, SEEN))
        ledger.append_batch(Gateway("gw-b").say(SEEN, SEEN))
        ledger.root_unit_map()
    return site


@pytest.fixture
def site(told: Site, tmp_path: Path) -> Site:
    """The same, to be moved."""
    return copy_site(told, tmp_path / "copy")


def everything(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    return {table.name: sorted(rows_of(site, table.name), key=repr) for table in (*LOG_TABLES, *PROJECTIONS)}


def goes_on(site: Site) -> None:
    """Whatever is examined is sound, and the log goes on where it was."""
    report = examine(site)
    assert report.ok, str(report.first_bad)
    check_site(site)
    gateway = Gateway("gw-b")
    gateway.say(SEEN, SEEN)
    with Ledger(site, StoryClock()) as ledger:
        before = ledger.size
        ledger.append_batch(gateway.say(SEEN))
        with pytest.raises(Rejected, match="quarantined"):
            ledger.append_batch(Gateway("gw-a").say(SEEN, SEEN))
        assert ledger.size == before + 1
    assert examine(site).ok


def elsewhere(site: Site) -> str:
    """Where the ledger is not."""
    return server().new_database() if engine_of(site) == "sqlite" else SQLITE


def test_every_row_is_the_same_after_a_rebuild_in_place(site: Site) -> None:
    before, config = everything(site), site.config_file.read_bytes()
    assert before["forks"]
    done = migrate(site)
    assert everything(site) == before
    assert (done.batches, site.config_file.read_bytes()) == (len(before["batches"]), config)
    goes_on(site)


def test_tables_of_another_day_are_rebuilt(site: Site) -> None:
    """Nothing but the notes, the bodies and what is carried is read: the rest may have had any form."""
    before = everything(site)
    with unguarded(site, "units") as execute:
        execute("DROP TABLE units")
        execute("DROP TABLE discrepancies")
        execute("CREATE TABLE tags_of_old (tag TEXT)")
        execute("DROP TABLE contradictions")
    migrate(site)
    assert everything(site) == before
    goes_on(site)


def test_a_ledger_goes_to_the_other_engine_and_back(site: Site) -> None:
    before, home = everything(site), site.database_url
    moved = migrate(site, to=elsewhere(site)).site
    assert load(site.directory) == moved
    assert engine_of(moved) != engine_of(site)
    assert everything(moved) == before
    with pytest.raises(ConfigError):
        Ledger(site, StoryClock())  # with the configuration of before: nobody goes on writing the old database
    goes_on(moved)
    after = everything(moved)
    back = migrate(moved, to=SQLITE if home is None else home).site
    assert (back, everything(back)) == (site, after)
    assert examine(back).ok


@pytest.mark.sqlite
def test_what_was_erased_stays_erased_on_either_engine(site: Site) -> None:
    with Ledger(site, StoryClock()) as ledger:
        assert not isinstance(ledger.erase(Erasure("gw-b/1/c", 1, "a court's order")), Refused)
    before = everything(site)
    moved = migrate(site, to=server().new_database()).site
    assert everything(moved) == before
    assert examine(moved).ok
    back = migrate(moved, to=SQLITE).site
    assert everything(back) == before
    assert examine(back).ok


@pytest.mark.parametrize("moved", [False, True])
def test_a_ledger_that_is_not_sound_stays_where_it_is(site: Site, *, moved: bool) -> None:
    with unguarded(site, "contents") as execute:
        execute("UPDATE contents SET bodies = ? WHERE event_id = 1 * 1024", (b"{}",))
    before, config = everything(site), site.config_file.read_bytes()
    with pytest.raises(ConfigError, match="nothing was changed"):
        migrate(site, to=elsewhere(site) if moved else None)
    assert (everything(site), site.config_file.read_bytes()) == (before, config)
    assert list(site.directory.glob("ledger.db.*")) == []


def test_a_log_that_is_shorter_than_what_was_signed_stays_where_it_is(site: Site) -> None:
    last = max(row[0] for row in rows_of(site, "batches"))
    for table, key in (("contents", "event_id / 1024"), ("batches", "log_index")):
        with unguarded(site, table) as execute:
            execute(f"DELETE FROM {table} WHERE {key} = {last}")  # noqa: S608  our own tables
    before = everything(site)
    with pytest.raises(ConfigError):
        migrate(site)
    assert everything(site) == before


def test_what_lies_where_it_is_to_go_is_left_alone(site: Site, told: Site, tmp_path: Path) -> None:
    target = elsewhere(site)
    other = migrate(copy_site(told, tmp_path / "other"), to=target).site
    there = everything(other)
    if target == SQLITE:
        site.ledger_db.write_bytes(other.ledger_db.read_bytes())
    with pytest.raises(ConfigError):
        migrate(site, to=target)
    assert everything(other) == there
    assert load(site.directory) == site


def test_the_old_database_is_kept(site: Site) -> None:
    migrate(site)
    migrate(site)
    if engine_of(site) == "sqlite":
        for number in (1, 2):
            with sqlite3.connect(site.directory / f"ledger.db.before-{number}") as old:
                assert old.execute("SELECT count(*) FROM forks").fetchone() == (1,)
            old.close()
    else:
        assert site.database_url is not None
        with psycopg.connect(site.database_url) as old:
            for number in (1, 2):
                kept = f"SELECT count(*) FROM ledger_before_{number}.forks"  # noqa: S608  a number of ours
                assert old.execute(kept.encode()).fetchone() == (1,)


@pytest.mark.sqlite
def test_a_ledger_that_is_written_is_not_moved(site: Site) -> None:
    with Ledger(site, StoryClock()), pytest.raises(ConfigError, match="another process"):
        migrate(site)


def test_the_command_says_what_was_taken_over(site: Site) -> None:
    answer = CliRunner().invoke(command, ["--site", str(site.directory), "--json"])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["batches"] == len(rows_of(site, "batches"))
    refused = CliRunner().invoke(command, ["--site", str(site.directory), "--to", "mysql://x"])
    assert refused.exit_code == 1
    assert "database.url" in refused.output


def test_nothing_that_the_log_does_not_imply_is_left_behind() -> None:
    """Whoever adds such a table says so in one place; the examination does not recompute it, the migration takes it."""
    assert {table.name for table in CARRIED} == {
        "checkpoints",
        "cosignatures",
        "forks",
        "contradictions",
        "enclosures",
        "evidence",
        "map_cosignatures",
    }
