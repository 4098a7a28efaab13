"""The numbers of subjects in a log of which something was erased.

Subjects are numbered in the order in which the log first names them. Once the event that named one first is erased,
that order can no longer be told from the log; nothing rests on it. So a replay then takes the numbers as they are
stored, and what is compared is which names there are, and which events are about each.
"""

from sqlalchemy import Connection, delete, select

from ledger.store import event_lists
from ledger.store import tables as t
from ledger.store.prepared import insertion, numbers_in, numbers_within

_INSERT = insertion(t.subjects)
_AT_ONCE = 1000


def copy_subjects(examined: Connection, scratch: Connection) -> None:
    """Give the subjects of an empty database the numbers that they have in the examined one."""
    for rows in examined.execute(select(t.subjects)).partitions(_AT_ONCE):
        _INSERT.run_many(scratch, [(row.id, row.name) for row in rows])


def drop_unused_subjects(scratch: Connection) -> None:
    """Remove the names that no replayed event was about: they must not be in the examined database."""
    used = select(t.subject_events.c.event_id).where(t.subject_events.c.subject_id == t.subjects.c.id)
    pending = numbers_in(set(event_lists.listed_numbers(scratch)))
    scratch.execute(
        delete(t.subjects).where(~used.exists(), ~numbers_within(t.subjects.c.id, "pending")), {"pending": pending}
    )
