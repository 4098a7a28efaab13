"""Lists of events by subject: few rows, and every event in them, however times and batches fall."""

import random
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.read.reader import reading
from ledger.store import event_lists
from ledger.store import tables as t
from ledger.store.database import database_of
from ledger.store.names import Names
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


def test_a_place_has_one_row_a_batch_and_hour(site: Site) -> None:
    gateway, noon_hour = Gateway("gw"), NOON_MS // HOUR
    times = [NOON_MS, NOON_MS + 5, NOON_MS + HOUR, NOON_MS + HOUR - 1]
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        ledger.append_batch(gateway.say(*(seen(f"tag:E004010{number}", at) for number, at in enumerate(times))))
        ledger.append_batch(gateway.say(seen(TAG, NOON_MS)))
    with database_of(site).snapshot() as connection:
        first = rows_of(connection, PLACE)[0][1]
        expected = [
            (noon_hour, first, "[1,3]"),
            (noon_hour, first + 1024, None),
            (noon_hour + 1, first + 2, None),
        ]
        assert rows_of(connection, PLACE) == rows_of(connection, DEVICE) == expected
        number = Names(t.subjects).find(connection, [PLACE])[PLACE]
        assert event_lists.events_of(connection, [number]) == {
            number: [*(first + each for each in range(4)), first + 1024]
        }
        within = event_lists.events_within
        assert within(connection, number, start_ms=NOON_MS, end_ms=NOON_MS + HOUR - 1) == [
            first,
            first + 1,
            first + 3,
            first + 1024,
        ]
        assert within(connection, number, start_ms=NOON_MS + HOUR, end_ms=NOON_MS + HOUR) == [first + 2]
        assert within(connection, number, start_ms=NOON_MS - HOUR, end_ms=NOON_MS - 1) == []


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
