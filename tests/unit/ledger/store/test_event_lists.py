"""Lists of events by subject: few rows, and every event in them, however times and batches fall."""

import random
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.read.reader import reading
from ledger.store import event_lists
from ledger.store import tables as t
from ledger.store.contents import events_with
from ledger.store.database import database_of
from ledger.store.names import Names
from ledger.store.packing import event_id
from tests.support.producers import MINUTE_MS, NOON_MS, Fact, Gateway, StoryClock, claim, introduce, site_in

UNIT, TAG, PLACE, DEVICE = "unit:A999926000001.E0382V00", "tag:E0040101", "place:a", "device:r"
HOUR = 60 * MINUTE_MS


def seen(tag: str, at_ms: int) -> Fact:
    return kinds.TagArrived, format_instant(at_ms), {
        "tag": tag, "device": DEVICE, "place": PLACE, "antenna": 1, "reads": 1,
    }  # fmt: skip


def rows_of(connection: Connection, name: str) -> list[tuple[int, int, str | None]]:
    table = t.subject_events
    number = Names(t.subjects).find(connection, [name]).get(name, 0)
    query = select(table.c.hour, table.c.event_id, table.c.further).where(table.c.subject_id == number)
    return [tuple(row) for row in connection.execute(query.order_by(table.c.hour, table.c.event_id))]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_in(tmp_path / "site")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> int:
    """Windows of eight batches."""
    monkeypatch.setattr(event_lists, "WINDOW_BATCHES", 8)
    return 8


def size_of(connection: Connection) -> int:
    size: int = connection.execute(select(func.count()).select_from(t.batches)).scalar_one()
    return size


def test_a_place_has_one_row_a_window_and_hour_and_is_asked_for_before_that(site: Site, windows: int) -> None:
    gateway, noon_hour = Gateway("gw"), NOON_MS // HOUR
    times = [NOON_MS, NOON_MS + 5, NOON_MS + HOUR, NOON_MS + HOUR - 1]
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        ledger.append_batch(gateway.say(*(seen(f"tag:E004010{number}", at) for number, at in enumerate(times))))
        ledger.append_batch(gateway.say(seen(TAG, NOON_MS)))

        def asked() -> Connection:
            return database_of(site).snapshot()

        with asked() as connection:
            size = size_of(connection)
            first, second = (event_id(size - back, 0) for back in (2, 1))
            assert rows_of(connection, PLACE) == []
            told = told_of(connection)
        for _ in range(size, windows):
            ledger.append_batch(gateway.say(seen(TAG, NOON_MS + 3 * HOUR)))
    with asked() as connection:
        more = [event_id(index, 0) for index in range(size, windows)]
        offsets = [first + 1 - first, first + 3 - first, second - first]
        assert (
            rows_of(connection, PLACE)
            == rows_of(connection, DEVICE)
            == [
                (noon_hour, first, str(offsets).replace(" ", "")),
                (noon_hour + 1, first + 2, None),
                (
                    noon_hour + 3,
                    more[0],
                    str([each - more[0] for each in more[1:]]).replace(" ", "") if more[1:] else None,
                ),
            ]
        )
        assert connection.execute(select(t.unlisted)).all() == []
        assert told_of(connection) == told
    assert told == [first, first + 1, first + 3, second], "those of the first hour"


def told_of(connection: Connection) -> list[int]:
    """The place's events of one hour, asked for in every way."""
    number = Names(t.subjects).find(connection, [PLACE])[PLACE]
    every = event_lists.events_of(connection, [number])[number]
    within = event_lists.events_within
    found = within(connection, number, start_ms=NOON_MS, end_ms=NOON_MS + HOUR - 1)
    later = within(connection, number, start_ms=NOON_MS + HOUR, end_ms=NOON_MS + 9 * HOUR)
    assert sorted([*found, *later]) == every
    assert within(connection, number, start_ms=NOON_MS - HOUR, end_ms=NOON_MS - 1) == []
    assert event_lists.telemetry_within(connection, number, start_ms=NOON_MS, end_ms=NOON_MS + HOUR - 1) == []
    return found


