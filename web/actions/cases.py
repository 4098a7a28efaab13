"""What people do in cases of recall and lookback: who signs is asked here, what may be done in `acts.recalling`."""

from collections.abc import Sequence

from ledger.accounts import AccountError, TurnedAway, User
from ledger.accounts.permissions import CASE_LEAD
from ledger.acts import recalling
from ledger.acts.recalling import Opening
from ledger.core.errors import Refused
from web.actions.signing import audited, own_signature
from web.context import actor, address, asking, shared, wall_ms


def open_case(opening: Opening) -> Refused | None:
    """Open a case that the asking user's organisation leads."""
    own = _own()
    if isinstance(own, Refused):
        return own
    refused = recalling.open_case(shared().ledger, opening, by=asking().person, organisation=own)
    return audited(refused, "case_open", opening.case)


def withdraw(case: str, *, seen: Sequence[str], password: str) -> Refused | None:
    """Recall what is still to be withdrawn and tell every consignee, signed with the asking user's password."""
    own = _own()
    refused = own if isinstance(own, Refused) else own_signature(password)
    if refused is None and isinstance(own, str):
        refused = recalling.withdraw(shared().ledger, case, seen=seen, by=asking().person, organisation=own)
    return audited(refused, "case_withdraw", case)


def acknowledge(case: str, *, reason: str | None) -> Refused | None:
    """Acknowledge, for the asking user's organisation, what it was told."""
    own = _own()
    if isinstance(own, Refused):
        return own
    refused = recalling.acknowledge(shared().ledger, case, organisation=own, by=asking().person, reason=reason)
    return audited(refused, "case_acknowledge", case)


def close(
    case: str, *, reason: str, override: str | None, password: str, colleague: str, colleague_password: str
) -> Refused | None:
    """Close a case by two persons who may lead it, each with the own password."""
    own, me = _own(), asking()
    if isinstance(own, Refused):
        return own
    other = shared().accounts.user_named(colleague)
    if other is None or other.disabled or other.organisation != own or not other.may(CASE_LEAD):
        return Refused("case.persons", "expected two quality officers of the organisation that leads the case")
    refused = own_signature(password) or _signature(other, colleague_password, "person.signature")
    refused = refused or recalling.close(
        shared().ledger, case, reason=reason, override=override, by=me.person, second=other.person, organisation=own
    )
    return audited(refused, "case_close", case)


def note(case: str, text: str) -> Refused | None:
    """Note something that may name persons, beside the accounts and not in the log."""
    try:
        shared().accounts.add_case_note(case, text, actor(), now_ms=wall_ms())
    except AccountError as error:
        return Refused("fields", str(error))
    return None


def erase_notes(case: str, *, password: str) -> Refused | None:
    """Forget every note on a case."""
    refused = own_signature(password)
    if refused is None:
        shared().accounts.erase_case_notes(case, actor(), now_ms=wall_ms())
    return refused


def _own() -> str | Refused:
    own = asking().organisation
    return own or Refused("case.unknown", "a case is led, and a notice acknowledged, by one organisation")


def _signature(person: User, password: str, step: str) -> Refused | None:
    signed = shared().accounts.confirm(person.person, password, address=address(), now_ms=wall_ms())
    return Refused(step, signed.reason) if isinstance(signed, TurnedAway) else None
