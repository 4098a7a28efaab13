"""The command `xuemai new-log`: end this site's log and begin the next, when the newest database is lost for good."""

from pathlib import Path

import click

from ledger import config
from ledger.commands.site_option import site_option
from ledger.core.errors import XuemaiError
from ledger.newlog import Begun, begin_new_log


@click.command("new-log")
@click.option("--end", "origin", required=True, help="The origin of the log that ends, to be sure which it is.")
@site_option
def new_log(site: Path, origin: str) -> None:
    """End this site's log and begin the next: new origin, new keys of the log; the old database stays to be read."""
    try:
        loaded = config.load(site)
        if origin != loaded.origin:
            raise click.UsageError(f"--end: expected {loaded.origin}, the log of this site; got {origin}")
        begun = begin_new_log(loaded)
    except (XuemaiError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(_told(begun, origin)))


def _told(begun: Begun, origin: str) -> list[str]:
    return [
        f"{origin} ended with {begun.ended_size} batches; its database is in {begun.ended.name}, to be read.",
        f"{begun.site.origin} has begun. What is left to do:",
        "- gateways: the new origin, receipt key and log key into gateway.toml, the old outbox.db moved away and kept,",
        "  `xuemai gateway enroll`, and an administrator's approval",
        "- witnesses: give them the new log key; verifiers: give them the new policy beside the old one",
        "- stock: enter what is there as opening stock",
        f"The new policy ({begun.site.policy_file.name}):",
        begun.policy.rstrip("\n"),
    ]
