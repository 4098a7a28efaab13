"""What a dialect of temperature messages is, and the limits that every dialect holds a value against."""

from datetime import datetime
from decimal import Decimal
from typing import Protocol, TypeVar

from msgspec.structs import replace

from gateway.wire.items import Item, Reading, Status, hundredths, lost

PLAUSIBLE_CENTI_CELSIUS = (-9000, 10000)
"""Colder than any plasma freezer and hotter than any incubator: beyond it, a value is a marker.

Markers seen in the field: 327.67 and -327.68 (7FFF and 8000: "invalid"), -100 (a nearly empty battery), 85 and -127.
"""

_MARKERS = {
    -10000: "-100 °C: an empty battery",
    -12700: "-127 °C: the probe is disconnected",
    8500: "85 °C: the power-on value of a DS18B20, nothing was measured yet",
}
Doubtful = TypeVar("Doubtful", bound=Item)
_FREEZING_FAHRENHEIT = 32


class Dialect(Protocol):
    """How one kind of device or bridge speaks."""

    def claims(self, topic: str) -> bool:
        """Whether messages of this topic are in this dialect."""
        ...

    def recognises(self, payload: bytes) -> bool:
        """Whether a payload whose topic no dialect claims can only be in this one (a base topic was renamed)."""
        ...

    def read(self, topic: str, payload: bytes) -> list[Item]:
        """What a message that is not retained says; one `Noise` over the whole payload if it says nothing."""
        ...


def celsius_of(fahrenheit: Decimal | None) -> Decimal | None:
    """Degrees Celsius of degrees Fahrenheit; None of None."""
    return None if fahrenheit is None else (fahrenheit - _FREEZING_FAHRENHEIT) * 5 / 9


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
    if centi_celsius is None or not low <= centi_celsius <= high or centi_celsius in _MARKERS:
        sent = "no number: null or nan" if celsius is None else f"{celsius:f}"[:40] + " °C is a marker, no temperature"
        reason = _MARKERS.get(centi_celsius or 0, sent)
        return replace(lost(sensor, reason, claimed_time=claimed_time), sequence=sequence)
    centi_humidity = None if humidity is None else hundredths(humidity)
    if centi_humidity is not None and not 0 <= centi_humidity <= 100_00:
        centi_humidity = None
    return Reading(sensor, centi_celsius, centi_humidity, sequence=sequence, claimed_time=claimed_time)


def doubted(item: Doubtful, reason: str) -> Doubtful:
    """A good reading made suspect; anything else as it is."""
    if isinstance(item, Reading) and item.quality == "good":
        return replace(item, quality="suspect", reason=reason)
    return item


def presence_of(word: str, device: str, sensors: list[str]) -> list[Item]:
    """That a device is `online` or `offline`: told of the device, and of each sensor that was heard of it."""
    return [Status(word, name) for name in [device, *sensors]]
