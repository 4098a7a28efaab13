"""Whether a thread still gets anywhere: a call into a library or a driver may never return.

Ports and the uplink beat as they go round; the runner looks. A thread without a beat for longer than its patience is
stuck, and no other thread can free it: the process ends, everything kept, so that whoever supervises it starts it anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class Pulse:
    """One thread's.

    Attributes:
        patience_seconds: for so long it may be within one call.
        at: real seconds of the last beat; None before the first.
    """

    patience_seconds: float
    at: float | None = None

    def beat(self, seconds: float) -> None:
        """It goes round."""
        self.at = seconds

    def stop(self) -> None:
        """It ended, as it was asked to."""
        self.at = None


def stuck(pulses: Iterable[tuple[str, Pulse]], now: float) -> str:
    """Which thread does not get anywhere, and for how long; empty if all do."""
    for name, pulse in pulses:
        if pulse.at is not None and now - pulse.at > pulse.patience_seconds:
            return f"{name}: no sign of life for {now - pulse.at:.0f} s"
    return ""
