"""What the probes of one place said, at every instant: readings that stand, gaps, faults.

A reading stands until the next one, at most the limits' `max_gap_ms`. A declared gap, a fault, or the removal of the
probe ends it at once. A reading taken inside a stretch that cannot be trusted is not a reading; nor is one of a probe
that was elsewhere (`moved`).
Where several probes measure one place, `out` beats `unknown` beats a gap beats `ok` (architecture, cold-chain
arithmetic). Whether a gap is tolerated is decided for the whole way of a unit, in `gaps`.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from ledger.rules.moved import MOVED, known_there
from ledger.rules.pack import Limits
from ledger.rules.track import Track

__all__ = ["Piece", "ProbeLog", "State", "Track", "combine", "cut", "probe_logs"]

State: TypeAlias = Literal["ok", "gap", "unknown", "out"]

_SEVERITY: dict[State, int] = {"ok": 0, "gap": 1, "unknown": 2, "out": 3}


class Piece(Struct, frozen=True):
    """A stretch [start_ms, end_ms) in which nothing changed. One is made of every reading: a dataclass costs thrice.

    Attributes:
        start_ms: its first instant.
        end_ms: the instant after its last.
        state: `gap` means that no reading stands and no fault is known.
        reason: why the state is not `ok`; empty where it is.
        lowest: the lowest standing reading, centi-degrees; None without one.
        highest: the highest.
        read_ms: when the newest standing reading was taken; of several probes, the one that lags most.
        silent_since_ms: of a gap, when the silent probe read last; of several silent ones, the one that lags most;
            None where it has not read since it came.
    """

    start_ms: int
    end_ms: int
    state: State
    reason: str
    lowest: int | None = None
    highest: int | None = None
    read_ms: int | None = None
    silent_since_ms: int | None = None


class _Mark(NamedTuple):
    """From `at_ms` on, the probe is in another state. Ordered so that of simultaneous marks the later one wins."""

    at_ms: int
    rank: int
    severity: int
    centi: int
    until_ms: int
    state: State
    reason: str

    @property
    def is_reading(self) -> bool:
        return self.rank == _READING


_REMOVED, _DECLARED, _FAULT, _READING = range(4)


class ProbeLog:
    """One probe in one place under one set of limits; cuts any stretch of time into pieces."""

    def __init__(self, tracks: Sequence[Track], limits: Limits) -> None:
        ordered = sorted(known_there(tracks), key=lambda track: (track.start_ms, track.end_ms))
        self._present = _presence(ordered)
        self._marks = _effective(sorted(mark for track in ordered for mark in _marks(track, limits)))
        self._times = [mark.at_ms for mark in self._marks]
        read = (mark.at_ms if mark.is_reading else -1 for mark in self._marks)
        self._read = list(accumulate(read, max))
        self._max_gap_ms = limits.max_gap_ms

    def pieces(self, start_ms: int, end_ms: int) -> Iterator[Piece]:
        """The pieces of [start_ms, end_ms), in order; where the probe was not in the place, there are none."""
        for begin, stop in self._present:
            yield from self._pieces_while_present(max(start_ms, begin), min(end_ms, stop), begin)

    def has_left(self, at_ms: int) -> bool:
        """Whether the probe had been in the place and was taken out of it by then."""
        return any(stop <= at_ms for _, stop in self._present)

    def _pieces_while_present(self, start_ms: int, end_ms: float, came_ms: int) -> Iterator[Piece]:
        if start_ms >= end_ms:
            return
        place = bisect_right(self._times, start_ms)
        begin = start_ms
        while begin < end_ms:
            stop = int(min(end_ms, self._times[place])) if place < len(self._times) else int(end_ms)
            if begin < stop:
                read_ms = self._read[place - 1] if place else -1
                silent_since_ms = read_ms if read_ms >= came_ms else None
                yield from self._after(self._marks[place - 1] if place else None, begin, stop, silent_since_ms)
            begin, place = stop, place + 1

    def _after(self, mark: _Mark | None, begin: int, stop: int, silent_since_ms: int | None) -> Iterator[Piece]:
        """The one or two pieces of [begin, stop), in which `mark` is the newest."""
        if mark is None:
            yield Piece(begin, stop, "gap", "no-reading", silent_since_ms=silent_since_ms)
        elif mark.is_reading and mark.state != "unknown":
            falls = min(stop, max(begin, mark.at_ms + self._max_gap_ms))
            if begin < falls:
                yield Piece(begin, falls, mark.state, mark.reason, mark.centi, mark.centi, mark.at_ms)
            if falls < stop:
                yield Piece(falls, stop, "gap", "no-reading", silent_since_ms=silent_since_ms)
        else:
            silent_ms = silent_since_ms if mark.state == "gap" else None
            yield Piece(begin, stop, mark.state, mark.reason, silent_since_ms=silent_ms)


def combine(logs: Sequence[ProbeLog], start_ms: int, end_ms: int) -> Iterator[Piece]:
    """What the place was like in [start_ms, end_ms), over all its probes; the pieces leave nothing out."""
    return _runs(cut(logs, start_ms, end_ms))


def cut(logs: Sequence[ProbeLog], start_ms: int, end_ms: int) -> Iterator[Piece]:
    """The same in pieces that nobody has joined yet: one for every reading that stands, at least."""
    rows = [list(log.pieces(start_ms, end_ms)) for log in logs]
    # One probe that was there all the time, the usual case, needs no overlay.
    alone = len(rows) == 1 and _is_whole(rows[0], start_ms, end_ms)
    return iter(rows[0]) if alone else _overlaid(logs, rows, start_ms, end_ms)


def _is_whole(row: Sequence[Piece], start_ms: int, end_ms: int) -> bool:
    """Whether the pieces follow each other from the first instant to the last."""
    return [start_ms, *(piece.end_ms for piece in row)] == [*(piece.start_ms for piece in row), end_ms]


def probe_logs(tracks: Iterable[Track], limits: Limits) -> list[ProbeLog]:
    """The log of every probe among the tracks, in order of the probes' names."""
    by_probe = groupby(sorted(tracks, key=lambda track: track.probe), key=lambda track: track.probe)
    return [ProbeLog(list(of_probe), limits) for _, of_probe in by_probe]


