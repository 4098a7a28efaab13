"""What a gateway's outbox is tried with: a clock set by hand, facts to keep, a ledger that takes everything."""

from dataclasses import dataclass

from gateway import claim
from gateway.clock import Trust
from gateway.outbox import Outbox
from gateway.temperature import ProbeRule, SegmentClosed
from tests.support.gateway_ledger import StrictLedger

C, T = "gw-centre/1/c", "gw-centre/1/t"
NOON = 1_772_452_800_000


@dataclass
class HandClock:
    """A clock that a test sets."""

    name: Trust = "synchronised"
    ms: int = NOON
    seconds: float = 100.0

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.seconds

    def go_on(self, ms: int) -> None:
        """Let time pass."""
        self.ms += ms
        self.seconds += ms / 1000


def fault(number: int) -> claim.Claim:
    """A fact of custody."""
    return claim.device_fault("device:gw-centre/r1", f"fault {number}", place=None, now_ms=NOON)


def reading(number: int) -> claim.Claim:
    """A fact of telemetry."""
    rule = ProbeRule("probe:gw-centre/p1", "place:centre/fridge-1", "air", 60_000)
    return claim.segment(SegmentClosed(NOON, NOON + 900_000, "good", "", ((0, number),), ()), rule)


def send_all(box: Outbox, ledger: StrictLedger) -> int:
    """Deliver everything that waits; how many batches."""
    sent = 0
    while sealed := box.next_batch():
        answer = ledger.post(sealed.wire)
        assert answer.status == 200, answer
        assert box.acknowledge(sealed, answer.body) is None
        sent += 1
    return sent
