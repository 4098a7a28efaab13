"""Reading events back: the histories that folds are made of."""

from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import Connection, select

from ledger.core.custody import Recorded
from ledger.core.events import SITE_STREAM
from ledger.core.kinds import AnyEvent
from ledger.store import tables as t

_decode = msgspec.json.Decoder(AnyEvent).decode

_HISTORY = (
    select(t.bodies.c.body, t.events.c.log_index, t.events.c.position)
    .distinct()
    .join_from(t.subject_events, t.events, t.events.c.id == t.subject_events.c.event_id)
    .join(t.bodies, t.bodies.c.event_id == t.events.c.id)
    .where(t.events.c.defect.is_(None))
    .order_by(t.events.c.id)
)


def recorded(body: bytes, log_index: int, position: int) -> Recorded:
    """An understood event's bytes with its place in the log.

    A `simulated` clock is trusted: where it must not be, the event has a defect and is in no history.
    """
    event = _decode(body)
    return Recorded(event, log_index, position, trusted=event.clock != "unsynchronised")


def history_of(connection: Connection, subject_ids: Collection[int]) -> list[Recorded]:
    """Every understood event about one of the subjects, in log order, each once."""
    rows = connection.execute(_HISTORY.where(t.subject_events.c.subject_id.in_(subject_ids)))
    return [recorded(*row) for row in rows]


def site_stream(connection: Connection, kinds: Collection[str]) -> Iterator[Recorded]:
    """Every understood event of these kinds in the site stream, in log order."""
    rows = connection.execute(
        select(t.bodies.c.body, t.events.c.log_index, t.events.c.position)
        .join_from(t.streams, t.batches, t.batches.c.stream_id == t.streams.c.id)
        .join(
            t.events,
            (t.events.c.id >= t.batches.c.first_event) & (t.events.c.id < t.batches.c.first_event + t.batches.c.count),
        )
        .join(t.bodies, t.bodies.c.event_id == t.events.c.id)
        .where(t.streams.c.name == SITE_STREAM, t.events.c.defect.is_(None), t.events.c.kind.in_(kinds))
        .order_by(t.events.c.id)
    )
    for row in rows:
        yield recorded(*row)
