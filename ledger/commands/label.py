"""`xuemai label`: what a label or a tag's memory says, and the check character of a donation number.

Decides nothing: `ledger.core.isbt128`, `tagmemory` and `reconcile` read, this prints JSON on stdout and errors on
stderr. Exit 0, or 1 where the text must be refused, or where label and memory do not agree.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from ledger.core import tagmemory
from ledger.core.errors import ConfigError, FormatError, LabelError
from ledger.core.isbt128 import Din, parse
from ledger.core.labels.framing import keyed
from ledger.core.labels.telling import plain, told
from ledger.core.reconcile import reconcile
from ledger.core.tagmemory import CrcOrder, Layout

_LAYOUT = re.compile(r"([0-9]{1,3})x([0-9]{1,2})(,ff)?(?:,(low-byte-first|high-byte-first|none))?", re.IGNORECASE)

_CRCS: Mapping[str, CrcOrder] = {
    "": "low-byte-first",
    "low-byte-first": "low-byte-first",
    "high-byte-first": "high-byte-first",
    "none": "none",
}


def _layout(_context: click.Context, _option: click.Parameter, text: str) -> Layout:
    found = _LAYOUT.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"expected BLOCKSxBYTES[,ff][,high-byte-first|none], such as 28x4; came {text!r}")
    try:
        return Layout(int(found[1]), int(found[2]), 0xFF if found[3] else 0x00, _CRCS[(found[4] or "").lower()])
    except ConfigError as wrong:
        raise click.BadParameter(str(wrong)) from wrong


_layout_option = click.option(
    "--layout",
    metavar="BLOCKSxBYTES[,ff][,CRC]",
    default="28x4",
    show_default=True,
    callback=_layout,
    help="how the tag is written: ff where the filler is FF; CRC is low-byte-first, high-byte-first or none",
)


@click.group()
def label() -> None:
    """ISBT 128 labels: structures as JSON, and the check character."""


@label.command("parse")
@click.argument("text")
@click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    help="read it as this site does: its own label schemes, and what its tables say of the codes",
)
def parse_command(text: str, site: Path | None) -> None:
    """Print the structures of TEXT, one scan, as JSON.

    What a scanner put around it, such as ]C0, is left out; full-width characters of an input method are read.
    """
    try:
        _print(plain(parse(keyed(text))) if site is None else read_at(site, keyed(text)))
    except (ConfigError, LabelError) as refused:
        _refuse(refused)


@label.command("check")
@click.argument("din")
def check_command(din: str) -> None:
    """Print the check character and check flag of DIN; with 14 characters, judge the last one by the exit code.

    DIN has 13 characters, or 14 with the check character. Spaces, as on the printed label, are ignored.
    """
    try:
        number = Din.parse(keyed(din).replace(" ", ""))
    except LabelError as refused:
        _refuse(refused)
    else:
        _print({"check": number.check, "flag": number.flag})


@label.command("memory")
@click.argument("octets", metavar="HEX")
@click.option("--against", metavar="TEXT", help="the label that was scanned: exit 1 unless it agrees with the memory")
@_layout_option
def memory_command(octets: str, against: str | None, layout: Layout) -> None:
    """Print as JSON what a tag's memory says; HEX are all its blocks from block 0, white space is ignored.

    A CRC that does not fit exits 1.
    """
    try:
        read = tagmemory.parse(_from_hex(octets), layout)
        scanned = None if against is None else parse(keyed(against))
    except FormatError as refused:
        _refuse(refused)
        return
    said: dict[str, object] = {**plain(read.message), "crc": read.crc}
    if scanned is None:
        _print(said)
        sys.exit(read.crc == "differs")
    found = reconcile(scanned, read, None)
    _print(said | {"reconciliation": found.code, "words": found.words})
    sys.exit(found.code != "agree")


@label.command("memory-of")
@click.argument("text")
@_layout_option
def memory_of_command(text: str, layout: Layout) -> None:
    """Print in hex what to write on a tag for TEXT, a compound message."""
    try:
        click.echo(tagmemory.format_memory(parse(text), layout).hex().upper())
    except FormatError as refused:
        _refuse(refused)


def read_at(site: Path, text: str) -> dict[str, object]:
    """A label as a site reads it.

    Raises:
        ConfigError: the site's configuration, or one of its tables, is wrong.
        LabelError: the text is of no scheme of the site.
    """
    # Loaded only here: without a site, a label is read where no ledger is installed.
    from ledger.config import load  # noqa: PLC0415 - see above
    from ledger.read.labels import reading_of  # noqa: PLC0415 - see above

    return told(reading_of(load(site)), text)


def _print(value: Mapping[str, object]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as wrong:
        raise FormatError(f"expected a memory as pairs of hex digits, came {len(text)} characters: {wrong}") from wrong


def _refuse(refused: FormatError | ConfigError) -> None:
    click.echo(f"xuemai label: {refused}", err=True)
    sys.exit(1)
