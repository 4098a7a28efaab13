"""`xuemai recall`: cases of recall and lookback, from their opening to their end.

`list`, `show` and `late` read beside a running server. The rest writes, so it takes the writer's lock: while a server
runs, the same is done on its page *Recall*. What may be done is `ledger.acts.recalling`.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NoReturn

import click

from ledger.accounts import Accounts, User
from ledger.accounts.permissions import CASE_ACKNOWLEDGE, CASE_LEAD
from ledger.accounts.values import Actor
from ledger.acts import recalling
from ledger.acts.recalling import Opening
from ledger.api.case_schemas import CaseSchema
from ledger.append import Ledger
from ledger.clock import SystemClock, clock_of
from ledger.commands.lateness import late_of
from ledger.commands.site_option import site_option
from ledger.commands.terminal_signature import TERMINAL, signed
from ledger.commands.writing import open_to_write
from ledger.config import Site, load
from ledger.core.errors import ConfigError, Refused, XuemaiError
from ledger.core.ids import format_instant
from ledger.read import cases
from ledger.read.cases import CasePage
from ledger.read.reader import reading

_BY = click.option("--by", "login", required=True, metavar="LOGIN", help="A quality officer, who is asked to sign.")


@click.group()
def recall() -> None:
    """Recall (血液收回) and lookback (回溯调查) cases."""


@recall.command("list")
@site_option
def list_command(site: Path) -> None:
    """List the cases, the open ones first; exit 3 where one is overdue or a consignee is late."""
    pages = _read(site, "list")
    for page in pages:
        opened = page.case.opened
        standing = "closed" if page.case.closed else f"due {page.due.due}, {page.due.days_late} days late"
        click.echo(f"{opened.case}\t{opened.sort}\t{opened.about}\t{standing}\t{len(page.late)} consignees late")
    sys.exit(3 if any(_is_loud(page) for page in pages) else 0)


@recall.command("show")
@click.argument("case")
@site_option
def show_command(case: str, site: Path) -> None:
    """Print the CASE as JSON: what it touches, what is withdrawn, who was told, who has acknowledged."""
    found = next((page for page in _read(site, "show") if page.case.opened.case == case), None)
    if found is None:
        _stop("show", f"there is no {case}")
    with reading(load(site)) as reader:
        late = late_of(reader, found.now_ms)
    click.echo(json.dumps({**CaseSchema().dump(found), **late}, ensure_ascii=False))


@recall.command("late")
@site_option
def late_command(site: Path) -> None:
    """List who has not acknowledged, and by how many days they are late; exit 3 where anybody is."""
    late = [(page.case.opened.case, told) for page in _read(site, "late") if not page.case.closed for told in page.late]
    for case, told in late:
        sent = format_instant(told.notice.sent_ms)
        click.echo(f"{case}\t{told.notice.organisation}\tsent {sent}\t{told.due.days_late} days late")
    sys.exit(3 if late else 0)


@recall.command("open")
@click.argument("case")
@click.argument("about")
@click.option("--sort", type=click.Choice(("recall", "lookback")), required=True)
@click.option("--learnt", required=True, metavar="INSTANT", help="When it became known: from then on the days count.")
@click.option("--reason", required=True, help="What was found; never what identifies a person.")
@click.option("--back", "direction", flag_value="back", help="Of a unit: to its donations, and all that came of these.")
@click.option("--onward", "direction", flag_value="onward", default=True, help="To all that came of it (the default).")
@click.option("--first-day", metavar="DATE", help="Of a donor: the first day of the window; all donations without it.")
@click.option("--since", metavar="INSTANT", help="Of a place or box: from when.")
@click.option("--until", metavar="INSTANT", help="Of a place or box: until when.")
@_BY
@site_option
def open_command(site: Path, login: str, **given: str) -> None:
    """Open CASE (case:…, the facility's own number) about ABOUT, as `xuemai lookback` takes it."""
    opening = Opening(**given)  # type: ignore[arg-type]  # click made the choices
    with _signing(site, "open", [login], CASE_LEAD) as (ledger, accounts, [person]):
        refused = recalling.open_case(ledger, opening, by=person.person, organisation=_own(person))
        _done(refused, accounts, person, "case_open", opening.case)
    click.echo(f"{opening.case} is open.")


@recall.command("withdraw")
@click.argument("case")
@_BY
@site_option
def withdraw_command(case: str, site: Path, login: str) -> None:
    """Recall every unit of CASE that still exists and tell every consignee: one signed step, all or nothing."""
    with _signing(site, "withdraw", [login], CASE_LEAD) as (ledger, accounts, [person]):
        with reading(ledger.site) as reader:
            page = cases.case_page(reader, case, organisation=person.organisation, now_ms=ledger.clock.now_ms())
        seen = () if page is None else page.left.units
        refused = recalling.withdraw(ledger, case, seen=seen, by=person.person, organisation=_own(person))
        _done(refused, accounts, person, "case_withdraw", case)
    click.echo(f"{case}: {len(seen)} units recalled.")


@recall.command("acknowledge")
@click.argument("case")
@click.option("--by", "login", required=True, metavar="LOGIN", help="Somebody of the consignee, who is asked to sign.")
@click.option("--reason", help="What the consignee has to say.")
@site_option
def acknowledge_command(case: str, site: Path, login: str, reason: str | None) -> None:
    """Acknowledge what one's own organisation was told in CASE."""
    with _signing(site, "acknowledge", [login], CASE_ACKNOWLEDGE) as (ledger, accounts, [person]):
        refused = recalling.acknowledge(
            ledger, case, organisation=_own(person), by=person.person, reason=reason or None
        )
        _done(refused, accounts, person, "case_acknowledge", case)
    click.echo(f"{case}: acknowledged.")


@recall.command("close")
@click.argument("case")
@click.option("--reason", required=True, help="What came of it.")
@click.option("--override", help="Why it is closed although something is still open.")
@click.option("--second", "other", required=True, metavar="LOGIN", help="Another quality officer.")
@_BY
@site_option
def close_command(case: str, site: Path, reason: str, override: str | None, other: str, login: str) -> None:
    """Close CASE; both quality officers are asked for their passwords."""
    with _signing(site, "close", [login, other], CASE_LEAD) as (ledger, accounts, [person, second]):
        refused = recalling.close(
            ledger, case, reason=reason, override=override, by=person.person, second=second.person,
            organisation=_own(person),
        )  # fmt: skip
        _done(refused, accounts, person, "case_close", case)
    click.echo(f"{case} is closed.")


def _read(site: Path, command: str) -> tuple[CasePage, ...]:
    try:
        loaded = load(site)
        with reading(loaded) as reader:
            return cases.cases(reader, organisation=None, now_ms=clock_of(loaded).now_ms())
    except XuemaiError as error:
        _stop(command, str(error))


def _is_loud(page: CasePage) -> bool:
    return page.case.closed is None and (page.due.is_overdue or bool(page.late))


@contextmanager
def _signing(
    directory: Path, command: str, logins: Sequence[str], permission: str
) -> Iterator[tuple[Ledger, Accounts, Sequence[User]]]:
    """The one writer, and the persons, who gave their passwords just now and may do this."""
    try:
        site: Site = load(directory)
        with closing(Accounts(site.accounts_db)) as accounts:
            persons = [signed(accounts, login, permission) for login in logins]
            with open_to_write(site) as ledger:
                yield ledger, accounts, persons
    except XuemaiError as error:
        _stop(command, str(error))


def _own(person: User) -> str:
    if person.organisation is None:
        raise ConfigError("expected somebody of one organisation; a case is led, and a notice acknowledged, by one")
    return person.organisation


def _done(refused: Refused | None, accounts: Accounts, person: User, action: str, case: str) -> None:
    if refused is not None:
        raise ConfigError(f"{refused.step}: {refused.reason}")
    actor = Actor(person.person, TERMINAL)
    accounts.record(actor, action, now_ms=SystemClock().now_ms(), subject=case)


def _stop(command: str, reason: str) -> NoReturn:
    click.echo(f"xuemai recall {command}: {reason}", err=True)
    sys.exit(1)
