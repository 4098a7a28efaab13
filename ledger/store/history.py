"""Reading events back: the histories that folds are made of."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from ledger.core.custody import Recorded
from ledger.core.events import SITE_STREAM
from ledger.store import contents, event_lists
from ledger.store.entries import Entry
from ledger.store.packing import log_place


def histories_of(
    connection: Connection, subject_ids: Sequence[int], at_hand: Mapping[int, Sequence[Entry]]
) -> dict[int, dict[int, Recorded]]:
    """For each subject every understood event about it, by event id; those of batches `at_hand` are not read again."""
    lists = event_lists.events_of(connection, subject_ids)
    wanted = {each for ids in lists.values() for each in ids}
    known: dict[int, Recorded] = {}
    unread: list[int] = []
    for event_id in wanted:
        log_index, position = log_place(event_id)
        if log_index not in at_hand:
            unread.append(event_id)
        elif (recorded := at_hand[log_index][position].recorded()) is not None:
            known[event_id] = recorded
    for each in contents.events_with(connection, unread):
        if (recorded := each.recorded()) is not None:
            known[each.event_id] = recorded
    return {number: {each: known[each] for each in ids if each in known} for number, ids in lists.items()}


def site_stream(connection: Connection, kinds: Collection[str]) -> Iterator[Recorded]:
    """Every understood event of these kinds in the site stream, in log order."""
    for batch in contents.batches_of(connection, SITE_STREAM):
        for each in batch.of_kinds(kinds):
            recorded = each.recorded()
            if recorded is not None:
                yield recorded
