"""What the clocks of a zone showed: once, twice in the night they went back, never in the one they went forward."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo


def offsets_of(moment: datetime, zone: tzinfo) -> tuple[timedelta, ...]:
    """How far the clocks of `zone` were ahead of UTC whenever they showed a time.

    Args:
        moment: the time, as the clocks showed it; its own zone counts for nothing.
        zone: whose clocks.

    Returns:
        One for nearly every time, two where it was shown twice, the earlier instant's first; none where never.
    """
    return tuple(_held(moment.replace(tzinfo=None), zone))


def spelt(offset: timedelta) -> str:
    """`+02:00`."""
    minutes = offset // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _held(moment: datetime, zone: tzinfo) -> Iterator[timedelta]:
    """Of a time that was never shown the two offsets are those before and after the gap, and neither leads into it."""
    either = [moment.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1)]
    if either[0] == either[1]:
        yield either[0]
    elif either[0] > either[1]:
        yield from either
