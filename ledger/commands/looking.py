"""What a command that only looks begins with: the site's ledger as of one moment."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ledger.clock import clock_of
from ledger.config import load
from ledger.core.errors import XuemaiError
from ledger.read.reader import Reader, reading


@contextmanager
def looking(command: str, directory: Path) -> Iterator[tuple[Reader, int]]:
    """The ledger, and now in milliseconds; what goes wrong is said on stderr, with exit code 1."""
    try:
        site = load(directory)
        with reading(site) as reader:
            yield reader, clock_of(site).now_ms()
    except XuemaiError as error:
        click.echo(f"xuemai {command}: {error}", err=True)
        sys.exit(1)
