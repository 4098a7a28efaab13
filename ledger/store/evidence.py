"""Evidence: the files that assessments name by their SHA-256, kept verbatim beside the log, in this one place.

Unlike `enclosures` they can be erased, since a person may stand in one: a file goes with the last assessment that
names it. Until then it belongs to one of them, so that the guards of the database know when it may go.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from ledger.core import kinds
from ledger.core import note as notes
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.events import WEB_STREAM
from ledger.store import contents, guards
from ledger.store import tables as t
from ledger.store.bad import BadPlaceError
from ledger.store.packing import event_id

CHECK = "evidence"


@dataclass(frozen=True, slots=True)
class _Naming:
    """An assessment that names a file, and how long that is said to be."""

    event_id: int
    octets: int


def refuse(connection: Connection, new: Sequence[Recorded], documents: Sequence[bytes]) -> Refused | None:
    """Why assessments must not be recorded: one names a file that is neither kept nor comes with it."""
    given = {sha256_of(each): len(each) for each in documents}
    for each in _named_by(new):
        octets = given.get(each.sha256)
        if octets is None:
            document = kept(connection, each.sha256)
            octets = None if document is None else len(document)
        if octets is None:
            return Refused("evidence.kept", f"expected the file {each.sha256} with the step; it is not kept")
        if octets != each.octets:
            return Refused("evidence.kept", f"{each.sha256} has {octets} bytes; the step says {each.octets}")
    return None


def keep(connection: Connection, new: Sequence[Recorded], documents: Sequence[bytes]) -> None:
    """Keep the files that come with assessments just recorded, each once; one that is kept already stays as it is."""
    given = {sha256_of(each): each for each in documents}
    for recorded in new if given else ():
        for each in _named_by([recorded]):
            document = given.pop(each.sha256, None)
            if document is not None and kept(connection, each.sha256) is None:
                _insert(connection, document, event_id(recorded.log_index, recorded.position))


def kept(connection: Connection, sha256: str) -> bytes | None:
    """The file with this base64 SHA-256; None if it is not kept, or not any more."""
    query = select(t.evidence.c.document).where(t.evidence.c.sha256 == notes.parse_base64(sha256))
    found = connection.execute(query).scalar()
    return None if found is None else bytes(found)


def erase(connection: Connection, event_id: int) -> None:
    """Let the files go that were kept for an event whose bytes just went, unless another assessment names them.

    An `erased` event that names it must be in the log and in the register.
    """
    mine = t.evidence.c.event_id == event_id
    rows = connection.execute(select(t.evidence.c.document).where(mine)).scalars().all()
    if not rows:
        return
    with guards.while_erasing(connection):
        connection.execute(delete(t.evidence).where(mine))
    others = _named(connection)
    for document in rows:
        for each in others.get(hashlib.sha256(document).digest(), ())[:1]:
            _insert(connection, bytes(document), each.event_id)


def examine(connection: Connection) -> int:
    """Hold every file against its own hash and the assessments that name it; how many there are.

    Raises:
        BadPlaceError: naming the first that was altered, that no assessment names, or that is not there.
    """
    named = _named(connection)
    count = len(named)
    for row in connection.execute(select(t.evidence).order_by(t.evidence.c.sha256)):
        digest, document = bytes(row.sha256), bytes(row.document)
        key = f"sha256={digest.hex()}"
        found = hashlib.sha256(document).digest()
        if found != digest:
            raise BadPlaceError(CHECK, CHECK, key, expected="the file of this hash", found=found.hex())
        naming = {each.event_id: each.octets for each in named.pop(digest, ())}
        if row.event_id not in naming:
            expected, seen = "the file of an assessment that names it", f"one of event {row.event_id}, which does not"
            raise BadPlaceError(CHECK, CHECK, key, expected=expected, found=seen)
        if set(naming.values()) != {len(document)}:
            expected, seen = f"{sorted(naming.values())} bytes, as it is named", f"{len(document)}"
            raise BadPlaceError(CHECK, CHECK, key, expected=expected, found=seen)
    if named:
        missing = f"sha256={min(named).hex()}"
        raise BadPlaceError(CHECK, CHECK, missing, expected="the file that an assessment names", found="none")
    return count


def sha256_of(document: bytes) -> str:
    """How events name it."""
    return notes.format_base64(hashlib.sha256(document).digest())


def _insert(connection: Connection, document: bytes, event_id: int) -> None:
    row = {"sha256": hashlib.sha256(document).digest(), "event_id": event_id, "document": document}
    connection.execute(insert(t.evidence), row)


def _named_by(new: Sequence[Recorded]) -> Iterator[kinds.Evidence]:
    for recorded in new:
        if isinstance(recorded.event, kinds.Assessed):
            yield from recorded.event.evidence


def _named(connection: Connection) -> dict[bytes, list[_Naming]]:
    """Every file that the log names, with the assessments that name it, in log order."""
    found: dict[bytes, list[_Naming]] = {}
    for batch in contents.batches_of(connection, WEB_STREAM):
        for stored in batch.of_kinds(("assessed",)):
            recorded = stored.recorded()
            for each in () if recorded is None else _named_by([recorded]):
                naming = _Naming(stored.event_id, each.octets)
                found.setdefault(notes.parse_base64(each.sha256), []).append(naming)
    return found