def test_telemetry_is_asked_for_without_the_sightings_beside_it(site: Site, windows: int) -> None:
    gateway = Gateway("gw")
    segment = {
        "probe": "probe:p", "place": PLACE, "until": format_instant(NOON_MS + MINUTE_MS),
        "quality": "good", "measures": "air", "readings": [[0, 400]],
    }  # fmt: skip
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        for _ in range(2 * windows):
            ledger.append_batch(gateway.say(seen(TAG, NOON_MS)))
            spoken = (kinds.TemperatureSegment, format_instant(NOON_MS), segment)
            ledger.append_batch(gateway.say(spoken, suffix="t"))
    with database_of(site).snapshot() as connection:
        number = Names(t.subjects).find(connection, [PLACE])[PLACE]
        span = {"start_ms": NOON_MS, "end_ms": NOON_MS}
        found = event_lists.telemetry_within(connection, number, **span)
        assert len(found) == 2 * windows
        assert {each.kind for each in events_with(connection, found)} == {"temperature_segment"}
        assert len(event_lists.events_within(connection, number, **span)) == 4 * windows


@pytest.mark.parametrize("window", [1, 2, 3, 64])
def test_windows_of_any_length_tell_the_same(site: Site, window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_lists, "WINDOW_BATCHES", window)
    gateway = Gateway("gw")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        for batch in range(9):
            ledger.append_batch(gateway.say(*(seen(TAG, NOON_MS + batch * HOUR // 3) for _ in range(3))))
    with database_of(site).snapshot() as connection:
        (number,) = Names(t.subjects).find(connection, [TAG]).values()
        size = size_of(connection)
        ids = [event_id(index, position) for index in range(size - 9, size) for position in range(3)]
        assert event_lists.events_of(connection, [number]) == {number: ids}
        for hour in range(3):
            at_ms = NOON_MS + hour * HOUR
            within = event_lists.events_within(connection, number, start_ms=at_ms, end_ms=at_ms)
            assert within == ids[hour * 9 : hour * 9 + 9]
    report = examine(site)
    assert report.ok, str(report.first_bad)


def test_a_sighting_is_listed_under_what_its_tag_pointed_to_then(site: Site) -> None:
    gateway, clock = Gateway("gw"), StoryClock()
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        ledger.append_batch(gateway.say(seen(TAG, NOON_MS)))
        claim(ledger, Draft(kinds.Opening, {"unit": UNIT, "place": PLACE}))
        claim(ledger, Draft(kinds.TagAssociated, {"unit": UNIT, "tag": TAG}))
        ledger.append_batch(gateway.say(seen(TAG, NOON_MS + 1), seen(TAG, NOON_MS + 2)))
        claim(ledger, Draft(kinds.TagRemoved, {"unit": UNIT, "tag": TAG}))
        ledger.append_batch(gateway.say(seen(TAG, NOON_MS + 3)))
    with reading(site) as reader:

        def said(entries: list[object]) -> list[tuple[str, int]]:
            return [(each.kind, each.time_ms - NOON_MS) for each in entries]  # type: ignore[attr-defined]

        alone = [("tag_arrived", 0), ("tag_associated", 0), ("tag_removed", 0), ("tag_arrived", 3)]
        pointing = [("tag_arrived", 1), ("tag_arrived", 2)]
        assert said(reader.history.of([TAG])) == alone
        assert said(reader.history.of([UNIT])) == [("opening", 0), alone[1], *pointing, alone[2]]
        assert said(reader.history.of_tag(TAG)) == [*alone[:2], *pointing, *alone[2:]]
        assert reader.history.of_tag("tag:E0040199") == []


@pytest.mark.parametrize("seed", range(3))
def test_no_event_is_left_out_whatever_its_time(site: Site, seed: int) -> None:
    dice, gateway = random.Random(seed), Gateway("gw")  # noqa: S311  a repeatable story
    told = 0
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        for _ in range(8):
            times = [NOON_MS - dice.randrange(5 * HOUR) for _ in range(dice.randrange(1, 30))]
            ledger.append_batch(gateway.say(*(seen(TAG, at) for at in times)))
            told += len(times)
    with reading(site) as reader:
        assert [each.seq for each in reader.history.of([DEVICE])] == list(range(1, told + 1))
        assert [each.seq for each in reader.history.of([TAG, PLACE])] == list(range(1, told + 1))
