"""`xuemai release-batch`: a batch of pending units looked at, or its fit units released by two persons (批放行)."""

import sys
from pathlib import Path

import click

from ledger.acts import pending
from ledger.clock import clock_of
from ledger.commands.site_option import site_option
from ledger.commands.terminal_writing import echo, spelt, stop, taken, writing
from ledger.config import load
from ledger.core.errors import XuemaiError
from ledger.read.batches import standing
from ledger.read.reader import reading

_COMMAND = "release-batch"


@click.command(_COMMAND)
@click.argument("batch", metavar="NAME")
@click.argument("units", metavar="UNIT...", nargs=-1, required=True)
@click.option("--by", "login", metavar="LOGIN", help="Who releases it; without, only how its units stand is told.")
@click.option("--second", metavar="LOGIN", help="The second person, who is asked for the own password, too.")
@click.option("--place", help="Where.")
@site_option
def release_command(
    batch: str, units: tuple[str, ...], *, site: Path, login: str | None, second: str | None, place: str | None
) -> None:
    """Release the fit units of the batch NAME once every UNIT that was pending is accounted for.

    Without --by: how they stand; exit 3 where a rule is against its release.
    """
    named = list(dict.fromkeys(units))
    if login is None:
        _look(site, named)
    if second is None:
        raise click.UsageError("expected --second: a batch is released by two persons")
    with writing(_COMMAND, site, login or "", "event.assert.quality") as terminal:
        signed = str(terminal.named({"second": second})["second"])
        done = pending.release(terminal.ledger, batch, named, place=place, user=terminal.user, second=signed)
        echo({"release_batch": batch, "events": [spelt(each) for each in taken(done)]})


def _look(site: Path, units: list[str]) -> None:
    try:
        loaded = load(site)
        with reading(loaded) as reader:
            told = standing(reader, units, organisation=None, now_ms=clock_of(loaded).now_ms())
    except XuemaiError as error:
        stop(_COMMAND, error)
    echo(told)
    sys.exit(3 if told["refusal"] else 0)
