"""Users, tokens, the audit and the file they are in."""

import random
import sqlite3
from pathlib import Path

import pytest

from ledger.accounts import LOCAL, AccountError, Accounts, Actor, User, create
from ledger.core.errors import ConfigError

NOW = 1_772_440_000_000
DAY = 24 * 3600 * 1000


def administrator(accounts: Accounts, login: str = "chen") -> User:
    return accounts.add_user(
        login, printed_name="陈", organisation=None, roles={"administrator"}, actor=LOCAL, now_ms=NOW
    )


def token_of(accounts: Accounts, user: User, *roles: str) -> str:
    return accounts.issue_token(user.person, label="export", roles=roles, expires_ms=NOW + DAY, actor=LOCAL, now_ms=NOW)


def test_a_user_has_a_random_pseudonym_and_a_name_of_this_site_only(accounts: Accounts, wang: User) -> None:
    assert accounts.user(wang.person) == accounts.user_named("WANG.LI") == wang
    assert accounts.printed_names() == {wang.person: "王丽"}
    assert len(wang.person) == len("person:") + 32
    assert wang.may("unit.read")
    assert wang.may_assert("stored")
    assert not wang.sees_whole_site


@pytest.mark.parametrize(
    ("login", "organisation", "roles"),
    [
        ("wang.li", "org:a9999", {"technician"}),
        ("WANG.LI", "org:a9999", {"technician"}),
        ("a b", "org:a9999", {"technician"}),
        ("zhao", "a9999", {"technician"}),
        ("zhao", "org:a9999", {"root"}),
        ("zhao", "org:a9999", set()),
        ("zhao", None, {"technician"}),
        ("zhao", None, {"administrator", "hospital"}),
    ],
)
def test_a_user_that_does_not_fit_is_refused(
    accounts: Accounts, wang: User, login: str, organisation: str | None, roles: set[str]
) -> None:
    with pytest.raises(AccountError):
        accounts.add_user(login, printed_name="赵", organisation=organisation, roles=roles, actor=LOCAL, now_ms=NOW)
    assert accounts.users() == (wang,)


def test_the_last_administrator_stays(accounts: Accounts) -> None:
    chen = administrator(accounts)
    for act in (accounts.disable, accounts.erase):
        with pytest.raises(AccountError, match="last"):
            act(chen.person, LOCAL, now_ms=NOW)
    with pytest.raises(AccountError, match="last"):
        accounts.set_roles(chen.person, {"auditor"}, LOCAL, now_ms=NOW)
    second = administrator(accounts, "deng")
    with pytest.raises(AccountError, match="last"):  # a one-time code runs out: nobody could sign in then
        accounts.disable(chen.person, LOCAL, now_ms=NOW)
    code = accounts.issue_code(second.person, LOCAL, now_ms=NOW)
    accounts.redeem(code, "seven fridges hum at night", address="10.0.0.1", now_ms=NOW)
    accounts.disable(chen.person, LOCAL, now_ms=NOW)
    with pytest.raises(AccountError, match="last"):
        accounts.disable(second.person, LOCAL, now_ms=NOW)


def test_roles_never_leave_someone_with_the_whole_site_by_accident(accounts: Accounts) -> None:
    chen = administrator(accounts)
    with pytest.raises(AccountError, match="organisation"):
        accounts.set_roles(chen.person, {"administrator", "quality"}, LOCAL, now_ms=NOW)


def test_erasing_leaves_the_pseudonym_in_the_audit_and_the_name_nowhere(
    accounts: Accounts, wang: User, path: Path
) -> None:
    token = token_of(accounts, wang, "technician")
    accounts.erase(wang.person, LOCAL, now_ms=NOW)
    assert accounts.user(wang.person) is None
    assert accounts.bearer(token, address="::1", now_ms=NOW) is None
    assert accounts.audit(limit=1)[0].subject == wang.person
    stored = b"".join(each.read_bytes() for each in path.parent.glob("accounts.db*"))
    assert wang.person.encode() in stored
    assert "王丽".encode() not in stored
    assert b"wang.li" not in stored
    assert accounts.first_bad_audit_entry() is None


