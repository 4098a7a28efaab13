"""A batch's events, a few a row: each is found by its number, whatever its size, its fields or what became of it."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from ledger.append import Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.events import said_kind
from ledger.store import contents, packing
from ledger.store import tables as t
from ledger.store.database import database_of
from tests.support.producers import NOON_MS, Gateway, StoryClock, introduce, site_in

STREAM = "gw/1/c"
ANTENNA = {"device": "device:r", "antenna": 1, "reads": 1}
ODD = b'{"v":1,"stream":"gw/1/c","seq":%d,"nonce":"%032x","kind":"dreamt"}'


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Three batches of a gateway: five sightings, an unknown kind between two sightings, one sighting."""
    site, clock, gateway = site_in(tmp_path / "site"), StoryClock(), Gateway("gw")

    def seen(tag: str) -> tuple[type[kinds.Event], str, dict[str, object]]:
        return kinds.TagArrived, clock.after(1), {"tag": tag, **ANTENNA}

    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        ledger.append_batch(gateway.say(*(seen(f"tag:E0040100{'00' * number}") for number in range(5))))
        one, two = gateway.events([seen("tag:E0040101"), seen("tag:E0040102")])
        ledger.append_batch(gateway.seal([one, ODD % (7, 7), two.replace(b'"seq":7', b'"seq":8')]))
        ledger.append_batch(gateway.say(seen("tag:E0040103")))
    return site


def first_of(connection: Connection) -> int:
    """The log index of the gateway's first batch."""
    found: int | None = connection.execute(
        select(t.batches.c.log_index)
        .join(t.streams, t.streams.c.id == t.batches.c.stream_id)
        .where(t.streams.c.name == STREAM)
    ).scalar()
    assert found is not None
    return found


def test_events_are_found_by_their_numbers_in_log_order_and_none_that_is_not_there(site: Site) -> None:
    with database_of(site).snapshot() as connection:
        first = first_of(connection)
        number = packing.event_id
        wanted = [number(first + 2, 0), number(first, 4), number(first + 1, 1), number(first, 5), number(first + 9, 0)]
        found = list(contents.events_with(connection, [*wanted, wanted[0]]))
        assert [(each.stream, each.seq) for each in found] == [(STREAM, 5), (STREAM, 7), (STREAM, 9)]
        assert [packing.log_place(each.event_id) for each in found] == [(first, 4), (first + 1, 1), (first + 2, 0)]
        assert found[0].body is not None
        assert b'"tag:E004010000000000"' in found[0].body
        assert contents.event_with(connection, number(first, 5)) is None


def test_events_that_are_cut_out_of_a_batch_are_those_that_are_read_with_all_of_it(site: Site) -> None:
    with database_of(site).snapshot() as connection:
        first = first_of(connection)
        every = [each for batch in contents.batches_between(connection, first, first + 3) for each in batch.events()]
        assert list(contents.events_with(connection, [each.event_id for each in every])) == every
        for each in every:
            assert contents.event_with(connection, each.event_id) == each


def test_what_nobody_understands_has_its_kind_and_its_defect_and_its_neighbours_have_theirs(site: Site) -> None:
    with database_of(site).snapshot() as connection:
        (batch,) = contents.batches_between(connection, first_of(connection) + 1, first_of(connection) + 2)
        one, odd, two = batch.events()
        assert [each.kind for each in (one, odd, two)] == ["tag_arrived", "dreamt", "tag_arrived"]
        assert odd.body == ODD % (7, 7)
        assert odd.defect is not None
        assert odd.recorded() is None
        assert one.defect is two.defect is None
        assert two.recorded() is not None
        assert [each.seq for each in batch.of_kinds({"dreamt"})] == [7]


def test_more_batches_than_are_read_at_once_are_all_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "BATCHES_AT_ONCE", 2)
    with database_of(site).snapshot() as connection:
        assert [len(each.bodies) for each in contents.batches_of(connection, STREAM)] == [5, 3, 1]
        first = first_of(connection)
        assert [each.log_index for each in contents.batches_between(connection, 0, first + 9)] == list(range(first + 3))
        every = (packing.event_id(index, 0) for index in range(first + 3))
        assert len(list(contents.events_with(connection, every))) == first + 3


@pytest.mark.parametrize("count", [11, 12, 40])
def test_a_batch_that_fills_several_rows_is_read_as_one_and_event_by_event(site: Site, count: int) -> None:
    gateway, clock = Gateway("other"), StoryClock(NOON_MS + 1000)
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        seen = [(kinds.TagArrived, clock.after(1), {"tag": f"tag:E00402{n:02}", **ANTENNA}) for n in range(count)]
        bodies = gateway.events(seen)
        bodies[-1] = b'{"v":1,"stream":"other/1/c","seq":%d,"nonce":"%032x","kind":"dreamt"}' % (count, 1)
        ledger.append_batch(gateway.seal(bodies))
    with database_of(site).snapshot() as connection:
        (batch,) = contents.batches_of(connection, "other/1/c")
        assert batch.bodies == bodies
        every = list(batch.events())
        assert [each.seq for each in every] == list(range(1, count + 1))
        assert [each.defect is None for each in every] == [True] * (count - 1) + [False]
        assert list(contents.events_with(connection, [each.event_id for each in every])) == every
        for each in every:
            assert contents.event_with(connection, each.event_id) == each
        assert contents.event_with(connection, packing.event_id(batch.log_index, count)) is None
        rows = contents.rows_in(connection, batch.log_index)
        assert [row[0] for row in rows] == [packing.event_id(batch.log_index, at) for at in range(0, count, 11)]
        assert packing.bodies_in(rows) == bodies
        assert packing.leaves_in(rows) == batch.leaves == contents.leaves_of(connection, batch.log_index)
        assert contents.leaves_of(connection, batch.log_index + 1) == []
        assert packing.are_rows_of(rows, batch.log_index, every[0].sealed_ms, bodies, batch.leaves)
        assert not packing.are_rows_of(rows[:-1], batch.log_index, every[0].sealed_ms, bodies, batch.leaves)


def test_an_event_says_its_kind_in_whatever_order_its_fields_stand() -> None:
    assert said_kind(b'{"kind":"tag_left","v":1}') == "tag_left"
    assert said_kind(ODD % (1, 1)) == "dreamt"


@pytest.mark.sqlite
def test_a_row_cannot_be_changed_by_whoever_writes(site: Site) -> None:
    engine = database_of(site).open_writer()
    with engine.connect() as connection, connection.begin(), pytest.raises(Exception, match="not authorized"):
        connection.execute(update(t.contents).values(bodies=b""))
    engine.dispose()
