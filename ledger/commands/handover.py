"""`xuemai hand-over`: everything on a dispatch note passes from hand to hand, and both sign (运输交接)."""

from pathlib import Path

import click

from ledger.acts import sending
from ledger.commands.site_option import site_option
from ledger.commands.terminal_signature import signed
from ledger.commands.terminal_writing import BY, echo, require, writing
from ledger.core.errors import ConfigError
from ledger.core.ids import is_id
from ledger.rules.passing import Pass

_MAY = "event.assert.handing_over"


@click.command("hand-over")
@click.argument("note")
@click.option("--to", "taker", type=click.Choice(("courier", "receiver")), required=True, help="Who takes it.")
@click.option("--courier", required=True, metavar="LOGIN", help="The courier, who is asked for the own password.")
@click.option("--place", help="Where.")
@BY
@site_option
def hand_over_command(note: str, *, site: Path, taker: str, courier: str, place: str | None, login: str) -> None:
    """Record that everything on NOTE passed to the courier, or from the courier to the receiver."""
    name = f"consignment:{note.removeprefix('consignment:')}"
    with writing("hand-over", site, login, _MAY) as terminal:
        if not is_id(name, "consignment"):
            raise ConfigError(f"expected a dispatch note such as FX-2026-000001; came {note:.80}")
        other = signed(terminal.accounts, courier, "site.read")
        passing = Pass(terminal.user.person, other.person, "to_courier" if taker == "courier" else "to_receiver")
        require(sending.hand_over(terminal.ledger, name, passing, place=place, who=terminal.acting))
        echo({"dispatch_note": name, "passes": passing.passes})
