"""`xuemai returns`: what goes back to a station, and what the pack says of each unit, as JSON, beside a running server.

Decides nothing: `ledger.rules` judges, `ledger.read.returns` gathers. What becomes of a unit a person signs on the
page; exit 1 with what was expected where there is no answer, 3 where a unit may not simply go back.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from ledger.clock import clock_of
from ledger.config import load
from ledger.core.errors import FormatError, XuemaiError
from ledger.core.ids import format_instant
from ledger.read import returns as read
from ledger.read.reader import reading
from ledger.read.returns import Coming, ReturnNote
from ledger.rules.taking_back import Spell
from ledger.site_option import site_option


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
            to_send, notes = read.to_send(reader, holder), read.on_the_way(reader, holder)
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
            found = read.return_note(reader, name, now_ms=clock_of(loaded).now_ms())
        if found is None:
            raise FormatError(f"expected a return note of this ledger, came {name}")
    except XuemaiError as error:
        click.echo(f"xuemai returns check: {error}", err=True)
        sys.exit(1)
    click.echo(json.dumps(_told(found), ensure_ascii=False))
    sys.exit(0 if all(each.judged.answer == "yes" for each in found.outstanding) else 3)


def _told(found: ReturnNote) -> Mapping[str, object]:
    return {
        "note": found.note,
        "sender": found.sender,
        "to": found.to,
        "sent": format_instant(found.sent_ms),
        "at": format_instant(found.now_ms),
        "boxes": [{"box": box, "seal": seal} for box, seal in found.boxes],
        "pack": found.pack[0],
        "version": found.pack[1],
        "units": [_line(each) for each in found.lines],
    }


def _line(each: Coming) -> Mapping[str, object]:
    judged = each.judged
    return {
        "unit": each.unit,
        "code": each.code,
        "refusal": each.refusal,
        "reason": each.reason,
        "answer": judged.answer,
        "why": judged.reason,
        "rule": None if judged.rule is None else judged.rule.value,
        "spell": None if judged.spell is None else _spell(judged.spell),
        "spells": judged.spells,
        "outcome": None if each.taken is None else each.taken.outcome,
    }


def _spell(spell: Spell) -> Mapping[str, object]:
    return {
        "phase": spell.phase,
        "start": format_instant(spell.start_ms),
        "end": format_instant(spell.end_ms),
        "lowest_centi_celsius": spell.lowest_centi,
        "highest_centi_celsius": spell.highest_centi,
        "read_throughout": spell.read_throughout,
    }
