"""What the commands of `xuemai gateway` share: the gateway's folder, and how they tell what went wrong."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from ledger.core.errors import XuemaiError

P = ParamSpec("P")

site = click.option(
    "--site",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="XUEMAI_SITE",
    default=Path(),
    help="The gateway's folder: gateway.toml, keys/, outbox.db, status.json. Default: $XUEMAI_SITE, else here.",
)


def tells_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Errors that the product raises on purpose, and files that cannot be used, go to stderr; the exit code is 1."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except XuemaiError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.filename is None:
                raise
            hint = ": run it as the gateway's own user" if isinstance(error, PermissionError) else ""
            raise click.ClickException(f"{error.filename}: {error.strerror}{hint}") from error

    return told
