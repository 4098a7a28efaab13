"""What devices count has words, in both languages."""

import ast
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import msgspec
import pytest

from gateway import sighting
from gateway.page import page
from gateway.wire import iso15693, items
from gateway.words.counts import COUNTED
from gateway.words.speech import Speech
from tests.support.statuses import READER, TROUBLED

GATEWAY = Path(page.__file__).parents[1]
WATCHES = ("device.py", "probe_watch.py", "reader_watch.py", "scanner_watch.py")


def counted_by_name() -> set[str]:
    """Every name that a watch gives to what it counts: `life.count("late")`, and the members of its `counts()`."""
    found: set[str] = set()
    for module in WATCHES:
        for node in ast.walk(ast.parse((GATEWAY / module).read_text("utf-8"))):
            is_count = isinstance(node, ast.Call) and ast.unparse(node.func) == "self.life.count"
            if is_count or (isinstance(node, ast.FunctionDef) and node.name == "counts"):
                inner = node.args[:1] if isinstance(node, ast.Call) else node.body
                keys = [
                    each for part in inner for each in ast.walk(part)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.islower()
                ]  # fmt: skip
                found |= {str(each.value) for each in keys}
    return found - {"repeat"}


def counted_by_kind() -> set[str]:
    """The kinds of what a reader tells, and of what comes of it."""
    told = (items.TagRead, items.Reading, items.LabelScan, items.Status, items.Fault, items.Noise)
    of_tags = (iso15693.Blocks, iso15693.SystemInformation, iso15693.MemoryRead)
    edges = (sighting.Arrived, sighting.Left, sighting.UnknownSeen, sighting.Uncertain)
    return {kind.__name__.lower() for kind in (*told, *of_tags, *edges)}


def test_every_name_that_is_counted_has_its_words_and_no_word_is_for_nothing() -> None:
    assert "overtaken" in counted_by_name()
    assert counted_by_name() | counted_by_kind() == set(COUNTED)


@pytest.mark.parametrize(("language", "said"), [("en", "tags read 3, present now 2"), ("zh", "读到标签 3、当前在场 2")])
def test_a_device_says_in_the_readers_language_what_it_counted(language: str, said: str) -> None:
    speech = Speech("zh" if language == "zh" else "en", UTC)
    assert said in page.render(TROUBLED, speech, age_seconds=0).decode()


def test_what_a_driver_of_the_sites_own_counts_is_shown_as_it_names_it() -> None:
    other = replace(READER, counts={"acme_tick": 4, "present": 1})
    shown = page.render(msgspec.structs.replace(TROUBLED, devices=[other]), Speech("zh", UTC), age_seconds=0).decode()
    assert '当前在场 1<span lang="en">、acme_tick 4</span>' in shown
