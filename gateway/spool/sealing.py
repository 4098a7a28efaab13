"""When a stream is sealed into a batch: a second after its first event, or as soon as there is enough of it.

Knows in memory what waits to be sealed, so that asking costs nothing; what a batch is made of is `chain`'s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.clock import Clock
from gateway.spool import chain
from gateway.spool.chain import SEAL_AT_BYTES, SEAL_AT_EVENTS
from gateway.spool.file import SpoolFile
from gateway.spool.identity import Identity

SEAL_AFTER_SECONDS = 0.8
"""Leaves the rest of the promised second to the tick that notices and to the disk."""


@dataclass(slots=True)
class _Unsealed:
    since: float | None = None
    count: int = 0
    size_bytes: int = 0


@dataclass(slots=True)
class Sealing:
    """What waits to be sealed, by stream.

    Attributes:
        file: the outbox's.
        clock: stamps batches, and tells when a second is over.
    """

    file: SpoolFile
    clock: Clock
    _unsealed: dict[str, _Unsealed] = field(default_factory=dict, init=False)

    def begin(self, streams: Iterable[str]) -> None:
        """These have events of the run before: their second is long over."""
        self._unsealed = {stream: _Unsealed(since=float("-inf")) for stream in streams}

    def added(self, stream: str, bodies: Sequence[bytes]) -> None:
        """Events were kept, and wait."""
        with self.file.turn:
            open_ = self._unsealed.setdefault(stream, _Unsealed())
            if open_.since is None:
                open_.since = self.clock.monotonic()
            open_.count += len(bodies)
            open_.size_bytes += sum(map(len, bodies))

    def forget(self, stream: str) -> None:
        """Nothing of it is sealed any more."""
        self._unsealed.pop(stream, None)

    def due(self) -> list[str]:
        """The streams that have waited long enough or grown large enough."""
        now = self.clock.monotonic()
        return [stream for stream, open_ in list(self._unsealed.items()) if _is_due(open_, now)]

    def waiting(self) -> list[str]:
        """All streams that have something to seal."""
        return list(self._unsealed)

    def seal(self, streams: Iterable[str], identity: Identity) -> int:
        """Seal all that these have, in as many batches as that takes; how many.

        Raises:
            OutboxError: the batches before are made, nothing else was written.
        """
        return sum(self._seal_stream(stream, identity) for stream in streams)

    def _seal_stream(self, stream: str, identity: Identity) -> int:
        with self.file.turn:
            made = 0
            while self._seal_once(stream, identity):
                made += 1
            self.forget(stream)
            return made

    def _seal_once(self, stream: str, identity: Identity) -> bool:
        with self.file.transaction() as db:
            return chain.seal_next(
                db, stream, origin=identity.origin, signer=identity.signer, now_ms=self.clock.now_ms()
            )


def _is_due(open_: _Unsealed, now: float) -> bool:
    if open_.count >= SEAL_AT_EVENTS or open_.size_bytes >= SEAL_AT_BYTES:
        return True
    return open_.since is not None and now - open_.since >= SEAL_AFTER_SECONDS
