"""The commands `xuemai trust`: make, show and verify the signed, expiring note for those who verify off line.

A note is made from the site's own policy and log, and signed with the site key, or with another key that those who
verify pin (a regulator's). Exit codes of `verify`: 0 it may be believed now, 2 not.
"""

import sys
from pathlib import Path

import click

from ledger import config
from ledger.clock import SystemClock
from ledger.commands.site_option import site_option
from ledger.config import Site
from ledger.core import note as notes
from ledger.core import policy as policies
from ledger.core import trust as trusts
from ledger.core.completeness import Auditors
from ledger.core.errors import FormatError, Refused, XuemaiError
from ledger.core.ids import parse_instant
from ledger.core.keys import SITE_PRODUCER
from ledger.core.note import COSIGNATURE_V1, format_vkey, parse_vkey
from ledger.core.signing import NoteSigner, sign_note
from ledger.read.keys import key_standings
from ledger.read.reader import reading

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def trust() -> None:
    """Trust notes: what verifiers who are off line believe, and until when."""


@trust.command()
@click.option("-o", "--output", type=_FILE, required=True, help="file to write")
@click.option(
    "--days", type=click.IntRange(1, trusts.MAX_DAYS), default=90, show_default=True, help="how long it holds"
)
@click.option("--policy", type=_FILE, help="the policy to carry; default: the site's policy.txt")
@click.option("--auditor", "auditors", multiple=True, metavar="VKEY", help="an auditor to believe about unit maps")
@click.option("--auditors-needed", type=click.IntRange(min=1), default=1, help="how many must have cosigned")
@click.option("--map-within", type=click.IntRange(min=1), metavar="HOURS", help="how old their cosignatures may be")
@click.option("--complete", is_flag=True, help="refuse passports of which completeness is not shown")
@click.option("--signer", metavar="NAME=FILE", help="sign with this key (64 hex digits) instead of the site's")
@site_option
def make(site: Path, output: Path, days: int, policy: Path | None, *, auditors: tuple[str, ...], **how: object) -> None:
    """Write a trust note for this site's log, and print the key that verifiers pin."""
    try:
        loaded = config.load(site)
        believed = _auditors(auditors, how)
        now_ms = SystemClock().now_ms()
        carried = policies.parse((policy or loaded.policy_file).read_bytes())
        made = trusts.Trust(now_ms, now_ms + days * DAY_MS, ((loaded.origin, _root(loaded)),), believed, carried)
        signer = _signer(loaded, how["signer"])
        output.write_bytes(sign_note(made.format(), [signer]))
    except (XuemaiError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"verifiers pin: {format_vkey(signer.verifier)}", err=True)


@trust.command()
@click.argument("file", type=_FILE)
def show(file: Path) -> None:
    """Print what a trust note says, without believing it."""
    try:
        signed = notes.parse(file.read_bytes())
        trusts.parse(signed.text)
    except (XuemaiError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(signed.text, nl=False)
    for line in signed.signatures:
        click.echo(f"signature by {line.name} {line.key_id.hex()}, not checked", err=True)


@trust.command()
@click.argument("file", type=_FILE)
@click.option("--trust-key", "vkey", required=True, metavar="VKEY", help="the key that you know from elsewhere")
@click.option("--now", "instant", help="the present, as 2026-03-02T08:20:00.000Z, if not the clock's")
def verify(file: Path, vkey: str, instant: str | None) -> None:
    """Whether a trust note may be believed now: exit 0, else 2 with the step's name."""
    try:
        now_ms = parse_instant(instant) if instant else SystemClock().now_ms()
        found = trusts.read(file.read_bytes(), key=parse_vkey(vkey), now_ms=now_ms)
    except (XuemaiError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if isinstance(found, Refused):
        click.echo(f"not to be believed: {found.step}: {found.reason}", err=True)
        sys.exit(2)
    click.echo("signed by the pinned key, and in force")


def _root(site: Site) -> str:
    """The fingerprint of the site key with which the log began."""
    with reading(site) as reader:
        return next(each.key for each in key_standings(reader) if each.producer == SITE_PRODUCER)


def _auditors(vkeys: tuple[str, ...], how: dict[str, object]) -> Auditors:
    keys = tuple(map(parse_vkey, vkeys))
    if any(key.algorithm != COSIGNATURE_V1 for key in keys):
        raise FormatError("--auditor: expected cosigning keys (signature type 0x04)")
    within = how["map_within"]
    needed = how["auditors_needed"]
    return Auditors(
        keys,
        needed if isinstance(needed, int) else 1,
        within * HOUR_MS if isinstance(within, int) else None,
        "refuse" if how["complete"] else "warn",
    )


def _signer(site: Site, named: object) -> NoteSigner:
    if not isinstance(named, str):
        return site.signer("site")
    name, _, file = named.partition("=")
    if not name or not file:
        raise FormatError(f"--signer: expected NAME=FILE; got {named}")
    return NoteSigner(name, site.read_key(Path(file)))
