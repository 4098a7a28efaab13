"""What a person asserts and what the site declares, recorded; what was erased leaves no copy behind."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import structlog

from ledger.append.arriving import Rejected
from ledger.append.erasure import Erasure, compose_erasure
from ledger.append.own_events import Check, Declared, Making, OwnStream
from ledger.append.signing import Signing
from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.erasurelist import ErasureList, ToErase
from ledger.core.errors import Refused
from ledger.core.events import WEB_STREAM
from ledger.core.logkeys import LogKeys
from ledger.core.signing import sign_note
from ledger.store import enclosures, erasures
from ledger.store.assertions import Draft
from ledger.store.erasing import finish_erasure
from ledger.store.writer import Working

_log = structlog.get_logger("ledger.append")
Compose: TypeAlias = "Callable[[Working], Sequence[Draft] | Refused]"
"""What the site is to say, made with the log as it is just before that."""


class Recording(Signing):
    """A log in which the site's own streams are written."""

    def record(
        self, stream: OwnStream, drafts: Sequence[Draft], check: "Check | None" = None
    ) -> tuple[Recorded, ...] | Refused:
        """Record what a person asserts (`web`) or what the site declares (`site`), all or nothing.

        Args:
            stream: the site's own stream that it belongs to.
            drafts: the events, less what the writer fills in; at least one. A `Withheld` among the fields, alone or
                in a list, is kept in `withheld`, and the event gets a commitment to it.
            check: a rule to ask inside the transaction.

        Returns:
            The events with their places in the log; or Refused, and nothing is written.

        Raises:
            Rejected: the ledger is busy or cannot write (steps `busy`, `storage`).
        """
        self._require_standing()
        answer = self._do(lambda working: self._own.record(working, stream, drafts, check))
        return answer if isinstance(answer, Refused) else self._remember(answer)

    def record_made(self, make: "Making") -> tuple[Recorded, ...] | Refused:
        """Record what a person asserts (`web`), made inside the transaction: numbers without gaps are given out there.

        Args:
            make: makes the events with a reader of the ledger as it is just before; Refused where a rule is against it.

        Returns:
            The events with their places in the log; or Refused, and nothing is written.

        Raises:
            Rejected: as `record`.
        """
        self._require_standing()
        answer = self._do(lambda working: self._own.record_made(working, make))
        return answer if isinstance(answer, Refused) else self._remember(answer)

    def declare(self, compose: "Compose") -> tuple[Recorded, ...] | Refused:
        """Record on the site stream what `compose` makes inside the transaction; then the key files follow the log.

        Raises:
            Rejected: as `record`.
            ConfigError: the log has it, and a key's file could not follow; the next start tries again.
        """

        def job(working: Working) -> tuple[Declared, LogKeys] | Refused:
            drafts = compose(working)
            if isinstance(drafts, Refused):
                return drafts
            answer = self._own.record(working, "site", drafts, None)
            if isinstance(answer, Refused):
                return answer
            return answer, working.projector.log_keys(working.connection)

        self._require_standing()
        with self._at_the_devices:  # whatever is on its way there was to be signed by the keys as they are
            answer = self._do(job)
            if isinstance(answer, Refused):
                return answer
            declared, log_keys = answer
            self._settle(declared[1], log_keys)
        return self._remember(declared)

    def enclose(self, drafts: Sequence[Draft], document: bytes) -> tuple[Recorded, ...] | Refused:
        """Record what the site declares of a document that the events name by its SHA-256, and keep it with them.

        Args:
            drafts: the events for the `site` stream.
            document: the document's bytes.

        Returns:
            The events with their places in the log; or Refused, and nothing is written: at step `enclosure` if the
            document is kept already.

        Raises:
            Rejected: the ledger is busy, cannot write, or stands still (steps `busy`, `storage`, `history`).
        """
        self._require_standing()
        answer = self._do(lambda working: self._own.enclose(working, drafts, document))
        return answer if isinstance(answer, Refused) else answer[2]

    def enforce(
        self, drafts: Sequence[Draft], documents: Sequence[bytes], check: "Check | None" = None
    ) -> tuple[Recorded, ...] | Refused:
        """Record what the site declares of a policy pack, and keep the files that the events name by their SHA-256.

        Args:
            drafts: the events for the `site` stream.
            documents: the files' bytes; one that is kept already stays as it is.
            check: a rule to ask inside the transaction.

        Returns:
            The events with their places in the log; or Refused, and nothing is written.

        Raises:
            Rejected: as `record`.
        """

        def job(working: Working) -> Declared | Refused:
            answer = self._own.record(working, "site", drafts, check)
            if not isinstance(answer, Refused):
                for document in documents:
                    if not enclosures.is_kept(working.connection, document):
                        enclosures.keep(working.connection, document)
            return answer

        self._require_standing()
        answer = self._do(job)
        return answer if isinstance(answer, Refused) else self._remember(answer)

    def erase(
        self, erasure: Erasure, *, by: str | None = None, second: str | None = None
    ) -> tuple[Recorded, ...] | Refused:
        """Erase an event's bytes, or let the values behind its commitments be erased; the log says so first.

        Args:
            erasure: what is to go, and why.
            by: the person who asked for it, as a pseudonym.
            second: the second person who decided.

        Returns:
            The `erased` events, committed, and no copy of the bytes left in the database's files unless
            `finish_erasures` says otherwise; or Refused, and nothing went.

        Raises:
            Rejected: as `record`.
        """
        return self.declare(partial(compose_erasure, erasure, persons={"by": by, "second": second}))

    def sign_erasures(self, gateway: str, listed: Sequence[ToErase]) -> bytes:
        """A gateway's list of what it still has to erase, under the key of receipts."""
        text = ErasureList(self.site.origin, gateway, tuple(listed)).format()
        return sign_note(text, self._receipt_signers)

    def finish_erasures(self) -> bool:
        """Leave no copy of what was erased in the databases' files; False while that cannot be done: try again."""
        with self._writer.standing_still:
            finished = finish_erasure(self.site)
        return self._destroy_values() and finished

    def _remember(self, declared: Declared) -> tuple[Recorded, ...]:
        size, keys, recorded = declared
        self._learn_keys(size, keys)
        erased = [each.event for each in recorded if isinstance(each.event, kinds.Erased)]
        if erased:
            self._values_due = self._values_due or any(each.of_stream == WEB_STREAM for each in erased)
            self.finish_erasures()
        return recorded

    def _destroy_values(self) -> bool:
        """Destroy what people withheld in events that were erased, by this process or another on the same log."""
        if not (self._values_due or (self.is_shared and self.withheld.is_there)):
            return True
        try:
            erased = self._do(lambda working: erasures.of_stream(working.connection, WEB_STREAM))
        except Rejected as error:
            _log.warning("withheld values that were erased may still be there; trying again", error=str(error))
            return False
        self._values_due = not self.withheld.destroy(erased)
        return not self._values_due
