"""The yardstick stores, chains and trees what it is given: nothing less, so that no ratio is told against nothing."""

import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.bench.yardstick import BatchYardstick, Yardstick
from ledger.core.merkle import leaf_hash, root_of

BATCHES = [[f"event {number}".encode() for number in range(first, first + size)] for first, size in ((0, 3), (3, 4))]
EVENTS = [body for batch in BATCHES for body in batch]


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_every_event_is_a_row_with_its_link_and_every_batch_ends_with_the_tree_s_root(tmp_path: Path) -> None:
    yardstick = Yardstick(tmp_path / "y.db")
    for batch in BATCHES:
        yardstick.take(batch)
    yardstick.close()
    link, expected = bytes(32), []
    for number, body in enumerate(EVENTS, 1):
        link = sha256(link + body).digest()
        expected.append((number, body, link))
    assert rows(tmp_path / "y.db", "SELECT * FROM events ORDER BY id") == expected
    leaves = [leaf_hash(body) for body in EVENTS]
    assert rows(tmp_path / "y.db", "SELECT * FROM roots ORDER BY size") == [
        (3, root_of(leaves[:3])),
        (7, root_of(leaves)),
    ]


def test_the_lighter_one_chains_the_batches_roots(tmp_path: Path) -> None:
    yardstick = BatchYardstick(tmp_path / "y.db")
    for batch in BATCHES:
        yardstick.take(batch)
    yardstick.close()
    link, expected = bytes(32), []
    for number, batch in enumerate(BATCHES, 1):
        link = sha256(link + root_of([leaf_hash(body) for body in batch])).digest()
        expected.append((number, link))
    assert rows(tmp_path / "y.db", "SELECT * FROM batches ORDER BY id") == expected
    assert rows(tmp_path / "y.db", "SELECT leaf, body FROM events ORDER BY id") == [
        (leaf_hash(body), body) for body in EVENTS
    ]


@pytest.mark.parametrize("kind", [Yardstick, BatchYardstick])
def test_it_is_as_durable_as_the_ledger(tmp_path: Path, kind: type[Yardstick | BatchYardstick]) -> None:
    yardstick = kind(tmp_path / "y.db")
    settings = [
        yardstick._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    ]
    yardstick.close()
    assert settings == ["wal", 2]
