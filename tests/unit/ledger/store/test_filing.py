"""A ledger in PostgreSQL as a file of SQLite: the same rows, and back again once, however often it is tried."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.store import tables as t
from ledger.store.database import database_of
from ledger.store.filing import copy_to_file, replace_by_file
from tests.support.log_checker import connected
from tests.support.postgresql import choose, chosen, databases_dropped
from tests.support.producers import StoryClock, claim, site_in


@pytest.fixture(autouse=True)
def _postgresql() -> Iterator[None]:
    before = chosen()
    choose("postgresql")
    with databases_dropped():
        yield
    choose(before)


def told(folder: Path, count: int) -> Site:
    site = site_in(folder)
    with Ledger(site, StoryClock()) as ledger:
        for number in range(count):
            claim(ledger, Draft(kinds.Opening, {"unit": f"unit:A99992600{number:04}.E0382V00"}))
    return site


def rows_of(site: Site) -> dict[str, list[tuple[object, ...]]]:
    with database_of(site).snapshot() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in (*t.LOG_TABLES, *t.PROJECTIONS)
        }


def schemas_of(site: Site) -> list[str]:
    with connected(site) as connection:
        query = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'ledger') ORDER BY nspname"
        return [name for (name,) in connection.execute(query).fetchall()]


def test_the_file_has_every_row_and_takes_the_databases_place_once(tmp_path: Path) -> None:
    site, other = told(tmp_path / "site", 70), told(tmp_path / "other", 3)
    copy_to_file(site, tmp_path)
    assert rows_of(replace(site, directory=tmp_path, database_url=None)) == rows_of(site)
    there = rows_of(site)
    whole = (tmp_path / "ledger.db").read_bytes()
    for _ in range(2):  # as if it had been cut off before the file went
        (tmp_path / "ledger.db").write_bytes(whole)
        replace_by_file(tmp_path, other)
        assert rows_of(other) == there
        assert schemas_of(other) == ["ledger", "ledger_before_1"]
        assert not (tmp_path / "ledger.db").exists()
    replace_by_file(tmp_path, other)
    assert rows_of(other) == there
