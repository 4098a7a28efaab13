"""Reading connections that are kept while this process writes, and by nobody else."""

import shutil
import sqlite3
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.store import kept
from ledger.store.chain import log_size
from ledger.store.database import database_of
from ledger.store.seal import wal_of
from tests.support.producers import StoryClock, declare, site_in

pytestmark = pytest.mark.sqlite


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_in(tmp_path / "site")


def say(ledger: Ledger) -> None:
    names = {"name_zh": "某处", "name_en": "Somewhere"}
    declare(ledger, Draft(kinds.OrganisationAdded, {"organisation": "org:ward", "role": "hospital"} | names))


def asked(site: Site) -> tuple[Connection, int]:
    """Which connection answered, and how long it found the log."""
    with database_of(site).snapshot() as connection:
        return connection, log_size(connection)


def open_files(site: Site) -> list[str]:
    links = [each for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    named = [str(each.readlink()) for each in links if each.exists()]
    return [name for name in named if name.startswith(str(site.ledger_db))]


def test_while_this_process_writes_a_connection_answers_again_and_sees_what_came_since(site: Site) -> None:
    with Ledger(site, StoryClock()) as ledger:
        first, before = asked(site)
        say(ledger)
        second, after = asked(site)
    assert (second is first, after) == (True, before + 1)


def test_who_does_not_write_opens_and_closes_a_connection_for_each_question(site: Site) -> None:
    assert asked(site)[0].closed
    with Ledger(site, StoryClock()):
        kept_one = asked(site)[0]
        assert not kept_one.closed
    assert kept_one.closed
    assert asked(site)[0].closed
    assert open_files(site) == []


def test_a_closed_ledger_is_one_sealed_file_that_nobody_has_open(site: Site) -> None:
    with Ledger(site, StoryClock()) as ledger:
        say(ledger)
        asked(site)
    assert site.seal.exists()
    assert not wal_of(site.ledger_db).exists()
    assert open_files(site) == []


def test_questions_asked_at_once_have_connections_of_their_own_and_a_few_are_kept(site: Site) -> None:
    with Ledger(site, StoryClock()):
        with ExitStack() as at_once:
            many = [at_once.enter_context(database_of(site).snapshot()) for _ in range(kept.MOST_KEPT + 2)]
            assert len(set(map(id, many))) == len(many)
        assert sum(not each.closed for each in many) == kept.MOST_KEPT


def test_a_question_that_is_still_asked_when_the_writer_closes_closes_its_connection(site: Site) -> None:
    with Ledger(site, StoryClock()):
        late = database_of(site).snapshot()
        connection = late.__enter__()
    assert log_size(connection) >= 0, "it still answers"
    late.__exit__(None, None, None)
    assert connection.closed


def test_a_connection_on_which_something_went_wrong_is_not_used_again(site: Site) -> None:
    with Ledger(site, StoryClock()):
        with pytest.raises(sqlite3.OperationalError), database_of(site).snapshot() as connection:
            raise sqlite3.OperationalError("disk I/O error")
        assert connection.closed
        assert asked(site)[0] is not connection


def test_a_file_that_was_put_in_the_place_of_another_is_read_itself(site: Site, tmp_path: Path) -> None:
    earlier = asked(site)[1]
    shutil.copyfile(site.ledger_db, tmp_path / "earlier.db")
    with Ledger(site, StoryClock()) as ledger:
        say(ledger)
    kept.keep_readers(site.ledger_db)
    try:
        old, size = asked(site)
        assert size > earlier
        (tmp_path / "earlier.db").replace(site.ledger_db)
        assert asked(site)[1] == earlier
        assert old.closed
    finally:
        kept.forget_readers(site.ledger_db)


def test_a_file_that_is_gone_is_missed_although_a_connection_to_it_is_kept(site: Site) -> None:
    kept.keep_readers(site.ledger_db)
    try:
        asked(site)
        site.ledger_db.unlink()
        with pytest.raises(Exception, match="unable to open"):
            asked(site)
    finally:
        kept.forget_readers(site.ledger_db)


def test_a_connection_that_waits_holds_no_snapshot_so_the_write_ahead_log_can_be_cut(site: Site) -> None:
    with Ledger(site, StoryClock()) as ledger:
        asked(site)
        say(ledger)
        other = sqlite3.connect(site.ledger_db)
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        other.close()


def test_what_is_written_anew_without_erased_rows_is_remembered_by_no_reader(site: Site) -> None:
    with Ledger(site, StoryClock()):
        before = asked(site)[0]
        assert database_of(site).rewrite()
        assert before.closed
