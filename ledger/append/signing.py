"""Checkpoints and the unit map's roots signed over what is committed, the site's devices asked where they must sign."""

import secrets
import threading
from collections.abc import Callable
from functools import partial

import structlog
from typing_extensions import override

from ledger.append.arriving import Rejected
from ledger.append.heads import Heads
from ledger.append.opened import Opened
from ledger.clock import Clock
from ledger.config import Site
from ledger.devices import DeviceError, sign_with
from ledger.store.writer import Working

_log = structlog.get_logger("ledger.append")


class Signing(Opened):
    """A log that signs what is committed."""

    def __init__(self, site: Site, clock: Clock, *, entropy: Callable[[int], bytes] = secrets.token_bytes) -> None:
        super().__init__(site, clock, entropy=entropy)
        self._at_the_devices = threading.Lock()
        self._heads = Heads(site, self.own_keys)

    @override
    def close(self) -> None:
        """Write what waits, sign the last checkpoint, close the database and seal it."""
        if self._closed:
            return
        try:
            if self._standstill is None:
                self.sign_checkpoint()
        except Rejected as rejected:
            _log.exception("the last checkpoint could not be signed", reason=rejected.reason)
        super().close()

    def sign_checkpoint(self) -> bytes | None:
        """Sign the log as committed, durably before anybody sees it; None while the log is empty.

        Raises:
            Rejected: the ledger is busy, cannot write, or stands still, or a device that must sign did not (steps
                `busy`, `storage`, `history`).
        """
        self._require_standing()
        devices = self.site.signing_devices
        if not devices:
            return self._do(self._sign)
        with self._at_the_devices:
            text = self._do(self._unsigned_text)
            if text is None:
                return self._do(self._sign)
            try:
                beside = sign_with(devices, text)  # outside the writer's thread: a device may be slow
            except DeviceError as error:
                raise Rejected("storage", str(error), retry="retry") from error
            return self._do(partial(self._heads.sign_text, text=text, beside=beside))

    def root_unit_map(self) -> int | None:
        """State the unit map's root in the site stream.

        Returns:
            The log size that it is of; None if no list has grown since the last root, and nothing is stated.

        Raises:
            Rejected: the ledger is busy, cannot write, or stands still (steps `busy`, `storage`, `history`).
        """
        self._require_standing()
        return self._do_alone(self._own.root_unit_map)

    def _sign(self, working: Working) -> bytes | None:
        self._look_again(working)
        if working.committed.size:
            # Another process may have approved a gateway: its batches are read before they come to the writer.
            self._learn_keys(working.committed.size, working.projector.keys(working.connection))
        return self._heads.sign(working)

    def _unsigned_text(self, working: Working) -> str | None:
        self._look_again(working)
        return self._heads.unsigned_text(working)
