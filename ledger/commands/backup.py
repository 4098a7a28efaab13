"""`xuemai backup` and `xuemai restore`.

Decides nothing: `ledger.backup` makes, checks and puts back; this asks, prints and sets the exit code.
"""

import json
import sys
from pathlib import Path

import click

from ledger import backup as backups
from ledger.clock import SystemClock
from ledger.commands.site_option import site_option
from ledger.config import load
from ledger.core.errors import ConfigError
from ledger.core.ids import format_instant


@click.command()
@click.argument("target", type=click.Path(path_type=Path, file_okay=False))
@site_option
@click.option("--with-keys", is_flag=True, help="The private keys too: whoever has the backup can speak for the site.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def backup(target: Path, site: Path, *, with_keys: bool, as_json: bool) -> None:
    """Back up the site into the new folder TARGET, beside a running server or without one."""
    time = format_instant(SystemClock().now_ms())
    try:
        make = backups.back_up_with_keys if with_keys else backups.back_up
        made = make(load(site), target, time=time)
    except (ConfigError, OSError) as error:
        click.echo(f"xuemai backup: {error}", err=True)
        sys.exit(1)
    said = {"origin": made.origin, "signed_size": made.signed_size, "files": len(made.files), "keys": made.keys}
    text = f"{made.origin}: {len(made.files)} files in {target}, signed up to size {made.signed_size}."
    click.echo(json.dumps({"ok": True, "backup": str(target), **said}) if as_json else text)
    if not with_keys and not as_json:
        click.echo("The private keys are not in it: keep copies of keys/ apart.")


@click.command()
@click.argument("source", metavar="BACKUP", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--database", "to", metavar="URL|sqlite", help="Where the ledger is to be; else where it was.")
@click.option("--although-older", is_flag=True, help="Even if more was signed than it holds; then nothing is signed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def restore(source: Path, directory: Path, *, to: str | None, although_older: bool, as_json: bool) -> None:
    """Put BACKUP back as the site in DIRECTORY, if every file and the whole ledger verifies; else exit 1."""
    try:
        put_back = backups.restore_although_older if although_older else backups.restore
        site = put_back(source, directory, to=to)
    except (ConfigError, OSError) as error:
        click.echo(f"xuemai restore: {error}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({"ok": True, "site": str(directory), "origin": site.origin}))
    else:
        click.echo(f"{site.origin} is in {directory}: every file and the whole ledger verified.")
