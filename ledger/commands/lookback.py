"""`xuemai lookback`: what a finding touches, beside a running server.

Decides nothing: `ledger.read.affected` answers; this parses options and prints. Exit 1 with what was expected where
there is no answer.
"""

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NoReturn

import click

from ledger.api.lookback_schemas import AffectedSchema
from ledger.clock import clock_of
from ledger.commands.lateness import late_lines, late_of
from ledger.commands.naming import the_holder
from ledger.commands.site_option import site_option
from ledger.config import load
from ledger.core.errors import XuemaiError
from ledger.core.ids import format_instant, is_id, parse_instant
from ledger.core.isbt128 import Din
from ledger.read.affected import Affected, AffectedUnit, Question, affected
from ledger.read.reader import reading
from ledger.rules.window import MONTHS, begins


@click.command()
@click.argument("subject", metavar="UNIT|DIN|DONOR|LOT|MATERIAL|PLACE")
@click.option("--back", "direction", flag_value="back", help="Of a unit: to its donations, and all that came of these.")
@click.option("--onward", "direction", flag_value="onward", default=True, help="To all that came of it (the default).")
@click.option(
    "--screened", type=click.DateTime(["%Y-%m-%d"]), help="Of a donor: the last non-reactive screening's day."
)
@click.option("--months", type=click.IntRange(0, 1200), help=f"How many before that day count; {MONTHS} if not given.")
@click.option("--since", metavar="INSTANT", help="Of a place or box: from when, e.g. 2026-03-01T00:00:00.000Z.")
@click.option("--until", metavar="INSTANT", help="Of a place or box: until when.")
@click.option(
    "--as", "organisation", metavar="ORG", help="What this organisation may see; the whole site if not given."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@site_option
def lookback(  # noqa: PLR0913, PLR0917  one an option
    subject: str, site: Path, direction: str, screened: datetime | None, months: int | None,
    since: str | None, until: str | None, organisation: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Lookback (回溯调查) from SUBJECT: unit:…, din:…, person:… (a donor), lot:…, equipment:…, place:… and so on.

    A unit may stand without its kind, a donation's number as on the label: with its check character, with flags.

    Names every unit and donation, where each is, who holds or held it, and whom it was given to.
    """
    try:
        if months is not None and screened is None:
            _stop("expected --screened DATE beside --months: the window is counted from the donor's last screening")
        question = Question(
            _named(subject),
            "back" if direction == "back" else "onward",
            begins(None if screened is None else screened.date(), months=MONTHS if months is None else months),
            None if since is None else parse_instant(since),
            None if until is None else parse_instant(until),
        )
        loaded = load(site)
        with reading(loaded) as reader:
            scope = the_holder(reader, organisation)
            now_ms = clock_of(loaded).now_ms()
            found = affected(reader, question, organisation=scope, now_ms=now_ms)
            late, lines = late_of(reader, now_ms), list(late_lines(reader, now_ms))
    except XuemaiError as error:
        _stop(str(error))
    if found is None:
        _stop(f"the ledger has no unit that {subject} touches")
    if as_json:
        click.echo(json.dumps({**AffectedSchema().dump(found), **late}, ensure_ascii=False))
    else:
        click.echo("\n".join([*_lines(found), *lines]))


def _named(text: str) -> str:
    """The identifier that was meant: as it stands, a unit without its kind, or a donation number as on a label."""
    if ":" in text:
        return text
    unit = f"unit:{text}"
    return unit if is_id(unit, "unit") else f"din:{Din.parse(text.replace(' ', ''))}"


def _lines(found: Affected) -> Iterator[str]:
    first: date | None = found.question.first_day
    yield f"{found.question.subject}, {found.question.direction}, as of {format_instant(found.now_ms)}" + (
        "" if first is None else f", window from {first}"
    )
    yield ", ".join(f"{fate}: {count}" for fate, count in found.counts.items() if count)
    for given in found.donations:
        yield f"  {given.din}  {given.standing}  donor {given.donor or 'unknown'}"
    for each in found.units:
        yield _line(each)
    for organisation, units in found.consignees.items():
        yield f"  {organisation} held or was sent {len(units)}"
    if found.elsewhere:
        yield f"  and {found.elsewhere} more that are not this organisation's to see"


def _line(each: AffectedUnit) -> str:
    holder = "-" if each.summary is None else each.summary.holder or "-"
    patients = "".join(f", given to {patient}" for patient in each.patients)
    return f"  {each.unit}  {each.fate}  {holder}  ({each.why} {each.via or ''})".replace(" )", ")") + patients


def _stop(reason: str) -> NoReturn:
    click.echo(f"xuemai lookback: {reason}", err=True)
    sys.exit(1)
