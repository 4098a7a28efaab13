"""A partner's log for tests of the witness: it grows, signs, proves that it only grew, and can be told to lie."""

import hashlib
from dataclasses import dataclass, field

from ledger.core import checkpoint, witness
from ledger.core.merkle import Frontier, consistency_proof, inclusion_proof, leaf_hash
from ledger.core.signing import NoteSigner, SigningKey, sign_note

ORIGIN = "log.b9999.example/ledger/1"


def signer(name: str = ORIGIN, secret: str = "") -> NoteSigner:
    """A log's key, the same for the same words."""
    return NoteSigner(name, SigningKey(hashlib.sha256(f"{name} {secret}".encode()).digest()))


@dataclass
class Partner:
    """One story of one log.

    Attributes:
        log: its key.
        leaves: what it holds.
    """

    log: NoteSigner = field(default_factory=signer)
    leaves: list[bytes] = field(default_factory=list)

    def grow(self, *leaves: bytes) -> "Partner":
        """Append leaves."""
        self.leaves += leaves
        return self

    def grow_to(self, size: int, word: str = "leaf") -> "Partner":
        """Append leaves of one word until there are `size`."""
        return self.grow(*(f"{word} {number}".encode() for number in range(len(self.leaves), size)))

    def other_story(self, keep: int) -> "Partner":
        """A log with the same key that agrees on the first `keep` leaves only, as far as it has any."""
        return Partner(self.log, self.leaves[:keep])

    def head(self, size: int | None = None) -> checkpoint.Checkpoint:
        """What it says of itself at a size; now, if none is given."""
        frontier = Frontier()
        for leaf in self.leaves[:size]:
            frontier.append(leaf_hash(leaf))
        return checkpoint.Checkpoint(self.log.name, frontier.size, frontier.root())

    def signed(self, size: int | None = None) -> bytes:
        """The same, signed."""
        return sign_note(checkpoint.format(self.head(size)), [self.log])

    def request(self, old: int, size: int | None = None, *, honest_old: int | None = None) -> bytes:
        """The bytes that ask a witness to cosign, with the proof from `old`, or from another size."""
        new = len(self.leaves) if size is None else size
        proof = consistency_proof(min(old if honest_old is None else honest_old, new), new, self._node)
        return witness.format(witness.AddCheckpoint(old, tuple(proof), self.signed(new)))

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """The audit path of a leaf in the whole log."""
        return tuple(inclusion_proof(index, len(self.leaves), self._node))

    def _node(self, level: int, index: int) -> bytes:
        frontier = Frontier()
        for leaf in self.leaves[index << level : (index + 1) << level]:
            frontier.append(leaf_hash(leaf))
        return frontier.root()
