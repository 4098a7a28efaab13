"""The lock file pins every package by hash and says nothing about where packages come from."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture import tree

PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[a-z,]+\])?==[^\s;]+(?: ; [^\\]+)?$")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}$")
COMMENT = re.compile(r"\s*#.*")
ADDRESS = re.compile(r"://|--(?:extra-)?index-url|--find-links|--trusted-host")


def faults(lock: str) -> list[str]:
    """Every requirement of a lock file that is not one exact version with hashes, and every address in it."""
    found = [f"address: {line.strip()}" for line in lock.splitlines() if ADDRESS.search(line)]
    joined = re.sub(r" *\\\n\s*", "\n\t", re.sub(r"(?m)^\s*#.*\n?", "", lock))
    for requirement in re.split(r"\n(?!\t)", joined.strip()):
        pin, *hashes = (line.strip() for line in requirement.splitlines())
        if not PIN.fullmatch(pin):
            found.append(f"not one exact version: {pin}")
        elif not hashes or not all(map(HASH.fullmatch, hashes)):
            found.append(f"without its hashes: {pin}")
    return found


@pytest.fixture(params=sorted(tree.ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def lock(request: pytest.FixtureRequest) -> str:
    path = request.param
    assert isinstance(path, Path)
    return path.read_text("utf-8")


def test_every_package_is_pinned_by_hash_and_no_address_is_named(lock: str) -> None:
    assert faults(lock) == []


def test_a_package_without_a_hash_is_seen(lock: str) -> None:
    assert faults(f"{lock}left-pad==1.0.0\n") == ["without its hashes: left-pad==1.0.0"]


def test_a_package_without_a_version_is_seen(lock: str) -> None:
    assert faults(f"{lock}left-pad>=1 \\\n    --hash=sha256:{'0' * 64}\n") == ["not one exact version: left-pad>=1"]


def test_an_address_is_seen(lock: str) -> None:
    assert faults(f"# from https://packages.example/simple\n{lock}") == [
        "address: # from https://packages.example/simple"
    ]


def test_every_dependency_of_the_project_is_in_the_lock(lock: str) -> None:
    settings = tomllib.loads((tree.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = settings["dependencies"] + [name for extra in settings["optional-dependencies"].values() for name in extra]
    pinned = {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}
    assert {re.split(r"[\[>=<~!]", requirement)[0] for requirement in wanted} <= pinned
