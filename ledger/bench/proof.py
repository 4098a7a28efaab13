"""`xuemai bench proof`: inclusion proofs from stored subtrees, one at a time and many at once, and their verification.

The tree has as many leaves as asked for and stands in the ledger's own table. The yardstick is what a proof is made of:
as many SHA-256 of two hashes as a proof has steps.
"""

import random
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, create_engine

from ledger.bench.counting import counting
from ledger.bench.report import Cost, measured, peak_mb_of
from ledger.core.errors import XuemaiError
from ledger.core.merkle import Frontier, Node, leaf_hash, verify_inclusion
from ledger.read import trees

PROOFS = 5_000
_TABLES = {
    "sqlite": (
        "CREATE TABLE nodes (level INTEGER, idx INTEGER, hash BLOB, PRIMARY KEY (level, idx)) STRICT, WITHOUT ROWID"
    ),
    "postgresql": "CREATE TABLE nodes (level bigint, idx bigint, hash bytea, PRIMARY KEY (level, idx))",
}
_AT_ONCE = 50_000
Progress = Callable[[int, int], None]


def measure(folder: Path, leaves: int, progress: Progress, *, database_url: str | None = None) -> dict[str, object]:
    """Measure on a new tree in `folder`, or in the empty database at the URL, where nothing stays of it."""
    dice = random.Random(leaves)  # noqa: S311  the same leaves in every run
    wanted = [dice.randrange(leaves) for _ in range(PROOFS)]
    proofs: list[list[bytes]] = []
    batch: list[list[bytes]] = []
    engine = create_engine(_address(database_url) or f"sqlite:///{folder / 'tree.db'}")
    with counting(database_url) as how, engine.connect() as tree, tree.begin() as transaction:
        root = _grow(tree, leaves, progress)
        single = how.counted(
            lambda: measured(PROOFS, lambda: proofs.extend(trees.prove(tree, at, leaves, root=root) for at in wanted))
        )
        many = how.counted(
            lambda: measured(PROOFS, lambda: batch.extend(trees.prove_many(tree, wanted, leaves, root=root)))
        )
        transaction.rollback()
    engine.dispose()
    if batch != proofs:
        raise XuemaiError("expected the same proofs one by one and at once; they differ")
    verified = measured(PROOFS, lambda: _verify(wanted, leaves, proofs, root))
    stored = _yardstick(proofs)
    return {
        "bench": "proof",
        "database": how.database,
        "cpu_of": how.cpu_of,
        "leaves": leaves,
        "proofs": PROOFS,
        "hashes_a_proof": len(proofs[0]),
        "events_per_cpu_second": round(many.per_cpu_second),
        "events_per_wall_second": round(many.per_wall_second),
        **many.ratios(stored),
        "single": {**single.figures(), **single.ratios(stored)},
        "verified": {**verified.figures(), **verified.ratios(stored)},
        "peak_mb": peak_mb_of(),
        "yardstick": stored.figures(),
    }


def _address(database_url: str | None) -> str | None:
    """As SQLAlchemy writes it."""
    return None if database_url is None else database_url.replace("postgresql:", "postgresql+psycopg:", 1)


def _grow(tree: Connection, leaves: int, progress: Progress) -> bytes:
    """Store the tree over so many leaves as the ledger does; its root."""
    tree.exec_driver_sql(_TABLES[tree.dialect.name])
    frontier = Frontier()
    for first in range(0, leaves, _AT_ONCE):
        rows = []
        for number in range(first, min(first + _AT_ONCE, leaves)):
            rows += frontier.append(leaf_hash(number.to_bytes(8)))
        _store(tree, rows)
        progress(frontier.size, leaves)
    tree.exec_driver_sql("ANALYZE nodes")  # as a ledger that has stood for a while would be; SQLite has it too
    return frontier.root()


def _store(tree: Connection, rows: Sequence[Node]) -> None:
    if tree.dialect.name == "sqlite":
        tree.exec_driver_sql("INSERT INTO nodes VALUES (?, ?, ?)", list(rows))
        return
    driver = tree.connection.driver_connection
    assert driver is not None  # noqa: S101  for the type checker; the connection is open
    with driver.cursor() as cursor, cursor.copy("COPY nodes FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int8", "int8", "bytea"])
        for row in rows:
            copy.write_row(row)


def _verify(wanted: Sequence[int], size: int, proofs: Sequence[Sequence[bytes]], root: bytes) -> None:
    for index, proof in zip(wanted, proofs, strict=True):
        refused = verify_inclusion(leaf_hash(index.to_bytes(8)), index, size, proof, root)
        if refused is not None:
            raise XuemaiError(f"a proof does not hold: {refused.reason}")


def _yardstick(proofs: Sequence[Sequence[bytes]]) -> Cost:
    def climb() -> None:
        for proof in proofs:
            reached = bytes(32)
            for sibling in proof:
                reached = sha256(b"\1" + reached + sibling).digest()

    return measured(len(proofs), climb)
