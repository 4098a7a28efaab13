"""Reading events back: the histories that folds are made of."""

from collections.abc import Collection, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, select

from ledger.core.custody import Recorded
from ledger.core.events import SITE_STREAM
from ledger.core.kinds import AnyEvent
from ledger.store import event_lists
from ledger.store import tables as t
from ledger.store.prepared import Prepared, numbers_in

_decode = msgspec.json.Decoder(AnyEvent).decode

_UNDERSTOOD = Prepared(
    select(t.events.c.id, t.bodies.c.body, t.events.c.log_index, t.events.c.position)
    .join_from(t.events, t.bodies, t.bodies.c.event_id == t.events.c.id)
    .where(event_lists.these(t.events.c.id), t.events.c.defect.is_(None)),
    "ids",
)


def decoded(body: bytes) -> AnyEvent:
    """The event of an understood event's bytes."""
    event: AnyEvent = _decode(body)
    return event


def recorded(body: bytes, log_index: int, position: int) -> Recorded:
    """An understood event's bytes with its place in the log.

    A `simulated` clock is trusted: where it must not be, the event has a defect and is in no history.
    """
    event = _decode(body)
    return Recorded(event, log_index, position, trusted=event.clock != "unsynchronised")


def histories_of(connection: Connection, subject_ids: Sequence[int]) -> dict[int, dict[int, Recorded]]:
    """For each subject every understood event about it, by event id."""
    lists = event_lists.events_of(connection, subject_ids)
    wanted = sorted({each for ids in lists.values() for each in ids})
    known = {row[0]: recorded(*row[1:]) for row in _UNDERSTOOD.run(connection, numbers_in(wanted))}
    return {number: {each: known[each] for each in ids if each in known} for number, ids in lists.items()}


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
