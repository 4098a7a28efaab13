"""Signing in: codes, passwords, sessions, the throttle, and what the audit says of all of it."""

import statistics
import time
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ledger.accounts import LOCAL, Accounts, Actor, Passwords, SignedIn, TurnedAway, User
from ledger.accounts import first_administrator_code as first_code
from ledger.accounts.sessions import ABSOLUTE_MS, IDLE_MS, SEEN_STEP_MS
from ledger.accounts.throttle import FREE_FAILURES, FREE_FAILURES_OF_ADDRESS, MAX_CONSECUTIVE, MAX_DELAY_MS, WINDOW_MS

NOW = 1_772_440_000_000
PASSWORD = "correct horse battery"


def sign_in(
    accounts: Accounts, password: str = PASSWORD, *, login: str = "wang.li", now_ms: int = NOW
) -> SignedIn | TurnedAway:
    return accounts.sign_in(login, password, address="192.0.2.7", now_ms=now_ms)


def signed_in(accounts: Accounts, *, now_ms: int = NOW) -> SignedIn:
    answer = sign_in(accounts, now_ms=now_ms)
    assert isinstance(answer, SignedIn)
    return answer


def test_the_first_administrator_gets_in_with_the_code_that_init_printed(path: Path, cheap: Passwords) -> None:
    code = first_code(path, now_ms=NOW)
    note = path.with_name("first-admin-code")
    note.write_text(code + "\n")
    accounts = Accounts(path, passwords=cheap)
    admin = accounts.redeem(code.lower(), PASSWORD, address="::1", now_ms=NOW)
    assert isinstance(admin, User)
    assert (admin.login, admin.roles, admin.sees_whole_site) == ("admin", {"administrator"}, True)
    assert not note.exists()
    assert isinstance(sign_in(accounts, login="admin"), SignedIn)
    accounts.close()


def test_another_persons_code_leaves_the_first_code_file_alone(accounts: Accounts, path: Path) -> None:
    note = path.with_name("first-admin-code")
    note.write_text("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA\n")
    user = accounts.add_user(
        "li", printed_name="李", organisation="org:h1", roles={"hospital"}, actor=LOCAL, now_ms=NOW
    )
    accounts.redeem(accounts.issue_code(user.person, LOCAL, now_ms=NOW), PASSWORD, address="::1", now_ms=NOW)
    assert note.exists()


def test_a_code_works_once_and_for_seven_days(accounts: Accounts, wang: User) -> None:
    code = accounts.issue_code(wang.person, LOCAL, now_ms=NOW)
    late = NOW + 7 * 24 * 3600 * 1000
    expired = accounts.redeem(code, "another good password", address="::1", now_ms=late)
    assert isinstance(expired, TurnedAway)
    assert accounts.redeem(code, "another good password", address="::1", now_ms=late - 1) == wang
    again = accounts.redeem(code, "another good password", address="::1", now_ms=late - 1)
    assert isinstance(again, TurnedAway)
    assert again.step == "code"


def test_a_new_code_replaces_the_old_one(accounts: Accounts, wang: User) -> None:
    old = accounts.issue_code(wang.person, LOCAL, now_ms=NOW)
    new = accounts.issue_code(wang.person, LOCAL, now_ms=NOW)
    assert isinstance(accounts.redeem(old, PASSWORD, address="::1", now_ms=NOW), TurnedAway)
    assert accounts.redeem(new, PASSWORD, address="::1", now_ms=NOW) == wang


@pytest.mark.parametrize("password", ["short", "wang.li", "x" * 257, "\ud800" * 12])
def test_a_weak_password_is_refused_and_the_code_still_works(accounts: Accounts, wang: User, password: str) -> None:
    code = accounts.issue_code(wang.person, LOCAL, now_ms=NOW)
    answer = accounts.redeem(code, password, address="::1", now_ms=NOW)
    assert isinstance(answer, TurnedAway)
    assert answer.step == "password"
    assert accounts.redeem(code, "中文密码也可以用十二字", address="::1", now_ms=NOW) != wang
    assert accounts.redeem(code, "中文密码也可以用十二个字", address="::1", now_ms=NOW) == wang


def test_the_login_name_is_no_password(accounts: Accounts) -> None:
    user = accounts.add_user(
        "li.na.hospital", printed_name="李娜", organisation="org:h1", roles={"hospital"}, actor=LOCAL, now_ms=NOW
    )
    code = accounts.issue_code(user.person, LOCAL, now_ms=NOW)
    answer = accounts.redeem(code, "Li.Na.Hospital", address="::1", now_ms=NOW)
    assert isinstance(answer, TurnedAway)
    assert answer.reason == "expected a password other than the login name"


