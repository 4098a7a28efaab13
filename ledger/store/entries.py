"""One event on its way into the projections."""

from msgspec import Struct

from ledger.core.custody import Recorded
from ledger.core.kinds import AnyEvent


class Entry(Struct, frozen=True, gc=False):
    """One event of a batch that is being taken in; never part of a cycle, so nobody need look for one.

    Attributes:
        event_id: its id.
        body: its bytes.
        leaf: their leaf hash.
        kind: the kind that it says it is.
        time_ms: when it happened; where that cannot be read, its batch's time.
        event: the event; None if there is a defect.
        defect: why it is kept without being understood.
        stream: its stream.
        seq: its number there.
        log_index: its batch.
        position: its place in the batch, from 0.
        listed: the things that it is about, where its bytes were erased; None: it has its bytes.
    """

    event_id: int
    body: bytes
    leaf: bytes
    kind: str
    time_ms: int
    event: AnyEvent | None
    defect: str | None
    stream: str
    seq: int
    log_index: int
    position: int
    listed: tuple[str, ...] | None = None

    @property
    def log_place(self) -> tuple[int, int]:
        """(log index, position)."""
        return self.log_index, self.position

    def recorded(self) -> Recorded | None:
        """The event with its place in the log; None if there is a defect."""
        if self.event is None:
            return None
        return Recorded(self.event, self.log_index, self.position, trusted=self.event.clock != "unsynchronised")
