"""`xuemai order`: hospitals' orders (订血), as JSON, spelt as over the API.

`list`, `show` and `propose` read beside a running server. `place`, `cancel`, `allocate`, `check` and `send` write, so
they take the writer's lock and ask the person for the own password: while a server runs, people do the same on its
pages. What is decided is `ledger.acts.ordering` and `ledger.acts.sending`.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import click

from ledger.acts import ordering, sending
from ledger.acts.ordering import Acting, Wanted
from ledger.api.order_schemas import OrderSchema, OrdersSchema, ProposalSchema
from ledger.append import Ledger
from ledger.commands.looking import looking
from ledger.commands.site_option import site_option
from ledger.commands.terminal_writing import BY, require, taken, writing
from ledger.core.errors import ConfigError
from ledger.core.ids import parse_instant
from ledger.read import ordering as rules
from ledger.read import orders
from ledger.read.orders import Order
from ledger.read.reader import Reader, reading
from ledger.rules.lines import parse_line


@click.group()
def order() -> None:
    """Hospitals' orders (订血): placed, allocated, checked, dispatched."""


@order.command("list")
@click.option("--all", "everything", is_flag=True, help="Filled and cancelled ones, too.")
@site_option
def list_command(site: Path, *, everything: bool) -> None:
    """List the latest orders, those that are wanted first, first."""
    with looking("order list", site) as (reader, now_ms):
        found = orders.orders(reader, organisation=None, live=not everything)
        _print(OrdersSchema().dump({"now_ms": now_ms, "orders": found}))


@order.command("show")
@click.argument("name")
@site_option
def show_command(name: str, site: Path) -> None:
    """Show the order NAME: its lines, how far each is filled, and its pick list, sorted by place."""
    with looking("order show", site) as (reader, _):
        _print(OrderSchema().dump(_found(reader, name)))


@order.command("propose")
@click.argument("name")
@site_option
def propose_command(name: str, site: Path) -> None:
    """Propose bags for what is open of the order NAME; exit 3 where something is missing. Nothing is decided by it."""
    with looking("order propose", site) as (reader, now_ms):
        told = orders.propose(reader, _found(reader, name), now_ms=now_ms)
        _print({"order": _spelt(name), **ProposalSchema().dump(told)})
    sys.exit(3 if any(each.short for each in told.lines) else 0)


@order.command("place")
@click.argument("lines", metavar="LINE...", nargs=-1, required=True)
@click.option("--for", "hospital", required=True, metavar="ORG", help="The hospital.")
@click.option("--from", "station", required=True, metavar="ORG", help="The station.")
@click.option("--wanted-by", required=True, metavar="INSTANT", help="Such as 2026-03-02T08:20:00.000Z.")
@click.option("--urgency", type=click.Choice(get_args(ordering.Urgency)), default="routine", show_default=True)
@BY
@site_option
def place_command(  # noqa: PLR0913  what an order says
    *,
    lines: tuple[str, ...],
    site: Path,
    hospital: str,
    station: str,
    wanted_by: str,
    urgency: ordering.Urgency,
    login: str,
) -> None:
    """Place an order; each LINE is written like "RBC_AS A+ 4 U", "FFP O- 400 mL" or "PLT B+ 1 dose"."""
    with _writing(site, "place", login, "event.assert.ordering") as (ledger, who):
        parse_instant(wanted_by)
        asked = [parse_line(each) for each in lines]
        wanted = Wanted(organisation=hospital, station=station, wanted_by=wanted_by, lines=asked, urgency=urgency)
        _print({"order": taken(ordering.place(ledger, wanted, who=who))})


@order.command("cancel")
@click.argument("name")
@click.option("--cause", type=click.Choice(get_args(ordering.Cause)), required=True)
@BY
@site_option
def cancel_command(name: str, site: Path, cause: ordering.Cause, login: str) -> None:
    """Cancel what is open of the order NAME."""
    with _writing(site, "cancel", login, "event.assert.order_cancelling") as (ledger, who):
        require(ordering.cancel(ledger, _spelt(name), cause, who=who))
        _print({"order": _spelt(name), "state": "cancelled"})


@order.command("allocate")
@click.argument("name")
@click.argument("units", metavar="[UNIT=LINE]...", nargs=-1)
@BY
@site_option
def allocate_command(name: str, units: tuple[str, ...], site: Path, login: str) -> None:
    """Allocate bags to the order NAME: those named, such as unit:…=1, or without any all that is proposed."""
    with _writing(site, "allocate", login, "event.assert.allocation") as (ledger, who):
        with reading(ledger.site) as reader:
            told = orders.propose(reader, _found(reader, name), now_ms=ledger.clock.now_ms())
        proposed = {bag.unit: each.number for each in told.lines for bag in each.bags}
        chosen = dict(_choice(each) for each in units) or proposed
        if not chosen:
            raise ConfigError("nothing can be proposed; see: xuemai order propose")
        require(ordering.allocate(ledger, _spelt(name), chosen, who=who))
        _print({"order": _spelt(name), "allocated": chosen})


@order.command("check")
@click.argument("name")
@click.argument("units", metavar="UNIT...", nargs=-1, required=True)
@BY
@site_option
def check_command(name: str, units: tuple[str, ...], site: Path, login: str) -> None:
    """Check the pick list of the order NAME: every UNIT that was scanned; another person than who allocated."""
    with _writing(site, "check", login, "event.assert.dispatch") as (ledger, who):
        require(sending.check(ledger, _spelt(name), units, who=who))
        _print({"order": _spelt(name), "checked": units})


@order.command("send")
@click.argument("name")
@click.option("--place", required=True, help="From where it leaves, such as place:centre/gate.")
@click.option("--box", "boxes", multiple=True, metavar="BOX", help="Which it travels in, such as box:B-12.")
@BY
@site_option
def send_command(name: str, site: Path, place: str, boxes: tuple[str, ...], login: str) -> None:
    """Dispatch what was checked for the order NAME, under the next number of the site's dispatch notes."""
    with _writing(site, "send", login, "event.assert.dispatch") as (ledger, who):
        note = taken(sending.send(ledger, _spelt(name), place=place, boxes=boxes, who=who))
        _print({"order": _spelt(name), "dispatch_note": note})


@contextmanager
def _writing(directory: Path, command: str, login: str, permission: str) -> Iterator[tuple[Ledger, Acting]]:
    """The one writer, and the person, who gave their password just now and may do this."""
    with writing(f"order {command}", directory, login, permission) as terminal:
        yield terminal.ledger, terminal.acting


def _found(reader: Reader, name: str) -> Order:
    found = orders.order(reader, _spelt(name), organisation=None)
    if found is None:
        raise ConfigError(rules.unknown(_spelt(name)).reason)
    return found


def _spelt(name: str) -> str:
    return f"order:{name.removeprefix('order:')}"


def _choice(text: str) -> tuple[str, int]:
    unit, _, line = text.partition("=")
    if not line.isascii() or not line.isdigit():
        raise ConfigError(f"expected a unit and a line, such as unit:…=1; came {text!r}")
    return unit, int(line)


def _print(told: dict[str, object]) -> None:
    click.echo(json.dumps(told, ensure_ascii=False))
