"""One table from routes to permissions; a route outside it is nobody's."""

import pytest

from ledger.accounts import Policy, User
from ledger.core.errors import ConfigError

POLICY = Policy({"health": "public", "unit": "unit.read", "accounts": "account.manage"})


def someone(*roles: str) -> User:
    return User("person:" + "1" * 32, "x", "X", "org:a9999", frozenset(roles))


def test_a_route_without_a_declared_permission_is_found_at_start_up() -> None:
    POLICY.require_all(["health", "unit"])
    with pytest.raises(ConfigError, match="planted"):
        POLICY.require_all(["health", "unit", "planted"])


def test_a_permission_that_does_not_exist_is_found_at_start_up() -> None:
    with pytest.raises(ConfigError, match=r"unit\.raed"):
        Policy({"unit": "unit.raed"})


def test_tables_join_but_never_over_one_another() -> None:
    both = POLICY.joined(Policy({"home": "site.read"}))
    assert both.states("home") == "site.read"
    assert both.states("nowhere") is None
    with pytest.raises(ConfigError, match="health"):
        POLICY.joined(Policy({"health": "site.read"}))


def test_deny_by_default() -> None:
    assert POLICY.allows("health", None)
    assert not POLICY.allows("unit", None)
    assert not POLICY.allows("unit", someone())
    assert POLICY.allows("unit", someone("hospital"))
    assert not POLICY.allows("accounts", someone("hospital", "quality"))
    assert POLICY.allows("accounts", someone("hospital", "administrator"))
    assert not POLICY.allows("nowhere", someone("administrator"))
