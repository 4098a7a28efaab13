"""An ML-DSA-44 cosigner: the library signs, another implementation spells what is signed."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from proofbundle import checkpoint as oracle

from ledger.core import note
from ledger.core.note import ML_DSA_44, VerifierKey


@dataclass(frozen=True, slots=True)
class MlDsaCosigner:
    """The key of a seed of 32 bytes, under a name."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, ML_DSA_44, self._private.public_key().public_bytes_raw())

    @property
    def _private(self) -> MLDSA44PrivateKey:
        return MLDSA44PrivateKey.from_seed_bytes(self.seed)

    def signed(self, checkpoint: bytes, timestamp: int) -> bytes:
        """The signed checkpoint with this cosigner's line under it."""
        return oracle.cosign_checkpoint_mldsa(checkpoint.decode(), self._private, self.name, timestamp).encode()

    def line(self, checkpoint: bytes, timestamp: int) -> note.Signature:
        """The line alone."""
        return note.parse(self.signed(checkpoint, timestamp)).signatures[-1]
