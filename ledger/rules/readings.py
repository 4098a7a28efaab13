"""What the probes of every place read, as the stays of a unit ask for it: cut for one unit, or once for many.

Both ways say the same; they differ in what they cost. Nothing is judged here beyond one place at one time: that is
`standing`; what follows for a unit is `exposure`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

from typing_extensions import override

from ledger.rules.pack import Limits
from ledger.rules.standing import Piece, ProbeLog, Track, combine, cut, probe_logs
from ledger.rules.timeline import Timeline


class Readings(ABC):
    """What every place was like, under any limits."""

    def __init__(self, tracks: Mapping[str, Sequence[Track]]) -> None:
        """Take what the probes of each place read, any number of probes, in any order."""
        self._tracks = tracks

    def pieces(self, place: str, limits: Limits | None, start_ms: int, end_ms: int) -> Iterator[Piece]:
        """What the place was like in [start_ms, end_ms); nothing of it is left out."""
        if limits is None:
            yield Piece(start_ms, end_ms, "unknown", "no-limits")
        elif not self._tracks.get(place):
            yield Piece(start_ms, end_ms, "unknown", "no-probe")
        else:
            yield from self._standing(place, limits, start_ms, end_ms)

    @abstractmethod
    def _standing(self, place: str, limits: Limits, start_ms: int, end_ms: int) -> Iterator[Piece]:
        """The same where there are limits and a probe."""


class OfOneUnit(Readings):
    """Cuts only what one unit's stays ask for."""

    def __init__(self, tracks: Mapping[str, Sequence[Track]]) -> None:
        """Take what the probes of each place read."""
        super().__init__(tracks)
        self._logs: dict[tuple[str, int | None, int | None, int], list[ProbeLog]] = {}

    @override
    def _standing(self, place: str, limits: Limits, start_ms: int, end_ms: int) -> Iterator[Piece]:
        key = (place, limits.low, limits.high, limits.max_gap_ms)
        logs = self._logs.get(key)
        if logs is None:
            logs = self._logs[key] = probe_logs(self._tracks[place], limits)
        yield from combine(logs, start_ms, end_ms)


class OfMany(Readings):
    """Cuts the whole time of a place once for all units; components that bear the same there share it."""

    def __init__(self, tracks: Mapping[str, Sequence[Track]], since_ms: int, until_ms: int) -> None:
        """Take what the probes of each place read, and the time [since_ms, until_ms) that may be asked for."""
        super().__init__(tracks)
        self._since_ms = since_ms
        self._until_ms = until_ms
        self._timelines: dict[tuple[str, int | None, int | None, int], Timeline] = {}

    @override
    def _standing(self, place: str, limits: Limits, start_ms: int, end_ms: int) -> Iterator[Piece]:
        key = (place, limits.low, limits.high, limits.max_gap_ms)
        timeline = self._timelines.get(key)
        if timeline is None:
            logs = probe_logs(self._tracks[place], limits)
            timeline = self._timelines[key] = Timeline(cut(logs, self._since_ms, self._until_ms))
        yield from timeline.pieces(start_ms, end_ms)
