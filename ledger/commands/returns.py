"""`xuemai returns`: what goes back to a station, what the pack says of each unit, and what becomes of it, as JSON.

`list` and `check` read beside a running server. `send` and `take` write: they take the writer's lock and ask for the
own password. What is decided is `ledger.acts.returning`. Exit 1 with what was expected where there is no answer, 3
where a unit may not simply go back.
"""

import json
import sys
from pathlib import Path
from typing import get_args

import click

from ledger.acts import returning
from ledger.acts.returning import Decision, SendingBack
from ledger.api.return_schemas import ReturnNoteSchema
from ledger.clock import clock_of
from ledger.commands.lateness import late_of
from ledger.commands.naming import the_holder
from ledger.commands.site_option import site_option
from ledger.commands.terminal_writing import BY, echo, require, taken, writing
from ledger.config import load
from ledger.core.errors import FormatError, XuemaiError
from ledger.read import returns as read
from ledger.read.reader import reading
from ledger.rules.taking_back import Outcome, Seal


@click.group()
def returns() -> None:
    """Returns (退血): what goes back to a station."""


@returns.command("list")
@click.option("--holder", metavar="ORG", help="Whose, e.g. org:first-hospital; all if not given.")
@site_option
def list_command(site: Path, holder: str | None) -> None:
    """List the units that are to be sent back, and the notes under which others are on their way."""
    try:
        with reading(load(site)) as reader:
            own = the_holder(reader, holder)
            to_send, notes = read.to_send(reader, own), read.on_the_way(reader, own)
    except XuemaiError as error:
        click.echo(f"xuemai returns list: {error}", err=True)
        sys.exit(1)
    click.echo(json.dumps({"to_send": [each.unit for each in to_send], "notes": notes}))


@returns.command("check")
@click.argument("note")
@site_option
def check_command(site: Path, note: str) -> None:
    """Say what the pack in force says of each unit of return NOTE; exit 3 where one may not simply go back."""
    try:
        loaded = load(site)
        name = f"consignment:{note.removeprefix('consignment:')}"
        with reading(loaded) as reader:
            now_ms = clock_of(loaded).now_ms()
            found = read.return_note(reader, name, now_ms=now_ms)
            late = late_of(reader, now_ms)
        if found is None:
            raise FormatError(f"expected a return note of this ledger, came {name}")
    except XuemaiError as error:
        click.echo(f"xuemai returns check: {error}", err=True)
        sys.exit(1)
    echo({**ReturnNoteSchema().dump(found), **late})
    sys.exit(0 if all(each.judged.answer == "yes" for each in found.outstanding) else 3)


@returns.command("send")
@click.argument("units", metavar="UNIT...", nargs=-1, required=True)
@click.option("--to", required=True, metavar="ORG", help="The station, e.g. org:a9999.")
@click.option("--place", required=True, help="From where, e.g. place:hospital/bank.")
@click.option("--code", help="Why, of the site's list; not where every unit was refused, or set aside for return.")
@click.option("--reason", help="What else is said.")
@click.option("--box", help="What it travels in.")
@click.option("--seal", help="The number of the seal on the box.")
@BY
@site_option
def send_command(units: tuple[str, ...], *, site: Path, login: str, to: str, place: str, **more: str | None) -> None:
    """Send each UNIT back to a station, under the next number of the site's returns."""
    with writing("returns send", site, login, "event.assert.return") as terminal:
        wanted = SendingBack(units=list(dict.fromkeys(units)), to=to, place=place, **more)
        note = taken(returning.send_back(terminal.ledger, wanted, who=terminal.acting))
        echo({"dispatch_note": note, "units": wanted.units})


@returns.command("take")
@click.argument("note")
@click.argument("decided", metavar="UNIT=OUTCOME...", nargs=-1, required=True)
@click.option("--place", required=True, help="Where: a place of the station's.")
@click.option("--seal", type=click.Choice(get_args(Seal)), required=True, help="How the units' seals were found.")
@click.option("--reason", help="Why.")
@click.option("--code", help="Of what is refused, the site's reason for its discard.")
@click.option("--second", metavar="LOGIN", help="Who decided too, where the pack leaves it to persons; signs.")
@BY
@site_option
def take_command(
    note: str, decided: tuple[str, ...], *, site: Path, login: str, place: str, second: str | None, **more: str | None
) -> None:
    """Record what becomes of units of return NOTE: each UNIT=accepted, =held or =refused, all or nothing."""
    name = f"consignment:{note.removeprefix('consignment:')}"
    with writing("returns take", site, login, "event.assert.receipt") as terminal:
        found = dict(_decision(each, **more) for each in decided)
        other = None if second is None else str(terminal.named({"second": second})["second"])
        require(returning.take_back(terminal.ledger, name, found, place=place, second=other, who=terminal.acting))
        echo({"dispatch_note": name, "outcomes": {unit: each.outcome for unit, each in found.items()}})


def _decision(text: str, *, seal: str | None, reason: str | None, code: str | None) -> tuple[str, Decision]:
    unit, _, word = text.partition("=")
    outcome: Outcome | None = next((each for each in get_args(Outcome) if each == word), None)
    if outcome is None:
        raise FormatError(f"expected a unit and what becomes of it, such as unit:…=held; came {text!r:.120}")
    whole: Seal = "intact" if seal == "intact" else "broken"
    return unit, Decision(outcome=outcome, seal=whole, reason=reason, code=code if outcome == "refused" else None)
