"""Who signs beside somebody: a colleague of the own organisation, who is another person, with the own password."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ledger.accounts import LOCAL, Accounts, Passwords, User, create
from ledger.acts.persons import named_in
from ledger.core.errors import Refused

CENTRE, HOSPITAL = "org:blood-centre", "org:hospital-1"
NOW = 1_772_400_000_000
PASSWORD = "correct horse 7"


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    create(tmp_path / "accounts.db")
    opened = Accounts(tmp_path / "accounts.db", passwords=Passwords(hasher))
    yield opened
    opened.close()


def employed(accounts: Accounts, login: str, organisation: str) -> User:
    added = accounts.add_user(
        login, printed_name=login, organisation=organisation, roles={"quality"}, actor=LOCAL, now_ms=NOW
    )
    accounts.redeem(accounts.issue_code(added.person, LOCAL, now_ms=NOW), PASSWORD, address="test", now_ms=NOW)
    return added


def step_of(answer: dict[str, object] | Refused) -> str:
    return answer.step if isinstance(answer, Refused) else ""


@pytest.mark.parametrize("role", ["second", "collector"])
def test_who_signs_is_of_the_own_organisation(accounts: Accounts, role: str) -> None:
    first = employed(accounts, "quality.xu", CENTRE)
    near, far = employed(accounts, "quality.he", CENTRE), employed(accounts, "quality.wu", HOSPITAL)

    def named(login: str, password: str = PASSWORD) -> dict[str, object] | Refused:
        given = {role: password}
        return named_in(accounts, {role: login}, first, passwords=given, address="test", now_ms=NOW)

    assert named(near.login) == {role: near.person}
    assert step_of(named(far.login)) == "person.unknown"
    assert step_of(named(first.login)) == "two-persons"
    assert step_of(named(near.login, "wrong")) == "person.signature"


def test_a_courier_may_be_anybodys_and_signs_later(accounts: Accounts) -> None:
    first, courier = employed(accounts, "quality.xu", CENTRE), employed(accounts, "van.lu", HOSPITAL)
    told = named_in(accounts, {"courier": "van.lu"}, first, passwords={}, address="test", now_ms=NOW)
    assert told == {"courier": courier.person}
    lost = named_in(accounts, {"courier": "nobody"}, first, passwords={}, address="test", now_ms=NOW)
    assert step_of(lost) == "person.unknown"
