"""`xuemai unit evidence | evidence-copy | withheld`: the files that assessments rest on, and values opened, as JSON.

What a list says is read beside a running server. A copy, and a value behind a commitment, goes to one person, whom the
accounts' audit names: so both ask for the own password, and take the writer's lock. Spelt as over the API.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ledger.accounts import Actor
from ledger.api.evidence import File, Files, FilesSchema
from ledger.api.withheld import Opened, WithheldSchema
from ledger.clock import SystemClock, clock_of
from ledger.commands.naming import the_one
from ledger.commands.site_option import site_option
from ledger.commands.terminal_signature import TERMINAL
from ledger.commands.terminal_writing import BY, Terminal, echo, stop, taken, writing
from ledger.config import load
from ledger.core.errors import ConfigError, XuemaiError
from ledger.read.evidence import copy_of, evidence_of
from ledger.read.reader import Reader, reading
from ledger.withheld.disclosure import disclose


@click.command("evidence")
@click.argument("wanted", metavar="UNIT")
@site_option
def evidence_command(site: Path, wanted: str) -> None:
    """List the files that assessments of UNIT rest on, with what their readings say."""
    try:
        loaded = load(site)
        with reading(loaded) as reader:
            unit = the_one(reader, wanted)
            page = reader.unit_page(unit, now_ms=clock_of(loaded).now_ms())
            found = {} if page is None else evidence_of(reader, page)
            files = tuple(File(*place, each) for place, kept in found.items() for each in kept)
            told = Files(unit, files, clock_of(loaded).now_ms(), reader.log_size())
    except XuemaiError as error:
        stop("unit evidence", error)
    click.echo(json.dumps(FilesSchema().dump(told), ensure_ascii=False))


@click.command("evidence-copy")
@click.argument("wanted", metavar="UNIT")
@click.argument("sha256")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="file to write")
@BY
@site_option
def evidence_copy_command(site: Path, wanted: str, sha256: str, output: Path, *, login: str) -> None:
    """Write the file with this SHA-256 (hex) beside an assessment of UNIT, byte for byte; the audit names who took it.

    Nobody here vouches for what is in it: open it with care.
    """
    with writing("unit evidence-copy", site, login, "unit.read") as terminal, _reading(terminal) as reader:
        unit = _seen(terminal, reader, wanted)
        found = copy_of(reader, unit, sha256.lower())
        if found is None:
            raise ConfigError(f"expected the SHA-256 of a kept file beside an assessment of {unit}; came {sha256:.80}")
        audited = Actor(terminal.user.person, TERMINAL)
        now_ms = SystemClock().now_ms()
        terminal.accounts.record(audited, "evidence_read", now_ms=now_ms, subject=unit, detail=sha256.lower())
        try:
            output.write_bytes(found.document)
        except OSError as error:
            raise ConfigError(f"{output}: {error.strerror}") from error
        echo({"unit": unit, "sha256": sha256.lower(), "octets": len(found.document), "file": str(output)})


@click.command("withheld")
@click.argument("wanted", metavar="UNIT")
@BY
@site_option
def withheld_command(site: Path, wanted: str, *, login: str) -> None:
    """Open what the events of UNIT and its donation withhold from the log; the audit names who did.

    For laboratory and quality, and of the own organisation's events alone.
    """
    with writing("unit withheld", site, login, "unit.read") as terminal, _reading(terminal) as reader:
        unit = _seen(terminal, reader, wanted)
        values = disclose(
            terminal.ledger.withheld,
            reader.entries_about(unit),
            terminal.accounts,
            user=terminal.user,
            address=TERMINAL,
            subject=unit,
            now_ms=SystemClock().now_ms(),
        )
        echo(WithheldSchema().dump(Opened(unit, taken(values))))


@contextmanager
def _reading(terminal: Terminal) -> Iterator[Reader]:
    """What the person who is at the terminal may see of the ledger."""
    user = terminal.user
    if user.organisation is None and not user.sees_whole_site:
        raise ConfigError(f"{user.login}: this account has no organisation, and its roles are not the whole site's")
    with reading(terminal.ledger.site) as reader:
        yield reader


def _seen(terminal: Terminal, reader: Reader, wanted: str) -> str:
    """The unit that is meant; another organisation's and none are told alike, as on the pages."""
    unit = the_one(reader, wanted)
    if not reader.visible(unit, terminal.user.organisation):
        raise ConfigError(f"the ledger has no unit {wanted}")
    return unit
