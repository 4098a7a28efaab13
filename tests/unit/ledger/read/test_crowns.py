"""What is kept of one log's tree serves every question about it, and none about a log that says something else."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from ledger.core.merkle import Frontier, Node, inclusion_proof, leaf_hash, verify_inclusion
from ledger.read import crowns, trees

SIZE = 2100
"""Perfect subtrees of 2,048, 32, 16 and 4 leaves: the first has a crown, of which the two lowest levels are no part."""
WAYS = (0, 1, 1023, 1024, 2047, 2048, 2079, 2080, 2099)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    crowns._trees.clear()
    crowns._crowns.clear()
    yield
    crowns._trees.clear()
    crowns._crowns.clear()


def leaf(number: int) -> bytes:
    return leaf_hash(number.to_bytes(4))


def grown(size: int, *, otherwise_from: int = SIZE) -> tuple[list[Node], bytes]:
    """The subtrees and the root of a log of which, from some batch on, another story is told."""
    frontier, told = Frontier(), list[Node]()
    for number in range(size):
        told += frontier.append(leaf(number if number < otherwise_from else number + SIZE))
    return told, frontier.root()


@pytest.fixture
def stored(tmp_path: Path) -> Iterator["Log"]:
    log = Log(tmp_path)
    yield log
    log.close()


class Log:
    """Trees in databases of their own, and what they are asked."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, count()
        self._engines = []

    def of(self, told: list[Node]) -> Connection:
        engine = create_engine(f"sqlite:///{self._folder / f'{next(self._numbers)}.db'}")
        self._engines.append(engine)
        connection = engine.connect()
        connection.exec_driver_sql(
            "CREATE TABLE nodes (level INTEGER, idx INTEGER, hash BLOB, PRIMARY KEY (level, idx))"
        )
        connection.exec_driver_sql("INSERT INTO nodes VALUES (?, ?, ?)", told)
        return connection

    def close(self) -> None:
        for engine in self._engines:
            engine.dispose()


def questions(connection: Connection) -> list[str]:
    asked: list[str] = []
    connection.connection.dbapi_connection.set_trace_callback(asked.append)  # type: ignore[union-attr]  # sqlite3's own
    return asked


def hashes_read(connection: Connection, index: int, root: bytes) -> int:
    """How many stored hashes a proof asks for."""
    asked = questions(connection)
    trees.prove(connection, index, SIZE, root=root)
    connection.connection.dbapi_connection.set_trace_callback(None)  # type: ignore[union-attr]  # as above
    return sum(text.count("SELECT") - text.startswith("SELECT (") for text in asked)


def test_a_proof_is_the_same_whatever_is_known(stored: Log) -> None:
    told, root = grown(SIZE)
    tree, nodes = stored.of(told), {(level, at): hashed for level, at, hashed in told}
    for index in (*WAYS, *WAYS):
        proof = trees.prove(tree, index, SIZE, root=root)
        assert proof == inclusion_proof(index, SIZE, lambda level, at: nodes[level, at])


def test_the_second_proof_reads_only_what_is_below_the_crown(stored: Log) -> None:
    told, root = grown(SIZE)
    tree = stored.of(told)
    assert hashes_read(tree, 0, root) == 4 + 1 + 2, "peaks, a crown and two levels"
    assert hashes_read(tree, 1500, root) == 2
    assert hashes_read(tree, 2050, root) == 5, "a low subtree has no crown"


def test_a_log_that_has_grown_needs_no_crown_anew(stored: Log) -> None:
    (early, early_root), (told, root) = grown(2060), grown(SIZE)
    trees.prove(stored.of(early), 7, 2060, root=early_root)
    (kept,) = crowns._crowns.values()
    trees.prove(stored.of(told), 7, SIZE, root=root)
    assert list(crowns._crowns.values()) == [kept]


def test_another_story_of_the_same_log_is_proved_by_its_own_hashes(stored: Log) -> None:
    """A database that went back and went on otherwise has the same origin and the same sizes."""
    (told, root), (other, other_root) = grown(SIZE), grown(SIZE, otherwise_from=1000)
    one, two = stored.of(told), stored.of(other)
    for index in WAYS:
        mine, theirs = trees.prove(one, index, SIZE, root=root), trees.prove(two, index, SIZE, root=other_root)
        said = leaf(index if index < 1000 else index + SIZE)
        assert verify_inclusion(leaf(index), index, SIZE, mine, root) is None
        assert verify_inclusion(said, index, SIZE, theirs, other_root) is None


@pytest.mark.parametrize("place", [(2, 100), (11, 0), (4, 130)])
def test_what_a_damaged_database_holds_is_not_kept(stored: Log, place: tuple[int, int]) -> None:
    told, root = grown(SIZE)
    sound, damaged = stored.of(told), stored.of(told)
    damaged.exec_driver_sql("UPDATE nodes SET hash = zeroblob(32) WHERE level = ? AND idx = ?", place)
    for index in (2000, 2050):
        trees.prove(damaged, index, SIZE, root=root)
    for index in (2000, 2050, 400):
        proof = trees.prove(sound, index, SIZE, root=root)
        assert verify_inclusion(leaf(index), index, SIZE, proof, root) is None


def test_a_crown_with_a_hole_is_not_kept(stored: Log) -> None:
    told, root = grown(SIZE)
    tree = stored.of(told)
    tree.exec_driver_sql("DELETE FROM nodes WHERE level = 2 AND idx = 511")
    proof = trees.prove(tree, 0, SIZE, root=root)
    assert verify_inclusion(leaf(0), 0, SIZE, proof, root) is None
    assert not crowns._crowns
    with pytest.raises(LookupError, match=r"\(2, 511\)"):
        trees.prove(tree, 2040, SIZE, root=root)


def test_a_peak_that_is_missing_is_named(stored: Log) -> None:
    told, root = grown(SIZE)
    tree = stored.of(told)
    tree.exec_driver_sql("DELETE FROM nodes WHERE level = 5 AND idx = 64")
    with pytest.raises(LookupError, match=r"\(5, 64\)"):
        trees.prove(tree, 0, SIZE, root=root)


def test_no_more_is_kept_than_a_few(stored: Log) -> None:
    told, _ = grown(SIZE)
    tree = stored.of(told)
    for size in range(1, 12):
        trees.prove(tree, 0, size, root=grown(size)[1])
    assert len(crowns._trees) <= crowns._MOST_TREES
    for number in range(crowns._MOST_CROWNS + 1):
        some, root = grown(1024, otherwise_from=number)
        trees.prove(stored.of(some), 0, 1024, root=root)
    assert 1 <= len(crowns._crowns) <= crowns._MOST_CROWNS
