"""Cosignatures: what outside witnesses said of this log's checkpoints, kept as they came."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select

from ledger.core.note import VerifierKey, format_vkey
from ledger.store import tables as t


def keep(connection: Connection, *, size: int, key: VerifierKey, line: bytes) -> None:
    """Keep a verified cosignature line over the checkpoint of `size`; one that is there already stays."""
    table, vkey = t.cosignatures, format_vkey(key)
    known = select(table.c.size).where(table.c.size == size, table.c.vkey == vkey)
    if connection.execute(known).first() is None:
        connection.execute(insert(table), {"size": size, "vkey": vkey, "line": line})


def lines_over(connection: Connection, size: int) -> bytes:
    """Every cosignature line over the checkpoint of `size`, in the order of the witnesses' keys; may be empty."""
    table = t.cosignatures
    rows = connection.execute(select(table.c.line).where(table.c.size == size).order_by(table.c.vkey))
    return b"".join(bytes(line) for line in rows.scalars())


def cosigned_size(connection: Connection, key: VerifierKey) -> int:
    """The largest size that a witness cosigned, as far as is known here; 0 if none."""
    table = t.cosignatures
    largest = connection.execute(select(func.max(table.c.size)).where(table.c.vkey == format_vkey(key))).scalar()
    return int(largest or 0)


def witnessed_size(connection: Connection, keys: Sequence[VerifierKey], quorum: int) -> int | None:
    """The largest size that at least `quorum` of the witnesses cosigned; None if there is none."""
    table = t.cosignatures
    found: int | None = connection.execute(
        select(table.c.size)
        .where(table.c.vkey.in_([format_vkey(key) for key in keys]))
        .group_by(table.c.size)
        .having(func.count() >= quorum)
        .order_by(table.c.size.desc())
        .limit(1)
    ).scalar()
    return found
