"""Gateways' batches taken, several at once, each answered with its receipt or with why it was not taken."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from ledger.append.arriving import Arrived, Rejected, accept, read_batch
from ledger.append.opened import Opened, done
from ledger.core.receipt import Receipt
from ledger.core.signing import sign_note
from ledger.store.writer import BusyError

A = TypeVar("A")
T = TypeVar("T")


class Taking(Opened):
    """A log that takes gateways' batches."""

    def append_batch(self, wire: bytes) -> bytes:
        """Take a gateway's batch; answer the receipt.

        The same batch again gets the same receipt.

        Args:
            wire: NDJSON: a line with the note, then each event's bytes.

        Raises:
            Rejected: it was not taken; nothing of it is in the log.
        """
        [answer] = self.append_batches([wire])
        if isinstance(answer, Rejected):
            raise answer
        return answer

    def append_batches(self, wires: Sequence[bytes]) -> list[bytes | Rejected]:
        """Take batches that came at once, in this order: each is answered as if it had come alone.

        They are written together, so that what a transaction costs is shared among them.

        Args:
            wires: as `append_batch`.

        Returns:
            For each its receipt, or why it was not taken.
        """
        read = [_or_rejected(self._read, wire) for wire in wires]
        arrived = [each for each in read if not isinstance(each, Rejected)]
        accepted = iter(self._accepted(arrived))
        taken = [each if isinstance(each, Rejected) else next(accepted) for each in read]
        return [each if isinstance(each, Rejected) else _or_rejected(self._sign_receipt, each) for each in taken]

    def _accepted(self, arrived: Sequence[Arrived]) -> "list[Receipt | Rejected]":
        if not arrived:
            return []
        now_ms = self.clock.now_ms()
        try:
            waiting = self._writer.submit_batches([partial(accept, arrived=each, now_ms=now_ms) for each in arrived])
        except BusyError as error:
            return [Rejected("busy", str(error), retry="retry") for _ in arrived]
        return [_or_rejected(done, each) for each in waiting]

    def _sign_receipt(self, told: Receipt) -> bytes:
        self._require_standing()
        receipt = sign_note(told.format(), self._receipt_signers)
        self._own_word.remember(receipt)
        return receipt

    def _read(self, wire: bytes) -> Arrived:
        self._require_standing()
        return read_batch(wire, origin=self.site.origin, keys=self._keys[1])


def _or_rejected(step: Callable[[A], T], given: A) -> T | Rejected:
    """What a step makes of what it is given, or why it was refused: so that one batch does not stop its neighbours."""
    try:
        return step(given)
    except Rejected as rejected:
        return rejected
