"""The unit map as of an earlier log size: what passports show under a root that an auditor has had time to cosign.

The tables hold the map as of the last fold. An older dense tree is the present one with later changes taken back; an
older entry is counted and hashed again from the subject index.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ledger.core.concern import LEFT_OUT
from ledger.core.unitmap import DenseTree, Listed
from ledger.store import contents, event_lists
from ledger.store import tables as t
from ledger.store.names import Names
from ledger.store.unitmap import dense_tree


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event on a list.

    Attributes:
        log_index: its batch.
        position: its place in the batch.
        leaf: its leaf hash.
    """

    log_index: int
    position: int
    leaf: bytes


def dense_as_of(connection: Connection, size: int) -> DenseTree:
    """The dense tree as of a root's log size."""
    dense = dense_tree(connection)
    later = (
        select(t.map_history.c.bucket, t.map_history.c.before)
        .where(t.map_history.c.as_of > size)
        .order_by(t.map_history.c.as_of.desc())
    )
    for bucket, before in connection.execute(later):
        dense.put(bucket, bytes(before))
    return dense


def bucket_as_of(connection: Connection, bucket: int, size: int) -> list[tuple[bytes, Listed]]:
    """The (path, entry) of a bucket as of a root's log size, in the order of the paths."""
    table = t.map_entries
    columns = (table.c.path, table.c.subject, table.c.count, table.c.head, table.c.as_of)
    rows = connection.execute(select(*columns).where(table.c.bucket == bucket).order_by(table.c.path)).all()
    found = []
    for path, subject, count, head, as_of in rows:
        listed = Listed(count, bytes(head))
        if as_of > size:
            listed = Listed().followed_by(each.leaf for each in list_as_of(connection, subject, size))
            if not listed.count and not _is_donation_of_some(connection, subject, size):
                continue
        found.append((bytes(path), listed))
    return found


def list_as_of(connection: Connection, subject: str, size: int) -> Iterator[ListedEvent]:
    """The events on a subject's list as of a log size, in log order."""
    number = Names(t.subjects).find(connection, (subject,)).get(subject)
    ids = [] if number is None else event_lists.events_of(connection, [number])[number]
    below = contents.event_id(size, 0)
    for each in contents.events_with(connection, (event_id for event_id in ids if event_id < below)):
        if each.kind not in LEFT_OUT:
            yield ListedEvent(each.log_index, each.position, each.leaf)


def _is_donation_of_some(connection: Connection, subject: str, size: int) -> bool:
    """Whether the subject is a donation of which the log had a unit at that size: so it has an entry."""
    if not subject.startswith("din:"):
        return False
    first = "unit:" + subject.removeprefix("din:") + "."
    units = connection.execute(
        select(t.subjects.c.name).where(t.subjects.c.name >= first, t.subjects.c.name < first[:-1] + "/")
    ).scalars()
    return any(True for unit in units for _ in list_as_of(connection, unit, size))
