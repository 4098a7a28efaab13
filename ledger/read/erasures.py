"""What was erased, when, why and by whose decision; and where a gateway has not confirmed it yet."""

from dataclasses import dataclass

from ledger.core import kinds
from ledger.core.events import SITE_STREAM, Carrier, carrier_of, producer_of
from ledger.core.ids import parse_instant
from ledger.read.history import recorded
from ledger.read.reader import Reader


@dataclass(frozen=True, slots=True)
class ErasedEvent:
    """One erasure.

    Attributes:
        stream: the stream of the event that was erased.
        seq: its place there.
        what: `body`, its bytes; `value`, the values behind its commitments.
        time_ms: when it was decided, in milliseconds since the Unix epoch.
        reason: why.
        by: who asked, as a pseudonym; None: not said.
        second: who confirmed, likewise.
        pending: whether its gateway has not said yet that it holds nothing more of it.
    """

    stream: str
    seq: int
    what: str
    time_ms: int
    reason: str
    by: str | None
    second: str | None
    pending: bool


def erased_events(reader: Reader, *, limit: int) -> tuple[ErasedEvent, ...]:
    """The latest erasures, newest first; one that several events name once."""
    said: dict[tuple[str, int, str], kinds.Erased] = {}
    for each in recorded(reader.history.of_kinds(SITE_STREAM, ("erased",))):
        if isinstance(each.event, kinds.Erased):
            said.setdefault((each.event.of_stream, each.event.of_seq, each.event.what), each.event)
    latest = list(said.items())[-limit:][::-1]
    gateways = {producer_of(stream) for (stream, _, _), _ in latest if carrier_of(stream) is not Carrier.WEB}
    pending = {(left.stream, left.seq, left.what) for name in gateways for left in reader.unconfirmed_erasures(name)}
    return tuple(
        ErasedEvent(*place, parse_instant(event.time), event.reason, event.by, event.second, place in pending)
        for place, event in latest
    )
