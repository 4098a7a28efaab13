"""Events of a batch on their way into the projections."""

from collections.abc import Iterable

from msgspec import Struct

from ledger.core.batch import BatchNote, Contents
from ledger.core.custody import Recorded
from ledger.core.ids import parse_instant, parse_instants
from ledger.core.kinds import AnyEvent
from ledger.store.packing import event_id

SIMULATED_DEFECT = "clock: simulated time, and this site is no demo"


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


def entries_of(text: BatchNote, contents: Contents, log_index: int, *, accepts_simulated: bool) -> list[Entry]:
    """A judged batch's events with their places, on a site where simulated time counts or does not."""
    stream, first, sealed = text.stream, text.first, text.time
    told, first_id = contents.events, event_id(log_index, 0)
    times_ms = parse_instants(sealed if judged.event is None else judged.event.time for judged in told)
    entries = []
    for position, (judged, leaf, time_ms) in enumerate(zip(told, contents.leaves, times_ms, strict=True)):
        event, defect = judged.event, judged.defect
        if event is not None and event.clock == "simulated" and not accepts_simulated:
            event, defect, time_ms = None, SIMULATED_DEFECT, parse_instant(sealed)  # noqa: PLW2901  it is not to be believed
        entries.append(
            Entry(
                first_id + position, judged.body, leaf, judged.kind, time_ms, event, defect,
                stream, first + position, log_index, position, judged.listed,
            )
        )  # fmt: skip
    return entries


def defects_of(entries: Iterable[Entry]) -> list[tuple[int, str]]:
    """(event id, defect) of what nobody understands; of what was erased no more is known."""
    return [(each.event_id, each.defect) for each in entries if each.defect is not None and each.listed is None]
