"""Events of a logger's file: a segment a day, and an excursion for each alarm that was set off. Pure.

A logger keeps a day's two extremes and no series, so a day's segment holds two readings and a hole between them: it can
show that a limit was broken, and never that it was kept. Its clock is its own: the times are its claims, and the events
say that no clock vouches for them. A day that is over never changes, so each is taken once; the day on which the file
was made is not over, and waits for the next file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from hashlib import sha256

from gateway.claim import Claim
from gateway.loggers.fridge_tag import Day, Extreme, LoggerFile, LoggerFileError
from ledger.core import kinds
from ledger.core.ids import format_instant

HOLE = "the logger's file has a day's extremes only; the maker's signature was not checked"


@dataclass(frozen=True, slots=True)
class Hanging:
    """Where a logger hangs: its gateway, the place, in air or a load, and the zone that its clock was set to."""

    gateway: str
    place: str
    measures: str
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file gives: events to be, the state that makes the next import know them, and the count of days."""

    claims: tuple[Claim, ...]
    state: Mapping[str, bytes]
    new_days: int
    known_days: int


def take(file: LoggerFile, hanging: Hanging, *, known: Mapping[str, bytes], now_ms: int) -> Taken:
    """The days of a file that were not taken before.

    Args:
        file: the logger's file.
        hanging: where it hangs.
        known: the state that earlier imports left, by name.
        now_ms: the present instant.

    Raises:
        LoggerFileError: a day that was taken says something else now, or lies in the future.
    """
    claims: list[Claim] = []
    state: dict[str, bytes] = {}
    again = 0
    for day in file.days:
        if day.date >= file.created.date():
            continue
        name, mark = f"logger/{file.serial}/{day.date}", sha256(repr((day, hanging.place)).encode()).digest()
        if name in known:
            if known[name] != mark:
                raise LoggerFileError(
                    f"{day.date}: expected the values and the place that were imported before; they differ"
                )
            again += 1
            continue
        if _ms(day, time.max, hanging) > now_ms:
            raise LoggerFileError(f"{day.date}: expected a day that is over; is the logger's zone right?")
        claims += _claims(day, hanging, f"probe:{hanging.gateway}/logger-{file.serial}", now_ms)
        state[name] = mark
    return Taken(tuple(claims), state, len(state), again)


def _claims(day: Day, hanging: Hanging, probe: str, now_ms: int) -> list[Claim]:
    extremes = sorted((each for each in (day.lowest, day.highest) if each), key=lambda each: each.at)
    claims: list[Claim] = []
    if extremes:
        claims.append(_segment(day, extremes, hanging, probe=probe, now_ms=now_ms))
    for limit, alarm, worst in (("low", day.low, day.lowest), ("high", day.high, day.highest)):
        if alarm.set_off_at is None or worst is None:
            continue
        fields = _common(_ms(day, alarm.set_off_at, hanging), hanging, now_ms) | {
            "probe": probe,
            "limit": limit,
            "limit_centi_celsius": alarm.limit_centi_celsius,
            "centi_celsius": worst.centi_celsius,
        }
        claims.append(Claim(kinds.Excursion, fields))
    return claims


def _segment(day: Day, extremes: list[Extreme], hanging: Hanging, *, probe: str, now_ms: int) -> Claim:
    start_ms, end_ms = _ms(day, extremes[0].at, hanging), _ms(day, extremes[-1].at, hanging)
    readings = [(_ms(day, each.at, hanging) - start_ms, each.centi_celsius) for each in extremes]
    silent = f", no answer for {day.timeout_minutes} min" if day.timeout_minutes else ""
    hole = kinds.SegmentGap(start_ms=0, end_ms=end_ms - start_ms, reason=HOLE + silent)
    fields = _common(start_ms, hanging, now_ms) | {
        "probe": probe,
        "measures": hanging.measures,
        "until": format_instant(end_ms),
        "quality": "good",
        "readings": readings,
        "gaps": [hole],
        "device_time": format_instant(start_ms),
    }
    return Claim(kinds.TemperatureSegment, fields)


def _common(time_ms: int, hanging: Hanging, now_ms: int) -> dict[str, object]:
    return {
        "time": format_instant(time_ms),
        "place": hanging.place,
        "recorded_at": format_instant(now_ms),
        "clock": "unsynchronised",
    }


def _ms(day: Day, at: time, hanging: Hanging) -> int:
    local = datetime.combine(day.date, at.replace(microsecond=0), hanging.zone)
    return (local - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
