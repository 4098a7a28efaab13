"""Deferral (屏蔽) and re-entry (归队) of a donor, known by a pseudonym only.

Decides from when until when a donor was deferred, and whether that stands against a donation: one that was given while
the donor was deferred never becomes eligible, any other is held back for as long as the donor is deferred.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Blocked:
    """The donor was deferred at `at_ms`, until `until_ms` (exclusive; None: until a re-entry)."""

    at_ms: int
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Reentered:
    """The donor was let in again at `at_ms`: every deferral from before ends."""

    at_ms: int


def deferrals(told: Iterable[Blocked | Reentered]) -> tuple[Blocked, ...]:
    """The spells of deferral, in order of their beginning.

    Args:
        told: what was said of the donor, in any order. Said of one instant, the deferral counts after the re-entry.
    """
    spells: list[Blocked] = []
    for each in sorted(told, key=lambda each: (each.at_ms, isinstance(each, Blocked))):
        if isinstance(each, Blocked):
            spells.append(each)
            continue
        spells = [replace(spell, until_ms=_earlier(spell.until_ms, each.at_ms)) for spell in spells]
    return tuple(spells)


def is_deferred(spells: Sequence[Blocked], at_ms: int) -> bool:
    """Whether the donor was deferred at an instant."""
    return any(spell.at_ms <= at_ms and (spell.until_ms is None or at_ms < spell.until_ms) for spell in spells)


def stands_against(spells: Sequence[Blocked], *, collected_ms: int, now_ms: int) -> bool:
    """Whether a deferral stands against a donation: of its own time, or of now."""
    return is_deferred(spells, collected_ms) or is_deferred(spells, now_ms)


def _earlier(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
