"""The log, open for writing: batches are taken, events recorded, checkpoints signed.

What a gateway brings is `taking`; what a person or the site asserts is `recording`, checked inside the transaction
that writes it; what the site signs of it is `signing`; all of them ask the log that `opened` holds. Whatever is
answered is on disk.

How rows are written is `ledger.store`; what a history means is `ledger.folding.fold` and `ledger.rules`.
"""

from functools import partial

from ledger.append.recording import Recording
from ledger.append.taking import Taking
from ledger.core.errors import Refused
from ledger.core.note import VerifierKey
from ledger.store import auditing, cosignatures, verdicts


class Ledger(Taking, Recording):
    """A site's ledger, open for writing by this process alone. Use it as a context manager, or `close` it.

    Attributes:
        site: whose ledger it is.
        clock: what tells its time.
        entropy: random bytes, for nonces and salts.
        own_keys: the site's own keys.
        withheld: keeps what people withhold from the log.

    Raises:
        ConfigError: another process writes, the database cannot be used, or it does not continue what was signed.
    """

    def keep_cosignature(self, size: int, key: VerifierKey, line: bytes) -> None:
        """Keep what a witness said of the checkpoint of `size`: a line that was verified under its key.

        Raises:
            Rejected: the ledger is busy or cannot write (steps `busy`, `storage`).
        """
        self._do(lambda working: cosignatures.keep(working.connection, size=size, key=key, line=line))

    def keep_verdicts(self, found: verdicts.Portion) -> bool:
        """Keep verdicts on units' cold chains; False if others were kept in the meantime.

        Raises:
            Rejected: the ledger is busy or cannot write (steps `busy`, `storage`).
        """
        return self._do(lambda working: verdicts.keep(working.connection, found))

    def keep_audit(self, *, as_of_size: int, vkey: str, line: str) -> Refused | None:
        """Keep an auditor's cosignature of a root of the unit map, for passports to carry.

        Returns:
            Refused at step `cosignature` if it is none of a root that this log bears out.

        Raises:
            Rejected: the ledger is busy or cannot write (steps `busy`, `storage`).
        """
        cosigned = partial(auditing.keep, origin=self.site.origin, as_of_size=as_of_size, vkey=vkey, line=line)
        return self._do(lambda working: cosigned(working.connection))
