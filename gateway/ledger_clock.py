"""The ledger's clock, held against the gateway's: what answers to batches say of the time (`Date`, RFC 9110, 6.6.1).

A gateway whose clock is wrong dates what it observes wrongly, whatever disciplines that clock. Where it is behind, what
it delivers only looks late at the centre, so it has to find out by itself. A `Date` is a whole second, cut off, and on
its way for a while: it tells half a minute, not a second.
"""

import threading
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from gateway.clock import Clock
from gateway.skew import ON_TIME_MS, DeviceClock


@dataclass(slots=True)
class LedgerClock:
    """What is known of the ledger's clock. Heard by the uplink's thread, asked by the runner's.

    Attributes:
        clock: the gateway's own.
    """

    clock: Clock
    _known: DeviceClock = field(default_factory=DeviceClock, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def hear(self, date: str | None) -> None:
        """The `Date` of an answer that came just now; one that is none, or a clock of a story, says nothing."""
        if not date or self.clock.name == "simulated":
            return
        try:
            said_ms = int(parsedate_to_datetime(date).timestamp() * 1000)
        except (ValueError, OverflowError):
            return
        with self._lock:
            self._known.delay_ms(said_ms, self.clock.now_ms())

    @property
    def ahead_ms(self) -> int:
        """How far the ledger's clock is ahead of the gateway's, negative: behind; 0 where they agree."""
        with self._lock:
            skew_ms = self._known.skew_ms
        return skew_ms if abs(skew_ms) > ON_TIME_MS else 0

    def take_told(self, now_ms: int) -> int | None:
        """The same, once it has settled and differs from what was last told."""
        with self._lock:
            return self._known.take_told(now_ms)

    def shift(self, step_ms: int) -> None:
        """The gateway's clock was set by so much."""
        with self._lock:
            self._known.shift(step_ms)
