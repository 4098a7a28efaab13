"""`xuemai checklist`: the site's checklists (核对项目) as data, shown and replaced, spelt as `GET /v1/checklists` does.

What is asked stands in `xuemai.toml`, so a server asks the new list from its next start on. A list that was in force
stays in the file: it keeps the words of what was answered under it (docs/decisions/0042).
"""

import json
import os
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import click

from ledger import config
from ledger.accounts import Actor
from ledger.accounts.permissions import CHECKLIST_REPLACE
from ledger.api.labels import Asking, ChecklistsSchema
from ledger.clock import SystemClock
from ledger.commands.site_option import site_option
from ledger.commands.terminal_signature import TERMINAL
from ledger.commands.terminal_writing import BY, echo, stop, writing
from ledger.config import Site
from ledger.core.checklist import STEPS, Checklist
from ledger.core.errors import ConfigError, XuemaiError
from ledger.rules.checklist import in_force
from ledger.settings.checklists import checklist_of, format_lines


@click.group()
def checklist() -> None:
    """What is looked at on receipt and at issue (核对项目): shown, replaced."""


@checklist.command("show")
@click.option("--all", "everything", is_flag=True, help="Every version that was ever asked, too.")
@site_option
def show_command(site: Path, *, everything: bool) -> None:
    """Show the checklists in force as one JSON object; none for a step at which nothing is asked."""
    try:
        every = config.load(site).checklists
    except XuemaiError as error:
        stop("checklist show", error)
    asked = tuple(found for step in STEPS if (found := in_force(every, step)) is not None)
    echo(ChecklistsSchema().dump(Asking(every if everything else asked)))


@checklist.command("replace")
@click.argument("file", type=click.File(encoding="utf-8"))
@BY
@site_option
def replace_command(file: TextIO, *, site: Path, login: str) -> None:
    """Put the checklist in FILE (JSON; - for stdin) in force from the next start on, under a version of its own.

    FILE has step, version, items and refusals, as `checklist show` spells them; a sha256 is worked out anew. Earlier
    versions stay in xuemai.toml. A quality officer does it, who is asked for the password.
    """
    with writing("checklist replace", site, login, CHECKLIST_REPLACE) as terminal:
        made = _read(file.read())
        _add(terminal.ledger.site, made)
        actor, detail = Actor(terminal.user.person, TERMINAL), f"{made.version} {made.sha256}"
        now_ms = SystemClock().now_ms()
        terminal.accounts.record(actor, "checklist_replaced", now_ms=now_ms, subject=made.step, detail=detail)
        echo(ChecklistsSchema().dump(Asking((made,))))


def _read(text: str) -> Checklist:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"expected a checklist as one JSON object; {error}") from error
    if isinstance(said, dict):
        said = {key: value for key, value in said.items() if key != "sha256"}
    return checklist_of(said)


def _add(site: Site, made: Checklist) -> None:
    """Write the list behind all others, so that it is in force; the whole file is read once more before it counts."""
    text = site.config_file.read_text("utf-8").rstrip("\n")
    wanted = "\n".join([text, *format_lines([made]), ""])
    known = config.parse(tomllib.loads(text), site.directory).checklists
    if config.parse(tomllib.loads(wanted), site.directory).checklists != (*known, made):
        raise ConfigError(f"{site.config_file}: expected [[checklist]] tables alone; add the list by hand")
    beside = site.config_file.with_name(f"{site.config_file.name}.new")
    try:
        with beside.open("w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), site.config_file.stat().st_mode & 0o777)
            file.write(wanted)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(site.config_file)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise ConfigError(f"{site.config_file}: {error.strerror}; nothing was changed") from error
