"""The `xuemai` command: a lazy group of entry points.

Decides nothing. Each part of the product registers its commands under the entry-point group `xuemai.commands`; only the
one that is called is imported, so that `xuemai gateway` on a small edge machine never loads Flask or SQLAlchemy.
"""

import errno
from importlib.metadata import EntryPoint, entry_points

import click
from typing_extensions import override

COMMAND_GROUP = "xuemai.commands"


class LazyGroup(click.Group):
    """A click group whose subcommands are entry points, imported when they are called."""

    def _entry_points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=COMMAND_GROUP)}

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._entry_points())

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        point = self._entry_points().get(cmd_name)
        if point is None:
            return None
        try:
            command = point.load()
        except ModuleNotFoundError as error:
            part = "gateway" if point.module.startswith("gateway") else "ledger"
            raise click.ClickException(f"{cmd_name} needs {error.name}; install xuemai[{part}]") from error
        if not isinstance(command, click.Command):
            raise TypeError(f"entry point {cmd_name!r} is a {type(command).__name__}, expected a click command")
        _accept_site(command)
        return command

    @override
    def invoke(self, ctx: click.Context) -> object:
        """Call the command; a file that is no text, or that cannot be read or written, ends it with a message."""
        try:
            return super().invoke(ctx)
        except UnicodeDecodeError as error:
            came = f"{error.object[error.start : error.start + 1]!r} at byte {error.start}"
            raise click.ClickException(f"expected text in UTF-8; came {came}: save the file as UTF-8") from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # whoever reads the output has seen enough; click ends quietly
            raise click.ClickException(str(error)) from error

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands; one whose part is not installed is listed with what it needs."""
        rows = []
        for name in self.list_commands(ctx):
            try:
                command = self.get_command(ctx, name)
                rows.append((name, "" if command is None else command.get_short_help_str()))
            except click.ClickException as error:
                rows.append((name, error.message))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _accept_site(command: click.Command) -> None:
    """Let every command take `--site DIR`, so that a script can give it always; those that need no site ignore it."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _accept_site(each)
    elif all("--site" not in each.opts for each in command.params):
        help_text = "accepted by every command; this one needs no site"
        command.params.append(click.Option(["--site"], type=click.Path(), expose_value=False, help=help_text))


@click.group(cls=LazyGroup)
@click.version_option(package_name="xuemai")
def main() -> None:
    """Traceable inventory ledger for blood with an RFID gateway (血脉)."""
