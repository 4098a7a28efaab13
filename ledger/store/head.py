"""The last signed checkpoint, kept outside the database: what the log has promised.

A database that was rolled back, restored from an old backup or altered no longer leads to the root that was signed. The
start guard notices that before the ledger signs a second history (architecture, start guard).
"""

from sqlalchemy import Connection, func, select

from ledger.config import Site
from ledger.core import checkpoint
from ledger.core.errors import ConfigError, NoteError, Refused
from ledger.core.signing import verify_note
from ledger.store import tables as t
from ledger.store.chain import frontier_of, log_size


def read_signed_head(site: Site) -> bytes | None:
    """The bytes of the last signed head, to be read before the snapshot that they are held against; None: no file."""
    try:
        return site.signed_head.read_bytes()
    except FileNotFoundError:
        return None


def signed_head_problem(site: Site, connection: Connection, raw: bytes | None) -> str | None:
    """Why the database does not continue what was last signed; None if it does."""
    if raw is None:
        if connection.execute(select(func.count()).select_from(t.checkpoints)).scalar_one() == 0:
            return None
        return "expected the last signed checkpoint; the file is missing, and checkpoints were signed before"
    head = _read_head(site, raw)
    return head.reason if isinstance(head, Refused) else _continuation_problem(connection, head)


def _read_head(site: Site, raw: bytes) -> checkpoint.Checkpoint | Refused:
    try:
        head, signed = checkpoint.parse_signed(raw)
    except NoteError as error:
        return Refused("signed-head", f"expected a signed checkpoint; {error}")
    verified = verify_note(signed, site.verifiers("log"))
    if isinstance(verified, Refused):
        return verified
    if head.origin != site.origin:
        return Refused("signed-head", f"expected a checkpoint of {site.origin}; got one of {head.origin}")
    return head


def _continuation_problem(connection: Connection, head: checkpoint.Checkpoint) -> str | None:
    size = log_size(connection)
    if size < head.size:
        return f"a checkpoint of size {head.size} was signed; the database holds {size} batches: it was rolled back"
    try:
        root = frontier_of(connection, head.size).root()
    except LookupError as error:
        return str(error)
    if root != head.root:
        return f"at size {head.size} the root {head.root.hex()} was signed; the database leads to {root.hex()}"
    return None


def guard_start(site: Site, connection: Connection) -> None:
    """Refuse to go on with a database that does not continue what was signed.

    Raises:
        ConfigError: with what does not fit; a person has to say which history is true.
    """
    problem = signed_head_problem(site, connection, read_signed_head(site))
    if problem is not None:
        raise ConfigError(
            f"{site.signed_head}: {problem}. Nothing is signed until a person has decided which history is true:"
            " run xuemai fsck, then restore the newest database, or begin a new log (xuemai new-log)"
        )
