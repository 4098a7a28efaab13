"""The seal of a stopped site: digests of the database file's pages, so that a byte changed anywhere is found and named.

Free pages and SQLite's own pages have no other witness. The seal stands only while nobody writes: opening for writing
breaks it first, a clean close makes a new one. It is a smoke detector, not a lock: whoever can write the database can
write the seal; signatures and the tree are what an attacker has to beat.
"""

import hashlib
from pathlib import Path

import msgspec
import structlog
from sqlalchemy import Engine

from ledger.config import Site
from ledger.core.errors import FormatError
from ledger.durable import sync_directory, write_durably
from ledger.store.engine import PAGE_BYTES

MAX_DIGESTS = 65_536
"""A larger database gets several pages a digest."""

_log = structlog.get_logger("ledger.store.seal")


class Seal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the database file was at the last clean close.

    Attributes:
        format: `xuemai/seal/v1`.
        size: bytes of the file.
        page_bytes: bytes of a page.
        pages: pages to each digest.
        sha256: a digest in hex for each group of pages, the last group perhaps shorter.
    """

    format: str
    size: int
    page_bytes: int
    pages: int
    sha256: list[str]


def break_seal(site: Site) -> None:
    """Remove the seal, durably: from here on the file changes."""
    if site.seal.exists():
        site.seal.unlink()
        sync_directory(site.directory)


def close_and_seal(site: Site, engine: Engine) -> None:
    """Move the write-ahead log into the database, close it and seal it.

    Where another process still reads from the write-ahead log the file is left unsealed, which is no error.
    """
    try:
        # On the driver's connection: SQLAlchemy would begin a transaction, in which SQLite moves nothing.
        connection = engine.raw_connection()
        cursor = connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy = cursor.fetchall()[0][0]
        cursor.close()
        connection.close()
    finally:
        engine.dispose()
    beside = wal_of(site.ledger_db)
    if busy or (beside.exists() and beside.stat().st_size):
        _log.warning("the database is left unsealed: another process reads it", path=str(site.ledger_db))
        return
    write_seal(site)


def write_seal(site: Site) -> None:
    """Seal the file as it is."""
    write_durably(site.seal, msgspec.json.encode(make_seal(site.ledger_db)) + b"\n")


def make_seal(path: Path) -> Seal:
    """The seal of the file as it is."""
    size = path.stat().st_size
    count = -(-size // PAGE_BYTES)
    pages = 1
    while count > pages * MAX_DIGESTS:
        pages *= 2
    return Seal(
        format="xuemai/seal/v1", size=size, page_bytes=PAGE_BYTES, pages=pages,
        sha256=_digests(path, pages * PAGE_BYTES),
    )  # fmt: skip


def read_seal(path: Path) -> Seal | None:
    """The seal in a file; None if there is none.

    Raises:
        FormatError: the file is no seal.
    """
    try:
        seal = msgspec.json.decode(path.read_bytes(), type=Seal)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise FormatError(f"expected a seal; {error}") from error
    if seal.format != "xuemai/seal/v1" or seal.page_bytes != PAGE_BYTES or seal.pages < 1:
        raise FormatError(f"expected a seal of pages of {PAGE_BYTES} bytes; got {seal.format}, {seal.page_bytes}")
    return seal


def broken_pages(path: Path, seal: Seal) -> range | None:
    """The first group of pages, counted from 1, that is not what was sealed; None if the file is."""
    now = _digests(path, seal.pages * seal.page_bytes)
    for group, (before, after) in enumerate(zip(seal.sha256, now, strict=False)):
        if before != after:
            return range(group * seal.pages + 1, (group + 1) * seal.pages + 1)
    if path.stat().st_size != seal.size or len(now) != len(seal.sha256):
        first = min(len(now), len(seal.sha256)) * seal.pages
        return range(max(first, 1), first + 1)
    return None


def wal_of(path: Path) -> Path:
    """SQLite's write-ahead log of a database."""
    return path.with_name(path.name + "-wal")


def _digests(path: Path, group_bytes: int) -> list[str]:
    digests = []
    with path.open("rb") as file:
        while block := file.read(group_bytes):
            digests.append(hashlib.sha256(block).hexdigest())
    return digests
