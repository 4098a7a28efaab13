"""`xuemai late`: paper records (补录) entered from a file, as JSON, while the server is stopped; looked at beside it.

Each row is `{"kind": …, "time": …, "fields": {…}, "by": LOGIN}`, as `POST /v1/late` takes it. Exit 1 with the row and
the rule where nothing was recorded. What is decided is `ledger.acts.late`.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import click
import msgspec
from msgspec import Meta, Struct

from ledger.accounts import Accounts, User
from ledger.acts import late
from ledger.acts.discarding import reason_fields
from ledger.acts.fitting import ELSEWHERE, fitted
from ledger.acts.late import MAX_ROWS, Blamed, Row
from ledger.acts.steps import KINDS
from ledger.clock import clock_of
from ledger.commands.site_option import site_option
from ledger.commands.terminal_signature import signed, signed_beside
from ledger.commands.writing import open_to_write
from ledger.config import Site, load
from ledger.core.errors import ConfigError, Refused, XuemaiError
from ledger.core.ids import Instant
from ledger.read.reader import reading

_MAY = "event.assert.correcting"


class _Said(Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the file."""

    kind: str
    time: Instant
    fields: dict[str, object]
    by: str = ""


@click.command("late")
@click.argument("file", type=click.File(encoding="utf-8"))
@site_option
@click.option("--by", "enters", required=True, metavar="LOGIN", help="Who enters them.")
@click.option("--second", "confirms", metavar="LOGIN", help="Who held them against the paper; another person.")
@click.option("--dry-run", is_flag=True, help="Only say what stands against them; nobody but --by gives a password.")
def late_command(file: TextIO, *, site: Path, enters: str, confirms: str | None, dry_run: bool) -> None:
    """Enter the rows of FILE, a JSON list, - for stdin: at their own time, all or nothing, by two persons."""
    if not dry_run and confirms is None:
        raise click.UsageError("expected --second: a late entry is held against the paper by another person")
    try:
        loaded = load(site)
        with closing(Accounts(loaded.accounts_db)) as accounts:
            user = signed(accounts, enters, _MAY)
            rows = _rows(loaded, file.read(), user)
            blamed = (
                _looked(loaded, rows, user, accounts) if dry_run else _entered(loaded, rows, user, accounts, confirms)
            )
    except XuemaiError as error:
        _stop(str(error))
    if blamed is not None:
        _stop(f"row {blamed.row}: {blamed.refused.step}: {blamed.refused.reason}")
    told = [{"row": each.number, "kind": each.kind, "time": each.time} for each in rows]
    click.echo(json.dumps({"rows": told, "recorded": not dry_run}, ensure_ascii=False))


def _rows(site: Site, text: str, user: User) -> list[Row]:
    try:
        said = msgspec.json.decode(text, type=Annotated[list[_Said], Meta(min_length=1, max_length=MAX_ROWS)])
    except msgspec.DecodeError as error:
        raise ConfigError(f"expected a JSON list of 1 to {MAX_ROWS} rows; {error}") from error
    return [_row(site, number, each, user) for number, each in enumerate(said, 1)]


def _row(site: Site, number: int, said: _Said, user: User) -> Row:
    if said.kind not in KINDS or said.kind in ELSEWHERE:
        raise ConfigError(f"row {number}: there is no step {said.kind!r:.80} to be entered late")
    fields = fitted(said.kind, said.fields)
    if isinstance(fields, Refused):
        raise ConfigError(f"row {number}: {fields.step}: {fields.reason}")
    if said.kind == "discard_requested":
        with reading(site) as reader:
            fields |= reason_fields(reader, str(fields.get("code", "")), user.organisation)
    return Row(number, said.kind, fields, said.time, said.by)


def _looked(site: Site, rows: Sequence[Row], user: User, accounts: Accounts) -> Blamed | None:
    with reading(site) as reader:
        now_ms = clock_of(site).now_ms()
        return late.rehearse(reader, rows, user=user, accounts=accounts, drawn_at=None, now_ms=now_ms)


def _entered(site: Site, rows: Sequence[Row], user: User, accounts: Accounts, confirms: str | None) -> Blamed | None:
    second = signed_beside(accounts, confirms or "", _MAY, user).person
    with open_to_write(site) as ledger:
        answer = late.record(ledger, rows, user=user, second=second, accounts=accounts, drawn_at=None)
    return answer if isinstance(answer, Blamed) else None


def _stop(why: str) -> NoReturn:
    click.echo(f"xuemai late: {why}", err=True)
    sys.exit(1)
