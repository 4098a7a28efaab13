"""API tokens: `xm_` and 256 random bits, shown once, kept as a hash, limited in roles and in time."""

import hashlib
import secrets
from collections.abc import Collection

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from ledger.accounts import users
from ledger.accounts.tables import tokens
from ledger.accounts.users import AccountError
from ledger.accounts.values import Token, User

PREFIX = "xm_"
"""So that a scanner for leaked secrets can find one."""

MAX_LIFE_MS = 366 * 24 * 60 * 60 * 1000
MAX_LABEL_CHARACTERS = 100
_HELD = select(tokens).where(tokens.c.token_hash == bindparam("token_hash"))
"""Made once, because every request of a program asks it."""


def issue(
    connection: Connection, user: User, *, label: str, roles: Collection[str], now_ms: int, expires_ms: int
) -> str:
    """A new token's text, to be shown once.

    Raises:
        AccountError: more roles than the user has, no end within a year, or no label.
    """
    if not roles or not user.roles.issuperset(roles):
        raise AccountError(f"expected roles that the user has ({', '.join(sorted(user.roles))}); got {sorted(roles)}")
    users.require_scope(user.organisation, roles)
    if not now_ms < expires_ms <= now_ms + MAX_LIFE_MS:
        raise AccountError("expected an end of the token within a year from now")
    if not 0 < len(label.strip()) <= MAX_LABEL_CHARACTERS or not label.isprintable():
        raise AccountError(
            f"expected a label of 1 to {MAX_LABEL_CHARACTERS} characters that says what the token is for"
        )
    text = PREFIX + secrets.token_urlsafe(32)
    values = {"token_hash": _hash(text), "person": user.person, "label": label.strip()}
    ends = {"created_ms": now_ms, "expires_ms": expires_ms}
    connection.execute(insert(tokens).values(**values, **ends, roles=" ".join(sorted(set(roles)))))
    return text


def bearer(connection: Connection, text: str, *, now_ms: int) -> User | None:
    """The user that this token speaks for, with the token's roles as far as the user still has them; else None."""
    if not text.startswith(PREFIX):
        return None
    row = connection.execute(_HELD, {"token_hash": _hash(text)}).first()
    if row is None or row.revoked_ms is not None or now_ms >= row.expires_ms:
        return None
    user = users.by_person(connection, row.person)
    if user is None or user.disabled:
        return None
    roles = user.roles & frozenset(row.roles.split())
    return User(user.person, user.login, user.printed_name, user.organisation, roles)


def owner(connection: Connection, text: str) -> str | None:
    """Whose token this is or was; None for what never was one."""
    found: str | None = connection.execute(select(tokens.c.person).where(tokens.c.token_hash == _hash(text))).scalar()
    return found


def of_person(connection: Connection, person: str) -> tuple[Token, ...]:
    """Someone's tokens, newest first, ended and revoked ones too."""
    query = select(tokens).where(tokens.c.person == person).order_by(tokens.c.created_ms.desc())
    return tuple(_token(row) for row in connection.execute(query))


def revoke(connection: Connection, person: str, handle: str, *, now_ms: int) -> bool:
    """Revoke the token of `person` that lists show as `handle`; False if there is none that holds."""
    query = select(tokens.c.token_hash).where(tokens.c.person == person, tokens.c.revoked_ms.is_(None))
    found = [each for each in connection.execute(query).scalars() if each.hex()[:16] == handle]
    connection.execute(update(tokens).where(tokens.c.token_hash.in_(found)).values(revoked_ms=now_ms))
    return bool(found)


def revoke_all(connection: Connection, person: str, *, now_ms: int) -> None:
    """Revoke every token of someone who may not sign in any more."""
    held = (tokens.c.person == person) & tokens.c.revoked_ms.is_(None)
    connection.execute(update(tokens).where(held).values(revoked_ms=now_ms))


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(
        handle=row.token_hash.hex()[:16],
        person=row.person,
        label=row.label,
        roles=frozenset(row.roles.split()),
        created_ms=row.created_ms,
        expires_ms=row.expires_ms,
        revoked_ms=row.revoked_ms,
    )


def _hash(text: str) -> bytes:
    return hashlib.sha256(b"token\0" + text.encode(errors="surrogatepass")).digest()