def test_the_session_id_is_new_at_each_sign_in_and_the_old_one_is_closed(accounts: Accounts, wang: User) -> None:
    first = signed_in(accounts)
    second = accounts.sign_in(" Wang.Li ", PASSWORD, address="192.0.2.7", now_ms=NOW, previous=first.session_id)
    assert isinstance(second, SignedIn)
    assert second.session_id != first.session_id
    assert second.user == wang
    assert accounts.session(first.session_id, now_ms=NOW) is None
    assert accounts.session(second.session_id, now_ms=NOW) is not None


def test_neither_session_ids_nor_codes_nor_tokens_nor_passwords_are_in_the_file(
    accounts: Accounts, wang: User, path: Path
) -> None:
    session_id = signed_in(accounts).session_id
    code = accounts.issue_code(wang.person, LOCAL, now_ms=NOW)
    token = accounts.issue_token(
        wang.person, label="scale", roles={"technician"}, expires_ms=NOW + 1000, actor=LOCAL, now_ms=NOW
    )
    sign_in(accounts, "a wrong but long password", login="someone.unknown")
    stored = b"".join(each.read_bytes() for each in path.parent.glob("accounts.db*"))
    assert wang.person.encode() in stored
    for secret in (session_id, code, token, PASSWORD, "a wrong but long password", "someone.unknown"):
        assert secret.encode() not in stored


def test_a_session_ends_when_idle_and_at_its_absolute_limit(accounts: Accounts, wang: User) -> None:
    idle = signed_in(accounts).session_id
    assert accounts.session(idle, now_ms=NOW + IDLE_MS) is None

    kept = signed_in(accounts).session_id
    at = NOW
    while at < NOW + ABSOLUTE_MS - IDLE_MS // 2:
        at += IDLE_MS // 2
        assert accounts.session(kept, now_ms=at - 1) is not None, at
    assert accounts.session(kept, now_ms=NOW + ABSOLUTE_MS) is None
    assert accounts.sessions_of(wang.person, now_ms=NOW + ABSOLUTE_MS) == ()


def test_the_last_use_is_kept_to_the_minute(accounts: Accounts, wang: User) -> None:
    session_id = signed_in(accounts).session_id
    accounts.session(session_id, now_ms=NOW + SEEN_STEP_MS - 1)
    assert accounts.sessions_of(wang.person, now_ms=NOW)[0].seen_ms == NOW
    accounts.session(session_id, now_ms=NOW + SEEN_STEP_MS)
    assert accounts.sessions_of(wang.person, now_ms=NOW)[0].seen_ms == NOW + SEEN_STEP_MS


def test_a_session_can_be_listed_and_revoked_but_only_by_its_persons_handle(accounts: Accounts, wang: User) -> None:
    one, two = signed_in(accounts), signed_in(accounts)
    handles = [session.handle for session in accounts.sessions_of(wang.person, now_ms=NOW)]
    assert len(handles) == 2
    actor = Actor(wang.person, "192.0.2.7")
    assert not accounts.revoke_session("person:" + "0" * 32, handles[0], actor, now_ms=NOW)
    assert not accounts.revoke_session(wang.person, "", actor, now_ms=NOW)
    assert accounts.revoke_session(wang.person, handles[0], actor, now_ms=NOW)
    open_now = [s for s in (one, two) if accounts.session(s.session_id, now_ms=NOW)]
    assert len(open_now) == 1
    accounts.sign_out(open_now[0].session_id, actor, now_ms=NOW)
    assert accounts.session(open_now[0].session_id, now_ms=NOW) is None


def test_disabling_changing_roles_and_a_new_password_close_every_session(accounts: Accounts, wang: User) -> None:
    for act in (
        lambda: accounts.set_roles(wang.person, {"laboratory"}, LOCAL, now_ms=NOW),
        lambda: accounts.redeem(
            accounts.issue_code(wang.person, LOCAL, now_ms=NOW), PASSWORD, address="::1", now_ms=NOW
        ),
        lambda: accounts.disable(wang.person, LOCAL, now_ms=NOW),
    ):
        session_id = signed_in(accounts).session_id
        act()
        assert accounts.session(session_id, now_ms=NOW) is None
    turned_away = sign_in(accounts)
    assert isinstance(turned_away, TurnedAway)
    accounts.enable(wang.person, LOCAL, now_ms=NOW)
    assert signed_in(accounts).user.roles == {"laboratory"}


