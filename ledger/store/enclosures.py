"""Enclosures: documents that an event of the log names by their SHA-256, kept verbatim beside it, in this one place.

These are the passports of other sites' logs that `passport_accepted` events name, and the files of the policy packs
that were put in force (`pack_enforced`): what a verdict rests on stays at hand, whatever becomes of the files on disk.
"""

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection, insert, select

from ledger.core import kinds
from ledger.core import note as notes
from ledger.store import tables as t
from ledger.store.bad import BadPlaceError
from ledger.store.history import site_stream

CHECK = "enclosures"


def keep(connection: Connection, document: bytes) -> None:
    """Keep a document that is not kept yet."""
    connection.execute(insert(t.enclosures), {"sha256": hashlib.sha256(document).digest(), "document": document})


def is_kept(connection: Connection, document: bytes) -> bool:
    """Whether the document is kept already."""
    return kept(connection, notes.format_base64(hashlib.sha256(document).digest())) is not None


def kept(connection: Connection, sha256: str) -> bytes | None:
    """The document with this base64 SHA-256; None if it is not kept."""
    query = select(t.enclosures.c.document).where(t.enclosures.c.sha256 == notes.parse_base64(sha256))
    found = connection.execute(query).scalar()
    return None if found is None else bytes(found)


def examine(connection: Connection) -> int:
    """Hold every document against its own hash and the events that name it; how many there are.

    Raises:
        BadPlaceError: naming the first that was altered, that nothing names, or that is not there.
    """
    named = set(_named(connection))
    count = len(named)
    for row in connection.execute(select(t.enclosures).order_by(t.enclosures.c.sha256)):
        digest = bytes(row.sha256)
        key = f"sha256={digest.hex()}"
        found = hashlib.sha256(bytes(row.document)).digest()
        if found != digest:
            raise BadPlaceError(CHECK, CHECK, key, expected="the document of this hash", found=found.hex())
        if digest not in named:
            raise BadPlaceError(CHECK, CHECK, key, expected="a document that an event names", found="one of none")
        named.remove(digest)
    if named:
        missing = f"sha256={min(named).hex()}"
        raise BadPlaceError(CHECK, CHECK, missing, expected="the document that an event names", found="none")
    return count


def _named(connection: Connection) -> Iterator[bytes]:
    for each in site_stream(connection, ("passport_accepted", "pack_enforced")):
        if isinstance(each.event, kinds.PassportAccepted | kinds.PackEnforced):
            yield notes.parse_base64(each.event.sha256)
        if isinstance(each.event, kinds.PackEnforced) and each.event.base is not None:
            yield notes.parse_base64(each.event.base)
