"""A ledger in PostgreSQL is backed up as a file, and put back where it was, elsewhere, or as that file."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

import xuemai
from ledger.append import Draft, Erasure, Ledger
from ledger.backup import back_up_with_keys, restore, restore_although_older
from ledger.config import Site, load
from ledger.core import kinds
from ledger.core.errors import ConfigError, Refused
from ledger.fsck import examine
from tests.support.copies import unguarded
from tests.support.log_checker import check_site
from tests.support.postgresql import choose, chosen, databases_dropped, new_ledger_database
from tests.support.producers import Gateway, StoryClock, claim, introduce, site_in

TIME = "2026-03-01T12:00:00.000Z"
CANARY = "CANARY5D0C77"


@pytest.fixture(scope="module", autouse=True)
def _postgresql() -> Iterator[None]:
    before = chosen()
    choose("postgresql")
    with databases_dropped():
        yield
    choose(before)


def say(ledger: Ledger, number: int, reason: str = "a report") -> None:
    claim(ledger, Draft(kinds.Recalled, {"units": [f"unit:A99992600{number:04}.E0382V00"], "reason": reason}))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site with an erasure, and with an event that nobody understands."""
    site, gateway = site_in(tmp_path / "site"), Gateway("gw")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        for number in range(5):
            say(ledger, number)
        say(ledger, 5, CANARY)
        ledger.append_batch(
            gateway.say((kinds.StockTaken, TIME, {"found": ["unit:A999926000001.E0382V00"], "place": "place:a"}))
        )
        assert not isinstance(ledger.erase(Erasure("web", 6, "a name stood there")), Refused)
    return site


def new_database() -> str:
    url = new_ledger_database()
    assert url is not None
    return url


def goes_on(site: Site) -> None:
    with Ledger(site, StoryClock()) as ledger:
        say(ledger, 7)
    check_site(site)
    report = examine(site)
    assert report.ok, str(report.first_bad)


def test_a_backup_made_beside_a_running_ledger_goes_back_into_another_database(site: Site, tmp_path: Path) -> None:
    with Ledger(site, StoryClock()) as ledger:
        say(ledger, 6)
        made = back_up_with_keys(site, tmp_path / "backup", time=TIME)
        say(ledger, 8)
    assert {"ledger.db", "signed-head", "xuemai.toml"} <= {file.name for file in made.files}
    assert not (tmp_path / "backup" / "ledger.seal").exists()
    assert {path.stat().st_mode & 0o77 for path in (tmp_path / "backup").rglob("*")} == {0}
    assert CANARY.encode() not in (tmp_path / "backup" / "ledger.db").read_bytes()
    url = new_database()
    restored = restore(tmp_path / "backup", tmp_path / "new", to=url)
    assert (restored, restored.database_url) == (load(tmp_path / "new"), url)
    assert not restored.ledger_db.exists()
    goes_on(restored)


def test_it_goes_back_to_where_it_was_only_once_that_is_empty(site: Site, tmp_path: Path) -> None:
    back_up_with_keys(site, tmp_path / "backup", time=TIME)
    with pytest.raises(ConfigError, match="it holds one"):
        restore(tmp_path / "backup", tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with psycopg.connect(site.database_url or "", autocommit=True) as administrator:
        administrator.execute("DROP SCHEMA ledger CASCADE")
    restored = restore(tmp_path / "backup", tmp_path / "new")
    assert restored.database_url == site.database_url
    goes_on(restored)


def test_it_can_go_on_as_a_file(site: Site, tmp_path: Path) -> None:
    back_up_with_keys(site, tmp_path / "backup", time=TIME)
    restored = restore(tmp_path / "backup", tmp_path / "new", to="sqlite")
    assert restored.database_url is None
    assert restored.ledger_db.exists()
    goes_on(restored)


def test_what_does_not_verify_never_reaches_the_database(site: Site, tmp_path: Path) -> None:
    with unguarded(site, "contents") as execute:
        execute("UPDATE contents SET sealed_ms = sealed_ms + 1 WHERE event_id = 3 * 1024")
    back_up_with_keys(site, tmp_path / "backup", time=TIME)
    url = new_database()
    with pytest.raises(ConfigError, match="the backup's ledger does not verify"):
        restore(tmp_path / "backup", tmp_path / "new", to=url)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM ledger.batches").fetchone() == (0,)


def test_an_older_backup_stands_still_before_a_newer_signed_head(site: Site, tmp_path: Path) -> None:
    back_up_with_keys(site, tmp_path / "backup", time=TIME)
    with Ledger(site, StoryClock()) as ledger:
        say(ledger, 6)
    url, newer = new_database(), site.signed_head.read_bytes()
    with pytest.raises(ConfigError, match="find a newer backup"):
        restore(tmp_path / "backup", site.directory, to=url)
    restored = restore_although_older(tmp_path / "backup", site.directory, to=url)
    assert restored.signed_head.read_bytes() == newer
    with pytest.raises(ConfigError, match="rolled back"):
        Ledger(restored, StoryClock())


def test_the_commands_take_the_database(site: Site, tmp_path: Path) -> None:
    run, target, url = CliRunner().invoke, str(tmp_path / "backup"), new_database()
    answer = run(xuemai.main, ["backup", target, "--site", str(site.directory), "--with-keys"])
    assert answer.exit_code == 0, answer.output
    answer = run(xuemai.main, ["restore", target, str(tmp_path / "new"), "--database", url])
    assert answer.exit_code == 0, answer.output
    assert load(tmp_path / "new").database_url == url
