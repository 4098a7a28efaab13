"""Which gaps of a unit's way are tolerated, and which make it unknown.

A stretch without a reading is tolerated, and shown, where the readings on both sides of it are in range and no further
apart than the pack's `max_gap`, and no fault lies in it; the walk from one monitored place to another counts the same
way. Past the last reading a unit is `unknown` only beyond `max_gap`.

Where nothing was read is `standing`; the way, and what it comes to, is `exposure`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from msgspec import structs

from ledger.rules.moved import MOVED
from ledger.rules.pack import Limits, Phase
from ledger.rules.standing import Piece

__all__ = ["Leg", "resolve"]


@dataclass(frozen=True, slots=True)
class Leg:
    """A piece of the unit's way; `limits` None: between places, not judged, or the pack is silent."""

    piece: Piece
    place: str | None
    phase: Phase | None
    limits: Limits | None
    judged: bool = True


def resolve(legs: Sequence[Leg]) -> Iterator[Leg]:
    """The same way with every gap decided: still `gap` where it is tolerated, else `unknown`."""
    runs = [list(run) for _, run in groupby(legs, key=_is_gap)]
    for earlier, run, later in zip([None, *runs], runs, [*runs[1:], None], strict=False):
        before = earlier[-1] if earlier else None
        if not _is_gap(run[0]):
            yield from run
        elif later is None:
            yield from _trailing(run, before)
        else:
            yield from _enclosed(run, before, later[0])


def _is_gap(leg: Leg) -> bool:
    return leg.piece.state == "gap"


def _enclosed(gap: Sequence[Leg], before: Leg | None, after: Leg) -> Iterator[Leg]:
    apart_ms = after.piece.start_ms - _read_before(gap, before)
    if apart_ms <= min(_patience(before), _patience(after)):
        yield from gap
    else:
        yield from (_unknown(leg, leg.piece.reason) for leg in gap)


def _trailing(gap: Sequence[Leg], before: Leg | None) -> Iterator[Leg]:
    """The newest readings may still be on their way: what lies within `max_gap` of the last one is tolerated."""
    patience = _patience(before)
    good_until = _read_before(gap, before) + patience if patience else gap[0].piece.start_ms
    for leg in gap:
        start, end = leg.piece.start_ms, leg.piece.end_ms
        middle = min(max(start, good_until), end)
        if start < middle:
            yield replace(leg, piece=structs.replace(leg.piece, end_ms=middle))
        if middle < end:
            told = leg.piece.reason if before is None or leg.piece.reason == MOVED else "lag"
            yield _unknown(replace(leg, piece=structs.replace(leg.piece, start_ms=middle)), told)


def _read_before(gap: Sequence[Leg], before: Leg | None) -> int:
    """When what fell silent was read last: the silent probe, or, of a unit that came or left, what stood until then."""
    first = gap[0]
    if before is None or before.piece.read_ms is None:
        return first.piece.start_ms
    silent_ms = first.piece.silent_since_ms
    return before.piece.read_ms if silent_ms is None or first.place != before.place else silent_ms


def _patience(leg: Leg | None) -> int:
    """How far apart the readings on both sides of a gap beside this leg may be: nothing, unless the leg is in range."""
    return leg.limits.max_gap_ms if leg is not None and leg.limits is not None and leg.piece.state == "ok" else 0


def _unknown(leg: Leg, reason: str) -> Leg:
    return replace(leg, piece=structs.replace(leg.piece, state="unknown", reason=reason))
