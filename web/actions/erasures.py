"""Erasing an event by two persons."""

from typing import Literal

from ledger.accounts import User
from ledger.accounts.permissions import ERASURE_ASK, ERASURE_CONFIRM
from ledger.append import Erasure, Rejected
from ledger.core.errors import Refused
from web.actions.signing import audited, signed_beside
from web.context import asking, shared


def erase_event(  # noqa: PLR0913  what, and two persons
    stream: str, seq: int, what: Literal["body", "value"], *, reason: str, password: str, colleague: str,
    colleague_password: str,
) -> Refused | None:  # fmt: skip
    """Erase an event by two persons, of whom one asks and the other confirms, whichever of them is signed in.

    Args:
        stream: the event's stream.
        seq: its place there.
        what: its bytes, or the values behind its commitments.
        reason: why.
        password: the asking user's own.
        colleague: the other person's login.
        colleague_password: and password.
    """
    other = signed_beside(password, colleague, colleague_password)
    if isinstance(other, Refused):
        return other
    pair = _asking_and_confirming(asking(), other)
    if pair is None:
        return Refused("erasure.persons", "expected a quality officer who asks, and an administrator who confirms")
    try:
        erasure = Erasure(stream, seq, reason, what)
        answer = shared().ledger.erase(erasure, by=pair[0].person, second=pair[1].person)
    except Rejected as error:
        return Refused(error.step, error.reason)
    refused = answer if isinstance(answer, Refused) else None
    return audited(refused, "event_erase", pair[1].person, f"{what} {stream} {seq}")


def _asking_and_confirming(one: User, other: User) -> tuple[User, User] | None:
    for asks, confirms in ((one, other), (other, one)):
        if asks.may(ERASURE_ASK) and confirms.may(ERASURE_CONFIRM):
            return asks, confirms
    return None
