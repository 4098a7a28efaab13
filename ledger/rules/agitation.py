"""Whether platelets were kept moving: what persons said of the agitators, and which minutes of one unit stood still.

A place is monitored from the first word on that a person says of its agitation; silence about it says nothing, and
claims nothing. One interruption of a unit goes on while it lies where agitation stands, through every walk from one
such place to another, until it lies where agitation runs, or where nothing is said. How long one may last is a figure
of the policy pack; beyond it nobody knows what became of the platelets, whatever their temperature.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from msgspec import structs

from ledger.rules.moved import FOR_GOOD
from ledger.rules.standing import Piece

LOST: Final = "agitation-lost"
"""Why nothing is known of a unit that lay still for longer than its pack lets it."""


class Span(NamedTuple):
    """[start_ms, end_ms)."""

    start_ms: int
    end_ms: int


Standstills: TypeAlias = Mapping[str, Sequence[Span]]
"""For each place of which a person ever spoke, when its agitation stood, in order."""
NOTHING_SAID: Final[Standstills] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Said:
    """A person's word: from `since_ms` on the agitation of a place runs, or stands."""

    since_ms: int
    runs: bool


@dataclass(frozen=True, slots=True)
class Lain:
    """The unit was at `place` in [start_ms, end_ms); None: on the way. `needs`: there it must be kept moving."""

    place: str | None
    start_ms: int
    end_ms: int
    needs: bool


def standstills(said: Sequence[Said]) -> tuple[Span, ...]:
    """When the agitation of one place stood.

    Args:
        said: all words about it, by time, those of one instant in log order: of these the last counts.
    """
    found: list[Span] = []
    stands_since: int | None = None
    for word in said:
        if not word.runs and stands_since is None:
            stands_since = word.since_ms
        if word.runs and stands_since is not None:
            found.append(Span(stands_since, word.since_ms))
            stands_since = None
    if stands_since is not None:
        found.append(Span(stands_since, FOR_GOOD))
    return tuple(span for span in found if span.start_ms < span.end_ms)


def interruptions(way: Sequence[Lain], stood: Standstills) -> tuple[Span, ...]:
    """The stretches in which one unit was not kept moving, in order.

    Args:
        way: where it was, in order, without overlap.
        stood: when the agitation of each place stood.
    """
    found: list[Span] = []
    goes_on = False
    for lain in way:
        if lain.place is None:
            continue
        reached_ms = lain.start_ms
        for span in _within(lain, stood):
            if goes_on and span.start_ms == reached_ms:
                found[-1] = Span(found[-1].start_ms, span.end_ms)
            else:
                found.append(span)
            reached_ms, goes_on = span.end_ms, True
        goes_on = goes_on and reached_ms == lain.end_ms
    return tuple(found)


def lost(stood_still: Sequence[Span], longest_ms: int) -> tuple[Span, ...]:
    """What of a unit's interruptions is beyond the longest that its pack allows."""
    return tuple(Span(start + longest_ms, end) for start, end in stood_still if start + longest_ms < end)


def cut(piece: Piece, beyond: Sequence[Span]) -> Iterator[Piece]:
    """The piece again, with nothing known of what lies beyond; what is out of limits stays out."""
    reached_ms = piece.start_ms
    for start, end in () if piece.state == "out" else beyond:
        first, last = max(start, reached_ms), min(end, piece.end_ms)
        if first >= last:
            continue
        if reached_ms < first:
            yield structs.replace(piece, start_ms=reached_ms, end_ms=first)
        yield structs.replace(piece, start_ms=first, end_ms=last, state="unknown", reason=LOST)
        reached_ms = last
    if reached_ms < piece.end_ms:
        yield structs.replace(piece, start_ms=reached_ms)


def _within(lain: Lain, stood: Standstills) -> Iterator[Span]:
    for start, end in stood.get(lain.place or "", ()) if lain.needs else ():
        first, last = max(start, lain.start_ms), min(end, lain.end_ms)
        if first < last:
            yield Span(first, last)
