"""When a thing was said, and whether it is news: what a device's own count and clock tell of a message. Pure.

The gateway's clock stamps what happens, the device's is only a claim. But what was said a while ago, and comes now
because a broker or a radio network held it back, happened then: it is put where the device's clock says, corrected by
how far that clock is off. What was said before is no news; what comes so late that nobody can use it is counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import structs

from gateway import claim
from gateway.claim import Claim
from gateway.sequence import LATE_WINDOW_MS, DeviceCount
from gateway.skew import ON_TIME_MS, DeviceClock
from gateway.wire.items import Reading, TagRead

SET_BACK = "the device's clock was set back, or this came late: nobody can tell when it was read"
_MAX_READS = 4096


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a device said.

    Attributes:
        how: `new`, `late` (older than something that was heard already), `repeat`, or `stale` (too late for anything).
        at_ms: when it was said, by the gateway's clock.
        claimed_ms: when, by the device's own; None: it does not say.
        is_dated: whether `at_ms` is better than when it was received.
        doubt: why it may be another hour's after all; empty: it is not in doubt.
    """

    how: Literal["new", "late", "repeat", "stale"]
    at_ms: int
    claimed_ms: int | None
    is_dated: bool
    doubt: str = ""


@dataclass(slots=True)
class _Kept:
    count: DeviceCount
    clock: DeviceClock


@dataclass(slots=True)
class Hearing:
    """The count and the clock of one device.

    Attributes:
        device: its identifier.
        name: under which what must survive a restart is kept.
        counts: whether the numbers that it gives are its own; else only its instants tell copies.
    """

    device: str
    name: str
    counts: bool = True
    count: DeviceCount = field(default_factory=DeviceCount, init=False)
    clock: DeviceClock = field(default_factory=DeviceClock, init=False)
    _heard_ms: int | None = field(default=None, init=False)
    _anew_since_ms: int | None = field(default=None, init=False)
    _reads: dict[tuple[str, int], int] = field(default_factory=dict, init=False)
    _epoch: int = field(default=0, init=False)

    def restore(self, state: Mapping[str, bytes]) -> None:
        """What the run before had heard."""
        kept = state.get(self.name)
        if kept is not None:
            was = msgspec.json.decode(kept, type=_Kept)
            self.count, self.clock, self._epoch = was.count, was.clock, was.count.epoch

    def state(self) -> dict[str, bytes | None]:
        """What must survive a restart; nothing of a device that neither counts nor stamps what it says."""
        if self.count.highest is None and self.clock.best_ms is None:
            return {}
        return {self.name: msgspec.json.encode(_Kept(self.count, self.clock))}

    def reading(self, reading: Reading, now_ms: int) -> Said:
        """One reading of a probe."""
        if not self.counts:
            reading = structs.replace(reading, sequence=None)
        said = self._of_a_clock_set_back(reading, now_ms) or self._dated(reading.claimed_time, now_ms)
        verdict = self.count.judge(reading.sequence, reading.centi_celsius, said.claimed_ms, now_ms)
        if verdict == "reset":
            self._anew_since_ms = self._heard_ms
        self._heard_ms = now_ms
        if verdict == "repeat":
            return replace(said, how="repeat")
        if verdict == "reset" and said.claimed_ms is not None and now_ms - said.at_ms > LATE_WINDOW_MS:
            # It began anew, and its clock with it: 1970, or the day on which it was made.
            return self._set_back(said.claimed_ms, now_ms, SET_BACK)
        if now_ms - said.at_ms > LATE_WINDOW_MS:
            return replace(said, how="stale")
        return replace(said, how="late") if verdict == "late" else said

    def read(self, read: TagRead, now_ms: int) -> Said:
        """One read of a tag: the same tag, antenna and instant again is a copy; an older one has been overtaken."""
        skew_ms = self.clock.skew_ms
        said = self._dated(read.claimed_time, now_ms)
        if said.claimed_ms is None:
            return said
        if skew_ms - self.clock.skew_ms > ON_TIME_MS:
            # Its clock was set back: by the hour before, everything that it says now would be old.
            self._reads.clear()
        key = (read.epc, read.antenna)
        before_ms = self._reads.pop(key, None)
        if before_ms is None and len(self._reads) >= _MAX_READS:
            del self._reads[next(iter(self._reads))]
        self._reads[key] = max(said.claimed_ms, before_ms or said.claimed_ms)
        if before_ms is None or said.claimed_ms > before_ms:
            return said
        if said.claimed_ms == before_ms:
            return replace(said, how="repeat")
        return replace(said, how="late")

    def claims(self, now_ms: int) -> list[Claim]:
        """What is to be told by now: numbers that never came, a count begun anew, a clock that is off."""
        told: list[Claim] = []
        missing = self.count.missing(now_ms)
        if missing is not None:
            reason = f"{missing.count} of the device's numbers never came"
            told.append(claim.gap(self.device, reason, since_ms=missing.since_ms, now_ms=now_ms))
        if self.count.epoch != self._epoch:
            self._epoch = self.count.epoch
            since_ms = now_ms if self._anew_since_ms is None else self._anew_since_ms
            reason = f"the device began to count anew: its epoch {self._epoch}"
            told.append(claim.gap(self.device, reason, since_ms=since_ms, now_ms=now_ms))
        skew_ms = self.clock.take_told(now_ms)
        if skew_ms is not None:
            told.append(claim.clock_skew(self.device, "gateway", skew_ms, now_ms=now_ms))
        return told

    def shift(self, step_ms: int) -> None:
        """The gateway's clock was set by so much."""
        self.count.shift(step_ms)
        self.clock.shift(step_ms)
        self._heard_ms = None if self._heard_ms is None else self._heard_ms + step_ms
        self._anew_since_ms = None if self._anew_since_ms is None else self._anew_since_ms + step_ms

    def _of_a_clock_set_back(self, reading: Reading, now_ms: int) -> Said | None:
        """It is as new as it came, and its device's clock was set back; None: that is not so."""
        if reading.claimed_time is None:
            return None
        claimed_ms = _milliseconds(reading.claimed_time)
        if self.clock.skew_ms - (claimed_ms - now_ms) <= ON_TIME_MS:
            return None
        if not self.count.is_set_back(reading.sequence, reading.centi_celsius, claimed_ms):
            return None
        return self._set_back(claimed_ms, now_ms, SET_BACK if reading.sequence is None else "")

    def _set_back(self, claimed_ms: int, now_ms: int, doubt: str) -> Said:
        self.clock.set_back(claimed_ms, now_ms)
        return Said("new", now_ms, claimed_ms, is_dated=True, doubt=doubt)

    def _dated(self, claimed: datetime | None, now_ms: int) -> Said:
        if claimed is None:
            return Said("new", now_ms, None, is_dated=False)
        claimed_ms = _milliseconds(claimed)
        return Said("new", now_ms - self.clock.delay_ms(claimed_ms, now_ms), claimed_ms, is_dated=True)


def _milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)
