"""An accounts database on disk, with hashes cheap enough for tests, and people in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ledger.accounts import LOCAL, Accounts, Passwords, User, create

NOW = 1_772_440_000_000
CENTRE = "org:a9999"
PASSWORD = "correct horse battery"


@pytest.fixture
def cheap() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create(tmp_path / "accounts.db")
    return tmp_path / "accounts.db"


@pytest.fixture
def accounts(path: Path, cheap: Passwords) -> Iterator[Accounts]:
    opened = Accounts(path, passwords=cheap)
    yield opened
    opened.close()


@pytest.fixture
def wang(accounts: Accounts) -> User:
    """A technician of the blood centre who has chosen a password."""
    user = accounts.add_user(
        "wang.li", printed_name="王丽", organisation=CENTRE, roles={"technician"}, actor=LOCAL, now_ms=NOW
    )
    redeemed = accounts.redeem(accounts.issue_code(user.person, LOCAL, now_ms=NOW), PASSWORD, address="::1", now_ms=NOW)
    assert redeemed == user
    return user
