"""Proofs from stored subtrees are those of the tree, whether asked for one by one or at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from ledger.core.merkle import Frontier, leaf_hash, multiproof, verify_inclusion
from ledger.read import trees

SIZE = 137


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{tmp_path / 'tree.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE nodes (level INTEGER, idx INTEGER, hash BLOB)")
        frontier = Frontier()
        for number in range(SIZE):
            completed = frontier.append(leaf_hash(bytes([number])))
            connection.exec_driver_sql("INSERT INTO nodes VALUES (?, ?, ?)", completed)
        yield connection
    engine.dispose()


def root_at(size: int) -> bytes:
    frontier = Frontier()
    for number in range(size):
        frontier.append(leaf_hash(bytes([number])))
    return frontier.root()


@pytest.mark.parametrize("size", [1, 2, 64, 100, SIZE])
def test_every_leaf_is_proved_in_every_tree(tree: Connection, size: int) -> None:
    at_once = trees.prove_many(tree, range(size), size, root=root_at(size))
    for index, proof in enumerate(at_once):
        assert verify_inclusion(leaf_hash(bytes([index])), index, size, proof, root_at(size)) is None
        assert trees.prove(tree, index, size, root=root_at(size)) == proof


def test_a_subtree_is_read_once_however_many_proofs_need_it(tree: Connection) -> None:
    trees.prove_many(tree, range(SIZE), SIZE, root=root_at(SIZE))
    asked: list[str] = []
    tree.connection.dbapi_connection.set_trace_callback(asked.append)  # type: ignore[union-attr]  # sqlite3's own
    trees.prove_many(tree, range(SIZE), SIZE, root=root_at(SIZE))
    assert len(asked) == (SIZE - 1).bit_length() - 1, "one question a level, none for the peak at the top"


@pytest.mark.parametrize("size", [1, 64, SIZE])
def test_a_multi_proof_is_made_of_the_same_subtrees(tree: Connection, size: int) -> None:
    frontier, stored = Frontier(), {}
    for number in range(size):
        stored.update({(level, at): each for level, at, each in frontier.append(leaf_hash(bytes([number])))})
    node = trees.nodes_of(tree, size, root=root_at(size))
    for wanted in ([0], [size - 1], [0, size // 2], range(size)):
        assert multiproof(wanted, size, node) == multiproof(wanted, size, lambda level, at: stored[level, at])


def test_a_leaf_beyond_the_tree_has_no_proof(tree: Connection) -> None:
    with pytest.raises(ValueError, match="index"):
        trees.prove(tree, 100, 100, root=root_at(100))


def test_a_subtree_that_is_missing_is_named(tree: Connection) -> None:
    tree.exec_driver_sql("DELETE FROM nodes WHERE level = 3 AND idx = 2")
    with pytest.raises(LookupError, match=r"\(3, 2\)"):
        trees.prove(tree, 30, SIZE, root=root_at(SIZE))
