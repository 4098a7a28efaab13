"""How old an outbox is: for how long it has been open, counted by itself.

A wall clock cannot say how long something was kept: one that is set a year ahead would have everything forgotten at
once, one that came from the future would have nothing forgotten for years, and one that nobody disciplines could not be
asked at all. So what is kept for so many days is kept for so many days of running, by the monotonic clock. A machine
that is switched off keeps it longer. Only simulated time, which passes by jumps, is taken as it is.
"""

from dataclasses import dataclass, field

from gateway.clock import Clock
from gateway.spool import state
from gateway.spool.file import SpoolFile

_NAME = "age"
_EACH_MS = 10 * 60_000
"""How often it is written down; a process that is killed keeps everything for so much longer."""


@dataclass(slots=True)
class Age:
    """See the module. Its zero is the clock time of the outbox's first opening, which means nothing.

    Attributes:
        file: the outbox's.
        clock: its monotonic seconds are counted.
    """

    file: SpoolFile
    clock: Clock
    _at_opening_ms: int = field(default=0, init=False)
    _opened_at: float = field(default=0.0, init=False)
    _written_ms: int = field(default=0, init=False)

    def begin(self) -> None:
        """Go on from what was written down. Whoever calls holds a transaction."""
        written = state.below(self.file.db, _NAME).get(_NAME)
        if written is None:
            # An outbox of before, whose receipts have a wall clock's instants, is as old as the newest of them.
            newest = self.file.db.execute("SELECT max(acknowledged_ms) FROM batches").fetchone()[0]
            self._at_opening_ms = self.clock.now_ms() if newest is None else newest
        else:
            self._at_opening_ms = int(written)
        self._opened_at = self.clock.monotonic()

    def now_ms(self) -> int:
        """The outbox's age."""
        if self.clock.name == "simulated":
            return self.clock.now_ms()
        return self._at_opening_ms + round((self.clock.monotonic() - self._opened_at) * 1000)

    def write_if_due(self) -> None:
        """Write it down now and then.

        Raises:
            OutboxError: it could not be written.
        """
        if abs(self.now_ms() - self._written_ms) >= _EACH_MS:
            self.write()

    def write(self) -> None:
        """Write it down.

        Raises:
            OutboxError: it could not be written.
        """
        now_ms = self.now_ms()
        with self.file.transaction() as db:
            state.keep(db, {_NAME: b"%d" % now_ms})
        self._written_ms = now_ms
