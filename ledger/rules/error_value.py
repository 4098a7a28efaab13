"""Which rows of a logger's file are no temperature, but a sensor's way of saying that it measured nothing.

A DS18B20 holds +85 °C from power-on until it has measured (data sheet, "Operation: measuring temperature"), and the
programs that read it write -127 where it does not answer; both come into files as if they were temperatures, and -127
is within the limits of every freezer. Such a value is a temperature only where the file came there by itself: where the
reading before or after it is no further away than nothing physical changes between two rows.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ledger.rules.logger_file import LoggedReading

ERROR_VALUES: Final = frozenset({Decimal(85), Decimal(-127)})
"""Degrees Celsius, exactly."""

NEAR: Final = Decimal(20)
"""No cabinet and no bag changes by so many degrees from one row to the next; the gateway doubts at the same."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """A file's rows.

    Attributes:
        measured: the temperatures, by time.
        faults_ms: when nothing was measured, in order.
    """

    measured: tuple[LoggedReading, ...]
    faults_ms: tuple[int, ...]


def sort_out(readings: Sequence[LoggedReading]) -> Sorted:
    """Tell the temperatures of a file from its error values.

    Args:
        readings: by time, as `parse_logger_file` gives them.
    """
    sure = [each for each in readings if each.celsius not in ERROR_VALUES]
    times = [each.at_ms for each in sure]
    faults = {each for each in readings if each.celsius in ERROR_VALUES and not _is_near(each, sure, times)}
    return Sorted(
        tuple(each for each in readings if each not in faults),
        tuple(each.at_ms for each in readings if each in faults),
    )


def _is_near(doubtful: LoggedReading, sure: Sequence[LoggedReading], times: Sequence[int]) -> bool:
    """Whether the last sure reading before, or the first after, is near it."""
    after = bisect_left(times, doubtful.at_ms)
    beside = sure[max(0, after - 1) : after + 1]
    return any(abs(each.celsius - doubtful.celsius) < NEAR for each in beside)
