"""Every figure of every pack that ships, held against a plain reading of its file: each limit, each life.

The file is read here as the TOML that it is, and the days are counted on the calendar, so that neither the pack's
parser nor the rule can agree with itself.
"""

import calendar
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.exposure import Exposure, judge_log
from ledger.rules.files import pack_text
from ledger.rules.pack import PHASES, Pack, Phase
from ledger.rules.pack_file import parse_pack
from ledger.rules.transformation import BOUND, NUMBERS, Parent, latest_expiry

PACKS = ("cn", "us", "eu", "uk")
FIVE_MINUTES = 300_000
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns")


@cache
def file_of(name: str) -> Mapping[str, Any]:
    return tomllib.loads(pack_text(name))


@cache
def pack_of(name: str) -> Pack:
    return parse_pack(pack_text(name))


def row_of(name: str, component: str, key: str) -> Mapping[str, Any] | None:
    """What the file says of a component, or of the one that it is like."""
    said = file_of(name)["components"][component]
    if key in said:
        found: Mapping[str, Any] = said[key]
        return found
    return row_of(name, said["like"], key) if "like" in said else None


def every_limit() -> Iterator[tuple[str, str, Phase, int, int]]:
    """(pack, component, phase, limit, the direction that leads out of it)."""
    for name in PACKS:
        for component in file_of(name)["components"]:
            for phase in PHASES:
                row = row_of(name, component, phase) or {}
                yield from ((name, component, phase, row[side], out) for side, out in (("low", -1), ("high", 1))
                            if side in row)  # fmt: skip


def hour_at(centi: int, name: str, component: str, phase: Phase) -> Exposure:
    samples = [(tick * FIVE_MINUTES, centi) for tick in range(13)]
    return judge_log(samples, pack=pack_of(name), component=component, phase=phase)


def test_every_limit_of_every_pack_is_in_range_and_a_hundredth_beyond_it_is_out() -> None:
    limits = list(every_limit())
    assert len(limits) > 150
    for name, component, phase, limit, out in limits:
        at, beyond = (hour_at(centi, name, component, phase) for centi in (limit, limit + out))
        assert (at.verdict, at.out_ms) == ("ok", 0), (name, component, phase, limit)
        assert (beyond.verdict, beyond.out_ms) == ("out", 12 * FIVE_MINUTES + 1), (name, component, phase, limit)
        assert {spell.reason for spell in beyond.spells} == {"below" if out < 0 else "above"}


def test_where_a_pack_is_silent_nothing_is_in_range() -> None:
    silent = [
        (name, component, phase)
        for name in PACKS
        for component in file_of(name)["components"]
        for phase in PHASES
        if row_of(name, component, phase) is None
    ]
    assert silent
    assert {hour_at(400, *each).verdict for each in silent} == {"unknown"}


def minute_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 60 * 60_000


def midnight_before(day: date, zone: ZoneInfo) -> int:
    """23:59 of a day, local."""
    return minute_of(datetime(day.year, day.month, day.day, 23, 59, tzinfo=zone))


def after_years(day: date, years: int) -> date:
    year = day.year + years
    return (
        date(year, 2, 28) if (day.month, day.day) == (2, 29) and not calendar.isleap(year) else day.replace(year=year)
    )


def own_end(row: Mapping[str, Any], start: datetime, zone: ZoneInfo) -> int:
    if "hours" in row:
        assert row["ends"] == "exact"
        return minute_of(start + timedelta(hours=row["hours"]))
    assert row["ends"] == "end_of_day"
    day = start.astimezone(zone).date()
    return midnight_before(day + timedelta(days=row["days"]) if "days" in row else after_years(day, row["years"]), zone)


EDGES = (
    datetime(2023, 12, 31, 15, 59, 59, tzinfo=UTC),  # the last second of a year in China
    datetime(2024, 2, 28, 16, tzinfo=UTC),  # its leap day begins
    datetime(2024, 2, 29, 23, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 59, tzinfo=UTC),  # a minute before the clocks of Berlin go on
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # in the hour that they show twice
)
MOMENTS = st.sampled_from(EDGES) | st.integers(0, 13 * 365 * 86_400).map(
    lambda seconds: datetime(2019, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@pytest.mark.parametrize("name", PACKS)
@given(
    collected=MOMENTS, worked_on=st.integers(0, 60 * 24 * 40), rayed=st.none() | st.integers(0, 60 * 24 * 40),
    zone=st.sampled_from(ZONES).map(ZoneInfo), kind=st.sampled_from(sorted({"collected", *NUMBERS})),
    bound=st.none() | st.integers(0, 60 * 24 * 60),
)  # fmt: skip
def test_every_life_of_every_pack_ends_when_its_earliest_end_comes(
    name: str, collected: datetime, worked_on: int, rayed: int | None, zone: ZoneInfo, kind: str, bound: int | None
) -> None:
    made = collected + timedelta(minutes=worked_on)
    irradiated = None if rayed is None else collected + timedelta(minutes=rayed)
    parents = [] if bound is None else [Parent(unit="unit:x", expires_ms=minute_of(collected) + bound * 60_000)]
    for component in file_of(name)["components"]:
        ends = [each.expires_ms for each in parents if kind in BOUND]
        dating, rays = row_of(name, component, "dating"), row_of(name, component, "irradiated")
        if dating is not None:
            start = made if dating.get("counted_from") == "making" else collected
            ends.append(own_end(dating, start, zone))
            if irradiated is not None and rays is not None:
                ends.append(midnight_before(irradiated.astimezone(zone).date() + timedelta(days=rays["days"]), zone))
        latest = latest_expiry(
            kind, component, pack=pack_of(name), zone=zone, parents=parents,
            made_ms=int(made.timestamp() * 1000), collected_ms=int(collected.timestamp() * 1000),
            irradiated_ms=None if irradiated is None else int(irradiated.timestamp() * 1000),
        )  # fmt: skip
        assert latest == min((end for end in ends if end is not None), default=None), component
