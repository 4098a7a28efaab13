"""What the log publishes: checkpoints, tiles and entry bundles, all over committed state only.

Signing happens in the writer (`Ledger.sign_checkpoint`), which knows what is committed; here is when, and what readers
are given. Sources: c2sp.org/tlog-checkpoint, c2sp.org/tlog-tiles.
"""

import structlog
from sqlalchemy import Connection, select
from typing_extensions import override

from ledger.append import Ledger, Rejected
from ledger.background import Background
from ledger.core.errors import FormatError, XuemaiError
from ledger.core.tiles import EntryBundle, Tile, encode_entry_bundle, encode_tile, parse_path
from ledger.store import tables as t

INTERVAL_SECONDS = 1.0
_log = structlog.get_logger("ledger.publish")


class Publisher(Background):
    """While the log grows: signs a checkpoint at most every second, states the unit map's root at most every minute.

    Use it as a context manager, or `start` and `close`.

    A checkpoint that cannot be signed is loudly logged and tried again: batches are still taken and receipts given.
    """

    name = "ledger-publisher"

    def __init__(self, ledger: Ledger, *, interval_seconds: float = INTERVAL_SECONDS) -> None:
        super().__init__()
        self._ledger = ledger
        self._interval_seconds = interval_seconds
        self._rounds_to_root = max(1, round(ledger.site.root_every_seconds / interval_seconds))

    @override
    def close(self) -> None:
        """Stop, then publish what has been committed."""
        super().close()
        if self._ledger.standstill is None:
            self.publish_now()

    def publish_now(self) -> bytes | None:
        """Sign a checkpoint over everything that is committed now; None while the log is empty.

        Raises:
            Rejected: the ledger is busy or cannot write.
        """
        return self._ledger.sign_checkpoint()

    @override
    def _run(self) -> None:
        signed, rounds = -1, 0
        while not self._stop.wait(self._interval_seconds):
            self._ledger.finish_erasures()
            rounds += 1
            if rounds % self._rounds_to_root == 0:
                self._root_unit_map()
            size = self._ledger.size
            # Where others write, too, the log may have grown, and what they signed has to be held to here.
            idle = size == signed and not self._ledger.is_shared
            if idle or self._ledger.standstill is not None:
                continue
            try:
                self.publish_now()
            except (Rejected, XuemaiError, OSError) as error:
                _log.error("no checkpoint could be signed; trying again", error=str(error))
            else:
                signed = size

    def _root_unit_map(self) -> None:
        try:
            self._ledger.root_unit_map()
        except (Rejected, XuemaiError, OSError) as error:
            _log.error("the unit map's root could not be stated; trying again", error=str(error))


def latest_checkpoint(connection: Connection) -> bytes | None:
    """The latest signed checkpoint's bytes; None before the first."""
    row = connection.execute(select(t.checkpoints.c.note).order_by(t.checkpoints.c.size.desc()).limit(1)).scalar()
    return None if row is None else bytes(row)


def tile(connection: Connection, path: str) -> bytes | None:
    """The tile or entry bundle at an address such as `tile/0/x001/067` or `tile/entries/000.p/8`.

    Returns:
        Its bytes; None if there is no such tile under the latest checkpoint, or the address is none.
    """
    try:
        address = parse_path(path)
    except FormatError:
        return None
    size = connection.execute(select(t.checkpoints.c.size).order_by(t.checkpoints.c.size.desc()).limit(1)).scalar() or 0
    if isinstance(address, Tile):
        return _tile(connection, address, size)
    return _bundle(connection, address, size)


def _tile(connection: Connection, address: Tile, size: int) -> bytes | None:
    wanted = address.node_indices
    if wanted.stop > size >> address.node_level:
        return None
    rows = connection.execute(
        select(t.nodes.c.hash)
        .where(t.nodes.c.level == address.node_level, t.nodes.c.idx >= wanted.start, t.nodes.c.idx < wanted.stop)
        .order_by(t.nodes.c.idx)
    )
    hashes = [bytes(each) for each in rows.scalars()]
    return encode_tile(hashes) if len(hashes) == address.width else None


def _bundle(connection: Connection, address: EntryBundle, size: int) -> bytes | None:
    wanted = address.leaf_indices
    if wanted.stop > size:
        return None
    rows = connection.execute(
        select(t.batches.c.note)
        .where(t.batches.c.log_index >= wanted.start, t.batches.c.log_index < wanted.stop)
        .order_by(t.batches.c.log_index)
    )
    notes = [bytes(each) for each in rows.scalars()]
    return encode_entry_bundle(notes) if len(notes) == address.width else None
