"""What a gateway knows of its ledger: the receipts that it gave, the newest checkpoint, and whether it is trusted.

With it the gateway can show that a ledger went back. Each question takes its turn at the outbox's file; the statements
are `pins`'.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.spool import pins
from gateway.spool.file import SpoolFile
from gateway.spool.pins import Held
from ledger.core import checkpoint as checkpoints


@dataclass(frozen=True, slots=True)
class KnownLedger:
    """See the module; `file` is the outbox's."""

    file: SpoolFile

    def acknowledged_seq(self, stream: str) -> int:
        """The last event of `stream` that the ledger gave a receipt for; 0 if none."""
        with self.file.turn:
            return pins.acknowledged_seq(self.file.db, stream) or 0

    def last_receipts(self) -> tuple[bytes, ...]:
        """The last receipt of each stream, custody first."""
        with self.file.turn:
            return pins.last_receipts(self.file.db)

    def newest_receipt(self) -> bytes | None:
        """The receipt that stands highest in the log, of whichever stream; None before the first."""
        with self.file.turn:
            return pins.newest_receipt(self.file.db)

    def uncovered(self, limit: int) -> tuple[Held, ...]:
        """Batches with a receipt that were not seen under a checkpoint yet, in the order of the log."""
        with self.file.turn:
            return pins.uncovered(self.file.db, limit)

    def checkpoint(self) -> bytes | None:
        """The newest checkpoint that was verified, with the log's own signatures; None before the first."""
        with self.file.turn:
            return pins.of_ledger(self.file.db, pins.CHECKPOINT)

    def size(self) -> int:
        """The size of that checkpoint; 0 before the first."""
        raw = self.checkpoint()
        return 0 if raw is None else checkpoints.parse_signed(raw)[0].size

    def pin(self, raw: bytes, covered: Sequence[Held]) -> None:
        """Remember a verified checkpoint, and the batches that were seen under it.

        Raises:
            OutboxError: nothing was written.
        """
        with self.file.transaction() as db:
            pins.keep_of_ledger(db, pins.CHECKPOINT, raw)
            pins.cover(db, covered)

    def refusal(self) -> str | None:
        """Why nothing is sent to this ledger, whatever stream; None while it is trusted."""
        with self.file.turn:
            found = pins.of_ledger(self.file.db, pins.REFUSAL)
        return None if found is None else found.decode()

    def refuse(self, reason: str) -> None:
        """Send this ledger nothing more, across restarts, until `trust`.

        Raises:
            OutboxError: nothing was written.
        """
        with self.file.transaction() as db:
            pins.keep_of_ledger(db, pins.REFUSAL, reason.encode())

    def trust(self) -> None:
        """Send again.

        Raises:
            OutboxError: nothing was written.
        """
        with self.file.transaction() as db:
            pins.forget_of_ledger(db, pins.REFUSAL)
