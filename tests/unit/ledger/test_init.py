"""A new site: what lies in its folder, and that its log begins with its own root of trust."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.accounts import Accounts
from ledger.append import Ledger
from ledger.cli import init
from ledger.config import KEY_NAMES, load
from ledger.core import kinds
from ledger.core.errors import ConfigError
from ledger.core.policy import parse as parse_policy
from ledger.fsck import examine
from ledger.init import make_site, usual_checklists
from ledger.read.reader import reading
from ledger.rules import files
from ledger.rules.reasoning import parse_wordings
from tests.support.log_checker import check_site
from tests.support.producers import StoryClock, site_in


def test_the_first_batch_is_valid_under_the_key_that_it_adds(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    checked = check_site(site)
    assert (checked.batches, checked.events) == (1, 4)
    with reading(site) as reader:
        events = [entry.recorded.event for entry in reader.history.of_stream("site") if entry.recorded]
    opened, site_key, web_key, pack = events
    assert isinstance(opened, kinds.SiteOpened)
    assert (opened.origin, opened.mode) == (site.origin, "production")
    assert isinstance(site_key, kinds.KeyAdded)
    assert isinstance(web_key, kinds.KeyAdded)
    assert (site_key.producer, web_key.producer) == ("site", "web")
    assert isinstance(pack, kinds.PackEnforced)
    assert pack.pack == "cn"
    assert parse_policy(site.policy_file.read_bytes()).logs_of(site.origin)
    assert examine(site).ok


def test_secrets_are_the_owners_alone(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    secret = [site.key_file(key) for key in KEY_NAMES]
    secret += [site.session_key_file, site.first_admin_code, site.accounts_db]
    secret += [site.ledger_db] if site.database_url is None else []
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
    assert stat.S_IMODE(site.keys_dir.stat().st_mode) == 0o700
    assert len({path.read_text() for path in secret[:6]}) == 6, "no two alike"


def test_two_sites_share_no_key(tmp_path: Path) -> None:
    one, other = (
        make_site(replace(site_in(tmp_path / name), directory=tmp_path / f"{name}-2", database_url=None))
        for name in "ab"
    )
    for key in KEY_NAMES:
        assert one.site.signing_key(key).public != other.site.signing_key(key).public
    assert one.code != other.code


def test_the_administrators_code_opens_the_accounts(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    accounts = Accounts(site.accounts_db)
    try:
        assert accounts.user_named("admin") is not None
    finally:
        accounts.close()
    assert site.first_admin_code.read_text().strip()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    before = {path: path.read_bytes() for path in site.directory.rglob("*") if path.is_file()}
    with pytest.raises(ConfigError, match="empty folder"):
        make_site(site)
    assert {path: path.read_bytes() for path in site.directory.rglob("*") if path.is_file()} == before


def test_an_unknown_pack_makes_nothing(tmp_path: Path) -> None:
    site = replace(site_in(tmp_path / "site"), directory=tmp_path / "new", pack="mars")
    with pytest.raises(ConfigError, match=r"^site\.pack: "):
        make_site(site)
    assert not site.directory.exists()


def test_the_command_makes_a_demo_with_its_clock(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    answer = CliRunner().invoke(init, [str(folder), "--demo", "--port", "9090", "--pack", "eu"])
    assert answer.exit_code == 0, answer.output
    site = load(folder)
    assert (site.mode, site.port, site.pack) == ("demo", 9090, "eu")
    assert site.simulated_clock == folder / "sim-clock"
    assert site.first_admin_code.read_text().strip() in answer.output
    assert site.policy_file.read_text() in answer.output
    again = CliRunner().invoke(init, [str(folder), "--demo"])
    assert again.exit_code == 1
    assert "empty folder" in again.output


def test_a_new_site_is_asked_the_usual_questions_at_receipt_and_at_issue() -> None:
    received, issued = usual_checklists()
    assert (received.step, issued.step) == ("received", "issued")
    assert [each.code for each in received.items] == ["transport", "appearance", "seal", "label"]
    shipped = parse_wordings(files.reasons_text("refusal"), called="refusal reasons")
    assert {each.code for each in received.refusals} == {each.code for each in shipped}, "the reasons are the same"


def test_a_new_site_has_the_usual_checklists_or_none(tmp_path: Path) -> None:
    asking, silent = tmp_path / "asking", tmp_path / "silent"
    assert CliRunner().invoke(init, [str(asking), "--demo"]).exit_code == 0
    assert CliRunner().invoke(init, [str(silent), "--demo", "--checklists", "none"]).exit_code == 0
    assert load(asking).checklists == usual_checklists()
    assert load(silent).checklists == ()


def test_a_production_site_is_named_by_a_person(tmp_path: Path) -> None:
    nameless = CliRunner().invoke(init, [str(tmp_path / "site")])
    assert nameless.exit_code == 2
    assert "--name" in nameless.output
    assert not (tmp_path / "site").exists()
    named = CliRunner().invoke(init, ["--site", str(tmp_path / "site"), "--name", "blood.example.org"])
    assert named.exit_code == 0, named.output
    assert load(tmp_path / "site").origin == "blood.example.org/ledger/1"


def test_a_demos_clock_may_lie_there_already(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "sim-clock").write_bytes((1_772_366_400_000).to_bytes(8, "little", signed=True))
    assert CliRunner().invoke(init, [str(folder), "--demo"]).exit_code == 0
    with reading(load(folder)) as reader:
        (first, *_) = reader.history.of_stream("site")
    assert first.time_ms == 1_772_366_400_000


@pytest.mark.sqlite
def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415  only here

    site = site_in(tmp_path / "site")
    connection = sqlite3.connect(site.ledger_db)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ConfigError, match="newer xuemai"):
        Ledger(site, StoryClock())
