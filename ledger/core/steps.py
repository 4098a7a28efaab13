"""A verification in named steps, one after the other, up to the first that does not hold."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ledger.core.errors import Refused
from ledger.core.finding import Outcome

StepVerdict: TypeAlias = Literal["valid", "invalid", "undecidable"]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A step that nobody can decide here, and why."""

    why: str


Found: TypeAlias = str | Unknown | Refused
"""What a step found: against what it was checked, that it is not known, or why it fails."""


def take(steps: Iterable[tuple[str, Callable[[], Found]]]) -> tuple[StepVerdict, tuple[Outcome, ...]]:
    """The verdict, and every step that was taken by its name; the last one decided, if it is not `valid`."""
    outcomes: list[Outcome] = []
    for name, step in steps:
        match step():
            case Refused(step=_, reason=reason):
                return "invalid", (*outcomes, Outcome(name, "failed", reason))
            case Unknown(why):
                return "undecidable", (*outcomes, Outcome(name, "warning", why))
            case str() as detail:
                outcomes.append(Outcome(name, "ok", detail))
    return "valid", tuple(outcomes)