def test_ten_failures_begin_a_delay_that_doubles_and_ends(accounts: Accounts, wang: User) -> None:
    for _ in range(FREE_FAILURES):
        answer = sign_in(accounts, "wrong")
        assert isinstance(answer, TurnedAway)
        assert answer.step == "credentials"
    delayed = sign_in(accounts)
    assert isinstance(delayed, TurnedAway)
    assert (delayed.step, delayed.retry_after_seconds) == ("throttled", 1)
    assert isinstance(sign_in(accounts, "wrong", now_ms=NOW + 1000), TurnedAway)
    doubled = sign_in(accounts, now_ms=NOW + 1000)
    assert isinstance(doubled, TurnedAway)
    assert doubled.retry_after_seconds == 2
    assert isinstance(sign_in(accounts, now_ms=NOW + 3000), SignedIn)
    assert isinstance(sign_in(accounts, "wrong", now_ms=NOW + 3000), TurnedAway)
    assert isinstance(sign_in(accounts, now_ms=NOW + 3000), SignedIn)
    assert wang.login == "wang.li"


def test_a_login_that_does_not_exist_is_throttled_and_answered_alike(accounts: Accounts, wang: User) -> None:
    known = [sign_in(accounts, "wrong", login=wang.login) for _ in range(FREE_FAILURES + 1)]
    unknown = [sign_in(accounts, "wrong", login="nobody.here") for _ in range(FREE_FAILURES + 1)]
    assert known == unknown


def test_an_address_is_throttled_over_many_logins(accounts: Accounts, wang: User) -> None:
    for number in range(FREE_FAILURES_OF_ADDRESS):
        sign_in(accounts, "wrong", login=f"login{number}")
    delayed = sign_in(accounts)
    assert isinstance(delayed, TurnedAway)
    assert delayed.step == "throttled"
    assert isinstance(accounts.sign_in(wang.login, PASSWORD, address="192.0.2.8", now_ms=NOW), SignedIn)


def test_a_clock_that_was_set_back_locks_nobody_out_for_long(accounts: Accounts, wang: User) -> None:
    for _ in range(FREE_FAILURES):
        sign_in(accounts, "wrong", login=wang.login)
    delayed = sign_in(accounts, now_ms=NOW - 400 * 24 * 3600 * 1000)
    assert isinstance(delayed, TurnedAway)
    assert delayed.retry_after_seconds <= MAX_DELAY_MS // 1000


def test_a_hundred_failures_in_a_row_need_a_new_code(accounts: Accounts, wang: User) -> None:
    for number in range(MAX_CONSECUTIVE):
        sign_in(accounts, "wrong", now_ms=NOW + number * WINDOW_MS)
    later = NOW + (MAX_CONSECUTIVE + 1) * WINDOW_MS
    locked = sign_in(accounts, now_ms=later)
    assert isinstance(locked, TurnedAway)
    assert locked.step == "throttled"
    code = accounts.issue_code(wang.person, LOCAL, now_ms=later)
    assert accounts.redeem(code, PASSWORD, address="::1", now_ms=later) == wang
    assert isinstance(sign_in(accounts, now_ms=later), SignedIn)


def test_someone_without_a_password_cannot_sign_in(accounts: Accounts) -> None:
    accounts.add_user("new", printed_name="新", organisation="org:h1", roles={"hospital"}, actor=LOCAL, now_ms=NOW)
    for password in ("", "None", PASSWORD):
        assert isinstance(sign_in(accounts, password, login="new"), TurnedAway)


def test_a_signature_asks_for_the_password_again(accounts: Accounts, wang: User) -> None:
    assert accounts.confirm(wang.person, PASSWORD, address="::1", now_ms=NOW) == wang
    assert isinstance(accounts.confirm(wang.person, "wrong", address="::1", now_ms=NOW), TurnedAway)


def test_a_hash_with_old_parameters_is_renewed_at_sign_in(accounts: Accounts, wang: User, path: Path) -> None:
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    accounts.close()
    reopened = Accounts(path, passwords=stronger)
    signed_in(reopened)
    stored = path.read_bytes() + path.with_name("accounts.db-wal").read_bytes()
    assert b"m=16,t=2,p=1" in stored
    assert isinstance(sign_in(reopened), SignedIn)
    assert wang.roles == {"technician"}
    reopened.close()


def test_a_known_and_an_unknown_login_take_as_long(path: Path) -> None:
    accounts = Accounts(path, passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=4096, parallelism=1)))
    user = accounts.add_user(
        "li", printed_name="李", organisation="org:h1", roles={"hospital"}, actor=LOCAL, now_ms=NOW
    )
    accounts.redeem(accounts.issue_code(user.person, LOCAL, now_ms=NOW), PASSWORD, address="::1", now_ms=NOW)
    took: dict[str, list[float]] = {"li": [], "nobody": []}
    for turn in range(9):
        for login, times in took.items():
            begun = time.thread_time()
            sign_in(accounts, "wrong", login=login, now_ms=NOW + turn * WINDOW_MS)
            times.append(time.thread_time() - begun)
    # Without the dummy hash an unknown login is five times faster; a busy test machine blurs far less than that.
    assert 0.5 < statistics.median(took["nobody"]) / statistics.median(took["li"]) < 2
    accounts.close()
