"""`xuemai probe` and `xuemai agitation`: what persons say that no device says, told as JSON, or said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from marshmallow import Schema

from ledger.acts import monitoring
from ledger.acts.monitoring import SAYS, Says
from ledger.api.monitoring import AgitatorWordSchema, ProbeWordSchema
from ledger.commands.naming import the_holder
from ledger.commands.site_option import site_option
from ledger.commands.terminal_writing import BY, echo, spelt, stop, taken, writing
from ledger.config import load
from ledger.core.errors import XuemaiError
from ledger.core.ids import parse_instant
from ledger.read.monitored import agitator_words, probe_words
from ledger.read.reader import Reader, reading

_SINCE = click.option("--since", required=True, metavar="INSTANT", help="Since when, e.g. 2026-03-01T08:00:00.000Z.")
_HOLDER = click.option("--holder", metavar="ORG", help="Whose, e.g. org:a9999; all if not given.")


@click.group()
def probe() -> None:
    """Where probes (探头) hang, as persons say."""


@probe.command("list")
@_HOLDER
@site_option
def list_probes(site: Path, holder: str | None) -> None:
    """List what was said of probes, the newest first."""
    _list("probe list", site, lambda reader: probe_words(reader, the_holder(reader, holder)), ProbeWordSchema)


@probe.command("place")
@click.argument("name", metavar="PROBE")
@click.argument("place", required=False)
@_SINCE
@BY
@site_option
def place_probe(name: str, place: str | None, *, site: Path, since: str, login: str) -> None:
    """Say that PROBE hangs in PLACE since then; without PLACE, that it was taken out. Said again, it is said once."""
    with writing("probe place", site, login, "probe.place") as terminal:
        parse_instant(since)
        told = taken(monitoring.place_probe(terminal.ledger, name, place, time=since, who=terminal.acting))
        echo({"repeated": told.repeated, "events": [spelt(told.recorded)]})


@click.group()
def agitation() -> None:
    """Whether agitators (振荡) run, as persons say."""


@agitation.command("list")
@_HOLDER
@site_option
def list_agitation(site: Path, holder: str | None) -> None:
    """List what was said of agitators, the newest first."""
    _list("agitation list", site, lambda reader: agitator_words(reader, the_holder(reader, holder)), AgitatorWordSchema)


@agitation.command("report")
@click.argument("place")
@click.argument("says", type=click.Choice(tuple(SAYS)))
@_SINCE
@BY
@site_option
def report(place: str, says: Says, *, site: Path, since: str, login: str) -> None:
    """Say that the agitator of PLACE stopped, or runs again, since then. Said again, it is said once."""
    with writing("agitation report", site, login, "agitation.report") as terminal:
        parse_instant(since)
        told = taken(monitoring.report_agitation(terminal.ledger, says, place, time=since, who=terminal.acting))
        echo({"repeated": told.repeated, "events": [spelt(told.recorded)]})


def _list(command: str, site: Path, words: Callable[[Reader], tuple[Any, ...]], schema: type[Schema]) -> None:
    try:
        with reading(load(site)) as reader:
            said = words(reader)
    except XuemaiError as error:
        stop(command, error)
    echo({"said": schema(many=True).dump(said)})
