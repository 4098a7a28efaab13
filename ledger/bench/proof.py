"""`xuemai bench proof`: inclusion proofs from stored subtrees, one at a time and many at once, and their verification.

The tree has as many leaves as asked for and stands in the ledger's own table. The yardstick is what a proof is made of:
as many SHA-256 of two hashes as a proof has steps.
"""

import random
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, create_engine

from ledger.bench.report import Cost, measured, peak_mb_of
from ledger.core.errors import XuemaiError
from ledger.core.merkle import Frontier, leaf_hash, verify_inclusion
from ledger.read import trees

PROOFS = 5_000
_AT_ONCE = 50_000
Progress = Callable[[int, int], None]


def measure(folder: Path, leaves: int, progress: Progress) -> dict[str, object]:
    """Measure on a new tree in `folder`; what the command prints."""
    dice = random.Random(leaves)  # noqa: S311  the same leaves in every run
    wanted = [dice.randrange(leaves) for _ in range(PROOFS)]
    engine = create_engine(f"sqlite:///{folder / 'tree.db'}")
    proofs: list[list[bytes]] = []
    batch: list[list[bytes]] = []
    with engine.connect() as tree, tree.begin():
        root = _grow(tree, leaves, progress)
        single = measured(PROOFS, lambda: proofs.extend(trees.prove(tree, index, leaves) for index in wanted))
        many = measured(PROOFS, lambda: batch.extend(trees.prove_many(tree, wanted, leaves)))
    engine.dispose()
    if batch != proofs:
        raise XuemaiError("expected the same proofs one by one and at once; they differ")
    verified = measured(PROOFS, lambda: _verify(wanted, leaves, proofs, root))
    stored = _yardstick(proofs)
    return {
        "bench": "proof",
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


def _grow(tree: Connection, leaves: int, progress: Progress) -> bytes:
    """Store the tree over so many leaves as the ledger does; its root."""
    tree.exec_driver_sql(
        "CREATE TABLE nodes (level INTEGER, idx INTEGER, hash BLOB, PRIMARY KEY (level, idx)) STRICT, WITHOUT ROWID"
    )
    frontier = Frontier()
    for first in range(0, leaves, _AT_ONCE):
        rows = []
        for number in range(first, min(first + _AT_ONCE, leaves)):
            rows += frontier.append(leaf_hash(number.to_bytes(8)))
        tree.exec_driver_sql("INSERT INTO nodes VALUES (?, ?, ?)", rows)
        progress(frontier.size, leaves)
    return frontier.root()


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
