"""What a dialect of temperature messages is, and the limits that every dialect holds a value against."""

from datetime import datetime
from decimal import Decimal
from typing import Protocol

from gateway.wire.items import Item, Reading, hundredths, lost

PLAUSIBLE_CENTI_CELSIUS = (-9000, 10000)
"""Colder than any plasma freezer and hotter than any incubator: beyond it, a value is a marker.

Markers seen in the field: 327.67 and -327.68 (7FFF and 8000: "invalid"), -100 (a nearly empty battery), 85 and -127.
"""

_MARKERS = {-10000: "-100 °C: an empty battery"}


class Dialect(Protocol):
    """How one kind of device or bridge speaks."""

    def claims(self, topic: str) -> bool:
        """Whether messages of this topic are in this dialect."""
        ...

    def read(self, topic: str, payload: bytes) -> list[Item]:
        """What a message that is not retained says; one `Noise` over the whole payload if it says nothing."""
        ...


def judged(
    sensor: str,
    celsius: Decimal | None,
    *,
    humidity: Decimal | None = None,
    sequence: int | None = None,
    claimed_time: datetime | None = None,
) -> Reading:
    """A reading held against the limits; `celsius` is None where the device sent no number."""
    centi_celsius = None if celsius is None else hundredths(celsius)
    low, high = PLAUSIBLE_CENTI_CELSIUS
    if centi_celsius is None or not low <= centi_celsius <= high:
        sent = "no number" if celsius is None else f"{celsius} °C"
        reason = _MARKERS.get(centi_celsius or 0, f"{sent} is a marker, not a temperature")
        return lost(sensor, reason, claimed_time=claimed_time)
    centi_humidity = None if humidity is None else hundredths(humidity)
    if centi_humidity is not None and not 0 <= centi_humidity <= 100_00:
        centi_humidity = None
    return Reading(sensor, centi_celsius, centi_humidity, sequence=sequence, claimed_time=claimed_time)
