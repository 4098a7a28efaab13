"""The seal of a stopped site stands only while nobody writes."""

import sqlite3
from pathlib import Path

import pytest

from ledger.append import Ledger
from ledger.config import Site
from ledger.core.errors import ConfigError, FormatError
from ledger.store.seal import broken_pages, make_seal, read_seal
from tests.support.producers import StoryClock, site_in

pytestmark = pytest.mark.sqlite


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_in(tmp_path / "site")


def test_it_is_broken_before_the_first_write_and_made_at_a_clean_close(site: Site) -> None:
    assert site.seal.exists()
    with Ledger(site, StoryClock()):
        assert not site.seal.exists()
    seal = read_seal(site.seal)
    assert seal == make_seal(site.ledger_db)
    assert not site.ledger_db.with_name("ledger.db-wal").exists()


def test_it_stays_where_the_start_guard_refuses(site: Site) -> None:
    site.signed_head.unlink()
    with pytest.raises(ConfigError, match="missing"):
        Ledger(site, StoryClock())
    assert site.seal.exists()


def test_while_another_program_reads_the_database_is_left_unsealed(site: Site) -> None:
    ledger = Ledger(site, StoryClock())
    reader = sqlite3.connect(site.ledger_db)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM batches").fetchall()
    ledger.sign_checkpoint()
    ledger._writer.submit(lambda working: working.connection.exec_driver_sql("DELETE FROM tags")).result(10)
    ledger.close()
    sealed = site.seal.exists()
    reader.close()
    assert not sealed
    with Ledger(site, StoryClock()):
        pass
    assert site.seal.exists()


def test_a_group_of_pages_is_named_when_it_differs(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    path.write_bytes(bytes(4096 * 5 + 10))
    seal = make_seal(path)
    assert (seal.size, seal.pages, len(seal.sha256)) == (4096 * 5 + 10, 1, 6)
    assert broken_pages(path, seal) is None
    path.write_bytes(bytes(4096 * 3) + b"x" + bytes(4096 * 2 + 9))
    assert broken_pages(path, seal) == range(4, 5)
    path.write_bytes(bytes(4096 * 5))
    assert broken_pages(path, seal) is not None


def test_what_is_no_seal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "seal"
    assert read_seal(path) is None
    for raw in (b"", b"{}", b'{"format":"xuemai/seal/v2","size":0,"page_bytes":4096,"pages":1,"sha256":[]}'):
        path.write_bytes(raw)
        with pytest.raises(FormatError):
            read_seal(path)
