"""The C2SP log proof of one batch, under the latest witnessed checkpoint that covers it, else the latest signed one."""

from sqlalchemy import select

from ledger.core import checkpoint, tlogproof
from ledger.read import cosigned, trees
from ledger.read.passports import NotYetError
from ledger.read.reader import Reader
from ledger.store.tables import batches


def prove_batch(reader: Reader, index: int) -> tuple[bytes, bytes]:
    """The `.tlog-proof` of the batch at a log index, and the leaf's bytes: the batch note.

    Raises:
        NotYetError: no signed checkpoint covers a batch of that index.
    """
    latest = cosigned.to_prove_with(reader, index)
    size = 0 if latest is None else latest[0]
    if latest is None or not 0 <= index < size:
        raise NotYetError(f"expected a batch under the latest signed checkpoint, whose size is {size}; got {index}")
    leaf = reader.connection.execute(select(batches.c.note).where(batches.c.log_index == index)).scalar_one()
    head, _ = checkpoint.parse_signed(latest[1])
    hashes = trees.prove(reader.connection, index, size, root=head.root)
    return tlogproof.format(tlogproof.TlogProof(index, tuple(hashes), latest[1])), bytes(leaf)
