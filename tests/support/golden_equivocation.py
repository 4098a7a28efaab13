"""The golden equivocation files: one a claim, and the defects, one a file, named after the step that refuses them."""

import dataclasses
from collections.abc import Callable, Sequence

import msgspec

from ledger.core import batch, checkpoint, equivocation, receipt
from ledger.core.merkle import Frontier, consistency_proof, inclusion_proof, leaf_hash
from ledger.core.note import parse
from ledger.core.signing import NoteSigner, SigningKey, sign_note

OLD = 3
LOST = 5


class _Story:
    """A log that went on from `OLD` in another way: its last leaves changed places."""

    def __init__(self, log: NoteSigner, leaves: Sequence[bytes]) -> None:
        self.log, self.leaves = log, leaves
        self.nodes = dict[tuple[int, int], bytes]()
        self.frontier = Frontier()
        for leaf in leaves:
            self.nodes |= {(level, index): value for level, index, value in self.frontier.append(leaf_hash(leaf))}

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def root(self, size: int) -> bytes:
        return Frontier.from_nodes(size, self.node).root()

    def signed(self, size: int | None = None, by: NoteSigner | None = None) -> bytes:
        size = self.frontier.size if size is None else size
        return sign_note(
            checkpoint.format(checkpoint.Checkpoint(self.log.name, size, self.root(size))), [by or self.log]
        )


def equivocation_files(
    log: NoteSigner, receipts: NoteSigner, leaves: Sequence[bytes], *, signer: Callable[[str], NoteSigner]
) -> dict[str, bytes]:
    """File name → bytes.

    Args:
        log: the log's key.
        receipts: the key of its receipts.
        leaves: the log's leaves, batch notes, more than `LOST` of them.
        signer: makes the same key of a name each time.
    """
    true, other = _Story(log, leaves), _Story(log, [leaves[0], *leaves[:0:-1]])
    size = len(leaves)
    hashes = consistency_proof(OLD, size, other.node)
    roots = equivocation.two_roots(true.signed(OLD), other.signed(), root=other.root(OLD), proof=hashes)
    same = equivocation.two_roots(true.signed(), other.signed(), root=other.root(size), proof=())
    path = inclusion_proof(LOST, size, other.node)
    given = _receipt(receipts, log.name, leaves[LOST], LOST)
    lost = equivocation.lost_batch(given, other.signed(), leaf=other.leaves[LOST], proof=path)
    moved = equivocation.two_receipts(given, _receipt(receipts, log.name, leaves[LOST], LOST + 1))
    forger, elsewhere = dataclasses.replace(log, key=SigningKey(bytes(32))), signer("demo.b9999.example/ledger/1")
    honest = consistency_proof(OLD, size, true.node)
    here = inclusion_proof(LOST, size, true.node)
    change = msgspec.structs.replace
    made = {
        "two-roots": roots,
        "two-roots_one-size": same,
        "lost-batch": lost,
        "two-receipts": moved,
        "first_another-key": change(roots, first=true.signed(OLD, forger).decode()),
        "second_another-key": change(roots, second=other.signed(by=forger).decode()),
        "origin_two-logs": change(roots, second=_Story(elsewhere, other.leaves).signed().decode()),
        "undecidable_unknown-log": change(
            roots,
            first=_Story(elsewhere, leaves).signed(OLD).decode(),
            second=_Story(elsewhere, other.leaves).signed().decode(),
        ),
        "contradiction_continues": equivocation.two_roots(
            true.signed(OLD), true.signed(), root=true.root(OLD), proof=honest
        ),
        "contradiction_wrong-proof": change(roots, proof=roots.proof[::-1]),
        "contradiction_root-not-led-to": change(roots, root=same.root),
        "contradiction_smaller-later": change(roots, first=roots.second, second=roots.first),
        "contradiction_in-its-place": equivocation.lost_batch(given, true.signed(), leaf=leaves[LOST], proof=here),
        "contradiction_another-leaf": change(lost, leaf=same.root),
        "contradiction_beyond-size": change(lost, second=other.signed(OLD).decode()),
        "contradiction_receipts-in-order": equivocation.two_receipts(
            given, _receipt(receipts, log.name, leaves[LOST + 1], LOST + 1)
        ),
        "format_root-missing": change(roots, root=""),
        "format_leaf-of-none": change(roots, leaf=lost.leaf),
        "format_receipt-for-checkpoint": change(roots, first=given.decode()),
    }
    files = {f"{name}.equivocation": equivocation.format(each) for name, each in made.items()}
    raw = equivocation.format(roots)
    files["format_white-space.equivocation"] = raw.replace(b'","', b'", "', 1)
    files["undecidable_version-2.equivocation"] = raw.replace(b"/v1", b"/v2", 1)
    return files


def _receipt(key: NoteSigner, origin: str, leaf: bytes, index: int) -> bytes:
    text = batch.read_note(leaf)[1]
    given = receipt.Receipt(origin, text.stream, text.last, index, batch.text_hash(parse(leaf).text))
    return sign_note(given.format(), [key])
