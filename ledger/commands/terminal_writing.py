"""A person records at the terminal: the writer's lock taken, the own password asked for, a refusal told and exit 1.

While a server runs it holds the lock, and people do the same on its pages or over its API. Who signs besides is asked
for the own password, each once.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from ledger.accounts import Accounts, User
from ledger.acts import persons
from ledger.acts.ordering import Acting
from ledger.append import Ledger
from ledger.clock import SystemClock
from ledger.commands.terminal_signature import TERMINAL, password_of, signed
from ledger.commands.writing import open_to_write
from ledger.config import load
from ledger.core.custody import Recorded
from ledger.core.errors import ConfigError, Refused, XuemaiError
from ledger.core.events import kind_of

T = TypeVar("T")

BY = click.option("--by", "login", required=True, metavar="LOGIN", help="Who does it; their password is asked for.")


@dataclass(frozen=True, slots=True)
class Terminal:
    """The one writer, and the person at the terminal, who signed just now.

    Attributes:
        ledger: the writer.
        accounts: who there is.
        user: who acts.
        passwords: of those who sign besides, as they gave them.
    """

    ledger: Ledger
    accounts: Accounts
    user: User
    passwords: dict[str, str] = field(default_factory=dict)

    @property
    def acting(self) -> Acting:
        """Who acts, and for whom."""
        return Acting(self.user.person, self.user.organisation)

    def named(self, fields: Mapping[str, object]) -> dict[str, object]:
        """The persons that a step's fields name, as pseudonyms; whoever has to sign is asked for the own password.

        Raises:
            ConfigError: somebody is unknown, is who acts, or gave a wrong password.
        """
        given = {name: self._password(str(fields[name])) for name in persons.SIGNING if fields.get(name)}
        at = SystemClock().now_ms()
        return taken(persons.named_in(self.accounts, fields, self.user, passwords=given, address=TERMINAL, now_ms=at))

    def _password(self, login: str) -> str:
        if login not in self.passwords:
            self.passwords[login] = password_of(login)
        return self.passwords[login]


@contextmanager
def writing(command: str, directory: Path, login: str, permission: str) -> Iterator[Terminal]:
    """The writer for a person who gave the own password and may do this; whatever refuses it ends the command.

    Args:
        command: as it is called, for the message.
        directory: the site's folder.
        login: who acts.
        permission: what their roles must include.
    """
    try:
        site = load(directory)
        # The lock first: beside a running server nobody is asked for a password, and no second process writes accounts.
        with open_to_write(site) as ledger, closing(Accounts(site.accounts_db)) as accounts:
            yield Terminal(ledger, accounts, signed(accounts, login, permission))
    except XuemaiError as error:
        stop(command, error)


def taken(answer: T | Refused) -> T:
    """What was asked for.

    Raises:
        ConfigError: it was refused, with its rule.
    """
    if isinstance(answer, Refused):
        raise ConfigError(f"{answer.step}: {answer.reason}")
    return answer


def require(refused: Refused | None) -> None:
    """Go on unless it was refused.

    Raises:
        ConfigError: with the rule.
    """
    if refused is not None:
        taken(refused)


def spelt(recorded: Recorded) -> dict[str, object]:
    """Where an event stands in the log."""
    event = recorded.event
    where = {"stream": event.stream, "seq": event.seq, "log_index": recorded.log_index}
    return {"kind": kind_of(event), "time": event.time, **where}


def echo(told: Mapping[str, object]) -> None:
    """Print one JSON object."""
    click.echo(json.dumps(told, ensure_ascii=False))


def stop(command: str, error: XuemaiError) -> NoReturn:
    """Say why not, and exit 1."""
    click.echo(f"xuemai {command}: {error}", err=True)
    sys.exit(1)
