"""Every behaviour of docs/devices.md has a story that exists, and every story of the module is told there."""

import ast
import re
from pathlib import Path

from tests.architecture import tree

PAGE = tree.ROOT / "docs" / "devices.md"
STORIES = "tests/integration/test_devices_lie.py"
BEHAVIOURS = 32
_ROW = re.compile(r"^\| (\d+) \|.*\| ([^|]*) \|$", re.MULTILINE)
_STORY = re.compile(r"`([^`:]+)::([^`]+)`")


def stories_of(page: str) -> dict[int, list[tuple[str, str]]]:
    """Behaviour's number → its stories: file and name."""
    return {int(number): _STORY.findall(cell) for number, cell in _ROW.findall(page)}


def names_in(path: Path) -> set[str]:
    parsed = ast.parse(path.read_text("utf-8"))
    return {each.name for each in parsed.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")}


def lacking(page: str, root: Path) -> list[str]:
    """What is wrong with the table: behaviours without a story, stories that nobody tells."""
    stories = stories_of(page)
    wrong = [f"behaviour {number}: no story" for number in range(1, BEHAVIOURS + 1) if not stories.get(number)]
    for number, cited in stories.items():
        for file, name in cited:
            if not (root / file).is_file() or name not in names_in(root / file):
                wrong.append(f"behaviour {number}: no test {file}::{name}")
    return wrong


def test_no_behaviour_lacks_its_story() -> None:
    page = PAGE.read_text("utf-8")
    assert lacking(page, tree.ROOT) == []
    assert sorted(stories_of(page)) == list(range(1, BEHAVIOURS + 1))


def test_every_story_of_the_module_is_in_the_table() -> None:
    cited = {name for stories in stories_of(PAGE.read_text("utf-8")).values() for _, name in stories}
    assert sorted(names_in(tree.ROOT / STORIES) - cited) == []


def test_a_story_that_does_not_exist_is_seen() -> None:
    page = PAGE.read_text("utf-8").replace("::test_a_retained_message_is_a_state_of_unknown_age", "::test_of_nothing")
    assert lacking(page, tree.ROOT) == [f"behaviour 19: no test {STORIES}::test_of_nothing"]


def test_a_row_without_a_story_is_seen() -> None:
    page = re.sub(r"^\| 26 \|.*$", "| 26 | SUBACK | asked again | none |", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    assert lacking(page, tree.ROOT) == ["behaviour 26: no story"]
