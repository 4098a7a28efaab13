"""`xuemai erase`: two persons erase an event's bytes, while the server is stopped.

Who they are and what they may is `ledger.accounts`; the erasure itself is `Ledger.erase`.
"""

import sys
from pathlib import Path
from typing import Literal

import click

from ledger.accounts import Accounts, TurnedAway, User
from ledger.accounts.permissions import ERASURE_ASK, ERASURE_CONFIRM
from ledger.accounts.values import Actor
from ledger.append import Erasure, Ledger
from ledger.clock import SystemClock, clock_of
from ledger.config import load
from ledger.core.errors import ConfigError, Refused, XuemaiError
from ledger.site_option import site_option

_HERE = "console"


@click.command()
@click.argument("stream")
@click.argument("seq", type=click.IntRange(1))
@site_option
@click.option("--reason", required=True, help="Why; never a name of a person, and nothing of what is erased.")
@click.option("--by", "asks", required=True, metavar="LOGIN", help="Who asks: a quality officer.")
@click.option("--second", "confirms", required=True, metavar="LOGIN", help="Who confirms: an administrator.")
@click.option("--value", "what", flag_value="value", help="Only the salts and values behind the event's commitments.")
@click.option("--body", "what", flag_value="body", default=True, help="The event's bytes (the default).")
def erase(stream: str, seq: int, site: Path, reason: str, asks: str, confirms: str, what: str) -> None:  # noqa: PLR0913, PLR0917  one an option
    """Erase event SEQ of STREAM by a logged event; both persons are asked for their passwords."""
    wanted: Literal["body", "value"] = "value" if what == "value" else "body"
    try:
        loaded = load(site)
        accounts = Accounts(loaded.accounts_db)
        try:
            first = _signed(accounts, asks, ERASURE_ASK)
            second = _signed(accounts, confirms, ERASURE_CONFIRM)
            if first.person == second.person:
                raise ConfigError("two-persons: a second person must confirm, another than the first")
            with Ledger(loaded, clock_of(loaded)) as ledger:
                answer = ledger.erase(Erasure(stream, seq, reason, wanted), by=first.person, second=second.person)
                if isinstance(answer, Refused):
                    raise ConfigError(f"{answer.step}: {answer.reason}")
                clean = ledger.finish_erasures()
            actor = Actor(first.person, _HERE)
            accounts.record(actor, "event_erase", now_ms=SystemClock().now_ms(), detail=f"{wanted} {stream} {seq}")
        finally:
            accounts.close()
    except XuemaiError as error:
        click.echo(f"xuemai erase: {error}", err=True)
        sys.exit(1)
    click.echo(f"{stream} {seq}: erased, and the log says so.")
    if not clean:
        click.echo("Another program still reads the old database: its copies go as soon as it stops.", err=True)
        sys.exit(1)


def _signed(accounts: Accounts, login: str, permission: str) -> User:
    """The person, who gave their password just now and may do this.

    Raises:
        ConfigError: they are unknown, gave a wrong password, or may not.
    """
    user = accounts.user_named(login)
    if user is None or user.disabled:
        raise ConfigError(f"expected the login of a person who may sign in; got {login}")
    password = click.prompt(f"Password of {login}", hide_input=True, err=True)
    checked = accounts.confirm(user.person, password, address=_HERE, now_ms=SystemClock().now_ms())
    if isinstance(checked, TurnedAway):
        raise ConfigError(f"{login}: {checked.reason}")
    if not checked.may(permission):
        raise ConfigError(f"{login}: expected a role with the permission {permission}")
    return checked
