"""Until when the probes are calibrated that speak now, as their own segments say.

After that day nothing that a probe reads bears a verdict (`calibration-expired`): every bag beside it is unknown.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.core import kinds
from ledger.core.ids import parse_instant

if TYPE_CHECKING:
    from ledger.read.reader import Reader

SOON_DAYS = 30
_DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a probe last said of its own calibration.

    Attributes:
        probe: `probe:…`.
        place: where it reads.
        until_ms: the last instant of its calibration; None: it says none.
        days: whole days that are left, negative once it is over; None where it says none.
    """

    probe: str
    place: str
    until_ms: int | None
    days: int | None

    @property
    def is_soon(self) -> bool:
        """Whether somebody should see to it by now, or should have."""
        return self.days is not None and self.days < SOON_DAYS


def calibrations(reader: "Reader", organisation: str | None, *, now_ms: int) -> tuple[Calibration, ...]:
    """Of the probes that spoke lately of an organisation's places, or of any (None): the first to end first."""
    found = [
        _stated(event, place.id, now_ms)
        for place in reader.places.values()
        if organisation in {None, place.organisation}
        for event in reader.history.latest_segments(place.id, now_ms=now_ms).values()
    ]
    return tuple(sorted(found, key=lambda each: (each.until_ms is None, each.until_ms or 0, each.probe, each.place)))


def _stated(event: kinds.TemperatureSegment, place: str, now_ms: int) -> Calibration:
    if event.calibration_until is None:
        return Calibration(event.probe, place, None, None)
    until_ms = parse_instant(event.calibration_until)
    return Calibration(event.probe, place, until_ms, (until_ms - now_ms) // _DAY_MS)
