"""Durable write 1, under pressure: what was kept, what waits in memory, what nobody may count as kept.

What the letters of a turn mean goes to the outbox as a whole. Only then may a broker forget a message, and only then is
a scanner told that its scan is safe. Where the disk is full, what was learnt stays in memory and is offered again each
second, loudly; scanners are told that it is not safe. Where only the reserve is left, custody and alarms go on being
kept and readings wait. What even memory cannot hold is refused: readings with a `gap` that says so, custody by ending
the process, so that nobody believes in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from gateway import claim
from gateway.device import Change
from gateway.outbox import Outbox, OutboxError, is_telemetry
from ledger.core.errors import FormatError
from ledger.core.ids import parse_instant

RETRY_SECONDS = 1.0
MAX_HELD_CLAIMS = 20_000
"""Ten hours of a busy cold room; beyond it memory would fail next, and less visibly."""
READINGS = "reading/"
"""Below it is the state that belongs to readings: it waits with them."""
_log = structlog.get_logger("gateway")


@dataclass(slots=True)
class Learnt:
    """What one letter, or the passing of time, meant.

    Attributes:
        change: what is to be kept.
        message: the connection and number of the broker's message that said it; None: none did.
        scanned: the line of the scanner that waits to hear whether its scan is safe; empty: nobody waits.
    """

    change: Change
    message: tuple[str, int] | None = None
    scanned: str = ""


@dataclass(slots=True)
class _Parcel:
    """What is written in one go, and the messages that may be forgotten afterwards."""

    change: Change = field(default_factory=Change)
    messages: list[tuple[str, int]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.change.claims or self.change.state or self.messages)

    def size(self) -> int:
        """How much memory it takes, in claims; a reading's own state is a tenth of one."""
        return len(self.change.claims) + len(self.change.state) // 10


@dataclass(slots=True)
class Keeping:
    """See the module. Used by one thread.

    Attributes:
        outbox: where it is kept.
        device: the gateway's own identifier, for a gap.
        acknowledge: tells the broker that these messages are durable.
        told_stored: tells a scanner's line that what it scanned is safe.
        told_refused: tells it that it is not.
        alarm: why something is not kept; empty while everything is.
    """

    outbox: Outbox
    device: str
    acknowledge: Callable[[Sequence[tuple[str, int]]], None]
    told_stored: Callable[[str], None]
    told_refused: Callable[[str], None]
    alarm: str = ""
    _custody: _Parcel = field(default_factory=_Parcel, init=False)
    _readings: _Parcel = field(default_factory=_Parcel, init=False)
    _retry_at: float = field(default=0.0, init=False)
    _retry_custody_at: float = field(default=0.0, init=False)
    _told: set[str] = field(default_factory=set, init=False)

    def keep(self, learnt: Sequence[Learnt]) -> None:
        """Keep this, and what was held before it, if it is time to try again.

        Raises:
            OutboxError: custody cannot be kept any more, and memory is full of it.
        """
        for each in learnt:
            self._take(each)
        now = self.outbox.clock.monotonic()
        if not self.alarm or now >= self._retry_at:
            self._write()
        elif now >= self._retry_custody_at:
            # What waits for room may be readings alone: a scan is not refused because of them.
            self._write_custody()
        for line in dict.fromkeys(each.scanned for each in learnt if each.scanned):
            (self.told_refused if self._custody else self.told_stored)(line)

    def keep_now(self, learnt: Sequence[Learnt]) -> None:
        """The same, without waiting for the next second: the gateway ends.

        Raises:
            OutboxError: see `keep`.
        """
        self._retry_at = self._retry_custody_at = 0.0
        self.keep(learnt)

    def _take(self, learnt: Learnt) -> None:
        readings, custody = _split(learnt.change)
        for parcel, change in ((self._readings, readings), (self._custody, custody)):
            parcel.change.add(change)
        if learnt.message is not None:
            # A message is the broker's until all that it said is kept, so it waits for the readings if it has any.
            (self._readings if readings.claims or readings.state else self._custody).messages.append(learnt.message)

    def _write(self) -> None:
        try:
            if self._custody or self._readings:
                whole = Change([*self._custody.change.claims, *self._readings.change.claims])
                whole.state = self._custody.change.state | self._readings.change.state
                self._append(whole)
            self._kept(self._custody, self._readings)
            self._custody, self._readings, self.alarm = _Parcel(), _Parcel(), ""
            self._told.clear()
        except OutboxError as error:
            self._failed(error)
            self._write_custody()

    def _write_custody(self) -> None:
        """What the reserve is for."""
        if self._readings.size() > MAX_HELD_CLAIMS:
            self._refuse_readings()
        if not self._custody:
            return
        try:
            self._append_twice(self._custody.change)
            self._kept(self._custody)
            self._custody = _Parcel()
        except OutboxError as error:
            self._failed(error)
            self._retry_custody_at = self._retry_at
            if self._custody.size() > MAX_HELD_CLAIMS:
                raise

    def _append_twice(self, change: Change) -> None:
        """The first attempt on a disk that is full to the last block is what frees the ballast for the second."""
        try:
            self._append(change)
        except OutboxError:
            self._append(change)

    def _append(self, change: Change) -> None:
        try:
            self.outbox.append(change.claims, change.state)
        except FormatError:
            # One claim that cannot be an event must not take the others with it.
            for each in change.claims:
                try:
                    self.outbox.append([each])
                except FormatError as error:
                    _log.critical("claim dropped", kind=each.kind.__name__, reason=str(error))
            self.outbox.append([], change.state)

    def _kept(self, *parcels: _Parcel) -> None:
        messages = [message for parcel in parcels for message in parcel.messages]
        if messages:
            self.acknowledge(messages)

    def _failed(self, error: OutboxError) -> None:
        if str(error) not in self._told:
            # Once each: on a full disk the log must not be what fills it again.
            self._told.add(str(error))
            _log.critical("storage", reason=str(error), held_claims=self._custody.size() + self._readings.size())
        self.alarm = str(error)
        self._retry_at = self.outbox.clock.monotonic() + RETRY_SECONDS

    def _refuse_readings(self) -> None:
        """Say what is missing from now on, in custody, and let go of it. Its messages stay the broker's."""
        now_ms = self.outbox.clock.now_ms()
        times = [str(each.fields["time"]) for each in self._readings.change.claims]
        since_ms = min(map(parse_instant, times), default=now_ms)
        reason = f"readings were not kept: {self.alarm}"
        _log.critical("readings refused", claims=len(times))
        self._custody.change.claims.append(claim.gap(self.device, reason, since_ms=since_ms, now_ms=now_ms))
        self._readings = _Parcel()


def _split(change: Change) -> tuple[Change, Change]:
    """What belongs to readings, and what to custody; the order within each is kept."""
    parts = (Change(), Change())
    for each in change.claims:
        parts[not is_telemetry(each)].claims.append(each)
    for name, value in change.state.items():
        parts[not name.startswith(READINGS)].state[name] = value
    return parts
