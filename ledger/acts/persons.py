"""The persons of a step: logins as pseudonyms, and who of them has to sign with the own password.

The same for the pages and the API. A second person, or who collects for a ward, types the own password, and is another
than who records the step; a courier is named here, and signs where the hand-over is recorded. Who may
sign beside somebody is said here, too.
"""

from collections.abc import Mapping

from ledger.accounts import Accounts, TurnedAway, User
from ledger.core.errors import Refused

NAMED = ("second", "collector", "courier")
"""Fields that name a colleague."""
SIGNING = frozenset({"second", "collector"})
"""Those of them who sign."""


def known(accounts: Accounts, said: str) -> User | None:
    """Who a login or a pseudonym stands for; None: nobody who may sign in."""
    user = accounts.user(said) if said.startswith("person:") else accounts.user_named(said)
    return None if user is None or user.disabled else user


def signed(accounts: Accounts, person: User, password: str, *, address: str, now_ms: int) -> Refused | None:
    """Why a password is no signature of a person; None: it is."""
    answer = accounts.confirm(person.person, password, address=address, now_ms=now_ms)
    return Refused("person.signature", answer.reason) if isinstance(answer, TurnedAway) else None


def refuse_signers(accounts: Accounts, kind: str, fields: Mapping[str, object], user: User) -> Refused | None:
    """Why those who sign a step beside its user are none who could; None: they are, or nobody does.

    They are of the user's own organisation. A deviation is judged by two quality officers: pages and passports say so.

    Args:
        accounts: who there is.
        kind: the kind of event.
        fields: its fields, with persons as pseudonyms.
        user: who records the step, and may.
    """
    for name in sorted(SIGNING.intersection(fields)):
        other = accounts.user(str(fields[name]))
        if other is None or other.organisation != user.organisation:
            return _no_colleague(name)
        if kind == "assessed" and not other.may_assert(kind):
            return Refused("assessment.persons", "expected two quality officers")
    return None


def named_in(
    accounts: Accounts,
    fields: Mapping[str, object],
    user: User,
    *,
    passwords: Mapping[str, str],
    address: str,
    now_ms: int,
) -> dict[str, object] | Refused:
    """The persons that a step names, as pseudonyms, each signature checked.

    Args:
        accounts: who there is.
        fields: the step's fields; `second`, `collector` and `courier` as logins or pseudonyms.
        user: who records the step.
        passwords: field to what was given as that person's own password.
        address: where the request comes from.
        now_ms: real time.
    """
    found: dict[str, object] = {}
    for name in NAMED:
        said = fields.get(name)
        if not isinstance(said, str):
            continue
        other = known(accounts, said)
        if other is None:
            return Refused("person.unknown", f"expected the login of a colleague in {name}; got {said}")
        found[name] = other.person
        if name not in SIGNING:
            continue
        refused = refuse_beside(name, other, user) or signed(
            accounts, other, passwords.get(name, ""), address=address, now_ms=now_ms
        )
        if refused is not None:
            return refused
    return found


def refuse_beside(name: str, other: User, user: User) -> Refused | None:
    """Why somebody cannot sign, as `name`, beside who records a step; None: a colleague of the own organisation can."""
    if other.organisation != user.organisation:
        return _no_colleague(name)
    if other.person == user.person:
        return Refused("two-persons", "a second person must confirm, another than the first")
    return None


def _no_colleague(name: str) -> Refused:
    return Refused("person.unknown", f"expected a colleague of the own organisation in {name}")
