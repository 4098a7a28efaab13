"""Reading events back: the histories that folds are made of."""

from collections.abc import Collection, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select

from ledger.core.custody import Recorded
from ledger.core.events import SITE_STREAM
from ledger.core.kinds import AnyEvent
from ledger.store import tables as t

_decode = msgspec.json.Decoder(AnyEvent).decode

_HISTORY = (
    select(t.subject_events.c.subject_id, t.events.c.id, t.bodies.c.body, t.events.c.log_index, t.events.c.position)
    .join_from(t.subject_events, t.events, t.events.c.id == t.subject_events.c.event_id)
    .join(t.bodies, t.bodies.c.event_id == t.events.c.id)
    .where(t.events.c.defect.is_(None), t.subject_events.c.subject_id.in_(bindparam("subjects", expanding=True)))
)
_PER_QUERY = 500


def recorded(body: bytes, log_index: int, position: int) -> Recorded:
    """An understood event's bytes with its place in the log.

    A `simulated` clock is trusted: where it must not be, the event has a defect and is in no history.
    """
    event = _decode(body)
    return Recorded(event, log_index, position, trusted=event.clock != "unsynchronised")


def histories_of(connection: Connection, subject_ids: Sequence[int]) -> dict[int, dict[int, Recorded]]:
    """For each subject every understood event about it, by event id."""
    found: dict[int, dict[int, Recorded]] = {number: {} for number in subject_ids}
    decoded: dict[int, Recorded] = {}
    for start in range(0, len(subject_ids), _PER_QUERY):
        some = subject_ids[start : start + _PER_QUERY]
        for subject, event_id, *row in connection.execute(_HISTORY, {"subjects": some}):
            if event_id not in decoded:
                decoded[event_id] = recorded(*row)
            found[subject][event_id] = decoded[event_id]
    return found


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
