"""`xuemai discard`: what awaits disposal, and a count of it, as JSON, beside a running server.

Decides nothing; what is requested and approved is said as any other step (`xuemai step`). `hand-over` writes: it takes
the writer's lock and asks for the own password. Exit 1 with what was expected where there is no answer, 3 where a count
is not what was approved. Reasons that are withheld stay so.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import click

from ledger.acts import discarding
from ledger.clock import clock_of
from ledger.commands.naming import the_holder
from ledger.commands.site_option import site_option
from ledger.commands.terminal_writing import BY, echo, spelt, taken, writing
from ledger.config import load
from ledger.core.errors import ConfigError, XuemaiError
from ledger.core.ids import parse_instant
from ledger.read import discards as read
from ledger.read.reader import reading
from ledger.read.sweeping import Swept


@click.group()
def discard() -> None:
    """Discards (报废): what is requested, what is approved, what is handed over."""


@discard.command("list")
@click.option("--holder", metavar="ORG", help="Whose, e.g. org:a9999; all if not given.")
@site_option
def list_command(site: Path, holder: str | None) -> None:
    """List the units that await disposal."""
    try:
        with reading(load(site)) as reader:
            found = read.waiting(reader, the_holder(reader, holder))
    except XuemaiError as error:
        _fail("list", error)
    told = [
        {"unit": each.unit.unit, "reason": each.code, "approved": each.requested.may_go, "holder": each.unit.holder}
        for each in found
    ]
    click.echo(json.dumps({"waiting": told}, ensure_ascii=False))


@discard.command("count")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--holder", metavar="ORG", help="Whose; all if not given.")
@site_option
def count_command(site: Path, file: Iterator[str], holder: str | None) -> None:
    """Compare what is approved with what was counted.

    FILE: a tag, a label or a unit a line, - for stdin. Exit 3 where anything differs.
    """
    try:
        loaded = load(site)
        with reading(loaded) as reader:
            waiting = read.waiting(reader, the_holder(reader, holder))
            approved = [each.unit.unit for each in waiting if each.requested.may_go]
            told = read.counted(reader, Swept(texts=tuple(file)), approved, now_ms=clock_of(loaded).now_ms())
    except XuemaiError as error:
        _fail("count", error)
    click.echo(json.dumps({**asdict(told), "agrees": told.agrees}, ensure_ascii=False))
    sys.exit(0 if told.agrees else 3)


@discard.command("hand-over")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--place", required=True, help="A place that is set apart for disposal, e.g. place:centre/disposal.")
@click.option("--since", metavar="INSTANT", help="From when on readers there count; else only what FILE says.")
@click.option("--number", default="", help="The hand-over's number.")
@BY
@site_option
def hand_over_command(
    file: Iterator[str], *, site: Path, place: str, since: str | None, number: str, login: str
) -> None:
    """Sign that what was counted is handed over for disposal: exactly what was approved. FILE as in `count`."""
    with writing("discard hand-over", site, login, "event.assert.discarding") as terminal:
        own, since_ms = terminal.user.organisation, None if since is None else parse_instant(since)
        swept = Swept(place=place, since_ms=since_ms, texts=tuple(file), scope=own)
        with reading(terminal.ledger.site) as reader:
            known = reader.places.get(place)
            if known is None or known.use != discarding.DISPOSAL or own not in {None, known.organisation}:
                raise ConfigError(f"expected a place of your own that is set apart for disposal; came {place}")
            told = discarding.counted(reader, swept, now_ms=terminal.ledger.clock.now_ms())
        done = taken(discarding.hand_over(terminal.ledger, swept, told, number=number, user=terminal.user))
        echo({**asdict(told), "events": [spelt(each) for each in done]})


def _fail(command: str, error: XuemaiError) -> NoReturn:
    click.echo(f"xuemai discard {command}: {error}", err=True)
    sys.exit(1)