def _overlaid(logs: Sequence[ProbeLog], rows: Sequence[Sequence[Piece]], start_ms: int, end_ms: int) -> Iterator[Piece]:
    cuts = sorted(
        {start_ms, end_ms, *(edge for row in rows for piece in row for edge in (piece.start_ms, piece.end_ms))}
    )
    places = [0] * len(rows)
    for begin, stop in pairwise(cuts):
        standing = []
        for number, row in enumerate(rows):
            while places[number] < len(row) and row[places[number]].end_ms <= begin:
                places[number] += 1
            if places[number] < len(row) and row[places[number]].start_ms <= begin:
                standing.append(row[places[number]])
        yield _worst(standing, begin, stop) if standing else _nobody_there(logs, begin, stop)


def _runs(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same pieces, neighbours of one state and reason made one: weeks of good minutes become one."""
    for _, run in groupby(pieces, key=lambda piece: (piece.state, piece.reason)):
        alike = list(run)
        lowest = [piece.lowest for piece in alike if piece.lowest is not None]
        highest = [piece.highest for piece in alike if piece.highest is not None]
        first, last = alike[0], alike[-1]
        yield Piece(
            first.start_ms, last.end_ms, first.state, first.reason, min(lowest, default=None),
            max(highest, default=None), last.read_ms, first.silent_since_ms,
        )  # fmt: skip


def _nobody_there(logs: Sequence[ProbeLog], begin: int, stop: int) -> Piece:
    return Piece(begin, stop, "gap", MOVED if any(log.has_left(begin) for log in logs) else "no-reading")


def _worst(pieces: Sequence[Piece], begin: int, stop: int) -> Piece:
    worst = max(pieces, key=lambda piece: (_SEVERITY[piece.state], piece.reason))
    lowest = [piece.lowest for piece in pieces if piece.lowest is not None]
    highest = [piece.highest for piece in pieces if piece.highest is not None]
    read = [piece.read_ms for piece in pieces if piece.read_ms is not None]
    silent = [piece.silent_since_ms for piece in pieces if piece.silent_since_ms is not None]
    return Piece(
        begin, stop, worst.state, worst.reason, min(lowest, default=None), max(highest, default=None),
        min(read, default=None), min(silent, default=None) if worst.state == "gap" else None,
    )  # fmt: skip


def _presence(ordered: Sequence[Track]) -> list[tuple[int, float]]:
    """When the probe was in the place: from a track's start until a removal, or for good."""
    present: list[tuple[int, float]] = []
    since: int | None = None
    for track in ordered:
        since = track.start_ms if since is None else since
        if track.removed:
            present.append((since, track.end_ms))
            since = None
    if since is not None:
        present.append((since, math.inf))
    return present


def _marks(track: Track, limits: Limits) -> Iterator[_Mark]:
    if track.quality != "good":
        yield _block(_FAULT, track.start_ms, track.end_ms, "unknown", track.reason or track.quality)
    else:
        for at_ms, centi in track.samples:
            yield _reading(track, limits, at_ms, centi)
        yield from _declared(track)
    if track.removed:
        yield _block(_REMOVED, track.end_ms, track.end_ms, "gap", "probe-removed")


def _declared(track: Track) -> Iterator[_Mark]:
    """The track's gaps; one that is said to begin with a reading begins just after it, so that the reading counts."""
    read_at = {at_ms for at_ms, _ in track.samples}
    for said_ms, end_ms, reason in track.gaps:
        start_ms = said_ms + 1 if said_ms in read_at else said_ms
        if start_ms < end_ms:
            yield _block(_DECLARED, start_ms, end_ms, "gap", reason)


def _block(rank: int, start_ms: int, end_ms: int, state: State, reason: str) -> _Mark:
    return _Mark(start_ms, rank, _SEVERITY[state], 0, end_ms, state, reason)


def _reading(track: Track, limits: Limits, at_ms: int, centi: int) -> _Mark:
    state, reason = _judge(limits, centi)
    if track.calibration_until_ms is not None and at_ms > track.calibration_until_ms:
        state, reason = "unknown", "calibration-expired"
    return _Mark(at_ms, _READING, _SEVERITY[state], centi, at_ms, state, reason)


def _judge(limits: Limits, centi: int) -> tuple[State, str]:
    """Limits are inclusive."""
    if limits.low is not None and centi < limits.low:
        return "out", "below"
    if limits.high is not None and centi > limits.high:
        return "out", "above"
    return "ok", ""


def _effective(marks: Sequence[_Mark]) -> list[_Mark]:
    """The marks that change something: no reading from inside a fault, no gap that would hide a fault or what was out.

    What was out stays out until the next reading, at most `max_gap`: a probe that falls silent while it is warm must
    not turn a warm unit into a tolerated gap.
    """
    kept: list[_Mark] = []
    faulty_until = -math.inf
    for mark in marks:
        if mark.rank == _FAULT:
            faulty_until = max(faulty_until, mark.until_ms)
        if mark.is_reading and mark.at_ms < faulty_until:
            continue
        if mark.rank == _DECLARED and kept and kept[-1].state in {"unknown", "out"}:
            continue
        kept.append(mark)
    return kept
