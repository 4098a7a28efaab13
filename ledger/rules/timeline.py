"""What one place was like under one set of limits, cut once for every unit that was ever there.

Thousands of units share a refrigerator. `standing.combine` cuts the place's readings anew for each of them; a timeline
cuts them once, joins what is alike, and answers each unit with a few look-ups. It says exactly what `combine` says.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Final, TypeAlias

from ledger.rules.standing import Piece, State

BLOCK: Final = 256
"""So many pieces have their extremes kept together, so that weeks of good minutes are a few hundred comparisons."""
_NONE: Final = 1 << 62
"""Stands for a temperature or an instant that there is not: later than any instant, beyond any temperature."""

_Numbers: TypeAlias = "array[int]"


class Timeline:
    """One place's pieces; asked for a stretch within them, it gives that stretch's runs."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        """Take the pieces of the whole time, in order and without a hole."""
        self._starts: _Numbers = array("q")
        self._read: _Numbers = array("q")
        self._silent: _Numbers = array("q")
        self._runs: list[tuple[State, str]] = []
        self._run_starts: list[int] = []
        lows, highs = array("q"), array("q")
        for alike, run in groupby(pieces, key=lambda piece: (piece.state, piece.reason)):
            self._runs.append(alike)
            self._run_starts.append(len(self._starts))
            for piece in run:
                self._starts.append(piece.start_ms)
                self._read.append(_NONE if piece.read_ms is None else piece.read_ms)
                self._silent.append(_NONE if piece.silent_since_ms is None else piece.silent_since_ms)
                lows.append(_NONE if piece.lowest is None else piece.lowest)
                highs.append(-_NONE if piece.highest is None else piece.highest)
        self._run_starts.append(len(self._starts))
        self._lowest = _Extremes(lows, min)
        self._highest = _Extremes(highs, max)

    def pieces(self, start_ms: int, end_ms: int) -> Iterator[Piece]:
        """What `combine` says of [start_ms, end_ms), which must lie within the time that the timeline was made for."""
        first = bisect_right(self._starts, start_ms) - 1
        stop = bisect_left(self._starts, end_ms)
        run = bisect_right(self._run_starts, first) - 1
        begin_ms = start_ms
        while first < stop:
            last = min(self._run_starts[run + 1], stop)
            until_ms = self._starts[last] if last < stop else end_ms
            yield self._run(run, first, last, begin_ms, until_ms)
            run, first, begin_ms = run + 1, last, until_ms

    def _run(self, run: int, first: int, last: int, start_ms: int, end_ms: int) -> Piece:
        state, reason = self._runs[run]
        lowest, highest, read = self._lowest.over(first, last), self._highest.over(first, last), self._read[last - 1]
        silent = self._silent[first]
        return Piece(
            start_ms, end_ms, state, reason, None if lowest == _NONE else lowest,
            None if highest == -_NONE else highest, None if read == _NONE else read,
            None if silent == _NONE else silent,
        )  # fmt: skip


class _Extremes:
    """The least or the greatest of any stretch of many numbers, without looking at each of them."""

    def __init__(self, numbers: _Numbers, pick: Callable[[Iterable[int]], int]) -> None:
        self._numbers = numbers
        self._pick = pick
        self._blocks = [pick(numbers[at : at + BLOCK]) for at in range(0, len(numbers), BLOCK)]

    def over(self, first: int, stop: int) -> int:
        """The extreme of the numbers [first, stop), of which there is at least one."""
        head, tail = -(-first // BLOCK), stop // BLOCK
        if head > tail:
            return self._pick(self._numbers[first:stop])
        edges = self._numbers[first : head * BLOCK] + self._numbers[tail * BLOCK : stop]
        return self._pick([*edges, *self._blocks[head:tail]])
