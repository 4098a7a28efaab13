"""Whether what befell a unit's cold chain holds it back: the pack's tolerance, and what two quality officers judged.

The verdict of `exposure` never changes. What follows from it does: a spell that the pack lets pass holds nothing back
(隔离 follows the tolerance, not the first reading), and an assessment (偏差评估) that found the unit fit settles what
lay before it, and nothing that came after. It settles what the assessors could see: where readings that came to the log
later make the time before it worse, the question is open again. What is unknown is never within a tolerance.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ledger.rules.exposure import Exposure, Spell

Outcome: TypeAlias = Literal["fit", "return", "discard"]
_BAD = frozenset({"out", "unknown"})


@dataclass(frozen=True, slots=True)
class Assessment:
    """What two quality officers judged of a unit's deviation.

    Attributes:
        at_ms: when.
        outcome: what is to become of the unit.
        log_size: how many batches the log held before it: what the assessors could see.
    """

    at_ms: int
    outcome: Outcome
    log_size: int


def is_tolerated(exposure: Exposure) -> bool:
    """Whether the unit was out, and in each phase no longer than the pack lets pass, with nothing unknown besides."""
    return exposure.verdict == "out" and not exposure.over_tolerance and not exposure.unknown_ms


def is_settled(exposure: Exposure | None, newest: Assessment | None, *, seen: Exposure | None) -> bool:
    """Whether the newest assessment found the unit fit, and nothing was out or unknown after it or unseen before it.

    Args:
        exposure: the unit's cold chain up to now; None: it was never judged.
        newest: the newest assessment of this unit; None: there is none.
        seen: its cold chain up to the assessment, as the log knew it then; None: nothing was judged then.
    """
    return newest is not None and newest.outcome == "fit" and reopened(exposure, newest, seen=seen) == Reopened()


@dataclass(frozen=True, slots=True)
class Reopened:
    """Why what an assessment settled is open again; both empty: it is not.

    Attributes:
        unseen: spells out or unknown before it that its assessors could not see, or not as bad.
        since: spells out or unknown that reach beyond it.
    """

    unseen: tuple[Spell, ...] = ()
    since: tuple[Spell, ...] = ()


def reopened(exposure: Exposure | None, newest: Assessment, *, seen: Exposure | None) -> Reopened:
    """What befell the unit, or came to be known, that its newest assessment does not settle; as `is_settled`."""
    bad = [] if exposure is None else [spell for spell in exposure.spells if spell.status in _BAD]
    known = () if seen is None else seen.spells
    since = tuple(spell for spell in bad if spell.end_ms > newest.at_ms)
    return Reopened(tuple(spell for spell in bad if spell not in since and _is_news(spell, known)), since)


def _is_news(spell: Spell, known: Sequence[Spell]) -> bool:
    """Whether some of a bad spell was not known to be as bad: as long, and as far beyond the same limit."""
    same = [each for each in known if _is_as_bad(each, spell) and _shared_ms(each, spell)]
    covered_ms = sum(_shared_ms(each, spell) for each in same)
    return covered_ms < spell.lasted_ms or _is_further(spell, same)


def _is_as_bad(known: Spell, spell: Spell) -> bool:
    match known.status, known.reason, spell.status, spell.reason:
        case ("out", "above", "out", "above") | ("out", "below", "out", "below"):
            return True
        case "out" | "unknown", _, "unknown", _:
            return True
        case _:
            return False


def _shared_ms(one: Spell, other: Spell) -> int:
    """How long two spells lasted together."""
    return max(0, min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms))


def _is_further(spell: Spell, known: Sequence[Spell]) -> bool:
    match spell.reason:
        case "above":
            return _extreme(max, [spell.highest]) > _extreme(max, [each.highest for each in known])
        case "below":
            return _extreme(min, [spell.lowest]) < _extreme(min, [each.lowest for each in known])
        case _:
            return False


def _extreme(pick: Callable[[Iterable[int]], int], read: Iterable[int | None]) -> int:
    """What is out was read: there is an extreme."""
    return pick(value for value in read if value is not None)
