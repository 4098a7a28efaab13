"""`xuemai correct`, `xuemai comment`: what a person said corrected or commented on, while the server is stopped.

Who they are and what they may is `ledger.accounts`; the correction itself is `ledger.acts.corrections`.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import click

from ledger.accounts import Accounts
from ledger.acts.corrections import Correction, comment, correct, fields_of, signed_by
from ledger.commands.site_option import site_option
from ledger.commands.terminal_signature import signed, signed_beside
from ledger.commands.writing import open_to_write
from ledger.config import load
from ledger.core.errors import ConfigError, Refused, XuemaiError
from ledger.read.reader import Reader, reading

_MAY = "event.assert.correcting"
_WAY = "expected --strike, or --set FIELD=VALUE for what is right, or --time; one of the two ways"


@click.command("correct")
@click.argument("stream")
@click.argument("seq", type=click.IntRange(1))
@site_option
@click.option("--reason", required=True, help="What was wrong; never a name of a person.")
@click.option("--by", "corrects", required=True, metavar="LOGIN", help="Who corrects.")
@click.option("--second", "beside", metavar="LOGIN", help="The second person, where it decides about a unit's use.")
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="What is right; a list or number as JSON.")
@click.option("--time", metavar="INSTANT", help="When it happened, where that was wrong.")
@click.option("--strike", is_flag=True, help="It did not happen; of a correction: it is withdrawn.")
def correct_command(  # noqa: PLR0913  one an option
    stream: str, seq: int, *, site: Path, reason: str, corrects: str, beside: str | None, changes: Sequence[str],
    time: str | None, strike: bool,
) -> None:  # fmt: skip
    """Correct event SEQ of STREAM: it stays, and what is right stands in its place. Persons give their passwords."""
    if strike is bool(changes or time):
        raise click.UsageError(_WAY)
    try:
        loaded = load(site)
        with closing(Accounts(loaded.accounts_db)) as accounts:
            first = signed(accounts, corrects, _MAY)
            second = None if beside is None else signed_beside(accounts, beside, _MAY, first).person
            who = signed_by(first, accounts, second=second)
            with open_to_write(loaded) as ledger, reading(loaded) as reader:
                right = None if strike else _right(reader, stream, seq, changes)
                answer = correct(ledger, reader, Correction(stream, seq, reason, right, time), who)
        if isinstance(answer, Refused):
            raise ConfigError(f"{answer.step}: {answer.reason}")
    except XuemaiError as error:
        click.echo(f"xuemai correct: {error}", err=True)
        sys.exit(1)
    click.echo(f"{stream} {seq}: corrected; both stand in the log.")


@click.command("comment")
@click.argument("stream")
@click.argument("seq", type=click.IntRange(1))
@site_option
@click.option("--text", required=True, help="What is to be said of it; never a name of a person.")
@click.option("--by", "login", required=True, metavar="LOGIN", help="Who says it.")
@click.option("--unit", metavar="UNIT", help="On whose page it stands, where a tag alone was seen.")
def comment_command(stream: str, seq: int, *, site: Path, text: str, login: str, unit: str | None) -> None:
    """Comment on event SEQ of STREAM, a device's too: it counts as before. The person gives the own password."""
    try:
        loaded = load(site)
        with closing(Accounts(loaded.accounts_db)) as accounts:
            who = signed_by(signed(accounts, login, _MAY), accounts)
            with open_to_write(loaded) as ledger, reading(loaded) as reader:
                answer = comment(ledger, reader, Correction(stream, seq, text), who, unit=unit)
        if isinstance(answer, Refused):
            raise ConfigError(f"{answer.step}: {answer.reason}")
    except XuemaiError as error:
        click.echo(f"xuemai comment: {error}", err=True)
        sys.exit(1)
    click.echo(f"{stream} {seq}: commented.")


def _right(reader: Reader, stream: str, seq: int, changes: Sequence[str]) -> Mapping[str, object]:
    """What was said, with the changes."""
    found = reader.said_at(stream, seq)
    if found is None or found.recorded is None:
        raise ConfigError(f"correction.unknown: there is no event {stream} {seq}")
    told = fields_of(found.recorded.event)
    for change in changes:
        name, given, value = change.partition("=")
        if not given:
            raise ConfigError(f"--set: expected FIELD=VALUE; got {change}")
        told[name] = _value(value)
    return told


def _value(text: str) -> object:
    """A list or a number where the text is JSON of one, else the text itself."""
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError:
        return text
    return value if isinstance(value, list) or type(value) is int else text
