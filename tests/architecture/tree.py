"""The project's own files, as the architecture's rules look at them."""

import ast
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ledger", "gateway", "web", "firmware_mocks")


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its dotted name, where it is below the root, and its syntax tree."""

    module: str
    path: Path
    tree: ast.Module


def tracked(root: Path = ROOT) -> list[Path]:
    """Every file that a commit of the tree under `root` would hold, sorted, as absolute paths."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    return sorted(path for name in listed.split("\0") if name and (path := root / name).is_file())


def sources(root: Path = ROOT, within: Iterable[str] = PACKAGES) -> Iterator[Source]:
    """Every Python file of the packages, parsed."""
    for package in within:
        for path in sorted((root / package).rglob("*.py")):
            yield Source(dotted(path.relative_to(root)), path, ast.parse(path.read_bytes(), str(path)))


def dotted(path: Path) -> str:
    """The module's name: `ledger/core/__init__.py` is `ledger.core`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def copy(into: Path) -> Path:
    """The packages' Python files and the settings, somewhere else, to be broken there."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, into / package, ignore=_all_but_python)
    shutil.copy(ROOT / "pyproject.toml", into)
    return into


def _all_but_python(folder: str, names: list[str]) -> list[str]:
    return [
        name for name in names if name == "__pycache__" or (Path(folder, name).is_file() and not name.endswith(".py"))
    ]
