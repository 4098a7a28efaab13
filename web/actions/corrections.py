"""Corrections of what a person said, and comments on any event."""

from ledger.acts import corrections
from ledger.acts.corrections import Correction, Signed, signed_by
from ledger.append import Rejected
from ledger.core.errors import Refused
from web.actions.signing import refuse_role, signatures
from web.context import asking, shared


def correct_event(wanted: Correction, *, second: str, second_password: str) -> Refused | None:
    """Correct what a person said: the wrong one stays, and this points at it.

    Args:
        wanted: what is wrong, and what is right.
        second: the second person's login; empty: nobody.
        second_password: and password.
    """
    signed = _signed_for_correction("corrected", second, second_password)
    if isinstance(signed, Refused):
        return signed
    try:
        with shared().reading() as reader:
            return corrections.correct(shared().ledger, reader, wanted, signed)
    except Rejected as error:
        return Refused(error.step, error.reason)


def comment_on_event(wanted: Correction, *, unit: str | None) -> Refused | None:
    """Comment on an event, a device's too, which counts as before.

    Args:
        wanted: the event, and as its reason the comment.
        unit: the unit on whose page it stands, where a tag alone was seen.
    """
    signed = _signed_for_correction("commented", "", "")
    if isinstance(signed, Refused):
        return signed
    try:
        with shared().reading() as reader:
            return corrections.comment(shared().ledger, reader, wanted, signed, unit=unit)
    except Rejected as error:
        return Refused(error.step, error.reason)


def _signed_for_correction(kind: str, second: str, second_password: str) -> Signed | Refused:
    user = asking()
    signed = refuse_role(kind) or signatures({"second": second} if second else {}, user, second_password)
    if isinstance(signed, Refused):
        return signed
    named = signed.get("second")
    return signed_by(user, shared().accounts, second=named if isinstance(named, str) else None)
