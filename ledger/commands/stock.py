"""`xuemai stock`: the stock of a site, as JSON, beside a running server.

Decides nothing: `ledger.rules` counts, `ledger.read.stock` reads; this parses options and prints. Exit 1 with what was
expected where there is no answer. A stock-take is compared here, and signed where a person
gives the own password, which takes the writer's lock.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import click
import msgspec

from ledger.acts import stocktaking as signing
from ledger.commands.lateness import late_of
from ledger.commands.looking import looking
from ledger.commands.naming import the_holder
from ledger.commands.site_option import site_option
from ledger.commands.terminal_writing import spelt, taken, writing
from ledger.core.custody import IN_TRANSIT
from ledger.core.errors import ConfigError, XuemaiError
from ledger.core.ids import format_instant, parse_instant
from ledger.read import stock as read
from ledger.read import stocktaking
from ledger.read.free import free_now
from ledger.read.gone import gone
from ledger.read.reader import reading
from ledger.read.sweeping import Swept
from ledger.rules import inventory, reserves
from ledger.rules.inventory import COLUMNS, Bag, Column, Line

_DAY_MS: Final = 86_400_000
_USUAL: Final = ("component", "abo", "rhd", "state")


def _columns(_context: click.Context, _option: click.Parameter, text: str) -> tuple[Column, ...]:
    try:
        return inventory.parse_columns(text)
    except XuemaiError as error:
        raise click.BadParameter(str(error)) from error


def _instant(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    try:
        return None if text is None else parse_instant(text)
    except XuemaiError as error:
        raise click.BadParameter(str(error)) from error


@click.group()
def stock() -> None:
    """The stock (库存): what is there, what expires, what is short, how long it lasts."""


@stock.command("count")
@click.option("--by", callback=_columns, default=",".join(_USUAL), show_default=True, help=f"{','.join(COLUMNS)}.")
@click.option("--holder", metavar="ORG", help="Whose stock, e.g. org:a9999; all if not given.")
@click.option("--at", callback=_instant, metavar="INSTANT", help="A past instant, as it happened.")
@click.option("--known", callback=_instant, metavar="INSTANT", help="A past instant, as it was known then.")
@site_option
def count_command(site: Path, by: tuple[Column, ...], holder: str | None, at: int | None, known: int | None) -> None:
    """Count the bags, in bags and in each component's own measure (U in hundredths)."""
    if at is not None and known is not None:
        raise click.UsageError("--at and --known: one of them")
    with looking("stock count", site) as (reader, now_ms):
        the_holder(reader, holder, also=IN_TRANSIT)
        told = read.counted(reader, by, holder=holder, instant=read.Instant(now_ms, at, known))
        _print(
            {
                "at": format_instant(told.at_ms),
                "basis": told.basis,
                "log_size": told.log_size,
                "by": by,
                "lines": [_line(each, by) for each in told.lines],
                **late_of(reader, now_ms),
            }
        )


@stock.command("fefo")
@click.option("--component", required=True, help="As the catalogue calls it, e.g. RBC_AS.")
@click.option("--abo", type=click.Choice(("A", "B", "AB", "O")))
@click.option("--rhd", type=click.Choice(("positive", "negative")))
@click.option("--holder", metavar="ORG", required=True, help="Whose stock.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many bags.")
@site_option
def fefo_command(site: Path, component: str, abo: str | None, rhd: str | None, holder: str, limit: int) -> None:
    """List the free bags in date, the first to expire first. Their cold chain is judged when they are issued."""
    with looking("stock fefo", site) as (reader, now_ms):
        the_holder(reader, holder, also=IN_TRANSIT)
        bags = [
            each
            for each in read.bags(reader, holder=holder)
            if each.component == component and abo in {None, each.abo} and rhd in {None, each.rhd}
        ]
        first = [_bag(each) for each in inventory.fefo(bags, now_ms)[:limit]]
        _print({"at": format_instant(now_ms), "bags": first, **late_of(reader, now_ms)})


@stock.command("expiring")
@click.option("--days", type=click.IntRange(1, 3650), default=7, show_default=True, help="Within how many days.")
@click.option("--holder", metavar="ORG", help="Whose stock; all if not given.")
@site_option
def expiring_command(site: Path, days: int, holder: str | None) -> None:
    """List the bags that expire soon, the first to expire first."""
    with looking("stock expiring", site) as (reader, now_ms):
        the_holder(reader, holder, also=IN_TRANSIT)
        soon = inventory.expiring(read.bags(reader, holder=holder), now_ms, within_ms=days * _DAY_MS)
        told = [_bag(each) for each in soon]
        _print({"at": format_instant(now_ms), "days": days, "bags": told, **late_of(reader, now_ms)})


