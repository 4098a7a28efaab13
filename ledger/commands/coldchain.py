"""`xuemai coldchain judge`: the verdict on a temperature logger's file, as JSON.

Decides nothing: `ledger.rules.logged` judges, `ledger.settings.packs` finds the pack and `ledger.exchange.judged` says
it as JSON; this reads the file and prints. Exit 0 with a verdict, whichever it is; 2 where there is none, with what was
expected on stderr.
"""

import json
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ledger.commands.site_option import site_option
from ledger.core.errors import XuemaiError
from ledger.exchange.judged import as_json
from ledger.rules.dating import zone_of
from ledger.rules.logged import judge_readings
from ledger.rules.logger_file import parse_logger_file
from ledger.rules.logger_text import encoding_of
from ledger.rules.pack import PHASES, Phase
from ledger.settings import packs


@click.group()
def coldchain() -> None:
    """The cold chain (冷链): judge a logger's file by a policy pack."""


def _zone(_context: click.Context, _option: click.Parameter, name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else zone_of(name)
    except XuemaiError as error:
        raise click.BadParameter(str(error)) from error


@coldchain.command("judge")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option(
    "--pack", "name", required=True, help="The policy pack: cn, us, eu, uk, one of the site's own, or a file."
)
@click.option("--component", required=True, help="The component, as the pack calls it, e.g. RBC_AS.")
@click.option("--phase", required=True, type=click.Choice(PHASES), help="Where the unit and the logger were.")
@click.option("--timezone", "zone", callback=_zone, help="Of times that name none, e.g. Asia/Shanghai; else UTC.")
@click.option(
    "--before", type=click.IntRange(0), default=0, show_default=True,
    help="How many accepted excursions, or spells out of control, the unit had before.",
)  # fmt: skip
@site_option
def judge_command(  # noqa: PLR0913, PLR0917  one an option
    file: Path, site: Path, name: str, component: str, phase: Phase, zone: ZoneInfo | None, before: int
) -> None:
    """Judge FILE, a logger's CSV (- reads stdin), and print the verdict as one JSON object.

    Columns: time and celsius, or as loggers name them in English and Chinese; docs/packs.md lists what is taken.
    """
    try:
        pack = packs.load(name, site)
        packs.require_component(pack, component)
        octets = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        readings = parse_logger_file(octets, zone=zone)
    except (XuemaiError, OSError) as error:
        click.echo(f"xuemai coldchain judge: {error}", err=True)
        sys.exit(2)
    judged = judge_readings(readings, pack=pack, component=component, phase=phase, before=before)
    click.echo(json.dumps(as_json(judged, encoding_of(octets)), ensure_ascii=False))
