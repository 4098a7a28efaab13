"""Lookback (回溯调查): what became of a unit, and what it was made from, over the lineage edges.

Both directions: a reactive donor's units and all that was made from them, and back from a patient's unit to the
donations (21 CFR 610.46, 610.47). Pure graph walking; persons and deadlines belong to the case.
"""

from collections.abc import Iterable


def descendants(edges: Iterable[tuple[str, str]], units: Iterable[str]) -> tuple[str, ...]:
    """Everything made from `units`, each once, nearest first; the units themselves are left out.

    Args:
        edges: (parent, child) pairs.
        units: where to start.
    """
    return _reached(edges, units)


def ancestors(edges: Iterable[tuple[str, str]], units: Iterable[str]) -> tuple[str, ...]:
    """Everything that `units` were made from, each once, nearest first; the units themselves are left out.

    Args:
        edges: (parent, child) pairs.
        units: where to start.
    """
    return _reached(((child, parent) for parent, child in edges), units)


def implicated(edges: Iterable[tuple[str, str]], units: Iterable[str]) -> tuple[str, ...]:
    """`units`, what they were made from, and all that was made from any of these: what a finding in `units` touches."""
    known, start = tuple(edges), tuple(units)
    sources = tuple(dict.fromkeys((*start, *ancestors(known, start))))
    return (*sources, *descendants(known, sources))


def _reached(steps: Iterable[tuple[str, str]], units: Iterable[str]) -> tuple[str, ...]:
    following: dict[str, list[str]] = {}
    for here, there in steps:
        following.setdefault(here, []).append(there)
    start = tuple(units)
    # A wrong record could close a circle; what was seen is not walked again.
    seen = dict.fromkeys(start)
    queue = list(start)
    for unit in queue:
        for other in following.get(unit, ()):
            if other not in seen:
                seen[other] = None
                queue.append(other)
    return tuple(seen)[len(dict.fromkeys(start)) :]
