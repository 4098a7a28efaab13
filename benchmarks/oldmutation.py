"""How many planted mistakes the tests find: every small change to a rule, one at a time, and the rule's tests after it.

    .venv/bin/python -m benchmarks.mutation [release exposure lookback …] [--tests PATH …] [--seconds N]

Names are modules of `ledger/rules`; without any, all of them. The mistakes are cosmic-ray's, made in a copy of what is
committed, and cosmic-ray runs in an environment of its own beside the project's (`benchmarks/mutation.lock`). One JSON
object a module goes to stdout: how many mistakes there are, how many were found, and each that was not, as a diff. A
module needs minutes: each mistake costs a run of the tests until the first that fails. Exit 1 if any survived.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".venv-mutation"
LOCK = ROOT / "benchmarks" / "mutation" / "cosmic-ray.lock"
RULES = Path("ledger/rules")
_FOUND = "killed"
_NO_MISTAKE = re.compile(r"^[-+]\s*(?:@|from |import |\"\"\"|#)")
"""A change to an import or a decorator is none of a rule's."""


def main() -> int:
    """Every named module, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="names of modules of ledger/rules; all if none is named")
    parser.add_argument("--tests", nargs="*", default=[], help="test files, instead of those that name the module")
    parser.add_argument("--seconds", type=float, default=60, help="what a run of the tests may take")
    options = parser.parse_args()
    named = options.modules or sorted(path.stem for path in (ROOT / RULES).glob("[a-z]*.py"))
    _set_up()
    survived = False
    for module in named:
        report = _judge(module, tests=options.tests or tests_of(ROOT, module), seconds=options.seconds)
        survived = survived or bool(report["survivors"])
        print(json.dumps(report, ensure_ascii=False), flush=True)
    return 1 if survived else 0


def tests_of(root: Path, module: str) -> list[str]:
    """The unit and property tests that name a module of the rules: its own first."""
    naming = re.compile(rf"ledger\.rules(?:\.| import (?:[\w, ]*\b)?){module}\b")
    files = [path for room in ("unit", "property") for path in sorted((root / "tests" / room).rglob("test_*.py"))]
    own = [path for path in files if path.parent.name == "rules" and path.stem.startswith(f"test_{module}")]
    others = [path for path in files if path not in own and naming.search(path.read_text("utf-8"))]
    in_memory = [path for path in others if "tests/unit/web" not in path.as_posix()]  # pages are slow, and repeat it
    return [path.relative_to(root).as_posix() for path in (*own, *in_memory)]


def _set_up() -> None:
    """The tool's own environment, as its lock says."""
    stamp, fingerprint = TOOLS / "lock.sha256", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == fingerprint:
        return
    venv.create(TOOLS, with_pip=True, clear=True)
    command = [str(TOOLS / "bin/pip"), "-q", "install", "--require-hashes", "--no-deps", "-r", str(LOCK)]
    subprocess.run(command, check=True)
    stamp.write_text(fingerprint)


def _judge(module: str, *, tests: Sequence[str], seconds: float) -> dict[str, Any]:
    if not tests:
        raise SystemExit(f"{module}: no test names it")
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder)
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        pytest = f"{ROOT}/.venv/bin/python -m pytest -x -q -p no:cacheprovider {' '.join(tests)}"
        (copy / "mutation.toml").write_text(
            "[cosmic-ray]\n"
            f'module-path = "{RULES / module}.py"\n'
            f"timeout = {seconds}\n"
            f"test-command = {json.dumps(pytest)}\n"
            "[cosmic-ray.distributor]\n"
            'name = "local"\n',
            "utf-8",
        )
        for command in (("baseline", "mutation.toml"), ("init", "mutation.toml", "s"), ("exec", "mutation.toml", "s")):
            _run(copy, *command)
        return _report(module, tests, list(_results(_run(copy, "dump", "s"))))


def _run(copy: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [TOOLS / "bin/cosmic-ray", *arguments], cwd=copy, env=environment, check=False, capture_output=True, text=True
    )
    if ran.returncode:
        raise SystemExit(f"cosmic-ray {arguments[0]}: {ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return ran.stdout


def _results(dump: str) -> Iterator[tuple[str, str]]:
    """Of every mistake what came of it (`killed`, `survived`, `incompetent`), and its diff."""
    for line in dump.splitlines():
        _, result = json.loads(line)
        diff = result["diff"] or ""
        changed = [said for said in diff.splitlines() if re.match(r"[-+](?![-+])", said)]
        if changed and not any(map(_NO_MISTAKE.match, changed)):
            yield result["test_outcome"], "\n".join(changed)


def _report(module: str, tests: Sequence[str], results: Sequence[tuple[str, str]]) -> dict[str, Any]:
    found = sum(outcome == _FOUND for outcome, _ in results)
    return {
        "module": f"{RULES / module}.py",
        "tests": list(tests),
        "mistakes": len(results),
        "found": found,
        "ratio": round(found / len(results), 4) if results else None,
        "survivors": [diff for outcome, diff in results if outcome != _FOUND],
    }


if __name__ == "__main__":
    sys.exit(main())
