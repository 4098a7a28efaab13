"""`xuemai pack`: two quality officers put a pack in force, one confirms figures, and nobody changes one unnoticed."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import xuemai
from ledger.accounts import LOCAL, Accounts
from ledger.clock import SystemClock
from ledger.config import Site
from ledger.core import kinds
from ledger.fsck import examine
from ledger.read.reader import reading
from ledger.rules.files import pack_text
from tests.support.producers import site_in

PASSWORD = "many quiet herons stand"
OURS = 'pack = "fuzhou"\nversion = "1"\nderives = "cn"\n[components.RBC_AS]\nen = "Red cells"\n'


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = site_in(tmp_path / "site")
    (made.directory / "packs").mkdir()
    (made.directory / "packs" / "fuzhou.toml").write_text(OURS)
    accounts = Accounts(made.accounts_db)
    now_ms = SystemClock().now_ms()
    for login, role in (("quality.xu", "quality"), ("quality.lin", "quality"), ("store.wu", "technician")):
        user = accounts.add_user(
            login, printed_name=login, organisation="org:centre", roles={role}, actor=LOCAL, now_ms=now_ms
        )
        code = accounts.issue_code(user.person, LOCAL, now_ms=now_ms)
        accounts.redeem(code, PASSWORD, address="here", now_ms=now_ms)
    accounts.close()
    return made


def run(site: Site, *arguments: str, passwords: Sequence[str] = ()) -> Result:
    typed = "".join(f"{each}\n" for each in passwords)
    return CliRunner().invoke(xuemai.main, ["pack", *arguments, "--site", str(site.directory)], input=typed)


def enforced(site: Site, name: str, *, by: str = "quality.xu", second: str = "quality.lin") -> Result:
    return run(site, "enforce", name, "--by", by, "--second", second, passwords=[PASSWORD, PASSWORD])


def persons(site: Site) -> list[str]:
    accounts = Accounts(site.accounts_db)
    found = [user.person for login in ("quality.xu", "quality.lin") if (user := accounts.user_named(login)) is not None]
    accounts.close()
    return found


def test_two_quality_officers_put_the_stations_own_pack_in_force(site: Site) -> None:
    assert run(site, "list").stdout.count("in force") == 1
    answer = enforced(site, "fuzhou")
    assert (answer.exit_code, answer.stdout) == (0, "fuzhou 1 is in force from now on.\n"), answer.output
    with reading(site) as reader:
        assert (reader.pack.name, reader.pack.derives) == ("fuzhou", "cn")
        last = reader.history.of_stream("site")[-1].recorded
    assert last is not None
    event = last.event
    assert isinstance(event, kinds.PackEnforced)
    assert [event.by, event.second] == persons(site)
    assert "fuzhou\t1" in run(site, "list").stdout
    assert examine(site).ok


def test_a_file_that_was_changed_without_a_decision_changes_nothing_and_is_noticed(site: Site) -> None:
    enforced(site, "fuzhou")
    ours = site.directory / "packs" / "fuzhou.toml"
    ours.write_text(OURS + 'store = { low = 0, high = 3000, source = "practice", verified = true }\n')
    with reading(site) as reader:
        limits = reader.pack.limits("RBC_AS", "store")
        assert limits is not None
        assert limits.value == "200..600"
    listed = run(site, "list")
    assert (listed.exit_code, "changed" in listed.stdout) == (1, True)
    refused = enforced(site, "fuzhou")
    assert (refused.exit_code, "pack.version" in refused.stderr) == (1, True)
    ours.unlink()
    gone = run(site, "list")
    assert (gone.exit_code, "fuzhou\t1" in gone.stdout, "gone" in gone.stdout) == (1, True, True)


def test_a_new_version_of_a_changed_file_can_be_put_in_force(site: Site) -> None:
    enforced(site, "fuzhou")
    (site.directory / "packs" / "fuzhou.toml").write_text(OURS.replace('version = "1"', 'version = "2"'))
    assert enforced(site, "fuzhou").exit_code == 0
    assert enforced(site, "cn").exit_code == 0, "and an earlier one again"
    assert examine(site).ok


@pytest.mark.parametrize(
    ("name", "by", "second", "passwords", "says"),
    [
        ("cn", "quality.xu", "quality.lin", [PASSWORD, PASSWORD], "pack.in-force: cn 2026.1 is in force already"),
        ("us", "quality.xu", "quality.xu", [PASSWORD, PASSWORD], "two-persons: a second person must confirm"),
        ("us", "store.wu", "quality.lin", [PASSWORD, PASSWORD], "expected a role with the permission pack.enforce"),
        ("us", "quality.xu", "quality.lin", [PASSWORD, "wrong"], "quality.lin: "),
        ("us", "quality.xu", "nobody", [PASSWORD, PASSWORD], "expected the login of a person who may sign in"),
        ("narnia", "quality.xu", "quality.lin", [], "pack: expected one of cn, us, eu, uk, fuzhou, or a file"),
    ],
)  # fmt: skip
def test_a_pack_is_not_put_in_force_just_like_that(
    site: Site, name: str, by: str, second: str, passwords: list[str], says: str
) -> None:
    answer = run(site, "enforce", name, "--by", by, "--second", second, passwords=passwords)
    assert answer.exit_code == 1
    assert says in answer.stderr
    with reading(site) as reader:
        assert (reader.pack.name, reader.log_size()) == ("cn", 1)


def test_a_figure_is_confirmed_against_the_stations_own_copy(site: Site) -> None:
    told = ("--clause", "WS 399-2023, 5.1 table 1", "--by", "quality.xu")
    answer = run(site, "confirm", "cn/RBC_AS.store", "cn/RBC_AS.dating", *told, passwords=[PASSWORD])
    assert (answer.exit_code, answer.stdout.splitlines()) == (
        0, ["cn/RBC_AS.store: 200..600", "cn/RBC_AS.dating: 35 days end_of_day collection", "Confirmed: 2."],
    ), answer.output  # fmt: skip
    shown = {each["figure"]: each for each in json.loads(run(site, "show").stdout)["figures"]}
    assert shown["cn/RBC_AS.store"]["standing"] == "confirmed"
    assert (shown["cn/RBC_AS.store"]["clause"], shown["cn/RBC_AS.store"]["by"]) == (told[1], persons(site)[0])
    assert shown["cn/RBC_AS.transport"]["standing"] == "unverified"
    assert json.loads(run(site, "show", "us").stdout)["figures"][2]["standing"] == "verified"
    again = run(site, "confirm", "cn/RBC_AS.store", *told, passwords=[PASSWORD])
    assert (again.exit_code, "figure.holds: cn/RBC_AS.store is confirmed already" in again.stderr) == (1, True)
    enforced(site, "fuzhou")
    with reading(site) as reader:
        limits = reader.pack.limits("RBC_AS_LR", "store")
        assert limits is not None
        assert limits.standing == "confirmed", "a derived pack takes the confirmation over with the figure"
    assert examine(site).ok


@pytest.mark.parametrize(
    ("figure", "login", "says"),
    [
        ("cn/RBC_AS.fridge", "quality.xu", "figure: expected one of cn 2026.1"),
        ("cn/RBC_AS.store", "store.wu", "store.wu: expected a role with the permission pack.confirm"),
    ],
)
def test_a_figure_is_not_confirmed_just_like_that(site: Site, figure: str, login: str, says: str) -> None:
    answer = run(site, "confirm", figure, "--clause", "x", "--by", login, passwords=[PASSWORD])
    assert (answer.exit_code, says in answer.stderr) == (1, True), answer.output


def test_a_broken_file_is_named_and_stops_nothing(site: Site) -> None:
    (site.directory / "packs" / "fuzhou.toml").write_text("pack = ")
    listed = run(site, "list")
    assert (listed.exit_code, "broken policy pack: expected TOML" in listed.stdout) == (0, True)


def test_a_folder_that_is_no_site(tmp_path: Path) -> None:
    for command in (["list"], ["show"]):
        answer = CliRunner().invoke(xuemai.main, ["pack", *command, "--site", str(tmp_path)])
        assert (answer.exit_code, f"xuemai pack {command[0]}: expected a site" in answer.stderr) == (1, True)


def test_what_ships_is_read_only_from_the_log_once_it_is_in_force(site: Site) -> None:
    """An update of the product that changes a figure changes no verdict."""
    with reading(site) as reader, pytest.MonkeyPatch.context() as newer:
        newer.setattr("ledger.rules.files.pack_text", lambda name: pack_text(name).replace("high = 600", "high = 700"))
        limits = reader.pack.limits("RBC_AS", "store")
        assert limits is not None
        assert limits.high == 600
        assert "changed" in run(site, "list").stdout
