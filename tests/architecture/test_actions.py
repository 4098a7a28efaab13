"""What people do stands in one table of docs/api.md: on which page, at which address, by which command."""

import ast
import re
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from tests.architecture import tree

TABLE = tree.ROOT / "docs" / "api.md"
OF_PROGRAMS = re.compile(r"/v1/(?:batches|log/|audits|map/|erasures/)")
"""What gateways, auditors and other sites ask for: no person does it on a page."""
OF_THE_SITE = frozenset(
    {"/", "/account", "/enrol", "/erasures", "/gateways", "/keys", "/keys/{fingerprint}", "/people", "/places",
     "/sign-in"}
)  # fmt: skip
"""Pages that administer, or lead to others."""
OPERATED = frozenset(
    {"agitation", "box", "checklist", "coldchain", "comment", "correct", "discard", "fates", "hand-over", "label",
     "late", "lookback", "order", "pack", "passport", "probe", "recall", "receive", "release-batch", "returns",
     "step", "stock", "unit"}
)  # fmt: skip
"""The commands about blood; the others are for whoever runs the site or a gateway."""


def told(text: str) -> tuple[set[str], set[str], set[str]]:
    """The pages, addresses and commands that a table names."""
    pages: set[str] = set()
    api: set[str] = set()
    commands: set[str] = set()
    for line in text.splitlines():
        cells = line.split(" | ")
        if line.startswith("| ") and len(cells) >= 4:
            for found, cell in zip((pages, api, commands), cells[1:4], strict=True):
                found |= set(re.findall(r"`([^`]+)`", cell))
    return pages, api, {each.removeprefix("xuemai ") for each in commands}


def rule_of(node: ast.expr) -> str:
    assert isinstance(node, ast.Constant)
    return re.sub(r"<(?:path:)?(\w+)>", r"{\1}", str(node.value))


def calls(within: str, root: Path) -> Iterator[ast.Call]:
    """The decorators of the functions of a folder, as they are called."""
    for source in tree.sources(root, [within]):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef):
                yield from (each for each in node.decorator_list if isinstance(each, ast.Call))


def addresses(root: Path = tree.ROOT) -> set[str]:
    """Method and address of every route that the API describes."""
    found = set()
    for call in calls("ledger/api", root):
        named = isinstance(call.func, ast.Name) and call.func.id == "described"
        if named and isinstance(call.args[1], ast.Constant):  # by a name: what gateways speak to
            given = [each for argument in call.args if isinstance(argument, ast.Call) for each in argument.keywords]
            methods = [ast.literal_eval(each.value) for each in given if each.arg == "method"]
            found.add(f"{methods[0] if methods else 'GET'} {rule_of(call.args[1])}")
    return found


def shown(root: Path = tree.ROOT) -> set[str]:
    """The address of every page that can be looked at."""
    return {
        rule_of(call.args[0])
        for call in calls("web/views", root)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "get" and call.args
    }


def leaves(name: str, command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        for inner, each in command.commands.items():
            yield from leaves(f"{name} {inner}", each)
    else:
        yield name


def offered() -> set[str]:
    """Every command about blood."""
    known = {each.name: each for each in entry_points(group="xuemai.commands")}
    assert known.keys() >= OPERATED
    return {leaf for name in OPERATED for leaf in leaves(name, known[name].load())}


def test_every_page_address_and_command_of_the_table_is_there() -> None:
    pages, api, commands = told(TABLE.read_text("utf-8"))
    assert pages - shown() == set()
    assert api - addresses() == set()
    assert commands - offered() == set()


def test_every_page_address_and_command_is_in_the_table() -> None:
    pages, api, commands = told(TABLE.read_text("utf-8"))
    assert shown() - pages - OF_THE_SITE == set()
    assert {each for each in addresses() if not OF_PROGRAMS.search(each)} - api == set()
    assert offered() - commands == set()


@pytest.mark.parametrize(
    ("place", "planted", "missed"),
    [
        ("ledger/api/boxes.py", '@described(box_routes, "/v1/crates", a, Asked(method="POST"))', "POST /v1/crates"),
        ("web/views/boxes.py", '@pages.get("/crates/<crate>")', "/crates/{crate}"),
    ],
)
def test_a_planted_route_is_found(tmp_path: Path, place: str, planted: str, missed: str) -> None:
    tree.copy(tmp_path)
    with (tmp_path / place).open("a", encoding="utf-8") as file:
        file.write(f"\n\n{planted}\ndef planted() -> None: ...\n")
    assert {missed} == (addresses(tmp_path) | shown(tmp_path)) - addresses() - shown()
