"""The option that every `xuemai` command of the ledger takes: which site's folder it works on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def site_option(command: F) -> F:
    """Add `--site DIR` (default `$XUEMAI_SITE`, else the current folder); the command gets it as `site: Path`."""
    option = click.option(
        "--site",
        envvar="XUEMAI_SITE",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path(),
        help="the site's folder; default $XUEMAI_SITE, else the current folder",
    )
    return option(command)
