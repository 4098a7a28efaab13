"""Reading events back: the histories that folds are made of."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection

from ledger.core.custody import Recorded
from ledger.core.events import SITE_STREAM
from ledger.store import contents, event_lists


def histories_of(connection: Connection, subject_ids: Sequence[int]) -> dict[int, dict[int, Recorded]]:
    """For each subject every understood event about it, by event id."""
    lists = event_lists.events_of(connection, subject_ids)
    wanted = {each for ids in lists.values() for each in ids}
    told = ((each.event_id, each.recorded()) for each in contents.events_with(connection, wanted))
    known = {event_id: recorded for event_id, recorded in told if recorded is not None}
    return {number: {each: known[each] for each in ids if each in known} for number, ids in lists.items()}


def site_stream(connection: Connection, kinds: Collection[str]) -> Iterator[Recorded]:
    """Every understood event of these kinds in the site stream, in log order."""
    for batch in contents.batches_of(connection, SITE_STREAM):
        for each in batch.of_kinds(kinds):
            recorded = each.recorded()
            if recorded is not None:
                yield recorded
