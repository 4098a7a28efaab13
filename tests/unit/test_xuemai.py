"""The command itself: lazy, uniform, and clear about what is not installed."""

import errno
from collections.abc import Callable, Iterator
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


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (UnicodeDecodeError("utf-8", b"a\xff", 1, 2, "no start"), r"expected text in UTF-8; came b'\xff' at byte 1"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
    ],
)
def test_what_cannot_be_read_or_written_ends_a_command_with_a_message(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, said: str
) -> None:
    monkeypatch.setattr(click.Group, "invoke", raising(raised))
    answer = CliRunner().invoke(xuemai.main, ["fates"])
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert said in answer.stderr


def test_a_reader_who_has_seen_enough_hears_no_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click.Group, "invoke", raising(BrokenPipeError(errno.EPIPE, "Broken pipe")))
    answer = CliRunner().invoke(xuemai.main, ["fates"])
    assert (answer.exit_code, answer.stderr) == (1, "")


def raising(error: Exception) -> Callable[..., None]:
    def raise_it(*_: object) -> None:
        raise error

    return raise_it
