"""`xuemai pack`: the policy packs at hand, the one in force, and what quality officers decide about them.

`list` and `show` read beside a running server. `enforce` and `confirm` write, so they take the writer's lock: while a
server runs, quality officers do the same on its page *Packs*. What is decided is `ledger.acts.enforcement`.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NoReturn

import click

from ledger.accounts import Accounts, User
from ledger.accounts.permissions import PACK_CONFIRM, PACK_ENFORCE
from ledger.accounts.values import Actor
from ledger.acts import enforcement
from ledger.append import Ledger
from ledger.clock import SystemClock
from ledger.commands.site_option import site_option
from ledger.commands.terminal_signature import TERMINAL, signed
from ledger.commands.writing import open_to_write
from ledger.config import Site, load
from ledger.core.errors import ConfigError, Refused, XuemaiError
from ledger.read.packs import confirmations, listed
from ledger.read.reader import reading
from ledger.rules.figures import figures, find
from ledger.rules.pack import Pack
from ledger.settings.packs import Library


@click.group()
def pack() -> None:
    """Policy packs (判定标准): what is in force, what is confirmed, and by whom."""


@pack.command("list")
@site_option
def list_command(site: Path) -> None:
    """List the packs at hand; exit 1 where the file of the one in force is no longer what was put in force."""
    try:
        with reading(load(site)) as reader:
            told = listed(reader)
    except XuemaiError as error:
        _stop("list", error)
    for each in told:
        click.echo(f"{each.name}\t{each.version or '-'}\t{each.sha256 or '-'}\t{each.state} {each.problem}".rstrip())
    sys.exit(any(each.state in {"changed", "gone"} for each in told))


@pack.command("show")
@click.argument("name", required=False)
@site_option
def show_command(name: str | None, site: Path) -> None:
    """Print the figures of the pack NAME as JSON; without it of the pack in force, with what was confirmed of it."""
    try:
        loaded = load(site)
        with reading(loaded) as reader:
            shown = reader.pack if name is None else Library(loaded.directory).file(name).pack
            told = {} if name is not None else confirmations(reader)
    except XuemaiError as error:
        _stop("show", error)
    rows = []
    for each in figures(shown):
        said = told.get(each.row.figure) if each.row.confirmed else None
        by_whom = {} if said is None else {"clause": said.clause, "by": said.by}
        rows.append(
            {
                "figure": each.row.figure,
                "value": each.row.value,
                "standing": each.row.standing,
                "source": each.citation,
                **by_whom,
            }
        )
    click.echo(
        json.dumps({"pack": shown.name, "version": shown.version, "figures": rows}, ensure_ascii=False, indent=1)
    )


@pack.command("enforce")
@click.argument("name")
@click.option("--by", "one", required=True, metavar="LOGIN", help="A quality officer.")
@click.option("--second", "other", required=True, metavar="LOGIN", help="Another one.")
@site_option
def enforce_command(name: str, site: Path, one: str, other: str) -> None:
    """Put the pack NAME in force; both quality officers are asked for their passwords."""
    try:
        loaded = load(site)
        file = Library(loaded.directory).file(name)
        with _signing(loaded, (one, other), PACK_ENFORCE) as (persons, ledger, accounts):
            by, second = (each.person for each in persons)
            _require(enforcement.enforce(ledger, file, by=by, second=second))
            _audit(accounts, persons[0], "pack_enforce", f"{name} {file.pack.version} {file.sha256}")
    except XuemaiError as error:
        _stop("enforce", error)
    click.echo(f"{name} {file.pack.version} is in force from now on.")


@pack.command("confirm")
@click.argument("names", metavar="FIGURE...", nargs=-1, required=True)
@click.option("--clause", required=True, help="Where they stand in the station's own copy: standard, edition, clause.")
@click.option("--by", "login", required=True, metavar="LOGIN", help="The quality officer who looked.")
@site_option
def confirm_command(names: tuple[str, ...], site: Path, clause: str, login: str) -> None:
    """Confirm each FIGURE of the pack in force, such as cn/RBC_AS.store; the quality officer is asked."""
    try:
        loaded = load(site)
        with reading(loaded) as reader:
            shown = reader.pack
        values = {name: _value(shown, name) for name in names}
        for name, value in values.items():
            click.echo(f"{name}: {value}")
        with _signing(loaded, (login,), PACK_CONFIRM) as (persons, ledger, accounts):
            [person] = persons
            _require(enforcement.confirm(ledger, (shown.name, shown.version), values, clause=clause, by=person.person))
            _audit(accounts, person, "pack_confirm", ", ".join(values))
    except XuemaiError as error:
        _stop("confirm", error)
    click.echo(f"Confirmed: {len(values)}.")


def _value(shown: Pack, name: str) -> str:
    found = find(shown, name)
    if found is None:
        raise ConfigError(f"figure: expected one of {shown.name} {shown.version} (xuemai pack show); came {name!r}")
    return found.row.value


@contextmanager
def _signing(site: Site, logins: Sequence[str], permission: str) -> Iterator[tuple[Sequence[User], Ledger, Accounts]]:
    """The persons, who gave their passwords just now and may do this, and the one writer."""
    with closing(Accounts(site.accounts_db)) as accounts:
        persons = [signed(accounts, login, permission) for login in logins]
        with open_to_write(site) as ledger:
            yield persons, ledger, accounts


def _audit(accounts: Accounts, person: User, action: str, detail: str) -> None:
    accounts.record(Actor(person.person, TERMINAL), action, now_ms=SystemClock().now_ms(), detail=detail)


def _require(refused: Refused | None) -> None:
    if refused is not None:
        raise ConfigError(f"{refused.step}: {refused.reason}")


def _stop(command: str, error: XuemaiError) -> NoReturn:
    click.echo(f"xuemai pack {command}: {error}", err=True)
    sys.exit(1)
