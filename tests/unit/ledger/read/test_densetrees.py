"""The tree under a root is read once, as long as that root is shown, and never kept where the tables have another."""

from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.read.densetrees import dense_under
from ledger.read.reader import reading
from ledger.store.mapreading import dense_as_of
from tests.support.copies import unguarded
from tests.support.producers import StoryClock, claim, site_in

UNITS = [f"unit:A9999260000{number:02}.E0382V00" for number in range(1, 4)]


def test_one_tree_serves_every_passport_under_its_root(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    sizes = []
    with Ledger(site, StoryClock()) as ledger:
        for unit in UNITS[:2]:
            claim(ledger, Draft(kinds.Opening, {"unit": unit}))
            sizes.append(ledger.root_unit_map())
        first, second = (size for size in sizes if size is not None)
        with reading(site) as reader:
            older = dense_under(reader.connection, first)
            assert dense_under(reader.connection, first) is older
            newer = dense_under(reader.connection, second)
            assert newer.root() == dense_as_of(reader.connection, second).root() != older.root()
            assert dense_under(reader.connection, first).root() == older.root(), "the newer one did not take its place"


@pytest.mark.sqlite
def test_a_tree_that_is_not_the_stated_one_is_not_kept(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Opening, {"unit": UNITS[2]}))
        size = ledger.root_unit_map()
        assert size is not None
    site.seal.unlink()
    with unguarded(site, "map_roots") as execute:
        execute("UPDATE map_roots SET stated = zeroblob(32)", ())
    with reading(site) as reader:
        assert dense_under(reader.connection, size) is not dense_under(reader.connection, size)
