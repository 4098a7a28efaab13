"""When a Modbus RTU master may speak: the guard against the answer that comes too late.

RTU answers carry no number. A master that gives up waiting and asks the next probe takes the late answer of the first
for the answer of the second, and stays one off from then on: another refrigerator's temperature, with a good checksum.
So after any time-out the master drains the line and stays silent for longer than its slowest slave may take, and every
byte that comes meanwhile starts the silence anew.

Pure: a state and an instant in, a state out. Instants are seconds of a monotonic clock.

    Ready ──asked──▶ Waiting ──answered──▶ Ready
      ▲                 │ tick past the deadline
      └──tick past──────┴──▶ Draining ◀─┐ heard: begins anew
              the silence       └───────┘
"""

from dataclasses import dataclass
from typing import TypeAlias

MAX_DRAIN_SECONDS = 30.0
"""A line that babbles this long will not fall silent: a fault of the line, which the caller tells from `babbles`."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The master may ask."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An answer is due until `deadline`."""

    deadline: float


@dataclass(frozen=True, slots=True)
class Draining:
    """Whatever comes is late: thrown away. The line must be silent until `quiet_until`; draining began at `since`."""

    quiet_until: float
    since: float


Line: TypeAlias = Ready | Waiting | Draining


@dataclass(frozen=True, slots=True)
class QuietRule:
    """How patient the master is.

    Attributes:
        answer_seconds: how long an answer may take before it counts as missing.
        quiet_seconds: how long the line must be silent afterwards; longer than the slowest slave ever takes.
    """

    answer_seconds: float = 1.0
    quiet_seconds: float = 3.0

    def started(self, now: float) -> Line:
        """A port just opened: an answer to the program before us may still be on its way."""
        return Draining(now + self.quiet_seconds, now)

    def asked(self, line: Line, now: float) -> Line:
        """A request was sent. Asking out of turn counts as a time-out: nobody knows whose answer comes first."""
        if isinstance(line, Ready):
            return Waiting(now + self.answer_seconds)
        return Draining(now + self.quiet_seconds, now)

    def answered(self, line: Line, now: float) -> Line:
        """The decoder accepted the answer to the pending request; out of turn it is only something heard."""
        if isinstance(line, Waiting) and now <= line.deadline:
            return Ready()
        return self.heard(self.tick(line, now), now)

    def heard(self, line: Line, now: float) -> Line:
        """Bytes came that answer nothing."""
        if isinstance(line, Draining):
            return Draining(now + self.quiet_seconds, line.since)
        return self.tick(line, now)

    def tick(self, line: Line, now: float) -> Line:
        """Time passed."""
        if isinstance(line, Waiting) and now > line.deadline:
            return Draining(now + self.quiet_seconds, now)
        if isinstance(line, Draining) and now > line.quiet_until:
            return Ready()
        return line


def babbles(line: Line, now: float) -> bool:
    """Whether the line has been draining for so long that somebody must look at the wiring."""
    return isinstance(line, Draining) and now - line.since > MAX_DRAIN_SECONDS
