"""Whether anything can be said of every minute of a unit's way: the other half of the cold chain, computed anew.

Written from docs/custody.md alone, for places with one probe each. Two good readings speak for the time between them if
both are in range and no further apart than ten minutes, whatever lies between: a hole that the device told, or a walk.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias

MAX_GAP_MS = 10 * 60 * 1000
SHORT_WALK_MS = 10 * 60 * 1000
Marks: TypeAlias = Sequence[tuple[int, int | Literal["gone"] | None]]
"""(when, centi-degrees; None where nothing can be said from then on; `gone` where nobody reads any more), in order."""
Judgement: TypeAlias = tuple[int, int] | Literal["unjudged", "no limits"]
"""Lowest and highest allowed in a place; or that nothing is judged there, or nobody says by what."""


class Whereabouts(Protocol):
    """One stay of a unit."""

    @property
    def place(self) -> str:
        """Where it was."""

    @property
    def since_ms(self) -> int:
        """From when."""

    @property
    def until_ms(self) -> int:
        """Until when."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """[start_ms, end_ms) of a unit's way; `read_ms` is when the reading that stands was taken."""

    start_ms: int
    end_ms: int
    state: Literal["ok", "out", "unknown", "silent", "walk", "unjudged"]
    read_ms: int = 0


def verdict(way: Sequence[Stretch]) -> Literal["ok", "out", "unknown"]:
    """What follows from all stretches of a way."""
    judged = [each for each in _without_short_walks(way) if each.state != "unjudged"]
    if any(each.state == "out" for each in judged):
        return "out"
    return "unknown" if not judged or any(_is_open(_without_short_walks(way))) else "ok"


def stretches(
    stays: Sequence[Whereabouts],
    *,
    marks_of: Callable[[str], Marks],
    limits_of: Callable[[str], Judgement],
    until_ms: int,
) -> Iterator[Stretch]:
    """A unit's way from its first stay until `until_ms`, leaving nothing out."""
    reached_ms = stays[0].since_ms if stays else until_ms
    for stay in stays:
        if reached_ms < stay.since_ms:
            yield Stretch(reached_ms, stay.since_ms, "walk")
        limits = limits_of(stay.place)
        if limits == "unjudged" or limits == "no limits":  # noqa: PLR1714  a type checker follows this
            yield Stretch(stay.since_ms, stay.until_ms, "unjudged" if limits == "unjudged" else "unknown")
        else:
            yield from _read(marks_of(stay.place), limits, stay.since_ms, stay.until_ms)
        reached_ms = stay.until_ms
    if reached_ms < until_ms:
        yield Stretch(reached_ms, until_ms, "walk")


def _read(marks: Marks, limits: tuple[int, int], since_ms: int, until_ms: int) -> Iterator[Stretch]:
    """One stay: each reading stands until the next, at most ten minutes; behind that it is silent."""
    edges = [Stretch(since_ms, marks[0][0] if marks else until_ms, "silent")]
    for number, (at_ms, centi) in enumerate(marks):
        next_ms = marks[number + 1][0] if number + 1 < len(marks) else until_ms
        if centi is None:
            edges.append(Stretch(at_ms, next_ms, "unknown"))
            continue
        if centi == "gone":
            edges.append(Stretch(at_ms, next_ms, "silent"))
            continue
        falls_ms = min(next_ms, at_ms + MAX_GAP_MS)
        edges.append(Stretch(at_ms, falls_ms, "ok" if limits[0] <= centi <= limits[1] else "out", at_ms))
        edges.append(Stretch(falls_ms, next_ms, "silent"))
    for each in edges:
        inside = replace(each, start_ms=max(each.start_ms, since_ms), end_ms=min(each.end_ms, until_ms))
        if inside.start_ms < inside.end_ms:
            yield inside


def _without_short_walks(way: Sequence[Stretch]) -> list[Stretch]:
    """A short walk to or from where nothing is judged belongs to that place."""
    kept = []
    for number, each in enumerate(way):
        beside = {other.state for other in (*way[max(0, number - 1) : number], *way[number + 1 : number + 2])}
        is_short = each.end_ms - each.start_ms <= SHORT_WALK_MS and number + 1 < len(way)
        kept.append(
            replace(each, state="unjudged") if each.state == "walk" and is_short and "unjudged" in beside else each
        )
    return kept


def _is_open(way: Sequence[Stretch]) -> Iterator[bool]:
    """Of each stretch, or run of silence, whether some of it is unknown; what is out beside it decides already."""
    place = 0
    while place < len(way):
        stop = place
        while stop < len(way) and way[stop].state in {"silent", "walk"}:
            stop += 1
        if stop == place:
            yield way[place].state == "unknown"
            place += 1
            continue
        before = way[place - 1] if place else None
        apart_from = before.read_ms + MAX_GAP_MS if before is not None and before.state == "ok" else 0
        yield way[stop - 1].end_ms > apart_from
        place = stop
