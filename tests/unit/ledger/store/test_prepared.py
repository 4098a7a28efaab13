"""Statements written once: their parameters stand where they are said to stand, and a list is one parameter."""

import pytest
from sqlalchemy import bindparam, create_engine, insert, select, update

from ledger.store import tables as t
from ledger.store.prepared import Prepared, among, insertion, names_in


def test_rows_go_in_by_column_and_names_with_any_letters_are_found() -> None:
    names = ["plain", 'with "quotes"', "冰箱", "a'b", ""]
    with create_engine("sqlite://").connect() as connection:
        t.streams.create(connection)
        insertion(t.streams).run_many(connection, list(enumerate(names)))
        found = Prepared(select(t.streams.c.id, t.streams.c.name).where(among(t.streams.c.name, "names")), "names")
        assert set(found.run(connection, names_in(names[1:])).all()) == set(enumerate(names[1:], 1))
        assert found.run(connection, names_in([])).all() == []


def test_no_rows_are_no_statement() -> None:
    with create_engine("sqlite://").connect() as connection:
        insertion(t.streams).run_many(connection, [])  # the table is not there: to run it would raise


def test_parameters_in_another_order_than_said_are_refused() -> None:
    moved = update(t.units).where(t.units.c.unit == bindparam("of_unit")).values(place=bindparam("now_at"))
    Prepared(moved, "now_at", "of_unit")
    with pytest.raises(ValueError, match="asks for"):
        Prepared(moved, "of_unit", "now_at")
    with pytest.raises(ValueError, match="asks for"):
        Prepared(insert(t.streams), "id")