@stock.command("cover")
@click.option("--holder", metavar="ORG", required=True, help="Whose stock: a hospital's issues count, else dispatches.")
@click.option("--window", type=click.IntRange(1, 366), default=28, show_default=True, help="Days that are looked back.")
@site_option
def cover_command(site: Path, holder: str, window: int) -> None:
    """Say how many days the free bags last, if as many go out a day as in the window; in tenths of days."""
    with looking("stock cover", site) as (reader, now_ms):
        the_holder(reader, holder)
        went = gone(reader, [holder], since_ms=now_ms - window * _DAY_MS, until_ms=now_ms)[holder]
        told = reserves.cover(free_now(reader, holder=holder, at_ms=now_ms), went, window_days=window)
        lasts = [asdict(each) for each in told]
        _print({"at": format_instant(now_ms), "window_days": window, "cover": lasts, **late_of(reader, now_ms)})


@stock.command("reserves")
@site_option
def reserves_command(site: Path) -> None:
    """Hold the stock against the targets of stock-targets.toml in the site's folder; exit 3 where one is short."""
    with looking("stock reserves", site) as (reader, now_ms):
        told = reserves.reserves(free_now(reader, holder=None, at_ms=now_ms), read.targets(reader))
        late = late_of(reader, now_ms)
    _print(
        {
            "at": format_instant(now_ms),
            "reserves": [
                {"target": msgspec.to_builtins(each.target), "bags": each.bags, "shortfall": each.shortfall}
                for each in told
            ],
            **late,
        }
    )
    sys.exit(3 if any(each.shortfall for each in told) else 0)


@stock.command("take")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--place", required=True, help="The place or box that was swept, e.g. place:centre/fridge-1.")
@click.option(
    "--since", callback=_instant, metavar="INSTANT", help="From when on readers there count; else not at all."
)
@click.option("--by", "login", metavar="LOGIN", help="Who signs the lists; without, they are only compared.")
@click.option("--looked-at", default="", metavar="DIGEST", help="Of the lists that they looked at and sign.")
@site_option
def take_command(
    site: Path, file: Iterator[str], place: str, since: int | None, *, login: str | None, looked_at: str
) -> None:
    """Compare a sweep with what the ledger has in a place; FILE: a tag, unit or donation number a line, - for stdin.

    Prints the difference list, its digest (`looked_at`) and, as far as it concerns units, the `stock_taken` event that
    a person may sign: the same command with --by and --looked-at. Exit 3 where anything differs and nothing is signed.
    """
    swept = Swept(place=place, since_ms=since, texts=tuple(file))
    if login is not None:
        _sign(site, swept, place, login=login, looked_at=looked_at)
        return
    with looking("stock take", site) as (reader, now_ms):
        told = stocktaking.take(reader, place, swept, now_ms=now_ms)
        late = late_of(reader, now_ms)
    lists = told.difference
    proposed = {"place": place, "found": lists.found, "missing": lists.missing, "surplus": lists.surplus}
    compared = {**asdict(lists), **asdict(told.astray), "agrees": told.agrees, "looked_at": told.digest}
    _print({"at": format_instant(now_ms), **compared, "stock_taken": proposed, **late})
    sys.exit(0 if told.agrees else 3)


def _sign(site: Path, swept: Swept, place: str, *, login: str, looked_at: str) -> None:
    with writing("stock take", site, login, "event.assert.stocktaking") as terminal:
        own = replace(swept, scope=terminal.user.organisation)
        with reading(terminal.ledger.site) as reader:
            theirs = reader.organisation_of(place)
            if theirs is None or own.scope not in {None, theirs}:
                raise ConfigError(f"stocktake.place: expected a place of your own; came {place}")
            told = stocktaking.take(reader, place, own, now_ms=terminal.ledger.clock.now_ms())
        done = taken(signing.sign(terminal.ledger, own, told, looked_at=looked_at, user=terminal.user))
        _print({"agrees": told.agrees, "looked_at": told.digest, "events": [spelt(each) for each in done]})


def _line(line: Line, by: Sequence[Column]) -> dict[str, object]:
    return {
        **dict(zip(by, line.key, strict=True)),
        "bags": line.bags,
        "amounts": line.amounts,
        "unmeasured": line.unmeasured,
        "earliest": None if line.earliest_ms is None else format_instant(line.earliest_ms),
    }


def _bag(bag: Bag) -> dict[str, object]:
    told: dict[str, object] = asdict(bag)
    del told["expires_ms"]
    return {**told, "expires": None if bag.expires_ms is None else format_instant(bag.expires_ms)}


def _print(told: dict[str, object]) -> None:
    click.echo(json.dumps(told, ensure_ascii=False))
