"""When a probe was not in the place whose readings it gives: declared elsewhere, or heard from elsewhere.

A segment says where its probe hangs; that is its gateway's configuration, and nobody asks the probe. A person's word on
where it hangs counts for more, and one probe cannot hang in two places at once: what it reads meanwhile counts for no
place. From the moment on it is simply not there, as `standing` takes it: other probes of the place speak for it alone,
and where there is none, nothing is known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from ledger.rules.pack import MAX_GAP_MINUTES
from ledger.rules.track import Track

MOVED: Final = "probe-moved"
"""Why nothing is known of a place whose probe is elsewhere."""
FOR_GOOD: Final = 1 << 61
"""The end of a stretch that has none yet."""
STANDING_MS: Final = MAX_GAP_MINUTES * 60_000
"""No pack lets a reading stand longer: what was said longer before says nothing."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A person's word: from `since_ms` on the probe hangs in `place`; None: in none that is monitored."""

    since_ms: int
    place: str | None


def absences(
    track: Track, place: str, *, placements: Sequence[Placement] = (), elsewhere: Sequence[tuple[int, int]] = ()
) -> tuple[tuple[int, int], ...]:
    """The stretches [start, end) from a track's beginning on in which its probe is known not to be in its place.

    Args:
        track: what the probe said of the place.
        place: the place.
        placements: what persons said of the probe, in their order; of one instant the last counts.
        elsewhere: the stretches (start, end) for which it spoke of other places; one that begins longer after the track
            than any reading stands says nothing of it.
    """
    declared = [each for each in _declared(placements, place) if each[1] > track.start_ms]
    heard = [each for each in elsewhere if bears_on(each, track)]
    return tuple(sorted((max(start_ms, track.start_ms), end_ms) for start_ms, end_ms in (*declared, *heard)))


def bears_on(elsewhere: tuple[int, int], track: Track) -> bool:
    """Whether it matters to a track that its probe spoke of another place for a stretch (start, end)."""
    return elsewhere[1] > track.start_ms and elsewhere[0] <= track.end_ms + STANDING_MS


def known_there(tracks: Sequence[Track]) -> list[Track]:
    """The tracks of one probe in one place, cut to when it was there; each time it went, a track says so."""
    if not any(track.absent for track in tracks):
        return list(tracks)
    went = {start_ms for track in tracks for start_ms, _ in track.absent}
    gone = [Track(probe=tracks[0].probe, start_ms=at, end_ms=at, samples=(), removed=True) for at in sorted(went)]
    return [*(piece for track in tracks for piece in _pieces(track)), *gone]


def as_shown(track: Track) -> list[Track]:
    """The track as a chart shows it: what its probe read while it was elsewhere is shown, and is no reading there."""
    away = [at for at in track.samples if any(start_ms <= at[0] < end_ms for start_ms, end_ms in track.absent)]
    doubted = [replace(track, quality="suspect", reason=MOVED, samples=tuple(away), absent=())] if away else []
    return [*_pieces(track), *doubted]


def _declared(placements: Sequence[Placement], place: str) -> Iterator[tuple[int, int]]:
    until = [*(other.since_ms for _, other in pairwise(placements)), FOR_GOOD]
    for each, end_ms in zip(placements, until, strict=False):
        if each.place != place and each.since_ms < end_ms:
            yield each.since_ms, end_ms


def _pieces(track: Track) -> Iterator[Track]:
    at_ms, is_cut = track.start_ms, False
    for start_ms, end_ms in track.absent:
        if start_ms > track.end_ms:
            break
        if at_ms < start_ms:
            yield _cut(track, at_ms, start_ms)
        at_ms, is_cut = max(at_ms, end_ms), True
    if not is_cut:
        yield replace(track, absent=())
    elif at_ms < track.end_ms:
        yield replace(_cut(track, at_ms, track.end_ms), removed=track.removed)


def _cut(track: Track, start_ms: int, end_ms: int) -> Track:
    gaps = ((max(begin, start_ms), min(stop, end_ms), reason) for begin, stop, reason in track.gaps)
    return replace(
        track,
        start_ms=start_ms,
        end_ms=end_ms,
        samples=tuple(each for each in track.samples if start_ms <= each[0] < end_ms),
        gaps=tuple(gap for gap in gaps if gap[0] < gap[1]),
        absent=(),
        removed=False,
    )
