"""`xuemai receive`: a consignment's manifest against a sweep, as JSON, beside a running server.

Decides nothing: `ledger.rules` compares, `ledger.read.receiving` gathers; this parses options and prints. What is
received a person signs on the page; exit 1 with what was expected where there is no answer, 3 where anything differs.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from ledger.clock import clock_of
from ledger.commands.lateness import late_of
from ledger.commands.site_option import site_option
from ledger.config import load
from ledger.core.errors import FormatError, XuemaiError
from ledger.core.ids import format_instant, parse_instant
from ledger.read import receiving
from ledger.read.reader import reading
from ledger.read.receiving import Receipt
from ledger.read.sweeping import Swept


@click.group()
def receive() -> None:
    """Receipt (核收): what came, against what was sent."""


@receive.command("check")
@click.argument("note")
@click.argument("file", type=click.File(encoding="utf-8"), required=False)
@click.option("--place", help="Where readers and scanners are listened to, e.g. place:hospital/bank.")
@click.option("--since", metavar="INSTANT", help="From when on they count; since the dispatch if not given.")
@site_option
def check_command(site: Path, note: str, file: Iterator[str] | None, place: str | None, since: str | None) -> None:
    """Compare dispatch note NOTE with what was found.

    FILE holds what was scanned by hand, one a line, - for stdin: a tag, a label, or a tag, a comma and the label of the
    same bag. Exit 3 where anything differs or holds the consignment back.
    """
    try:
        loaded = load(site)
        name = f"consignment:{note.removeprefix('consignment:')}"
        swept = Swept(place=place, since_ms=None if since is None else parse_instant(since), texts=tuple(file or ()))
        with reading(loaded) as reader:
            now_ms = clock_of(loaded).now_ms()
            found = receiving.receipt(reader, name, swept, now_ms=now_ms)
            late = late_of(reader, now_ms)
        if found is None:
            raise FormatError(f"expected a dispatch note of this ledger, came {name}")
    except XuemaiError as error:
        click.echo(f"xuemai receive check: {error}", err=True)
        sys.exit(1)
    click.echo(json.dumps({**_told(found), **late}, ensure_ascii=False))
    sys.exit(0 if found.comparison.agrees and not found.holds else 3)


def _told(found: Receipt) -> dict[str, object]:
    return {
        "note": found.note,
        "to": found.to,
        "sent": format_instant(found.sent_ms),
        "at": format_instant(found.now_ms),
        "since": format_instant(found.since_ms),
        "place": found.place,
        "units": [{"unit": line.unit, "outcome": line.outcome} for line in found.lines],
        **asdict(found.comparison),
        "agrees": found.comparison.agrees,
        "holds": [asdict(each) for each in found.holds],
        "outstanding": found.outstanding,
        "proposed": found.proposed,
    }
