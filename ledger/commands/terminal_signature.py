"""A person signs at the terminal: the own password, asked for just now, stands for the signature under what follows."""

from typing import Final

import click

from ledger.accounts import Accounts, TurnedAway, User
from ledger.clock import SystemClock
from ledger.core.errors import ConfigError

TERMINAL: Final = "console"
"""Where such a person is, as the accounts' own log says it."""


def signed(accounts: Accounts, login: str, permission: str) -> User:
    """The person, who gave their password just now and may do this.

    Raises:
        ConfigError: they are unknown, gave a wrong password, or may not.
    """
    user = accounts.user_named(login)
    if user is None or user.disabled:
        raise ConfigError(f"expected the login of a person who may sign in; got {login}")
    password = click.prompt(f"Password of {login}", hide_input=True, err=True)
    checked = accounts.confirm(user.person, password, address=TERMINAL, now_ms=SystemClock().now_ms())
    if isinstance(checked, TurnedAway):
        raise ConfigError(f"{login}: {checked.reason}")
    if not checked.may(permission):
        raise ConfigError(f"{login}: expected a role with the permission {permission}")
    return checked
