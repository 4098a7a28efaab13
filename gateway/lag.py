"""How far the ledger is behind this gateway, stream by stream: until when it has what happened here.

Pure. The centre shows what was delivered, so whoever reads it there has to know until when; and here it is told how
long the oldest event has waited. Readings that still stand in an open segment are in no event yet: their wait begins
when the segment closes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from ledger.core.ids import parse_instant


@dataclass(frozen=True, slots=True)
class Lag:
    """One stream.

    Attributes:
        delivered_until: when the last event that the ledger has happened, an instant; None: it has none.
        waiting_since: since when the oldest event waits, an instant; None: none does.
        seconds: how long that is; 0 if none waits.
    """

    delivered_until: str | None
    waiting_since: str | None
    seconds: int


class _Times(msgspec.Struct):
    time: str
    recorded_at: str | None = None
    until: str | None = None

    def known_at(self) -> str:
        return self.recorded_at or self.until or self.time


def of(ends: Mapping[str, tuple[bytes | None, bytes | None]], now_ms: int) -> dict[str, Lag]:
    """The lag of each stream, from the last event with a receipt and the first without (`Outbox.ends`)."""
    return {stream: _lag(delivered, waiting, now_ms) for stream, (delivered, waiting) in ends.items()}


def _lag(delivered: bytes | None, waiting: bytes | None, now_ms: int) -> Lag:
    since = _known_at(waiting)
    seconds = 0 if since is None else max(0, now_ms - parse_instant(since)) // 1000
    return Lag(_known_at(delivered), since, seconds)


def _known_at(body: bytes | None) -> str | None:
    return None if body is None else msgspec.json.decode(body, type=_Times).known_at()
