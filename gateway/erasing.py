"""Erasing what the log says was erased: in this gateway's outbox too, and saying so.

Asks the ledger once a minute for the list of what is still to go (`ledger.core.erasurelist`), believes only one that is
signed with a receipt key that it believes, lets the outbox forget it, and so brings the `erasure_applied` events on
their way. A gateway that is off line does it when it comes back; until then the ledger shows the erasure as pending.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from gateway import outbox_age
from gateway.outbox import Outbox
from gateway.uplink import Get, Sentinel, Unreachable
from ledger.core import erasurelist
from ledger.core.errors import Refused

INTERVAL_SECONDS = 60.0
_log = structlog.get_logger("erasing")


@dataclass(slots=True)
class Eraser:
    """Looks for erasures after another sentinel has looked. Used by one thread.

    Attributes:
        outbox: what is erased from.
        get: see `uplink.Get`.
        before: who looks first.
        monotonic: real seconds.
    """

    outbox: Outbox
    get: Get
    before: Sentinel
    monotonic: Callable[[], float]
    _due_at: float = float("-inf")

    def look_if_due(self) -> bool:
        """Let the other look; then erase, if it is time.

        Raises:
            OutboxError: nothing was erased; it is tried again.
        """
        found = self.before.look_if_due()
        if self.monotonic() >= self._due_at:
            self._due_at = self.monotonic() + INTERVAL_SECONDS
            self.look()
        return found

    def look(self) -> None:
        """Ask once, and erase.

        Raises:
            OutboxError: nothing was erased; it is tried again.
        """
        identity = self.outbox.identity
        try:
            answer = self.get(erasurelist.PATH + identity.gateway)
        except Unreachable:
            return
        if answer.status != 200:
            return
        found = erasurelist.verify(answer.body, *identity.receipt_keys)
        if isinstance(found, Refused):
            _log.warning("no list of erasures", reason=found.reason)
            return
        if (found.origin, found.gateway) != (identity.origin, identity.gateway):
            _log.warning("no list of erasures", reason=f"it is one of {found.origin} for {found.gateway}")
            return
        if found.listed:
            erased = outbox_age.erase(self.outbox, found.listed)
            _log.info("erased as the log says", events=erased)
