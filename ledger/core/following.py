"""Following a log: does the checkpoint that it shows now continue what was held of it?

Decides whether a log grew, told another story, or lost a batch that it gave a receipt for; what it shows is read from
its tiles, which prove themselves by the root that they lead to. Where the tiles do not lead to the log's own signed
root nothing is known about the log, only that its tiles are wrong: that is `Refused`, and no accusation.
Asking, remembering and stopping is left to who follows: a gateway, a monitor.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import Refused
from ledger.core.merkle import (
    Frontier,
    ReadNode,
    consistency_proof,
    inclusion_proof,
    multiproof,
    root_from_multiproof,
    verify_consistency,
)


@dataclass(frozen=True, slots=True)
class OtherRoot:
    """What shows that a log told two stories: its tree had `root` at the held size, by an RFC 6962 proof."""

    root: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class OtherLeaf:
    """What shows that a log lost a leaf: another one stands at `index`, by an RFC 6962 audit path."""

    index: int
    proof: tuple[bytes, ...]


def judge_growth(held: Checkpoint, seen: Checkpoint, node: ReadNode) -> OtherRoot | Refused | None:
    """Find out whether the tree of `seen` begins with the tree of `held`; None if it does.

    Args:
        held: what was held, no larger than `seen`.
        seen: what the log shows now, its signature verified.
        node: the subtrees of the tree of `seen`, as the log shows them.

    Returns:
        `OtherRoot` if it verifiably does not; Refused if the subtrees do not lead to the root of `seen`.
    """
    root = seen.root if held.size == seen.size else Frontier.from_nodes(held.size, node).root()
    proof = consistency_proof(held.size, seen.size, node)
    refused = verify_consistency(held.size, root, seen.size, seen.root, proof)
    if refused:
        return refused
    return None if root == held.root else OtherRoot(root, tuple(proof))


def judge_leaves(held: Mapping[int, bytes], seen: Checkpoint, node: ReadNode) -> OtherLeaf | Refused | None:
    """Find out whether every held leaf hash stands at its log index under `seen`; None if so.

    Args:
        held: leaf hash by log index, each below the size of `seen`.
        seen: see `judge_growth`.
        node: see `judge_growth`.

    Returns:
        `OtherLeaf` for the first index at which verifiably another leaf stands; Refused if nothing can be said.
    """
    if not held:
        return None
    theirs = {index: node(0, index) for index in held}
    root = root_from_multiproof(theirs, seen.size, multiproof(held, seen.size, node))
    if isinstance(root, Refused):
        return root
    if root != seen.root:
        return Refused("log-proof", f"expected tiles that lead to {seen.root.hex()}, got {root.hex()}")
    for index in sorted(held):
        if theirs[index] != held[index]:
            return OtherLeaf(index, tuple(inclusion_proof(index, seen.size, node)))
    return None
