"""Who may import whom: every contract in pyproject.toml holds, and breaks when it is broken."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture import tree

SETTINGS = tomllib.loads((tree.ROOT / "pyproject.toml").read_text("utf-8"))
CONTRACTS = {contract["id"]: contract["name"] for contract in SETTINGS["tool"]["importlinter"]["contracts"]}

# contract → (file of the copy, line appended to it). The files named `planted.py` are new and imported by nobody, so
# that a forbidden import breaks its own contract and no other; `ledger.verifier` is a contract over one module.
PLANTED = {
    "core": ("ledger/core/planted.py", "import marshmallow"),
    "crypto": ("web/planted.py", "from cryptography.hazmat.primitives.asymmetric import ed25519"),
    "rules": ("ledger/rules/planted.py", "import ledger.config"),
    "folding": ("ledger/folding/planted.py", "import ledger.clock"),
    "acts": ("ledger/acts/planted.py", "import rich"),
    "verifier": ("ledger/verifier.py", "import rich"),
    "audit": ("ledger/audit.py", "import sqlalchemy"),
    "gateway": ("gateway/planted.py", "import ledger.rules.pack"),
    "words": ("gateway/words/planted.py", "import gateway.page.html"),
    "web": ("web/planted.py", "from sqlalchemy import select"),
    "ledger": ("ledger/planted.py", "import web.words.rules"),
    "mocks": ("firmware_mocks/planted.py", "import msgspec"),
    "store": ("ledger/planted.py", "import ledger.store.tables"),
    "append": ("web/planted.py", "from ledger.append import Ledger"),
}


def verdicts(root: Path) -> dict[str, bool]:
    """Every contract by name, and whether it is kept in the tree under `root`."""
    linter = "from importlinter.cli import lint_imports_command as lint; lint()"
    command = [sys.executable, "-c", linter, "--no-cache", "--no-logo"]
    environment = {"PYTHONPATH": str(root), "COLUMNS": "200"}
    ran = subprocess.run(command, cwd=root, env=environment, check=False, capture_output=True, text=True)
    found = re.findall(r"^(.+) (KEPT|BROKEN)$", ran.stdout, re.MULTILINE)
    assert len(found) == len(CONTRACTS), ran.stdout + ran.stderr
    return {name.strip(): verdict == "KEPT" for name, verdict in found}


@pytest.fixture(scope="module")
def planting_ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree.copy(tmp_path_factory.mktemp("tree"))


def test_the_tree_keeps_every_contract() -> None:
    assert verdicts(tree.ROOT) == dict.fromkeys(CONTRACTS.values(), True)


def test_every_contract_has_its_planted_violation() -> None:
    assert set(PLANTED) == set(CONTRACTS)


@pytest.mark.parametrize("contract", PLANTED)
def test_a_forbidden_import_breaks_exactly_its_contract(contract: str, planting_ground: Path) -> None:
    name, line = PLANTED[contract]
    file = planting_ground / name
    before = file.read_text("utf-8") if file.exists() else None
    file.write_text(f"{before or ''}\n{line}\n", "utf-8")
    try:
        broken = [name for name, kept in verdicts(planting_ground).items() if not kept]
    finally:
        file.unlink() if before is None else file.write_text(before, "utf-8")
    assert broken == [CONTRACTS[contract]]
