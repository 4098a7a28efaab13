"""A device's own clock, held against the gateway's: how far it is off, and how late a message is.

Pure. A message cannot arrive before it was said. So the largest difference of late, claimed less received, is the
device's skew, and what falls short of it is delay: a broker delivers in a second what a reader said while the gateway
was away, and that belongs to when it was said. A device that stamps 1970 has a large skew and no delay. Delay that
stays the same while messages come at their usual pace is none either: the device's clock was set back. Nor is it where
the clock was ahead for a while and is again as it was: for a minute, from one message to one that came later (since
what a broker held back comes at once), or for less time than the message would be late. That long ago, nothing was said
by the clock that was ahead.
"""

from dataclasses import dataclass

HOUR_MS = 3_600_000
ON_TIME_MS = 10_000
"""Less is how messages travel."""
SETTLED_MS = 60_000
"""So long, in received time, a skew must have been the same to be told, or a delay to be a skew."""
SAME_MS = 15_000
TOLD_MS = 30_000
"""A skew that differs by less from what was last told is not told again."""


@dataclass(slots=True)
class DeviceClock:
    """The clock of one device. Its fields are what must survive a restart.

    Attributes:
        best_ms: the largest claimed less received in the present hour; None before the first message.
        hour_ms: when that hour began.
        earlier_ms: the same of the hour before; None if there was none.
        late_since_ms: since when messages are late; None while they are not.
        late_by_ms: by how much the first of them was.
        steady_since_ms: since when the skew has been the same.
        told_ms: the skew that was last told; 0 stands for none.
        before_ms: the skew before the clock was set ahead; None while it was not.
        ahead_since_ms: when it was set ahead.
        before_at_ms: when that was heard last, where it had not settled; None where it had.
        on_time_at_ms: when a message was last on time.
    """

    best_ms: int | None = None
    hour_ms: int = 0
    earlier_ms: int | None = None
    late_since_ms: int | None = None
    late_by_ms: int = 0
    steady_since_ms: int = 0
    told_ms: int = 0
    before_ms: int | None = None
    ahead_since_ms: int = 0
    before_at_ms: int | None = None
    on_time_at_ms: int | None = None

    @property
    def skew_ms(self) -> int:
        """How far the device's clock is ahead of the gateway's; negative: behind."""
        known = [each for each in (self.best_ms, self.earlier_ms) if each is not None]
        return max(known, default=0)

    def delay_ms(self, claimed_ms: int, now_ms: int) -> int:
        """How long ago this was said, by all that is known; 0 where it is on time."""
        difference_ms = claimed_ms - now_ms
        self._learn(difference_ms, now_ms)
        late_by_ms = self.skew_ms - difference_ms
        if late_by_ms <= ON_TIME_MS:
            self.late_since_ms, self.on_time_at_ms = None, now_ms
            return 0
        if self._is_as_before(difference_ms, now_ms):
            self.set_back(claimed_ms, now_ms)
            return 0
        if self.late_since_ms is None:
            self.late_since_ms, self.late_by_ms = now_ms, late_by_ms
        elif now_ms - self.late_since_ms >= SETTLED_MS and abs(late_by_ms - self.late_by_ms) <= SAME_MS:
            self._begin(difference_ms, now_ms)
            return 0
        return late_by_ms

    def set_back(self, claimed_ms: int, now_ms: int) -> None:
        """The device's clock was set back: what it says is on time, and by another clock than before."""
        self._begin(claimed_ms - now_ms, now_ms)

    def take_told(self, now_ms: int) -> int | None:
        """The skew, if it has settled and differs from what was last told."""
        if self.best_ms is None or not self._has_settled(now_ms):
            return None
        if abs(self.skew_ms - self.told_ms) < TOLD_MS:
            return None
        self.told_ms = self.skew_ms
        return self.told_ms

    def shift(self, step_ms: int) -> None:
        """The gateway's clock was set by so much: by it, the device is off by that much less."""
        if self.best_ms is not None:
            self.best_ms -= step_ms
        if self.earlier_ms is not None:
            self.earlier_ms -= step_ms
        if self.before_ms is not None:
            self.before_ms -= step_ms
        self.hour_ms += step_ms
        self.ahead_since_ms += step_ms
        self.steady_since_ms += step_ms
        self.late_since_ms = None
        if self.before_at_ms is not None:
            self.before_at_ms += step_ms
        if self.on_time_at_ms is not None:
            self.on_time_at_ms += step_ms

    def _is_as_before(self, difference_ms: int, now_ms: int) -> bool:
        """Whether the clock is again as it was before it was set ahead."""
        if self.before_ms is None or abs(difference_ms - self.before_ms) > ON_TIME_MS:
            return False
        said_ms = now_ms - (self.skew_ms - difference_ms)
        if self._has_settled(now_ms) and said_ms >= self.ahead_since_ms - ON_TIME_MS:
            return False
        return self.before_at_ms is None or now_ms - self.before_at_ms >= ON_TIME_MS

    def _has_settled(self, now_ms: int) -> bool:
        return now_ms - self.steady_since_ms >= SETTLED_MS

    def _learn(self, difference_ms: int, now_ms: int) -> None:
        if self.best_ms is None:
            self._begin(difference_ms, now_ms)
            return
        if difference_ms > self.skew_ms + SAME_MS:
            if self._has_settled(now_ms):
                self.before_ms, self.before_at_ms, self.ahead_since_ms = self.skew_ms, None, now_ms
            elif self.before_ms is None:
                self.before_ms, self.before_at_ms, self.ahead_since_ms = self.skew_ms, self.on_time_at_ms, now_ms
            self.steady_since_ms = now_ms
        if not 0 <= now_ms - self.hour_ms < HOUR_MS:
            self.earlier_ms, self.best_ms, self.hour_ms = self.best_ms, difference_ms, now_ms
        self.best_ms = max(self.best_ms, difference_ms)

    def _begin(self, difference_ms: int, now_ms: int) -> None:
        self.best_ms, self.earlier_ms, self.hour_ms = difference_ms, None, now_ms
        self.steady_since_ms, self.on_time_at_ms = now_ms, now_ms
        self.late_since_ms = self.before_ms = self.before_at_ms = None
