"""`xuemai tls`: certificates for a network that no public authority knows.

Makes files and says what to do with them; which server uses them is the site's own affair (docs/operations.md).
"""

import re
from pathlib import Path

import click

from ledger import tls
from ledger.clock import SystemClock
from ledger.commands.site_option import site_option
from ledger.config import load
from ledger.core.errors import XuemaiError
from ledger.core.ids import NAME_PATTERN

FOLDER = "tls"
_days = click.option(
    "--days", type=click.IntRange(1, tls.MOST_DAYS), default=397, show_default=True, help="how long it holds"
)


@click.group("tls")
def tls_group() -> None:
    """A site's own certificate authority, and the certificates of its server and its gateways."""


@tls_group.command()
@site_option
@click.option("--host", "hosts", multiple=True, required=True, help="a name or address of the server; repeatable")
@_days
def init(site: Path, hosts: tuple[str, ...], days: int) -> None:
    """Make the authority, if there is none yet, and a new certificate of the server.

    Writes tls/ca.crt, tls/ca.key, tls/server.crt and tls/server.key below the site. Run it again to renew the server's.
    """
    try:
        folder, now_ms = site / FOLDER, SystemClock().now_ms()
        if not (folder / "ca.key").exists():
            tls.write(tls.make_authority(load(site).name, now_ms), folder, "ca")
        authority = tls.read(folder / "ca.key", folder / "ca.crt")
        server = tls.make_server(authority, hosts, now_ms=now_ms, days=days)
        tls.write(server, folder, "server")
    except XuemaiError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"authority    {folder / 'ca.crt'}")
    click.echo(f"fingerprint  {authority.fingerprint()}")
    click.echo(f"server       {folder / 'server.crt'} until {server.certificate.not_valid_after_utc:%Y-%m-%d}")
    click.echo(
        "Give ca.crt to every gateway (uplink.ca_file) and let people's devices trust it, each after comparing the "
        "fingerprint. Keep ca.key off the server once all certificates are made.",
        err=True,
    )


@tls_group.command()
@site_option
@click.argument("name")
@_days
def gateway(site: Path, name: str, days: int) -> None:
    """Make a certificate for the gateway NAME: tls/gateways/NAME.crt and .key, for its `uplink.certificate_file`."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise click.ClickException(f"expected a gateway's name, letters, digits and . _ -; got {name!r}")
    try:
        folder = site / FOLDER
        authority = tls.read(folder / "ca.key", folder / "ca.crt")
        made = tls.make_client(authority, name, now_ms=SystemClock().now_ms(), days=days)
        tls.write(made, folder / "gateways", name)
    except XuemaiError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"gateway      {folder / 'gateways' / name}.crt until {made.certificate.not_valid_after_utc:%Y-%m-%d}")
