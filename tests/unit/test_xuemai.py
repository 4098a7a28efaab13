"""The command itself: lazy, uniform, and clear about what is not installed."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import click
import pytest
from click.testing import CliRunner

import xuemai


def leaves(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for inner, each in command.commands.items():
            yield from leaves(each, f"{name} {inner}")
    else:
        yield name, command


def test_every_command_takes_site() -> None:
    group = xuemai.LazyGroup()
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        for full_name, leaf in leaves(command, name):
            assert any("--site" in each.opts for each in leaf.params), full_name


def test_a_command_without_a_site_ignores_one() -> None:
    answer = CliRunner().invoke(xuemai.main, ["label", "check", "A999926123456", "--site", "/nowhere"])
    assert answer.exit_code == 0
    assert '"check"' in answer.output


def test_a_part_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = EntryPoint(name="serve", value="no_such_package_here:serve", group=xuemai.COMMAND_GROUP)
    monkeypatch.setattr(xuemai, "entry_points", lambda group: [missing] if group == xuemai.COMMAND_GROUP else [])
    answer = CliRunner().invoke(xuemai.main, ["serve"])
    assert answer.exit_code == 1
    assert "install xuemai[ledger]" in answer.output
    listed = CliRunner().invoke(xuemai.main, ["--help"])
    assert "serve needs no_such_package_here" in listed.output
