"""Sessions on the server: a 256-bit id that only the browser holds, its hash here, an idle and an absolute limit."""

import hashlib
import secrets

from sqlalchemy import Connection, Row, delete, insert, select, update

from ledger.accounts.tables import sessions
from ledger.accounts.values import Session

IDLE_MS = 30 * 60 * 1000
ABSOLUTE_MS = 12 * 60 * 60 * 1000
SEEN_STEP_MS = 60 * 1000
"""How coarsely the last use is kept, so that reading pages does not write a row each time."""


def open_session(connection: Connection, person: str, *, address: str, now_ms: int) -> str:
    """A new session's id, to be shown to the browser only."""
    _forget_ended(connection, now_ms)
    session_id = secrets.token_urlsafe(32)
    values = {"id_hash": _hash(session_id), "person": person, "address": address}
    connection.execute(insert(sessions).values(**values, created_ms=now_ms, seen_ms=now_ms))
    return session_id


def use(connection: Connection, session_id: str, *, now_ms: int) -> Session | None:
    """The session with this id if it is still open, marked as used; None otherwise."""
    row = connection.execute(select(sessions).where(sessions.c.id_hash == _hash(session_id))).first()
    if row is None or not _is_open(row, now_ms):
        return None
    if now_ms - row.seen_ms >= SEEN_STEP_MS:
        connection.execute(update(sessions).where(sessions.c.id_hash == row.id_hash).values(seen_ms=now_ms))
    return _session(row)


def of_person(connection: Connection, person: str, *, now_ms: int) -> tuple[Session, ...]:
    """Someone's open sessions, newest first."""
    query = select(sessions).where(sessions.c.person == person).order_by(sessions.c.created_ms.desc())
    return tuple(_session(row) for row in connection.execute(query) if _is_open(row, now_ms))


def close(connection: Connection, session_id: str) -> None:
    """Sign out."""
    connection.execute(delete(sessions).where(sessions.c.id_hash == _hash(session_id)))


def close_by_handle(connection: Connection, person: str, handle: str) -> bool:
    """Revoke the session of `person` that lists show as `handle`; False if there is none."""
    rows = connection.execute(select(sessions.c.id_hash).where(sessions.c.person == person)).scalars().all()
    found = [id_hash for id_hash in rows if id_hash.hex().startswith(handle) and len(handle) == 16]
    connection.execute(delete(sessions).where(sessions.c.id_hash.in_(found)))
    return bool(found)


def close_all(connection: Connection, person: str) -> None:
    """Revoke every session of someone: their roles or password changed, or they may not sign in any more."""
    connection.execute(delete(sessions).where(sessions.c.person == person))


def _is_open(row: Row[tuple[object, ...]], now_ms: int) -> bool:
    seen_ms, created_ms = int(row.seen_ms), int(row.created_ms)
    return now_ms - seen_ms < IDLE_MS and now_ms - created_ms < ABSOLUTE_MS


def _forget_ended(connection: Connection, now_ms: int) -> None:
    ended = (sessions.c.seen_ms <= now_ms - IDLE_MS) | (sessions.c.created_ms <= now_ms - ABSOLUTE_MS)
    connection.execute(delete(sessions).where(ended))


def _session(row: Row[tuple[object, ...]]) -> Session:
    return Session(row.id_hash.hex()[:16], row.person, row.created_ms, row.seen_ms, row.address)


def _hash(session_id: str) -> bytes:
    return hashlib.sha256(b"session\0" + session_id.encode(errors="surrogatepass")).digest()