def test_no_page_keeps_a_copy_of_a_login_that_once_moved_to_another_page(
    accounts: Accounts, wang: User, path: Path
) -> None:
    dice = random.Random(11)  # noqa: S311  the same pages in each run
    logins = [f"{dice.getrandbits(96):024x}{'leaver' if number % 20 == 0 else ''}" for number in range(20_000)]
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA secure_delete = ON")
    rows = [(f"person:{number:032x}", login, "x", 0, 0) for number, login in enumerate(logins)]
    connection.executemany(
        "INSERT INTO users (person, login, printed_name, disabled, created_ms) VALUES (?, ?, ?, ?, ?)", rows
    )
    connection.execute("DELETE FROM users WHERE login LIKE '%leaver'")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert b"leaver" in path.read_bytes(), "deleting alone leaves copies"
    accounts.erase(wang.person, LOCAL, now_ms=NOW)
    assert not any(b"leaver" in each.read_bytes() for each in path.parent.glob("accounts.db*"))


def test_a_token_speaks_for_its_user_until_it_ends_or_is_revoked(accounts: Accounts, wang: User) -> None:
    token = token_of(accounts, wang, "technician")
    assert token.startswith("xm_")
    assert accounts.bearer(token, address="::1", now_ms=NOW) == wang
    assert accounts.bearer(token, address="::1", now_ms=NOW + DAY) is None
    (listed,) = accounts.tokens_of(wang.person)
    assert not accounts.revoke_token("person:" + "0" * 32, listed.handle, LOCAL, now_ms=NOW)
    assert accounts.revoke_token(wang.person, listed.handle, LOCAL, now_ms=NOW)
    assert accounts.bearer(token, address="::1", now_ms=NOW) is None


def test_the_use_of_a_revoked_token_is_written_down_and_noise_is_not(accounts: Accounts, wang: User) -> None:
    token = token_of(accounts, wang, "technician")
    accounts.revoke_token(wang.person, accounts.tokens_of(wang.person)[0].handle, LOCAL, now_ms=NOW)
    before = accounts.audit(limit=1)[0].number
    accounts.bearer("xm_noise", address="192.0.2.9", now_ms=NOW)
    accounts.bearer(token, address="192.0.2.9", now_ms=NOW)
    latest = accounts.audit(limit=1)[0]
    assert (latest.number, latest.action, latest.subject, latest.outcome, latest.address) == (
        before + 1,
        "token_use",
        wang.person,
        "denied",
        "192.0.2.9",
    )


@pytest.mark.parametrize("text", ["", "xm_", "xm_" + "A" * 43, "Bearer", "xm_\ud800", "xm_" + "x" * 10_000])
def test_what_is_no_token_speaks_for_nobody(accounts: Accounts, wang: User, text: str) -> None:
    token_of(accounts, wang, "technician")
    assert accounts.bearer(text, address="::1", now_ms=NOW) is None


def test_a_token_never_has_more_roles_than_its_user_has_now(accounts: Accounts, wang: User) -> None:
    with pytest.raises(AccountError):
        token_of(accounts, wang, "technician", "administrator")
    with pytest.raises(AccountError):
        token_of(accounts, wang)
    token = token_of(accounts, wang, "technician")
    accounts.set_roles(wang.person, {"laboratory"}, LOCAL, now_ms=NOW)
    bearer = accounts.bearer(token, address="::1", now_ms=NOW)
    assert bearer is not None
    assert bearer.roles == frozenset()
    accounts.disable(wang.person, LOCAL, now_ms=NOW)
    assert accounts.bearer(token, address="::1", now_ms=NOW) is None
    with pytest.raises(AccountError):
        token_of(accounts, wang, "laboratory")


def test_a_token_with_less_than_its_users_roles_sees_no_more_than_them(accounts: Accounts) -> None:
    user = accounts.add_user(
        "gao", printed_name="高", organisation="org:h1", roles={"hospital", "auditor"}, actor=LOCAL, now_ms=NOW
    )
    bearer = accounts.bearer(token_of(accounts, user, "auditor"), address="::1", now_ms=NOW)
    assert bearer is not None
    assert bearer.organisation == "org:h1"
    assert not bearer.sees_whole_site
    assert not bearer.may_assert("received")


