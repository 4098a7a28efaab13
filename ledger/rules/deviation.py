"""Whether what befell a unit's cold chain holds it back: the pack's tolerance, and what two quality officers judged.

The verdict of `exposure` never changes. What follows from it does: a spell that the pack lets pass holds nothing back
(隔离 follows the tolerance, not the first reading), and an assessment (偏差评估) that found the unit fit settles what
lay before it, and nothing that came after. What is unknown is never within a tolerance.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ledger.rules.exposure import Exposure

Outcome: TypeAlias = Literal["fit", "return", "discard"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What two quality officers judged of a unit's deviation.

    Attributes:
        at_ms: when.
        outcome: what is to become of the unit.
    """

    at_ms: int
    outcome: Outcome


def is_tolerated(exposure: Exposure) -> bool:
    """Whether the unit was out, and in each phase no longer than the pack lets pass, with nothing unknown besides."""
    return exposure.verdict == "out" and not exposure.over_tolerance and exposure.unknown_ms == 0


def is_settled(exposure: Exposure | None, newest: Assessment | None) -> bool:
    """Whether the newest assessment found the unit fit, and nothing was out or unknown after it.

    Args:
        exposure: the unit's cold chain up to now; None: it was never judged.
        newest: the newest assessment of this unit; None: there is none.
    """
    if newest is None or newest.outcome != "fit":
        return False
    spells = () if exposure is None else exposure.spells
    return not any(spell.status in {"out", "unknown"} and spell.end_ms > newest.at_ms for spell in spells)
