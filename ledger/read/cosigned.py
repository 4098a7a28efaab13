"""Checkpoints with what outside witnesses said of them: the latest, the latest witnessed, the one to prove with."""

from sqlalchemy import select

from ledger.core.merkle import consistency_proof
from ledger.core.note import VerifierKey
from ledger.read.reader import Reader
from ledger.store import cosignatures
from ledger.store.tables import checkpoints, nodes


def latest_signed(reader: Reader) -> tuple[int, bytes] | None:
    """The latest signed checkpoint's size, and its bytes as the log signed them."""
    return reader.checkpoint()


def latest_published(reader: Reader) -> tuple[int, bytes] | None:
    """The latest signed checkpoint with the cosignatures that it has by now."""
    return published_at(reader, None)


def published_at(reader: Reader, size: int | None) -> tuple[int, bytes] | None:
    """The signed checkpoint of a size (None: the latest) with the cosignatures that it has by now; None if none is."""
    found = reader.checkpoint(size)
    return None if found is None else (found[0], found[1] + cosignatures.lines_over(reader.connection, found[0]))


def latest_witnessed(reader: Reader) -> tuple[int, bytes] | None:
    """The latest checkpoint that the quorum of the site's witnesses cosigned; None if there is none."""
    keys = [each.key for each in reader.site.outside.witnesses]
    if not keys:
        return None
    size = cosignatures.witnessed_size(reader.connection, keys, reader.site.outside.quorum)
    if size is None:
        return None
    signed = reader.connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == size)).scalar_one()
    return size, bytes(signed) + cosignatures.lines_over(reader.connection, size)


def to_prove_with(reader: Reader, last_index: int) -> tuple[int, bytes] | None:
    """The checkpoint under which something whose last batch has this log index is proved.

    The latest witnessed one, if it covers that; else the latest: what happened since must not be missing from a proof,
    and its verifier sees that witnesses are.
    """
    witnessed = latest_witnessed(reader)
    return witnessed if witnessed is not None and last_index < witnessed[0] else latest_published(reader)


def cosigned_size(reader: Reader, key: VerifierKey) -> int:
    """The largest size that a witness cosigned, as far as is known here; 0 if none."""
    return cosignatures.cosigned_size(reader.connection, key)


def consistency(reader: Reader, old: int, new: int) -> list[bytes]:
    """The RFC 6962 consistency proof between two sizes of this log."""

    def node(level: int, index: int) -> bytes:
        query = select(nodes.c.hash).where(nodes.c.level == level, nodes.c.idx == index)
        return bytes(reader.connection.execute(query).scalar_one())

    return consistency_proof(old, new, node)