@pytest.mark.parametrize("life", [0, -1, 367 * DAY])
def test_a_token_ends_within_a_year(accounts: Accounts, wang: User, life: int) -> None:
    with pytest.raises(AccountError, match="year"):
        accounts.issue_token(
            wang.person, label="x", roles={"technician"}, expires_ms=NOW + life, actor=LOCAL, now_ms=NOW
        )


def test_every_act_leaves_exactly_one_entry(accounts: Accounts, wang: User) -> None:
    actor = Actor(wang.person, "192.0.2.7")
    before = accounts.audit(limit=1)[0].number
    chen = administrator(accounts)
    accounts.set_roles(wang.person, {"technician", "laboratory"}, actor, now_ms=NOW)
    accounts.disable(wang.person, actor, now_ms=NOW)
    accounts.enable(wang.person, actor, now_ms=NOW)
    accounts.issue_code(wang.person, actor, now_ms=NOW)
    accounts.sign_in("wang.li", "wrong", address="192.0.2.7", now_ms=NOW)
    accounts.record_denial(actor, "unit.read", now_ms=NOW, subject="unit:x")
    accounts.record(actor, "key_approve", now_ms=NOW, subject="key:y")
    with pytest.raises(AccountError):
        accounts.set_roles(chen.person, {"auditor"}, actor, now_ms=NOW)
    entries = accounts.audit(limit=100)[: -before or None]
    assert [entry.action for entry in reversed(entries)] == [
        "user_add",
        "role_change",
        "user_disable",
        "user_enable",
        "code_issue",
        "sign_in",
        "unit.read",
        "key_approve",
    ]
    change = next(entry for entry in entries if entry.action == "role_change")
    assert change.detail == "technician -> laboratory technician"
    assert (change.actor, change.address, change.time_ms) == (wang.person, "192.0.2.7", NOW)
    assert next(entry for entry in entries if entry.action == "sign_in").outcome == "denied"
    assert [entry.number for entry in accounts.audit(limit=2, before=4)] == [3, 2]


def test_the_audit_is_append_only(accounts: Accounts, wang: User, path: Path) -> None:
    accounts.close()
    file = sqlite3.connect(path)
    file.execute("PRAGMA recursive_triggers=ON")
    for statement in (
        "UPDATE audit SET actor = NULL",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            file.execute(statement)
    file.close()
    assert wang.roles


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET detail = 'x' WHERE number = 2",
        "UPDATE audit SET time_ms = time_ms + 1 WHERE number = 2",
        "DELETE FROM audit WHERE number = 2",
        "UPDATE audit SET link = zeroblob(32) WHERE number = 2",
    ],
)
def test_a_changed_audit_is_found_out(accounts: Accounts, wang: User, path: Path, tampering: str) -> None:
    assert accounts.first_bad_audit_entry() is None
    file = sqlite3.connect(path)
    file.executescript(f"DROP TRIGGER audit_keeps_update; DROP TRIGGER audit_keeps_delete; {tampering}")
    file.close()
    assert accounts.first_bad_audit_entry() == 2
    assert wang.roles


def test_an_act_whose_audit_entry_fails_did_not_happen(accounts: Accounts, wang: User, path: Path) -> None:
    file = sqlite3.connect(path)
    file.executescript(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    )
    file.close()
    with pytest.raises(Exception, match="disk full"):
        accounts.set_roles(wang.person, {"laboratory"}, LOCAL, now_ms=NOW)
    assert accounts.user(wang.person) == wang


def test_the_file_is_for_its_owner_only_and_is_never_made_twice(path: Path, tmp_path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigError, match="already"):
        create(path)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        Accounts(path)
    with pytest.raises(ConfigError, match="xuemai init"):
        Accounts(tmp_path / "missing.db")
    other = tmp_path / "other.db"
    sqlite3.connect(other).close()
    other.touch(mode=0o600)
    other.chmod(0o600)
    with pytest.raises(ConfigError, match="accounts database"):
        Accounts(other)
