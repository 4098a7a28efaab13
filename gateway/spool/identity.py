"""Whose outbox it is, and whom it believes."""

from dataclasses import dataclass

from ledger.core import signing
from ledger.core.events import Carrier
from ledger.core.note import VerifierKey


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose outbox it is.

    Attributes:
        origin: the ledger that every batch is made for.
        gateway: the producer's name.
        epoch: of its streams.
        signer: the gateway's key.
        receipt_key: the key whose receipts count, as a person pinned it.
        followed: the keys whose receipts count since that one handed over; see `gateway.ledgerkeys`.
    """

    origin: str
    gateway: str
    epoch: int
    signer: signing.NoteSigner
    receipt_key: VerifierKey
    followed: tuple[VerifierKey, ...] = ()

    @property
    def receipt_keys(self) -> tuple[VerifierKey, ...]:
        """The keys whose receipts count: the pinned one, until it handed over to another."""
        return self.followed or (self.receipt_key,)

    def stream(self, carrier: Carrier) -> str:
        """The stream of custody (`c`) or telemetry (`t`)."""
        return f"{self.gateway}/{self.epoch}/{carrier.value}"
