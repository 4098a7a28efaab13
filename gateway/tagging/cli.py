"""`xuemai gateway tag`: read, write. Exit 0 done, 1 not done and why."""

import json
from pathlib import Path

import click

from gateway.command import site, tells_errors

_reader = click.option("--reader", "name", default="", help="Which reader of gateway.toml; default: the only one.")
_uid = click.option("--uid", default="", help="The tag's number, where several lie there; default: the only one.")


@click.group()
def tag() -> None:
    """The memory of one ISO 15693 tag, on a FEIG reader that no gateway is using."""


@tag.command("read")
@site
@_reader
@_uid
@tells_errors
def read_command(directory: Path, name: str, uid: str) -> None:
    """Print as JSON what the memory of the tag before the reader says."""
    # Ports only load where they are used, as in `gateway run`.
    from gateway import config  # noqa: PLC0415 - see above
    from gateway.tagging import commands  # noqa: PLC0415 - see above

    click.echo(json.dumps(commands.read_tag(commands.reader_of(config.load(directory), name), uid.upper())))


@tag.command("write")
@click.argument("text")
@site
@_reader
@_uid
@click.option("--replace", "replaces", is_flag=True, help="Write over another bag's message.")
@click.option("--lock", "locks", is_flag=True, help="Lock the memory afterwards, for ever.")
@tells_errors
def write_command(directory: Path, text: str, name: str, uid: str, **how: bool) -> None:
    """Write TEXT, a label's compound message, to the tag before the reader, and read it again.

    The tag is written as `memory` of the reader's table says. Nothing that names a person is written.
    """
    from gateway import config  # noqa: PLC0415 - as above
    from gateway.tagging import commands  # noqa: PLC0415 - as above

    reader = commands.reader_of(config.load(directory), name)
    written = commands.write_tag(reader, text, uid.upper(), replaces=how["replaces"], locks=how["locks"])
    click.echo(json.dumps(written))
