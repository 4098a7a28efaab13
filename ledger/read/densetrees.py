"""The dense tree under a stated root, kept while passports show that root: reading its buckets takes longest of all."""

from sqlalchemy import Connection, select

from ledger.core.unitmap import DenseTree
from ledger.store.mapreading import dense_as_of
from ledger.store.tables import map_roots

_KEPT: dict[bytes, DenseTree] = {}
"""The one of the root that was asked for last, by that root: 4 MiB. Whatever log it is of, a root names one tree."""


def dense_under(connection: Connection, size: int) -> DenseTree:
    """The dense tree under the root that the site stated as of a log size; nobody may change it.

    Where the tables do not have that root (`ledger.fsck` then names the place), what they have is answered, not kept.
    """
    query = select(map_roots.c.stated).where(map_roots.c.log_index == size).order_by(map_roots.c.position).limit(1)
    stated = bytes(connection.execute(query).scalar_one())
    kept = _KEPT.get(stated)
    if kept is not None:
        return kept
    dense = dense_as_of(connection, size)
    if dense.root() == stated:
        _KEPT.clear()
        _KEPT[stated] = dense
    return dense
