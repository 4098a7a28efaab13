"""No device shares a line with the product: a mistake must not be able to cancel out."""

import ast
import sys
from pathlib import Path

import pytest

import firmware_mocks

SOURCES = sorted(Path(firmware_mocks.__path__[0]).glob("*.py"))
# rich shows the demo's progress; no device needs it.
ALLOWED = {"firmware_mocks", "paho", "rich"} | sys.stdlib_module_names


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_a_device_imports_nothing_of_the_product(source: Path) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported <= ALLOWED
