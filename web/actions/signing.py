"""Who signs what is done on a page, and the ways into the log that the site's own stream takes.

A role is asked here, a password is held against its account here, and both leave their trace in the audit; what is
signed is for the modules beside this one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ledger.accounts import TurnedAway, User
from ledger.acts import persons, steps
from ledger.acts.ordering import Acting
from ledger.append import Draft, Rejected
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.read.reader import Reader
from web.context import actor, address, asking, shared, wall_ms

T = TypeVar("T")
Rule = Callable[[Reader], Refused | None]


def refuse_role(kind: str) -> Refused | None:
    """Why the asking user's roles do not include a step; written down."""
    refused = steps.refuse_role(asking(), kind)
    if refused is not None:
        shared().accounts.record_denial(actor(), f"event.assert:{kind}", now_ms=wall_ms())
    return refused


def own_signature(password: str) -> Refused | None:
    """The asking person types the own password again: it stands for the signature under what it does."""
    signed = shared().accounts.confirm(asking().person, password, address=address(), now_ms=wall_ms())
    return Refused("own-signature", signed.reason) if isinstance(signed, TurnedAway) else None


def signed_beside(password: str, colleague: str, colleague_password: str) -> User | Refused:
    """Who signs beside the asking user what concerns the whole site; of whichever organisation, each in person."""
    if (refused := own_signature(password)) is not None:
        return refused
    other = persons.known(shared().accounts, colleague)
    if other is None:
        return Refused("person.unknown", f"expected the login of a colleague; got {colleague}")
    if other.person == asking().person:
        return Refused("two-persons", "a second person must confirm, another than the first")
    refused = persons.signed(shared().accounts, other, colleague_password, address=address(), now_ms=wall_ms())
    return other if refused is None else refused


def signatures(
    fields: Mapping[str, object], user: User, password: str, collector_password: str = ""
) -> dict[str, object] | Refused:
    """Logins as pseudonyms; a second person, or who collects, signs with the own password, and is not the first."""
    passwords = {"second": password, "collector": collector_password}
    return persons.named_in(shared().accounts, fields, user, passwords=passwords, address=address(), now_ms=wall_ms())


def signed(login: str, password: str) -> str | Refused:
    """The person who signs with the own password beside the asking user."""
    accounts = shared().accounts
    user = accounts.user_named(login)
    if user is None or user.disabled:
        return Refused("person.unknown", f"expected the login of a courier; got {login}")
    signed = accounts.confirm(user.person, password, address=address(), now_ms=wall_ms())
    return Refused("person.signature", signed.reason) if isinstance(signed, TurnedAway) else user.person


def doing(kind: str, act: Callable[[Acting], T | Refused]) -> T | Refused:
    """Do what the asking user's roles let them assert; who is kept from it stands in the audit."""
    user = asking()
    if not user.may_assert(kind):
        shared().accounts.record_denial(actor(), f"event.assert:{kind}", now_ms=wall_ms())
        return Refused("role", f"none of the roles {', '.join(sorted(user.roles))} may record {kind}")
    try:
        return act(Acting(user.person, user.organisation))
    except Rejected as error:
        return Refused(error.step, error.reason)


def audited(refused: Refused | None, action: str, subject: str, detail: str = "") -> Refused | None:
    """Write down what was done; a refusal is handed on."""
    if refused is None:
        shared().accounts.record(actor(), action, now_ms=wall_ms(), subject=subject, detail=detail)
    return refused


def declare(kind: type[kinds.Event], fields: Mapping[str, object]) -> Refused | None:
    """Record an event of the site's own stream, said by the asking user."""
    return record([Draft(kind=kind, fields={**fields, "by": asking().person})], None)


def record(drafts: Sequence[Draft], check: Rule | None) -> Refused | None:
    """Record events of the site's own stream, all or nothing, unless the check refuses them."""
    try:
        answer = shared().ledger.record("site", drafts, check)
    except Rejected as error:
        return Refused(error.step, error.reason)
    return answer if isinstance(answer, Refused) else None
