"""What a command loads: a gateway no web framework, a verifier no database, the shared room no clock.

Each import happens in a fresh interpreter; what it loaded is read from `sys.modules`.
"""

import subprocess
import sys
from pathlib import Path

import pytest

# what to run → the packages that must not be loaded by it
EDGE = ("flask", "sqlalchemy", "argon2", "web", "ledger.store", "ledger.append", "ledger.api", "ledger.rules")
BUDGETS = {
    "import gateway.cli": EDGE,
    "import xuemai": ("flask", "sqlalchemy", "web", "gateway", "ledger", "msgspec", "cryptography"),
    "import ledger.verifier": ("click", "rich", "flask", "sqlalchemy", "ledger.store", "ledger.rules", "web"),
    "import ledger.commands.label": ("flask", "sqlalchemy", "ledger.store", "gateway", "web"),
    "import ledger.store.stretch": ("sqlalchemy", "flask", "click", "rich", "structlog", "ledger.store.tables"),
    "import ledger.rules.release": ("flask", "sqlalchemy", "click", "cryptography", "ledger.store"),
    "import firmware_mocks.m100_uhf": ("ledger", "gateway", "web", "msgspec", "cryptography", "flask"),
}
GATEWAY_HELP = """
import sys, xuemai
try:
    xuemai.main(["gateway", "--help"])
except SystemExit as end:
    assert not end.code
"""
# Importing the shared room must neither look at a clock nor draw a random number: they are taken away first.
NO_CLOCK = """
import msgspec, random, secrets, uuid, datetime, base64, hashlib, cryptography.hazmat.primitives.asymmetric.ed25519
import time, os, sys
def taken(*_):
    raise AssertionError("the shared room read a clock, the environment or a random source")
for source, name in ((time, "time"), (time, "time_ns"), (time, "monotonic"), (os, "urandom"), (os, "getenv")):
    setattr(source, name, taken)
import pkgutil, importlib, ledger.core
for found in pkgutil.walk_packages(ledger.core.__path__, "ledger.core."):
    importlib.import_module(found.name)
{planted}
"""


def over_budget(code: str, forbidden: tuple[str, ...]) -> set[str]:
    """The forbidden packages that `code` loads."""
    ask = "import sys as _sys; print(*_sys.modules, sep='\\n', file=_sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", f"{code}\n{ask}"], check=True, capture_output=True, text=True)
    loaded = set(ran.stderr.split())
    return {package for package in forbidden if any(f"{name}.".startswith(f"{package}.") for name in loaded)}


@pytest.mark.parametrize("code", BUDGETS)
def test_an_import_stays_within_its_budget(code: str) -> None:
    assert over_budget(code, BUDGETS[code]) == set()


def test_asking_the_gateway_for_help_loads_no_web_framework() -> None:
    assert over_budget(GATEWAY_HELP, EDGE) == set()


def test_an_import_over_budget_is_seen() -> None:
    assert over_budget("import gateway.cli, sqlalchemy.engine", ("flask", "sqlalchemy")) == {"sqlalchemy"}


def test_the_shared_room_loads_without_clock_environment_or_randomness() -> None:
    subprocess.run([sys.executable, "-c", NO_CLOCK.format(planted="")], check=True)


def test_a_module_that_reads_a_clock_as_it_loads_is_seen(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("import time\nLOADED_AT = time.time()\n", "utf-8")
    code = NO_CLOCK.format(planted=f"sys.path.insert(0, {str(tmp_path)!r}); import planted")
    ran = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert "the shared room read a clock" in ran.stderr
