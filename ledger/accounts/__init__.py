"""Accounts: users, roles, sessions, tokens, codes and their audit, in an erasable database of their own.

    accounts       the door: one method an act
    permissions    who may do what, as data; policy: routes → permissions
    values         User, Session, Token, TurnedAway, AuditEntry
    users sessions tokens codes throttle passwords audit cases     one concept each, in the caller's transaction
    database tables                                             the file

Nobody's name is in the ledger: events carry the pseudonym `person:…`, and only here does it have a name.
"""

from ledger.accounts.accounts import Accounts, create, first_administrator_code
from ledger.accounts.passwords import Passwords
from ledger.accounts.policy import Policy
from ledger.accounts.users import AccountError
from ledger.accounts.values import LOCAL, Actor, AuditEntry, Session, SignedIn, Token, TurnedAway, User

__all__ = [
    "LOCAL",
    "AccountError",
    "Accounts",
    "Actor",
    "AuditEntry",
    "Passwords",
    "Policy",
    "Session",
    "SignedIn",
    "Token",
    "TurnedAway",
    "User",
    "create",
    "first_administrator_code",
]
