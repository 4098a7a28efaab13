"""How many planted mistakes the tests find: every small change to a rule, one at a time, and the rules' tests after it.

    .venv/bin/python -m benchmarks.mutation [release exposure lookback …] [--tests PATH …]

Names are modules of `ledger/rules`; without any, all of them. The mistakes are cosmic-ray's, which runs in an
environment of its own beside the project's (`cosmic-ray.lock`); they are made in a copy of the working tree. What finds
them are the rules' own tests: the module's first, then others that name it. One JSON object a module goes to stdout:
how many mistakes there are, how many were found, how many make no difference to anybody (`equivalent.toml`, with the
reasons), and every other one as the lines that it changed. Exit 1 if there is any.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.mutation import report, trial

ROOT = Path(__file__).resolve().parents[2]
HERE = Path("benchmarks/mutation")
RULES = Path("ledger/rules")
_READ_THROUGH = {"pack_rows": "pack_file", "tables": "pack_file"}
"""Modules that the tests of another one go through."""
TOOLS = ROOT / ".venv-mutation"


def main() -> int:
    """Every named module, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="names of modules of ledger/rules; all if none is named")
    parser.add_argument("--tests", nargs="*", default=[], help="test files, instead of the rules' own")
    options = parser.parse_args()
    named = options.modules or sorted(path.stem for path in (ROOT / RULES).glob("[a-z]*.py"))
    equivalent = report.read_equivalents(ROOT / HERE / "equivalent.toml")
    _set_up()
    left = False
    with _copy() as copy:
        for module in named:
            rounds = [options.tests] if options.tests else rounds_of(ROOT, module)
            said = report.of_module(module, _tried(copy, module, rounds), equivalent)
            left = left or bool(said["survived"] or said["undecided"] or said["no longer equivalent"])
            print(json.dumps(said, ensure_ascii=False, indent=1), flush=True)
    return 1 if left else 0


def rounds_of(root: Path, module: str) -> list[list[str]]:
    """The rules' tests that name a module, those that find a mistake soonest first: its own, others, properties."""
    module = _READ_THROUGH.get(module, module)
    naming = re.compile(rf"ledger\.rules(?:\.| import (?:[\w, ]*\b)?){module}\b")
    unit, properties = (
        [path for path in sorted((root / room).glob("test_*.py")) if naming.search(path.read_text("utf-8"))]
        for room in ("tests/unit/ledger/rules", "tests/property")
    )
    own = [path for path in unit if path.stem.removeprefix("test_").removeprefix("rules_").startswith(module)]
    rounds = own, [path for path in unit if path not in own], properties
    return [[path.relative_to(root).as_posix() for path in tests] for tests in rounds if tests]


def _set_up() -> None:
    """The tool's own environment, as its lock says."""
    lock = ROOT / HERE / "cosmic-ray.lock"
    stamp, fingerprint = TOOLS / "lock.sha256", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == fingerprint:
        return
    venv.create(TOOLS, with_pip=True, clear=True)
    command = [str(TOOLS / "bin/pip"), "-q", "install", "--require-hashes", "--no-deps", "-r", str(lock)]
    subprocess.run(command, check=True)
    stamp.write_text(fingerprint)


@contextmanager
def _copy() -> Iterator[Path]:
    """The working tree once more, to make mistakes in."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, Path(folder) / name)
        yield Path(folder)


def _tried(copy: Path, module: str, rounds: Sequence[Sequence[str]]) -> list[report.Mistake]:
    """Every mistake of the module, and what came of it."""
    file = RULES / f"{module}.py"
    made = subprocess.run(
        [TOOLS / "bin/python", ROOT / HERE / "mistakes.py", file], cwd=copy, check=True, capture_output=True, text=True
    )
    mistakes = [json.loads(line) for line in made.stdout.splitlines()]
    tests = [word for tests in rounds for word in (*tests, trial.THEN)]
    tried = subprocess.run(
        [sys.executable, ROOT / HERE / "trial.py", file, *tests],
        cwd=copy, check=True, stdout=subprocess.PIPE, text=True,
        input="".join(json.dumps(each["source"]) + "\n" for each in mistakes),
    )  # fmt: skip
    outcomes = [json.loads(line) for line in tried.stdout.splitlines()]
    return [
        report.Mistake(each["where"], report.plain(each["lines"]), outcome)
        for each, outcome in zip(mistakes, outcomes, strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
