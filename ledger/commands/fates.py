"""`xuemai fates`: bags without a final fate, the closure rate and every override, as JSON, beside a running server.

Decides nothing: `ledger.rules.fates` counts, `ledger.read.fates` reads; this prints.
"""

import json
import sys
from pathlib import Path

import click

from ledger.clock import clock_of
from ledger.commands.lateness import late_of
from ledger.commands.naming import the_holder
from ledger.commands.site_option import site_option
from ledger.config import load
from ledger.core.errors import XuemaiError
from ledger.core.ids import format_instant
from ledger.read.fates import Fates
from ledger.read.fates import fates as asked_of
from ledger.read.reader import reading


@click.command()
@click.option("--holder", metavar="ORG", help="Whose bags, e.g. org:hospital-1; all if not given.")
@site_option
def fates(site: Path, holder: str | None) -> None:
    """Bags without a final fate (最终去向), the closure rate, and every override. Exit 3 where a fate is missed."""
    try:
        loaded = load(site)
        now_ms = clock_of(loaded).now_ms()
        with reading(loaded) as reader:
            told = asked_of(reader, holder=the_holder(reader, holder), now_ms=now_ms)
            late = late_of(reader, now_ms)
    except XuemaiError as error:
        click.echo(f"xuemai fates: {error}", err=True)
        sys.exit(1)
    click.echo(json.dumps({**as_json(told), **late}, ensure_ascii=False))
    sys.exit(3 if told.missing else 0)


def as_json(told: Fates) -> dict[str, object]:
    """What is printed: instants as RFC 3339, rates in thousandths beside numerator and denominator."""
    asked = told.asked
    return {
        "at": format_instant(asked.now_ms),
        "days": asked.days,
        "window": {"after": format_instant(asked.since_ms), "until": format_instant(asked.until_ms)},
        "missing": [
            {
                "unit": each.life.unit,
                "holder": each.life.holder,
                "state": each.life.state,
                "since": format_instant(each.since_ms),
            }
            for each in told.missing
        ],
        "closure": [
            {"holder": each.holder, "closed": each.closed, "due": each.due, "per_mille": each.per_mille}
            for each in told.closure
        ],
        "overrides": [
            {"unit": each.subject, "rule": each.rule, "time": format_instant(each.time_ms), "text": each.text}
            for each in told.overrides
        ],
        "log_size": told.log_size,
    }
