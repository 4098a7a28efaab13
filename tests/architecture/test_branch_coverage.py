"""A branch of a blood rule that no test of the rules walks fails the build."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev import BRANCH_CHECK
from tests.architecture import tree

RULE = '''"""A rule."""


def is_cold(celsius: int, limit: int | None = None) -> bool:
    """Whether it is."""
    if limit is not None:
        return celsius <= limit
    return celsius <= 6
'''
WALKED = """from ledger.rules.planted import is_cold


def test_four_degrees_are_cold() -> None:
    assert is_cold(4)
"""
OTHER_BRANCH = """

def test_five_degrees_are_not_cold_for_frozen_plasma() -> None:
    assert not is_cold(5, -20)
"""


@pytest.fixture
def planting_ground(tmp_path: Path) -> Path:
    """A project with one rule and one test, that is checked as this one is."""
    shutil.copy(tree.ROOT / "pyproject.toml", tmp_path)
    for folder in (".venv", "ledger/rules", "tests/unit/ledger/rules"):
        (tmp_path / folder).mkdir(parents=True)
    for room in ("ledger", "ledger/rules"):
        (tmp_path / room / "__init__.py").touch()
    return tmp_path


def is_walked(root: Path, rule: str, test: str) -> bool:
    (root / "ledger/rules/planted.py").write_text(rule, "utf-8")
    (root / "tests/unit/ledger/rules/test_planted.py").write_text(test, "utf-8")
    for _, *words in BRANCH_CHECK:
        ran = subprocess.run(
            [sys.executable, "-m", "coverage", *words], cwd=root, check=False, capture_output=True, text=True
        )
        if ran.returncode:
            assert "planted.py" in ran.stdout, ran.stdout + ran.stderr
            return False
    return True


def test_a_branch_that_no_test_walks_is_seen(planting_ground: Path) -> None:
    assert not is_walked(planting_ground, RULE, WALKED)
    assert is_walked(planting_ground, RULE, WALKED + OTHER_BRANCH)


@pytest.mark.parametrize(("pragma", "walked"), [("no cover", False), ("no cover: for its reason", True)])
def test_a_branch_is_left_out_only_for_a_reason_beside_it(planting_ground: Path, pragma: str, walked: bool) -> None:  # noqa: FBT001
    excused = RULE.replace("    if limit is not None:", f"    if limit is not None:  # pragma: {pragma}")
    assert is_walked(planting_ground, excused, WALKED) is walked
