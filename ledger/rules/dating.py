"""When a unit expires: the pack's shelf life, counted in the facility's own time zone.

A life that ends at the end of a day ends at 23:59 local of its last day, as on the label (ISBT 128 Standard Technical
Specification, 2.4.4); an exact one ends at the minute. Which instant the life starts at (collection, thawing, washing)
the caller says. Of several ends the earliest counts, and a component never outlives what it was made from.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.core.errors import ConfigError
from ledger.rules.pack import Dating

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_END_OF_DAY = time(23, 59)


def zone_of(name: str) -> ZoneInfo:
    """The IANA time zone of a facility, e.g. `Asia/Shanghai`.

    Raises:
        ConfigError: there is no such zone on this machine.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as wrong:  # OSError: a folder of zones, such as `Asia`
        raise ConfigError(f"expected an IANA time zone such as Asia/Shanghai, came {name!r}") from wrong


def expires_ms(
    dating: Dating,
    *,
    start_ms: int,
    zone: ZoneInfo,
    irradiated_ms: int | None = None,
    parents_expire_ms: tuple[int, ...] = (),
) -> int:
    """The last instant at which the unit may be used, in ms since the epoch, on a whole minute.

    Args:
        dating: the component's shelf life.
        start_ms: when that life began.
        zone: the facility's.
        irradiated_ms: when the unit was irradiated, if it was.
        parents_expire_ms: when the units expire that it was made from, where they bound its life.
    """
    ends = [_end(dating, start_ms, zone), *parents_expire_ms]
    if irradiated_ms is not None and dating.irradiated_days is not None:
        ends.append(_end_of_day(_local(irradiated_ms, zone).date() + timedelta(days=dating.irradiated_days), zone))
    return min(ends)


def is_expired(expires: int, *, now_ms: int) -> bool:
    """Whether the last usable instant has passed; at that instant itself the unit may still be used."""
    return now_ms > expires


def _end(dating: Dating, start_ms: int, zone: ZoneInfo) -> int:
    start = _local(start_ms, zone)
    if dating.ends == "end_of_day":
        if dating.hours is not None:
            return _end_of_day((start + timedelta(hours=dating.hours)).date(), zone)
        return _end_of_day(_later(start.date(), dating), zone)
    if dating.hours is not None:
        # Hours are elapsed time: a change to summer time does not lengthen them.
        return _instant(_EPOCH + start_ms * _MILLISECOND + timedelta(hours=dating.hours))
    return _instant(datetime.combine(_later(start.date(), dating), start.time(), tzinfo=zone))


def _later(day: date, dating: Dating) -> date:
    if dating.days is not None:
        return day + timedelta(days=dating.days)
    year = day.year + (dating.years or 0)
    # A year after 29 February there may be no such day; the day before never lengthens a life.
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


def _local(at_ms: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + at_ms * _MILLISECOND).astimezone(zone)


def _end_of_day(day: date, zone: ZoneInfo) -> int:
    return _instant(datetime.combine(day, _END_OF_DAY, tzinfo=zone))


def _instant(moment: datetime) -> int:
    """Milliseconds since the epoch, seconds cut off: a label has no seconds, and rounding up would lengthen a life."""
    return (moment.astimezone(UTC).replace(second=0, microsecond=0) - _EPOCH) // _MILLISECOND
