"""Batch release (批放行): pending = fit + unfit + undecided, every unfit unit isolated, two persons.

Decides over facts of every unit of the batch. What is fit is what may be released (`release`); what is unfit for any
reason has to be where nobody takes it for fit, and a sweep must have seen it there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.rules.lifecycle import State
from ledger.rules.refused import Refused
from ledger.rules.release import UnitFacts, may_release

_GONE: Final = frozenset({State.DISCARDED})
_WITHHELD: Final = frozenset({State.QUARANTINED, State.ON_HOLD, State.RECALLED, State.AWAITING_DISPOSAL, *_GONE})
"""States of units that are not released, whatever their tests: not fit, and not pending any more."""


@dataclass(frozen=True, slots=True)
class Member:
    """One unit of a release batch.

    Attributes:
        unit: its identifier.
        facts: what is known of it.
        isolated: whether a sweep or a reader saw it in an isolation place last, since it became unfit.
    """

    unit: str
    facts: UnitFacts
    isolated: bool = False


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A batch that is accounted for: every unit is in one of the three."""

    fit: tuple[str, ...]
    unfit: tuple[str, ...]
    undecided: tuple[str, ...]

    @property
    def pending(self) -> int:
        """How many units were pending when the batch was made up."""
        return len(self.fit) + len(self.unfit) + len(self.undecided)


def reconcile(members: Sequence[Member]) -> Reconciled | Refused:
    """Sort the units of a batch; Refused where one is not accounted for, or an unfit one was not seen isolated."""
    if not members:
        return Refused("batch.empty", "expected the units that were pending; came none")
    sorted_: dict[str, list[str]] = {"fit": [], "unfit": [], "undecided": []}
    for member in members:
        found = verdict(member.facts)
        if found is None:
            text = f"{member.unit} is {member.facts.state}, its result is {member.facts.tests or 'not in'}"
            return Refused("batch.unaccounted", f"{text}: it is neither fit, unfit nor undecided")
        sorted_[found].append(member.unit)
    for member in members:
        if member.unit in sorted_["unfit"] and not (member.isolated or member.facts.state in _GONE):
            return Refused("batch.unfit-isolated", f"{member.unit} is unfit, and no sweep saw it in an isolation place")
    return Reconciled(tuple(sorted_["fit"]), tuple(sorted_["unfit"]), tuple(sorted_["undecided"]))


def verdict(facts: UnitFacts) -> str | None:
    """`fit`, `unfit` or `undecided`; None for a unit that is not accounted for."""
    if facts.ever_unfit or facts.tests == "unfit" or facts.state in _WITHHELD:
        return "unfit"
    if facts.state is not State.PENDING:
        return None
    if facts.tests == "undecided" or (facts.tests == "fit" and facts.missing_tests):
        return "undecided"
    return facts.tests


def may_release_batch(members: Sequence[Member], *, by: str, second: str | None) -> Reconciled | Refused:
    """Whether a batch may be released.

    Args:
        members: every unit that was pending.
        by: who releases, as a pseudonym.
        second: who checked; another person, whatever the pack asks of a single unit.
    """
    found = reconcile(members)
    if isinstance(found, Refused):
        return found
    for member in members:
        refused = may_release(member.facts, by=by) if member.unit in found.fit else None
        if refused is not None:
            return Refused(refused.rule, f"{member.unit}: {refused.reason}")
    if second in {None, by}:
        return Refused("batch.two-persons", "a batch needs a second person, another than the first")
    return found
