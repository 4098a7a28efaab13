"""The plain values of accounts: who someone is, what they hold, and why they were turned away.

Times are integer milliseconds since the Unix epoch.
"""

from dataclasses import dataclass

from ledger.accounts.permissions import SITE_WIDE, may, may_assert


@dataclass(frozen=True, slots=True)
class User:
    """Someone who can sign in.

    Attributes:
        person: the pseudonym that events carry, `person:` and 32 hex digits.
        login: the name they sign in with, lower case.
        printed_name: the name that this site's own pages and papers show; in no event.
        organisation: the `org:…` they act for; None only for administrators and auditors of the whole site.
        roles: what they may do, as in `ledger.accounts.permissions`.
        disabled: whether they are kept from signing in.
    """

    person: str
    login: str
    printed_name: str
    organisation: str | None
    roles: frozenset[str]
    disabled: bool = False

    @property
    def sees_whole_site(self) -> bool:
        """Whether reads are not limited to an organisation's units."""
        return self.organisation is None and bool(self.roles) and self.roles <= SITE_WIDE

    def may(self, permission: str) -> bool:
        """Whether one of their roles has `permission`."""
        return may(self.roles, permission)

    def may_assert(self, kind: str) -> bool:
        """Whether one of their roles may assert an event of `kind`."""
        return may_assert(self.roles, kind)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where, for the audit.

    Attributes:
        person: the pseudonym; None for the machine itself, and for nobody signed in.
        address: the network address, or `local`.
    """

    person: str | None
    address: str


LOCAL = Actor(person=None, address="local")
"""The machine's own administrator at a command line."""


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A sign-in, code or password that was not accepted.

    Attributes:
        step: `credentials`, `throttled`, `busy`, `code` or `password`; stable.
        reason: for the person, in English; never says whether a login exists.
        retry_after_seconds: how long to wait; 0 where waiting does not help.
    """

    step: str
    reason: str
    retry_after_seconds: int = 0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that was just opened. `session_id` is shown to the browser once and stored nowhere."""

    session_id: str
    user: User


@dataclass(frozen=True, slots=True)
class Session:
    """An open session.

    Attributes:
        handle: names it in lists; not the session id.
        person: whose it is.
        created_ms: when they signed in.
        seen_ms: when it was last used, to the minute.
        address: where they signed in from.
    """

    handle: str
    person: str
    created_ms: int
    seen_ms: int
    address: str


@dataclass(frozen=True, slots=True)
class Token:
    """An API token, without its secret.

    Attributes:
        handle: names it in lists.
        person: whose it is.
        label: what it is for.
        roles: what it may do, at most what its person may.
        created_ms: when it was issued.
        expires_ms: when it ends.
        revoked_ms: when it was revoked; None while it holds.
    """

    handle: str
    person: str
    label: str
    roles: frozenset[str]
    created_ms: int
    expires_ms: int
    revoked_ms: int | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit.

    Attributes:
        number: from 1, without gaps.
        time_ms: when.
        actor: who, as a pseudonym; None for nobody signed in.
        action: what, e.g. `sign_in`, `role_change`.
        subject: to whom or what; None where there is nothing.
        outcome: `done` or `denied`.
        detail: in a few words; never a password, code or token.
        address: from where.
    """

    number: int
    time_ms: int
    actor: str | None
    action: str
    subject: str | None
    outcome: str
    detail: str
    address: str
