"""A person signs at the terminal: the own password, asked for just now, stands for the signature under what follows."""

import os
import sys
from contextlib import suppress
from typing import Final

import click

from ledger.accounts import Accounts, TurnedAway, User
from ledger.acts.persons import refuse_beside
from ledger.clock import SystemClock
from ledger.core.errors import ConfigError

TERMINAL: Final = "console"
"""Where such a person is, as the accounts' own log says it."""


def password_of(login: str) -> str:
    """What the person types, unseen; where there is no terminal, the next line of stdin.

    Raises:
        ConfigError: nothing came.
    """
    if sys.stdin.isatty() or _at_a_terminal():
        with suppress(click.Abort):
            return str(click.prompt(f"Password of {login}", hide_input=True, err=True))
    elif line := sys.stdin.buffer.readline():  # not as text, which reads ahead: a FILE from stdin follows
        return line.decode("utf-8", "replace").rstrip("\r\n")
    said = f"expected the password of {login}, typed at a terminal or as a line of stdin; none came"
    raise ConfigError(f"{said}: nothing was recorded")


def _at_a_terminal() -> bool:
    """Whether somebody can be asked although stdin brings something else."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def signed(accounts: Accounts, login: str, permission: str) -> User:
    """The person, who gave their password just now and may do this.

    Raises:
        ConfigError: they are unknown, gave a wrong password, or may not.
    """
    user = accounts.user_named(login)
    if user is None or user.disabled:
        raise ConfigError(f"expected the login of a person who may sign in; got {login}")
    password = password_of(login)
    checked = accounts.confirm(user.person, password, address=TERMINAL, now_ms=SystemClock().now_ms())
    if isinstance(checked, TurnedAway):
        raise ConfigError(f"{login}: {checked.reason}")
    if not checked.may(permission):
        raise ConfigError(f"{login}: expected a role with the permission {permission}")
    return checked


def signed_beside(accounts: Accounts, login: str, permission: str, user: User) -> User:
    """The second person of what `user` does: a colleague, who gave the own password just now and may do it.

    Raises:
        ConfigError: as `signed`; or they are the same person, or of another organisation.
    """
    other = signed(accounts, login, permission)
    refused = refuse_beside("second", other, user)
    if refused is not None:
        raise ConfigError(f"{refused.step}: {refused.reason}")
    return other
