"""Statements written once: their parameters stand where they are said to stand, and a list is one parameter."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, bindparam, create_engine, insert, select, update
from sqlalchemy.exc import DBAPIError

from ledger.store import tables as t
from ledger.store.prepared import (
    Prepared,
    Revision,
    addition,
    among,
    insertion,
    names_in,
    numbers_in,
    numbers_within,
    together,
    upsertion,
)
from tests.support.postgresql import server

ROWS = [(number, f"stream-{number}") for number in range(10)]


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """An empty database of either engine."""
    url = "sqlite://" if request.param == "sqlite" else server().new_database().replace(":", "+psycopg:", 1)
    engine = create_engine(url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_rows_go_in_by_column_and_names_with_any_letters_are_found(connection: Connection) -> None:
    names = ["plain", 'with "quotes"', "冰箱", "a'b", "back\\slash", "100 %", "😀", ""]
    t.streams.create(connection)
    insertion(t.streams).run_many(connection, list(enumerate(names)))
    found = Prepared(select(t.streams.c.id, t.streams.c.name).where(among(t.streams.c.name, "names")), "names")
    assert set(found.run(connection, names_in(names[1:])).all()) == set(enumerate(names[1:], 1))
    assert found.run(connection, names_in([])).all() == []


def test_a_list_of_numbers_is_one_parameter_however_large_they_are(connection: Connection) -> None:
    t.streams.create(connection)
    insertion(t.streams).run_many(connection, [(number, str(number)) for number in (1, 2, 2**40, 2**62)])
    found = Prepared(select(t.streams.c.name).where(numbers_within(t.streams.c.id, "ids")), "ids")
    assert set(found.run(connection, numbers_in([2, 2**62, 7])).scalars()) == {"2", str(2**62)}
    assert found.run(connection, numbers_in([])).all() == []


def test_rows_of_the_driver_come_within_the_transaction_and_its_errors_are_sqlalchemys(connection: Connection) -> None:
    t.streams.create(connection)
    insertion(t.streams).run(connection, 7, "not committed")
    found = Prepared(select(t.streams).where(t.streams.c.id == bindparam("number")), "number")
    assert found.rows(connection, 7) == [(7, "not committed")]
    assert found.rows(connection, 8) == []
    with pytest.raises(DBAPIError):
        Prepared(select(t.packs)).rows(connection)


def test_bytes_numbers_and_nothing_go_in_and_come_back_as_they_were(connection: Connection) -> None:
    rows = [(number, 2**62 - number, bytes([number, 0, 255]), b"", b"\x00\xff{") for number in range(6)]
    for table in (t.streams, t.batches, t.contents):
        table.create(connection)
    insertion(t.streams).run(connection, 1, "a")
    for number in range(6):
        insertion(t.batches).run(connection, number, 1, number, 1, 1, b"note", bytes([number]), "key")
    insertion(t.contents).run_many(connection, rows)
    assert [tuple(row) for row in connection.execute(select(t.contents).order_by(t.contents.c.event_id))] == rows


def test_no_rows_are_no_statement(connection: Connection) -> None:
    insertion(t.streams).run_many(connection, [])  # the table is not there: to run it would raise


@pytest.mark.parametrize("count", [1, 10])
def test_a_row_that_is_there_already_is_an_error_of_sqlalchemys(connection: Connection, count: int) -> None:
    t.streams.create(connection)
    insertion(t.streams).run_many(connection, ROWS)
    with pytest.raises(DBAPIError):
        insertion(t.streams).run_many(connection, ROWS[:count])


def test_an_addition_leaves_what_is_there_and_an_upsertion_changes_what_it_names(connection: Connection) -> None:
    t.key_last_good.create(connection)
    insertion(t.key_last_good).run(connection, "key:a", "gw/1/c", 1)
    addition(t.key_last_good).run_many(connection, [("key:a", "gw/1/c", 2), ("key:b", "gw/1/c", 3)])
    assert connection.execute(select(t.key_last_good.c.seq)).scalars().all() == [1, 3]
    t.organisations.create(connection)
    write = upsertion(t.organisations, "role", "name_zh", also=("name_en",))
    write.run(connection, "org:a", "hospital", "医院", "Hospital")
    write.run_many(connection, [("org:a", "blood_centre", "中心", "Centre"), ("org:b", "hospital", "二", "Two")])
    found = connection.execute(select(t.organisations).order_by(t.organisations.c.id)).all()
    assert [tuple(row) for row in found] == [
        ("org:a", "blood_centre", "中心", "Hospital"),
        ("org:b", "hospital", "二", "Two"),
    ]


def _write_twice(connection: Connection, row: tuple[int, str]) -> None:
    with together(connection):
        insertion(t.streams).run_many(connection, [row])
        insertion(t.streams).run_many(connection, [(11, "never there")])


def test_what_is_written_together_can_be_read_in_between_and_a_failure_shows_at_the_end_at_the_latest(
    connection: Connection,
) -> None:
    t.streams.create(connection)
    write = insertion(t.streams)
    with together(connection):
        write.run_many(connection, ROWS[:1])
        write.run_many(connection, ROWS[1:4])
        found = Prepared(select(t.streams).order_by(t.streams.c.id))
        assert found.rows(connection) == ROWS[:4]
        write.run_many(connection, ROWS[4:])
    assert found.rows(connection) == ROWS
    with pytest.raises(DBAPIError):
        _write_twice(connection, ROWS[0])


def test_a_revision_changes_what_it_names_in_the_rows_that_are_there(connection: Connection) -> None:
    t.units.create(connection)
    insertion(t.units).run_many(
        connection, [(f"unit:{number}", "new", 0, None, None, None, "place:a", None, number) for number in range(6)]
    )
    revise = Revision(t.units, "place", "changed_ms")
    revise.run_many(connection, [("place:b", 2**40, "unit:1"), (None, 30, "unit:3"), ("place:c", 9, "unit:9")])
    revise.run_many(connection, [(None, 50, "unit:5")])
    revise.run_many(connection, [])
    found = connection.execute(select(t.units).order_by(t.units.c.unit)).all()
    assert [(row.place, row.changed_ms) for row in found] == [
        ("place:a", 0), ("place:b", 2**40), ("place:a", 2), (None, 30), ("place:a", 4), (None, 50),
    ]  # fmt: skip
    assert {(row.state, row.on_hold) for row in found} == {("new", 0)}


def test_a_stream_gives_every_row_once_in_order(connection: Connection) -> None:
    t.streams.create(connection)
    insertion(t.streams).run_many(connection, ROWS)
    parts = list(Prepared(select(t.streams).order_by(t.streams.c.id)).stream(connection, 4))
    assert [len(part) for part in parts] == [4, 4, 2]
    assert [row for part in parts for row in part] == ROWS


def test_text_is_sorted_by_its_bytes_whatever_the_engine(connection: Connection) -> None:
    names = ["a/b", "B", "a", "a.b", "Z", "a0", "冰", "é", "z"]
    t.streams.create(connection)
    insertion(t.streams).run_many(connection, list(enumerate(names)))
    found = connection.execute(select(t.streams.c.name).order_by(t.streams.c.name)).scalars().all()
    assert list(found) == sorted(names, key=str.encode)


def test_parameters_in_another_order_than_said_are_refused() -> None:
    moved = update(t.units).where(t.units.c.unit == bindparam("of_unit")).values(place=bindparam("now_at"))
    Prepared(moved, "now_at", "of_unit")
    with pytest.raises(ValueError, match="asks for"):
        Prepared(moved, "of_unit", "now_at")
    with pytest.raises(ValueError, match="asks for"):
        Prepared(insert(t.streams), "id")
