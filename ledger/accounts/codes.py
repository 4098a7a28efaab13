"""One-time codes: how someone gets to choose their first password, or a new one. There are no default credentials."""

import hashlib
import secrets

from sqlalchemy import Connection, delete, insert, select

from ledger.accounts.tables import codes

LIFE_MS = 7 * 24 * 60 * 60 * 1000
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 characters that are not taken for one another on paper: five bits each."""

_GROUPS, _GROUP_LETTERS = 5, 5


def issue(connection: Connection, person: str, *, now_ms: int) -> str:
    """A new code of 125 bits, e.g. `K7QMD-…`; it replaces an earlier one."""
    connection.execute(delete(codes).where(codes.c.person == person))
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LETTERS)) for _ in range(_GROUPS))
    code = "-".join(groups)
    connection.execute(insert(codes).values(person=person, code_hash=_hash(code), expires_ms=now_ms + LIFE_MS))
    return code


def owner(connection: Connection, code: str, *, now_ms: int) -> str | None:
    """Whose code this is; None if it is nobody's, was used, or has ended."""
    row = connection.execute(select(codes).where(codes.c.code_hash == _hash(code))).first()
    return row.person if row is not None and now_ms < row.expires_ms else None


def use_up(connection: Connection, person: str) -> None:
    """The code of `person` works no more."""
    connection.execute(delete(codes).where(codes.c.person == person))


def _hash(code: str) -> bytes:
    spelt = "".join(letter for letter in code.upper() if letter in _LETTERS)
    return hashlib.sha256(b"code\0" + spelt.encode()).digest()
