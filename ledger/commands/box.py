"""`xuemai box list`: transport boxes (运输箱) as JSON, spelt as over the API, beside a running server."""

from pathlib import Path

import click

from ledger.api.boxes import Boxes, BoxesSchema
from ledger.clock import clock_of
from ledger.commands.lateness import late_of
from ledger.commands.naming import the_holder
from ledger.commands.site_option import site_option
from ledger.commands.terminal_writing import echo, stop
from ledger.config import load
from ledger.core.errors import XuemaiError
from ledger.read.boxes import boxes
from ledger.read.reader import reading


@click.group()
def box() -> None:
    """Transport boxes (运输箱)."""


@box.command("list")
@click.option("--holder", metavar="ORG", help="Whose, e.g. org:a9999; all if not given.")
@site_option
def list_command(site: Path, holder: str | None) -> None:
    """List the boxes: state, seal, contents, probe, newest reading, qualified minutes and those that are left."""
    try:
        loaded = load(site)
        now_ms = clock_of(loaded).now_ms()
        with reading(loaded) as reader:
            found = Boxes(boxes(reader, the_holder(reader, holder), now_ms=now_ms), now_ms, reader.log_size())
            late = late_of(reader, now_ms)
    except XuemaiError as error:
        stop("box list", error)
    echo({**BoxesSchema().dump(found), **late})
