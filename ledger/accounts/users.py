"""Rows of users and roles: reading and writing them in the caller's transaction. Decides what a well-formed user is."""

import re
import secrets
import unicodedata
from collections.abc import Collection

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from ledger.accounts.permissions import ADMINISTRATOR, ROLES, SITE_WIDE
from ledger.accounts.tables import user_roles, users
from ledger.accounts.values import User
from ledger.core.errors import XuemaiError
from ledger.core.ids import is_id

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}\Z")
MAX_NAME_CHARACTERS = 100
_PERSON = select(users).where(users.c.person == bindparam("person"))
_ROLES = select(user_roles.c.role).where(user_roles.c.person == bindparam("person"))
"""Made once, because every request asks both."""


class AccountError(XuemaiError):
    """An administrative act that cannot be done; the message says why.

    Args:
        message: what was expected and what came, in English.
        rule: what stands against it, for whoever says it in other words: `roles`, `organisation`, `login`, `name`,
            `taken`, `last-administrator`; `account` for anything else.
    """

    def __init__(self, message: str, *, rule: str = "account") -> None:
        super().__init__(message)
        self.rule = rule


def normal_login(login: str) -> str:
    """The one spelling of a login."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def require_scope(organisation: str | None, roles: Collection[str]) -> None:
    """Refuse roles that do not exist, and people without an organisation who would see the whole site.

    Raises:
        AccountError: with what is wrong.
    """
    unknown = set(roles) - ROLES
    if unknown or not roles:
        raise AccountError(
            f"expected one or more of {', '.join(sorted(ROLES))}; got {', '.join(sorted(roles)) or 'none'}",
            rule="roles",
        )
    if organisation is None and not SITE_WIDE.issuperset(roles):
        needing = ", ".join(sorted(set(roles) - SITE_WIDE))
        raise AccountError(f"expected an organisation for the roles {needing}", rule="organisation")
    if organisation is not None and not is_id(organisation, "org"):
        raise AccountError(f"expected an organisation org:…; got {organisation!r}", rule="organisation")


def add(
    connection: Connection,
    login: str,
    *,
    printed_name: str,
    organisation: str | None,
    roles: Collection[str],
    now_ms: int,
) -> User:
    """A new user without a password, with a fresh pseudonym.

    Raises:
        AccountError: the login is malformed or taken, or the roles do not fit.
    """
    login = normal_login(login)
    if not _LOGIN.match(login):
        expected = "a login of 2 to 64 lower-case letters, digits, dots, underscores, @ or hyphens"
        raise AccountError(f"expected {expected}, the first a letter or digit; got {login!r}", rule="login")
    if not 0 < len(printed_name.strip()) <= MAX_NAME_CHARACTERS or not printed_name.isprintable():
        raise AccountError(f"expected a printed name of 1 to {MAX_NAME_CHARACTERS} characters", rule="name")
    require_scope(organisation, roles)
    if by_login(connection, login) is not None:
        raise AccountError(f"the login {login!r} is taken", rule="taken")
    person = f"person:{secrets.token_hex(16)}"
    values = {"person": person, "login": login, "printed_name": printed_name.strip(), "organisation": organisation}
    connection.execute(insert(users).values(**values, disabled=0, created_ms=now_ms))
    _write_roles(connection, person, roles)
    return require(connection, person)


def by_login(connection: Connection, login: str) -> User | None:
    """The user with this login, in its normal spelling."""
    row = connection.execute(select(users).where(users.c.login == login)).first()
    return _user(connection, row)


def by_person(connection: Connection, person: str) -> User | None:
    """The user with this pseudonym."""
    row = connection.execute(_PERSON, {"person": person}).first()
    return _user(connection, row)


def require(connection: Connection, person: str) -> User:
    """The user with this pseudonym.

    Raises:
        AccountError: there is none.
    """
    user = by_person(connection, person)
    if user is None:
        raise AccountError(f"there is no user {person}")
    return user


def everyone(connection: Connection) -> tuple[User, ...]:
    """Every user, by login."""
    people = connection.execute(select(users.c.person).order_by(users.c.login)).scalars().all()
    return tuple(require(connection, person) for person in people)


def printed_names(connection: Connection) -> dict[str, str]:
    """Pseudonym → printed name."""
    return {row.person: row.printed_name for row in connection.execute(select(users.c.person, users.c.printed_name))}


def password_of(connection: Connection, person: str) -> str | None:
    """The stored hash; None before a code was redeemed."""
    stored: str | None = connection.execute(select(users.c.password).where(users.c.person == person)).scalar()
    return stored


def set_password(connection: Connection, person: str, stored: str) -> None:
    """Store a hash."""
    connection.execute(update(users).where(users.c.person == person).values(password=stored))


def set_roles(connection: Connection, person: str, roles: Collection[str]) -> None:
    """Replace the roles.

    Raises:
        AccountError: the roles do not fit, or nobody would be left to administer the site.
    """
    user = require(connection, person)
    require_scope(user.organisation, roles)
    if ADMINISTRATOR not in roles:
        _require_other_administrator(connection, user)
    connection.execute(delete(user_roles).where(user_roles.c.person == person))
    _write_roles(connection, person, roles)


def disable(connection: Connection, person: str) -> None:
    """Keep someone from signing in.

    Raises:
        AccountError: nobody would be left to administer the site.
    """
    _require_other_administrator(connection, require(connection, person))
    connection.execute(update(users).where(users.c.person == person).values(disabled=1))


def enable(connection: Connection, person: str) -> None:
    """Let someone sign in again."""
    require(connection, person)
    connection.execute(update(users).where(users.c.person == person).values(disabled=0))


def erase(connection: Connection, person: str) -> None:
    """Delete everything that ties a name to the pseudonym, with sessions, tokens and codes.

    Raises:
        AccountError: nobody would be left to administer the site.
    """
    _require_other_administrator(connection, require(connection, person))
    connection.execute(delete(users).where(users.c.person == person))


def _require_other_administrator(connection: Connection, user: User) -> None:
    if ADMINISTRATOR not in user.roles or user.disabled:
        return
    query = (
        select(func.count())
        .select_from(users.join(user_roles))
        .where(users.c.person != user.person, users.c.disabled == 0, user_roles.c.role == ADMINISTRATOR)
        .where(users.c.password.is_not(None))  # whose one-time code may run out has not signed in yet
    )
    if connection.execute(query).scalar_one() == 0:
        raise AccountError(
            "expected another administrator who can sign in; this is the last one", rule="last-administrator"
        )


def _write_roles(connection: Connection, person: str, roles: Collection[str]) -> None:
    connection.execute(insert(user_roles), [{"person": person, "role": role} for role in sorted(set(roles))])


def _user(connection: Connection, row: Row[tuple[object, ...]] | None) -> User | None:
    if row is None:
        return None
    roles = connection.execute(_ROLES, {"person": row.person}).scalars()
    return User(row.person, row.login, row.printed_name, row.organisation, frozenset(roles), bool(row.disabled))
