"""The unit map as of an earlier log size: what passports show under a root that an auditor has had time to cosign.

The tables hold the map as of the last fold. An older dense tree is the present one with later changes taken back; an
older entry is counted and hashed again from the subject index. The upper half of each stated root's tree is kept beside
that root (its crown), so that a proof reads the few hundred buckets below one or two hashes of it, and not all.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, bindparam, literal_column, select

from ledger.core.concern import LEFT_OUT
from ledger.core.merkle import EMPTY_ROOT, ReadNode, levels_over
from ledger.core.unitmap import CROWN_LEVEL, DenseTree, Listed
from ledger.store import contents, event_lists, packing
from ledger.store import tables as t
from ledger.store.names import Names
from ledger.store.prepared import Prepared, numbers_in, numbers_within
from ledger.store.unitmap import dense_tree

_BLOCK = 1 << CROWN_LEVEL
"""So many buckets are below one hash of a crown: a block."""
_BLOCK_OF = t.map_history.c.bucket // literal_column(str(_BLOCK), type_=BigInteger())
_ROOTS = Prepared(
    select(t.map_buckets.c.bucket, t.map_buckets.c.root).where(
        t.map_buckets.c.bucket >= bindparam("first"), t.map_buckets.c.bucket < bindparam("end")
    ),
    *("first", "end"),
)
_BEFORE = Prepared(
    select(t.map_history.c.bucket, t.map_history.c.before)
    .where(t.map_history.c.as_of > bindparam("size"), numbers_within(_BLOCK_OF, "blocks"))
    .order_by(t.map_history.c.as_of.desc()),
    *("size", "blocks"),
)
_CROWN = Prepared(
    select(t.map_roots.c.crown).where(t.map_roots.c.log_index == bindparam("size")).order_by(t.map_roots.c.position),
    "size",
)


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


def nodes_beside(connection: Connection, size: int, buckets: Iterable[int]) -> ReadNode:
    """The dense tree under the root that the site stated as of a log size, as far as a proof of these buckets needs it.

    Where the tables do not have that root (`ledger.fsck` then names the place), what they have is answered.
    """
    (crown,), *_ = _CROWN.rows(connection, size)
    upper = levels_over(packing.hashes_in(bytes(crown)))
    lower = {number: levels_over(roots) for number, roots in _blocks_as_of(connection, size, buckets).items()}

    def node(level: int, index: int) -> bytes:
        if level >= CROWN_LEVEL:
            return upper[level - CROWN_LEVEL][index]
        block, within = divmod(index, _BLOCK >> level)
        return lower[block][level][within]

    return node


def _blocks_as_of(connection: Connection, size: int, buckets: Iterable[int]) -> dict[int, list[bytes]]:
    """The roots of all buckets of the blocks in which some stand, as of a root's log size."""
    wanted = {bucket // _BLOCK for bucket in buckets}
    blocks = {block: [EMPTY_ROOT] * _BLOCK for block in wanted}
    for block in wanted:
        for bucket, root in _ROOTS.rows(connection, block * _BLOCK, (block + 1) * _BLOCK):
            blocks[block][bucket % _BLOCK] = root
    for bucket, before in _BEFORE.rows(connection, size, numbers_in(wanted)):
        blocks[bucket // _BLOCK][bucket % _BLOCK] = before
    return blocks


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
    below = packing.event_id(size, 0)
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
