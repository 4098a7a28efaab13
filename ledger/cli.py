"""`xuemai init`, `fsck` and `migrate`: a site is made, examined, rebuilt.

Decides nothing: `ledger.init` makes, `ledger.fsck` examines, `ledger.migrate` rebuilds; this prints and sets the exit
code.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from ledger import fsck as examiner
from ledger import migrate as mover
from ledger.commands.site_option import site_option
from ledger.config import Site, load
from ledger.core.errors import ConfigError, XuemaiError
from ledger.init import SIMULATED_CLOCK, make_site, statements_for, usual_checklists

DEMO_NAME = "demo.a9999.example"


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), required=False)
@site_option
@click.option("--name", help="The site's name, as a domain name; a demo is demo.a9999.example if none is given.")
@click.option("--demo", "mode", flag_value="demo", help="A demo site: only there does simulated time count.")
@click.option("--production", "mode", flag_value="production", default=True, help="A production site (the default).")
@click.option("--number", default=1, show_default=True, help="Which ledger of the site this is.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="IANA time zone of labels and people.")
@click.option("--pack", default="cn", show_default=True, help="The policy pack to put in force: cn, us, eu or uk.")
@click.option(
    "--checklists",
    default="usual",
    show_default=True,
    type=click.Choice(["usual", "none"]),
    help="What is looked at on receipt and issue, to begin with; xuemai.toml then says it.",
)
@click.option("--database", "database_url", metavar="URL", help="Keep the ledger in PostgreSQL: postgresql://…")
@click.option(
    "--print-sql", is_flag=True, help="Only print what the database's administrator has to run; make nothing."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="TCP port to listen on.")
def init(
    directory: Path | None,
    site: Path,
    mode: str,
    name: str | None,
    database_url: str | None,
    *,
    print_sql: bool,
    **settings: str | int,
) -> None:
    """Make a site in DIRECTORY (or --site): configuration, keys, databases, a code for the first administrator."""
    directory = directory or site
    if print_sql:
        _print_sql(database_url)
        return
    if name is None and mode != "demo":
        raise click.UsageError("--name is missing: the site's name, as a domain name, stands in every proof for ever")
    wanted = Site(
        directory=directory,
        name=name or DEMO_NAME,
        mode="demo" if mode == "demo" else "production",
        number=int(settings["number"]),
        timezone=str(settings["timezone"]),
        pack=str(settings["pack"]),
        host=str(settings["host"]),
        port=int(settings["port"]),
        simulated_clock=directory / SIMULATED_CLOCK if mode == "demo" else None,
        database_url=database_url,
        checklists=usual_checklists() if settings["checklists"] == "usual" else (),
    )
    try:
        made = make_site(wanted)
    except (XuemaiError, OSError) as error:
        click.echo(f"xuemai init: {error}", err=True)
        sys.exit(1)
    click.echo(f"Site {made.site.origin} is in {directory}.")
    click.echo(
        f"First administrator: login admin, one-time code {made.code} (also in {made.site.first_admin_code.name})."
    )
    click.echo(f"Give verifiers this policy ({made.site.policy_file.name}):\n{made.policy}", nl=False)


def _print_sql(database_url: str | None) -> None:
    if database_url is None:
        raise click.UsageError("--database URL is missing: the SQL names the login that will use the database")
    for statement in statements_for(database_url):
        click.echo(f"{statement};")


@click.command()
@site_option
@click.option(
    "--log-only",
    is_flag=True,
    help="The log alone: every signature, hash, chain and root; not what is projected from it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def fsck(site: Path, *, log_only: bool, as_json: bool) -> None:
    """Recompute the whole ledger from raw bytes and name the first bad place; exit 0 if there is none, else 1."""
    try:
        configured = load(site)
    except ConfigError as error:
        click.echo(f"xuemai fsck: {error}", err=True)
        sys.exit(2)
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Replaying the log", total=None)
        examine = examiner.examine_log if log_only else examiner.examine
        report = examine(configured, progress=lambda done, of: bar.update(task, completed=done, total=of))
    if as_json:
        click.echo(json.dumps({"ok": report.ok, **asdict(report)}, ensure_ascii=False))
    else:
        for line in examiner.describe(report):
            click.echo(line, err=not report.ok)
    sys.exit(0 if report.ok else 1)


@click.command()
@site_option
@click.option("--to", metavar="URL", help="postgresql://…, or sqlite; where it is now if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def migrate(site: Path, to: str | None, *, as_json: bool) -> None:
    """Rebuild a stopped site's database from its log: into the tables of today, or from one engine to the other.

    Every signature and hash is checked on the way. The old database is kept beside. Exit 0, or 1 and nothing changed.
    """
    try:
        with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("Replaying the log", total=None)
            done = mover.migrate(
                load(site), to=to, progress=lambda done, of: bar.update(task, completed=done, total=of)
            )
    except XuemaiError as error:
        click.echo(f"xuemai migrate: {error}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({"batches": done.batches, "events": done.events, "root": done.root.hex()}))
    else:
        click.echo(f"{done.events} events in {done.batches} batches, root {done.root.hex()}. Now run: xuemai fsck")
