"""`xuemai erase`: two persons erase an event's bytes, while the server is stopped.

Who they are and what they may is `ledger.accounts`; the erasure itself is `Ledger.erase`.
"""

import sys
from pathlib import Path
from typing import Literal

import click

from ledger.accounts import Accounts
from ledger.accounts.permissions import ERASURE_ASK, ERASURE_CONFIRM
from ledger.accounts.values import Actor
from ledger.append import Erasure
from ledger.clock import SystemClock
from ledger.commands.site_option import site_option
from ledger.commands.terminal_signature import TERMINAL, signed
from ledger.commands.writing import open_to_write
from ledger.config import load
from ledger.core.errors import ConfigError, Refused, XuemaiError


@click.command()
@click.argument("stream")
@click.argument("seq", type=click.IntRange(1))
@site_option
@click.option("--reason", required=True, help="Why; never a name of a person, and nothing of what is erased.")
@click.option("--by", "asks", required=True, metavar="LOGIN", help="Who asks: a quality officer.")
@click.option("--second", "confirms", required=True, metavar="LOGIN", help="Who confirms: an administrator.")
@click.option("--value", "what", flag_value="value", help="Only the salts and values behind the event's commitments.")
@click.option("--body", "what", flag_value="body", default=True, help="The event's bytes (the default).")
def erase(stream: str, seq: int, site: Path, reason: str, asks: str, confirms: str, what: str) -> None:  # noqa: PLR0913, PLR0917  one an option
    """Erase event SEQ of STREAM by a logged event; both persons are asked for their passwords."""
    wanted: Literal["body", "value"] = "value" if what == "value" else "body"
    try:
        loaded = load(site)
        accounts = Accounts(loaded.accounts_db)
        try:
            first = signed(accounts, asks, ERASURE_ASK)
            second = signed(accounts, confirms, ERASURE_CONFIRM)
            if first.person == second.person:
                raise ConfigError("two-persons: a second person must confirm, another than the first")
            with open_to_write(loaded) as ledger:
                answer = ledger.erase(Erasure(stream, seq, reason, wanted), by=first.person, second=second.person)
                if isinstance(answer, Refused):
                    raise ConfigError(f"{answer.step}: {answer.reason}")
                clean = ledger.finish_erasures()
            actor = Actor(first.person, TERMINAL)
            accounts.record(actor, "event_erase", now_ms=SystemClock().now_ms(), detail=f"{wanted} {stream} {seq}")
        finally:
            accounts.close()
    except XuemaiError as error:
        click.echo(f"xuemai erase: {error}", err=True)
        sys.exit(1)
    click.echo(f"{stream} {seq}: erased, and the log says so.")
    if not clean:
        click.echo("Another program still reads the old database: its copies go as soon as it stops.", err=True)
        sys.exit(1)
