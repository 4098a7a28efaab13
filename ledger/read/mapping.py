"""What a passport shows of the unit map: the entries of what it is about, under the root that auditors vouch for best.

Taken from one snapshot. Which events are on a list is `ledger.core.concern`; whether what is shown suffices is
`ledger.core.completeness`.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, select

from ledger.core.batch import Batch, format_wire
from ledger.core.events import Remains
from ledger.core.mapproof import Absent, CarriedEntry, CarriedMap, prove
from ledger.core.note import format_base64
from ledger.core.remains import format_remains
from ledger.core.unitmap import Listed, bucket_of, path_of
from ledger.read.reader import Reader
from ledger.store.auditing import latest_cosigned, lines_of_root, of_root
from ledger.store.erasures import listed_of
from ledger.store.mapreading import bucket_as_of, dense_as_of, list_as_of, nodes_beside
from ledger.store.packing import event_id, ids_of
from ledger.store.tables import batches, map_roots

__all__ = ["Root", "best_root", "bucket_as_of", "dense_as_of", "roots", "show", "wires"]


@dataclass(frozen=True, slots=True)
class Root:
    """A root that the site stated.

    Attributes:
        size: the log size that it is of, which is the log index of the batch that states it.
        position: the event's position in that batch.
        cosignatures: the lines of the auditors who cosigned it, each ending in a newline; empty if nobody did.
    """

    size: int
    position: int
    cosignatures: str = ""


def best_root(connection: Connection, below: int, *, auditors_needed: int = 1) -> Root | None:
    """The root to show in a passport whose checkpoint's size is `below`; None if none was stated.

    The latest that enough auditors cosigned; where none has so many, the one that most did, the latest of these; as
    long as nobody cosigned any, the latest.
    """
    cosigned = latest_cosigned(connection, below, needed=auditors_needed)
    is_meant = map_roots.c.log_index < below if cosigned is None else map_roots.c.log_index == cosigned
    query = (
        select(map_roots.c.log_index, map_roots.c.position)
        .where(is_meant, map_roots.c.stated == map_roots.c.computed)
        .order_by(map_roots.c.log_index.desc(), map_roots.c.position)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Root(row.log_index, row.position, lines_of_root(connection, row.log_index))


def roots(connection: Connection, *, limit: int) -> list[tuple[int, str, list[str]]]:
    """The latest stated roots, newest first: log size, root in base64, and the names of the auditors who cosigned."""
    query = select(map_roots.c.log_index, map_roots.c.stated).order_by(map_roots.c.log_index.desc()).limit(limit)
    return [
        (size, format_base64(bytes(stated)), [each.name for each in of_root(connection, size)])
        for size, stated in connection.execute(query)
    ]


def wires(reader: Reader, start: int, end: int, *, at_most: int) -> Iterator[bytes]:
    """The batches from `start` to `end`, as auditors are told them, until they are more than so many bytes.

    At least one, in wire form; what is left of an erased event stands in the place of its bytes (docs/format.md §13).
    """
    told = 0
    for log_index in range(start, end):
        if told > at_most:
            return
        note = reader.connection.execute(select(batches.c.note).where(batches.c.log_index == log_index)).scalar_one()
        wire = format_wire(Batch(bytes(note), tuple(_lines(reader, log_index))))
        told += len(wire)
        yield wire


def _lines(reader: Reader, log_index: int) -> Iterator[bytes]:
    bodies = reader.history.bodies(log_index)
    if None not in bodies:
        yield from (body for body in bodies if body is not None)
        return
    listed = listed_of(reader.connection, *ids_of(log_index))
    for position, (body, leaf) in enumerate(zip(bodies, reader.history.leaves(log_index), strict=True)):
        yield format_remains(Remains(leaf, listed[event_id(log_index, position)])) if body is None else body


def show(
    connection: Connection, root: Root, subjects: Iterable[str], carried: Collection[tuple[int, int]]
) -> CarriedMap | None:
    """The entries of subjects, as far as they have one, under a root.

    Args:
        connection: a snapshot.
        root: the root.
        subjects: units, donations, keys.
        carried: (log index, position) of every event that the passport carries.

    Returns:
        The proof; None if none of the subjects has an entry.
    """

    @cache
    def bucket(number: int) -> list[tuple[bytes, Listed]]:
        return bucket_as_of(connection, number, root.size)

    entries = []
    for subject in dict.fromkeys(subjects):
        path = path_of(subject)
        listed = next((each for at, each in bucket(bucket_of(path)) if at == path), None)
        if listed is not None:
            entries.append(_entry(connection, root, subject, listed, carried))
    if not entries:
        return None
    node = nodes_beside(connection, root.size, [bucket_of(path_of(each.subject)) for each in entries])
    return prove(entries, as_of_size=root.size, cosignatures=root.cosignatures, bucket=bucket, node=node)


def _entry(
    connection: Connection, root: Root, subject: str, listed: Listed, carried: Collection[tuple[int, int]]
) -> CarriedEntry:
    absent = [
        Absent(index=each.log_index, position=each.position, leaf=format_base64(each.leaf))
        for each in list_as_of(connection, subject, root.size)
        if (each.log_index, each.position) not in carried
    ]
    return CarriedEntry(subject=subject, count=listed.count, head=format_base64(listed.head), absent=absent)
