"""Checkpoints: what the site signs of its log, and holds its database to from then on.

Source: C2SP tlog-checkpoint; which keys sign at which size is `ledger.core.logkeys`.
"""

from sqlalchemy import func, insert, select

from ledger.config import Site
from ledger.core import checkpoint
from ledger.core.merkle import Frontier
from ledger.core.note import Note, Signature
from ledger.core.note import format as format_note
from ledger.durable import write_durably
from ledger.store import tables as t
from ledger.store.head import read_signed_head
from ledger.store.ownkeys import OwnKeys
from ledger.store.writer import Working


class Heads:
    """Signs checkpoints of what is committed, each inside the transaction that keeps it."""

    def __init__(self, site: Site, own_keys: OwnKeys) -> None:
        self._site = site
        self._own_keys = own_keys
        self._newest = read_signed_head(site)

    def sign(self, working: Working) -> bytes | None:
        """The checkpoint of what is committed, signed unless it was already; None while the log is empty."""
        frontier, table = working.committed, t.checkpoints
        if frontier.size == 0:
            return None
        stored = working.connection.execute(select(table.c.note).where(table.c.size == frontier.size)).scalar()
        if stored is not None:
            self._keep(bytes(stored))
            return bytes(stored)
        return self.sign_text(working, text=self._text(frontier), beside=())

    def unsigned_text(self, working: Working) -> str | None:
        """The text of the checkpoint that is to be signed next; None if there is one already, or nothing to sign."""
        frontier = working.committed
        if frontier.size == 0:
            return None
        signed = working.connection.execute(select(func.max(t.checkpoints.c.size))).scalar() or 0
        return None if signed >= frontier.size else self._text(frontier)

    def sign_text(self, working: Working, *, text: str, beside: tuple[Signature, ...]) -> bytes:
        """Sign a checkpoint of what was committed, unless a later one was signed in the meantime.

        Args:
            working: the transaction.
            text: the checkpoint's.
            beside: what the site's devices signed of it.
        """
        table, size = t.checkpoints, checkpoint.parse(text).size
        latest = select(table.c.note).where(table.c.size >= size).order_by(table.c.size.desc()).limit(1)
        signed = working.connection.execute(latest).scalar()
        if signed is not None:
            return bytes(signed)
        signers = self._own_keys.checkpoint_signers(working.projector.log_keys(working.connection), size)
        own = tuple(signer.sign(text) for signer in signers)
        raw = format_note(Note(text, own + beside))
        self._keep(raw)
        working.connection.execute(insert(table), {"size": size, "note": raw})
        return raw

    def _text(self, frontier: Frontier) -> str:
        return checkpoint.format(checkpoint.Checkpoint(self._site.origin, frontier.size, frontier.root()))

    def _keep(self, raw: bytes) -> None:
        """What was signed last, whichever process signed it, is what this site's folder holds the database to."""
        if raw != self._newest:
            write_durably(self._site.signed_head, raw)
            self._newest = raw
