#!/usr/bin/env python3
"""Sets the project up on a machine that has Python 3.11 and nothing else, then runs it.

    python3 dev.py setup                     make .venv with the hash-pinned set; .venv/bin/xuemai is then there
    python3 dev.py demo [--check] [...]      set up and run everything on embedded defaults
    python3 dev.py test [-- ARGUMENTS]       set up and run every check and test; ARGUMENTS go to pytest

Standard library only. Nothing is skipped silently: what is missing is named with the one command that installs it.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
LOCK = ROOT / "requirements.lock"
WHEELHOUSE = ROOT / "wheelhouse"
STAMP = VENV / "xuemai-setup.sha256"
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
DEBIAN_PACKAGES = ("chromium", "fonts-noto-cjk")
STATIC_CHECKS = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy", ("mypy",)),
    ("import-linter", ("lint-imports",)),
    ("deptry", ("deptry", ".")),
)
BRANCH_CHECK = (
    ("coverage", "run", "-m", "pytest", "-q", "tests/unit/ledger/rules"),
    ("coverage", "report"),
)
"""Every branch of the blood rules is walked by the rules' own tests; what that means is in pyproject.toml."""
_ELSEWHERE = ("accounts", "core", "passport_page", "rules")
_SIDE_BY_SIDE = ("-n", "auto", "--maxprocesses=4", "--dist=loadfile")
"""Several files of tests at once, each whole in one process: much of a test is waiting for a device or a disk."""
WHOLE_RUNS = (
    ("tests", *_SIDE_BY_SIDE),
    (
        "tests/unit/ledger",
        *_SIDE_BY_SIDE,
        "--database=postgresql",
        *(f"--ignore=tests/unit/ledger/{room}" for room in _ELSEWHERE),
    ),
)
"""Everything with the ledgers in SQLite, then once more in PostgreSQL what has to do with their database."""


class SetupError(Exception):
    """Something that set-up needs is missing; the message names it and the command that installs it."""


def main(arguments: Sequence[str]) -> int:
    """Run one of the commands; the exit code is the command's own, or 2 for a wrong or failed call."""
    command, rest = (arguments[0] if arguments else ""), list(arguments[1:])
    if command not in {"setup", "demo", "test"}:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        set_up()
        if command == "test":
            return run_tests(rest[1:] if rest[:1] == ["--"] else rest)
        if command == "demo":
            return run_demo(rest)
    except SetupError as error:
        print(f"dev.py: {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(f"dev.py: this command failed with exit code {error.returncode}: {error.cmd}", file=sys.stderr)
        return 2
    return 0


def set_up() -> None:
    """Make `.venv` match the lock file and the project; does nothing when it already does."""
    fingerprint = _fingerprint()
    if STAMP.is_file() and STAMP.read_text() == fingerprint:
        return
    _say("setting up .venv (once)")
    if not (BIN / "python").exists():
        _make_venv()
    _install(["--require-hashes", "-r", str(LOCK)])
    _install(["--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    if list(ROOT.glob("web/translations/*/LC_MESSAGES/*.po")):
        subprocess.run([BIN / "pybabel", "-q", "compile", "-d", ROOT / "web" / "translations"], check=True)
    STAMP.write_text(fingerprint)


def run_tests(pytest_arguments: Sequence[str]) -> int:
    """Run every static check and then pytest; 0 only if all of them passed."""
    _need_browser()
    failed = []
    for name, command in STATIC_CHECKS:
        _say(name)
        if subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, check=False).returncode:
            failed.append(name)
    for program, *words in () if pytest_arguments else BRANCH_CHECK:
        _say(" ".join((program, *words)))
        if subprocess.run([BIN / program, *words], cwd=ROOT, check=False).returncode:
            failed.append("branches of the rules")
    if failed:
        _say(f"failed: {', '.join(failed)}")
    for arguments in (pytest_arguments,) if pytest_arguments else WHOLE_RUNS:
        _say(" ".join(("pytest", *arguments)))
        if subprocess.run([BIN / "python", "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode:
            failed.append("pytest")
    return 1 if failed else 0


def run_demo(arguments: Sequence[str]) -> int:
    """Run the demo site; Ctrl-C stops everything that it started."""
    demo = subprocess.Popen([BIN / "python", "-m", "firmware_mocks.demo", *arguments], cwd=ROOT)
    while True:
        try:
            return demo.wait()
        except KeyboardInterrupt:
            continue  # the demo has had the same signal and is stopping its processes; wait for it to finish


def _fingerprint() -> str:
    parts = [LOCK, ROOT / "pyproject.toml", *sorted(ROOT.glob("web/translations/*/LC_MESSAGES/*.po"))]
    digest = hashlib.sha256(f"{ROOT} {sys.version}".encode())
    for part in parts:
        digest.update(part.read_bytes())
    return digest.hexdigest()


def _make_venv() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  dev.py may be started by any Python
        raise SetupError(f"Python 3.11 or newer is needed, this is {platform.python_version()}")
    made = subprocess.run([sys.executable, "-m", "venv", VENV], check=False, capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetupError(
            f"no virtual environment could be made; install it with: apt-get install python3-venv\n{made.stdout}"
        )
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", *_from_wheelhouse(), "uv"]
    if subprocess.run([BIN / "python", *pip], check=False).returncode:
        _say("uv is not to be had here; pip does the work, more slowly")


def _install(arguments: Sequence[str]) -> None:
    if (BIN / "uv").exists():
        command: list[str | Path] = [BIN / "uv", "pip", "install", "--quiet", "--python", BIN / "python"]
    else:
        command = [BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *_from_wheelhouse(), *arguments], check=True)


def _from_wheelhouse() -> list[str]:
    return ["--no-index", "--find-links", str(WHEELHOUSE)] if WHEELHOUSE.is_dir() else []


def _need_browser() -> None:
    """Chromium and Chinese fonts for the browser tests: installed as root on Debian, named elsewhere."""
    listed = ["fc-list", ":lang=zh-cn"]
    have_font = shutil.which("fc-list") and subprocess.run(listed, check=False, capture_output=True).stdout
    if any(Path(path).exists() for path in CHROMIUM) and have_font:
        return
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *DEBIAN_PACKAGES, "fontconfig"]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SetupError(f"the browser tests need Chromium and a Chinese font; install them with: {' '.join(install)}")
    _say("installing Chromium and a Chinese font (once)")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    quiet = {"env": environment, "stdout": subprocess.DEVNULL}
    subprocess.run(["apt-get", "update", "-qq"], check=True, **quiet)  # type: ignore[call-overload]
    subprocess.run(install, check=True, **quiet)  # type: ignore[call-overload]


def _say(text: str) -> None:
    print(f"── {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
