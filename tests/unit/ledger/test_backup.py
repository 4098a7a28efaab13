"""A backup is put back only if every byte and the whole ledger verify, and never in place of something newer."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

import xuemai
from ledger import accounts
from ledger.append import Draft, Erasure, Ledger
from ledger.backup import back_up, back_up_with_keys, read_manifest, restore, restore_although_older
from ledger.config import Site, load
from ledger.core import kinds
from ledger.core.errors import ConfigError, Refused
from ledger.core.note import format_vkey
from ledger.fsck import examine
from ledger.read.reader import reading
from tests.support.log_checker import check_log
from tests.support.producers import StoryClock, claim, site_in

pytestmark = pytest.mark.sqlite
UNIT = "unit:A999926000001.E0382V00"
TIME = "2026-03-01T12:00:00.000Z"
CANARY = "CANARY7F3A91"


def say(ledger: Ledger, number: int, reason: str = "a report") -> None:
    claim(ledger, Draft(kinds.Recalled, {"units": [f"unit:A99992600{number:04}.E0382V00"], "reason": reason}))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = site_in(tmp_path / "site")
    with Ledger(made, StoryClock()) as ledger:
        for number in range(5):
            say(ledger, number)
    return made


def size_of(site: Site) -> int:
    with reading(site) as reader:
        return reader.log_size()


def test_the_drill_a_lost_site_is_put_back_and_goes_on(site: Site, tmp_path: Path) -> None:
    with Ledger(site, StoryClock()) as ledger:
        say(ledger, 5)
        made = back_up(site, tmp_path / "backup", time=TIME)
        say(ledger, 6)
    assert not made.keys
    assert not (tmp_path / "backup" / "keys").exists()
    shutil.copytree(site.keys_dir, tmp_path / "new" / "keys")
    restored = restore(tmp_path / "backup", tmp_path / "new")
    assert restored == load(tmp_path / "new")
    report = examine(restored)
    assert report.ok, str(report.first_bad)
    check_log(restored.ledger_db, log_key=format_vkey(restored.verifier("log")))
    assert accounts.Accounts(restored.accounts_db).users() == accounts.Accounts(site.accounts_db).users()
    before = size_of(restored)
    assert before == size_of(site) - 1, "what was said after the backup is not in it"
    with Ledger(restored, StoryClock()) as ledger:
        say(ledger, 7)
    assert examine(restored).ok


def test_a_backup_with_keys_is_whole_by_itself(site: Site, tmp_path: Path) -> None:
    back_up_with_keys(site, tmp_path / "backup", time=TIME)
    restored = restore(tmp_path / "backup", tmp_path / "new")
    with Ledger(restored, StoryClock()) as ledger:
        say(ledger, 8)
    modes = {path.stat().st_mode & 0o77 for path in (tmp_path / "backup").rglob("*")}
    assert modes == {0}, "a backup is its owner's alone"


def test_a_file_that_lies_deep_comes_along_and_back(site: Site, tmp_path: Path) -> None:
    deep = Path("broker/jetstream/streams/messages/index.db")  # of the broker's own kind, no database
    (site.directory / deep).parent.mkdir(parents=True)
    (site.directory / deep).write_bytes(b"said by a device")
    back_up_with_keys(site, tmp_path / "backup", time=TIME)
    restored = restore(tmp_path / "backup", tmp_path / "new")
    assert (restored.directory / deep).read_bytes() == b"said by a device"
    (site.directory / "ledger.db").write_bytes(b"no database")
    with pytest.raises(ConfigError, match="expected a database that can be read"):
        back_up_with_keys(site, tmp_path / "another", time=TIME)
    below = [*(tmp_path / "backup").rglob("*"), *(restored.directory / "broker").rglob("*")]
    assert {path.stat().st_mode & 0o77 for path in below} == {0}, "every folder is its owner's alone"


def test_what_was_erased_is_in_no_later_backup(site: Site, tmp_path: Path) -> None:
    with Ledger(site, StoryClock()) as ledger:
        say(ledger, 9, CANARY)
        place = ledger.record("web", [Draft(kinds.Recalled, {"units": [UNIT], "reason": CANARY})])
        assert not isinstance(place, Refused)
        back_up(site, tmp_path / "before", time=TIME)
        for seq in (place[0].event.seq - 1, place[0].event.seq):
            assert not isinstance(ledger.erase(Erasure("web", seq, "a name stood there")), Refused)
        (site.directory / "ledger.db.before-1").write_bytes(CANARY.encode())
        back_up_with_keys(site, tmp_path / "after", time=TIME)
    assert CANARY.encode() in (tmp_path / "before" / "ledger.db").read_bytes()
    assert all(CANARY.encode() not in path.read_bytes() for path in (tmp_path / "after").rglob("*") if path.is_file())
    assert examine(restore(tmp_path / "after", tmp_path / "new")).ok


def damage(backup: Path, name: str, what: str) -> None:
    path = backup / name
    match what:
        case "altered":
            path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
        case "missing":
            path.unlink()
        case _:
            path.write_bytes(b"a stranger's")


@pytest.mark.parametrize(
    ("name", "what", "said"),
    [
        ("xuemai.toml", "altered", "expected SHA-256"),
        ("ledger.db", "altered", "expected SHA-256"),
        ("signed-head", "missing", "missing"),
        ("more.txt", "added", "not in the manifest"),
        ("manifest.json", "missing", "expected a backup"),
    ],
)
def test_a_backup_that_is_not_what_its_manifest_says_is_refused(
    site: Site, tmp_path: Path, name: str, what: str, said: str
) -> None:
    back_up_with_keys(site, tmp_path / "backup", time=TIME)
    damage(tmp_path / "backup", name, what)
    with pytest.raises(ConfigError, match=said):
        restore(tmp_path / "backup", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_ledger_that_does_not_verify_is_not_put_back_whatever_the_manifest_says(site: Site, tmp_path: Path) -> None:
    with sqlite3.connect(site.ledger_db) as connection:
        connection.execute("UPDATE units SET state = 'available'")
        connection.execute("DELETE FROM discrepancies")
    connection.close()
    back_up_with_keys(site, tmp_path / "backup", time=TIME)
    with pytest.raises(ConfigError, match="does not verify"):
        restore(tmp_path / "backup", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_an_older_backup_does_not_take_a_newer_signed_head_away(site: Site, tmp_path: Path) -> None:
    back_up_with_keys(site, tmp_path / "backup", time=TIME)
    with Ledger(site, StoryClock()) as ledger:
        say(ledger, 5)
    site.ledger_db.rename(tmp_path / "broken.db")
    newer = site.signed_head.read_bytes()
    with pytest.raises(ConfigError, match="find a newer backup"):
        restore(tmp_path / "backup", site.directory)
    restore_although_older(tmp_path / "backup", site.directory)
    assert site.signed_head.read_bytes() == newer
    with pytest.raises(ConfigError, match="rolled back"):
        Ledger(site, StoryClock())


def test_neither_a_backup_nor_a_site_is_overwritten(site: Site, tmp_path: Path) -> None:
    back_up(site, tmp_path / "backup", time=TIME)
    assert read_manifest(tmp_path / "backup").signed_size == size_of(site)
    with pytest.raises(ConfigError, match="expected a new folder"):
        back_up(site, tmp_path / "backup", time=TIME)
    with pytest.raises(ConfigError, match="holds a ledger"):
        restore(tmp_path / "backup", site.directory)
    with pytest.raises(ConfigError, match="no private keys"):
        restore(tmp_path / "backup", tmp_path / "new")


def test_the_commands_say_what_they_did(site: Site, tmp_path: Path) -> None:
    run = CliRunner().invoke
    target = str(tmp_path / "backup")
    answer = run(xuemai.main, ["backup", target, "--site", str(site.directory), "--with-keys"])
    assert (answer.exit_code, site.origin in answer.output) == (0, True)
    answer = run(xuemai.main, ["restore", target, str(tmp_path / "new"), "--json"])
    assert answer.exit_code == 0
    assert '"ok": true' in answer.output
    answer = run(xuemai.main, ["restore", target, str(tmp_path / "new")])
    assert answer.exit_code == 1
    assert "holds a ledger" in answer.output
