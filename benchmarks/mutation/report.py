"""What came of a module's mistakes, less those of which somebody wrote down why they make no difference."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: the function or class that it is in, the lines that it changes, and what came of it.

    Lines that went begin with -, lines that came with +; how far they are indented does not count.
    """

    where: str
    lines: str
    outcome: str

    @property
    def said(self) -> str:
        """For a reader."""
        return f"{self.where or 'module'}: {self.lines}"


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mistake that nobody can observe, and why."""

    module: str
    where: str
    lines: str
    why: str


def read_equivalents(file: Path) -> list[Equivalent]:
    """As written in the file."""
    stated = tomllib.loads(file.read_text("utf-8")).get("equivalent", [])
    return [Equivalent(each["module"], each["where"], plain(each["lines"]), each["why"]) for each in stated]


def of_module(module: str, mistakes: Sequence[Mistake], equivalents: Sequence[Equivalent]) -> dict[str, Any]:
    """The module's figures, and everything that no test found."""
    reasons = {(each.where, each.lines): each.why for each in equivalents if each.module == module}
    unfound = {(each.where, each.lines) for each in mistakes if each.outcome == "survived"}
    counted = [each for each in mistakes if each.outcome != "survived" or (each.where, each.lines) not in reasons]
    found = sum(each.outcome == "found" for each in counted)
    return {
        "module": module,
        "mistakes": len(counted),
        "found": found,
        "ratio": round(found / len(counted), 4) if counted else None,
        "survived": [each.said for each in counted if each.outcome == "survived"],
        "undecided": [each.said for each in counted if each.outcome == "undecided"],
        "equivalent": len(mistakes) - len(counted),
        "no longer equivalent": [f"{where}: {lines}" for where, lines in reasons if (where, lines) not in unfound],
    }


def plain(lines: str) -> str:
    """Changed lines without their indentation."""
    return "\n".join(line[0] + line[1:].strip() for line in lines.strip().splitlines())
