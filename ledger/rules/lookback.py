"""What a finding touches (回溯调查): donor → donations → units → what was made of them, and back from a patient's unit.

A way leads from a donor to each donation, from a donation to each unit that carries its number, and from a unit to what
was made of it. Walking onward from a donor, a donation, or the units that a lot went into says what is affected (21 CFR
610.46(a), 610.47(a)). Walking back from a patient's unit says which donations went into it; onward from these, what
else came of them. Donors are left out of that: whether another donation of theirs is affected is known once a donor is
found reactive, and is then a walk of its own.

Pure graph walking, whatever the order of the ways; a circle that a wrong record closes is walked once. Which days count
is `ledger.rules.window`, what became of a unit is `ledger.rules.fate`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Way = tuple[str, str]
"""From what to what: identifiers of donors, donations (`din:`) and units."""


class Why(StrEnum):
    """How something came to be affected."""

    NAMED = "named"  # the finding names it
    SOURCE = "source"  # something named was made of it
    MADE = "made"  # it was made of something that is affected


@dataclass(frozen=True, slots=True)
class Reached:
    """Something that is affected.

    Attributes:
        subject: a donor, a donation or a unit.
        why: how it came to be affected; what is named stays `named`, what is a source stays `source`.
        via: its neighbour on the way from what is named; None for what is named itself.
    """

    subject: str
    why: Why
    via: str | None


def onward(ways: Iterable[Way], named: Iterable[str]) -> tuple[Reached, ...]:
    """What is named and all that comes of it, each once, nearest first.

    Args:
        ways: (from, to) pairs.
        named: where to start.
    """
    return tuple(_walked(_ends(ways), dict.fromkeys(named, None), {}, Why.MADE))


def back_and_onward(ways: Iterable[Way], named: Iterable[str]) -> tuple[Reached, ...]:
    """What is named, what it was made of, and all that came of any of these, each once: named, sources, made.

    Args:
        ways: (from, to) pairs without those that begin at a donor.
        named: where to start, usually a patient's unit.
    """
    known = tuple(ways)
    reversed_ways = _ends((end, start) for start, end in known)
    sources = _walked(reversed_ways, dict.fromkeys(named, None), {}, Why.SOURCE)
    start = {each.subject: each.via for each in sources}
    return tuple(_walked(_ends(known), start, {each.subject: each.why for each in sources}, Why.MADE))


def descendants(ways: Iterable[Way], units: Iterable[str]) -> tuple[str, ...]:
    """Everything made from `units`, each once, nearest first; the units themselves are left out."""
    return tuple(each.subject for each in onward(ways, units) if each.via is not None)


def ancestors(ways: Iterable[Way], units: Iterable[str]) -> tuple[str, ...]:
    """Everything that `units` were made from, each once, nearest first; the units themselves are left out."""
    return descendants(((end, start) for start, end in ways), units)


def _ends(ways: Iterable[Way]) -> dict[str, list[str]]:
    following: dict[str, list[str]] = {}
    for start, end in ways:
        following.setdefault(start, []).append(end)
    return following


def _walked(
    ends: Mapping[str, Sequence[str]], start: Mapping[str, str | None], known: Mapping[str, Why], why: Why
) -> list[Reached]:
    """Everything from `start` on, breadth first; what is met again is not walked again."""
    found = {subject: Reached(subject, known.get(subject, Why.NAMED), via) for subject, via in start.items()}
    queue = list(found)
    for here in queue:
        for there in ends.get(here, ()):
            if there not in found:
                found[there] = Reached(there, why, here)
                queue.append(there)
    return list(found.values())
