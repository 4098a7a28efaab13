"""`xuemai label`: what a label says, and the check character of a donation number.

Decides nothing: `ledger.core.isbt128` reads, this prints JSON on stdout and errors on stderr. Exit 0, or 1 where the
text must be refused.
"""

import json
import sys
from collections.abc import Mapping

import click

from ledger.core.errors import LabelError
from ledger.core.isbt128 import Din, Label, parse


@click.group()
def label() -> None:
    """ISBT 128 labels: structures as JSON, and the check character."""


@label.command("parse")
@click.argument("text")
def parse_command(text: str) -> None:
    """Print the structures of TEXT, one scan, as JSON."""
    try:
        _print(as_json(parse(text)))
    except LabelError as refused:
        _refuse(refused)


@label.command("check")
@click.argument("din")
def check_command(din: str) -> None:
    """Print the check character and check flag of DIN; with 14 characters, judge the last one by the exit code.

    DIN has 13 characters, or 14 with the check character. Spaces, as on the printed label, are ignored.
    """
    try:
        number = Din.parse(din.replace(" ", ""))
    except LabelError as refused:
        _refuse(refused)
    else:
        _print({"check": number.check, "flag": number.flag})


def as_json(scanned: Label) -> dict[str, object]:
    """A label as plain values: each structure's number and fields, and the count of a compound message or None."""
    structures = [{"ds": structure.ds, **structure.fields} for structure in scanned.structures]
    return {"structures": structures, "compound": scanned.compound}


def _print(value: Mapping[str, object]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def _refuse(refused: LabelError) -> None:
    click.echo(f"xuemai label: {refused}", err=True)
    sys.exit(1)
