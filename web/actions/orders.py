"""What people do about orders on the pages, as appended events: placed, allocated, checked, sent, handed over.

Whether a role includes it, and whether a courier signed, is asked here; everything else inside the append transaction,
by `ledger.acts.ordering` and `ledger.acts.sending`. A refusal writes nothing and names its rule.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from ledger.acts import ordering, sending
from ledger.acts.ordering import Cause, Wanted
from ledger.core.errors import Refused
from ledger.rules.passing import Pass
from web.actions.signing import doing, signed
from web.context import asking, shared


def place(wanted: Wanted) -> str | Refused:
    """Place an order; answer its number."""
    return doing("ordered", lambda who: ordering.place(shared().ledger, wanted, who=who))


def cancel(order: str, cause: Cause) -> Refused | None:
    """Cancel what is open of an order."""
    return doing("order_cancelled", lambda who: ordering.cancel(shared().ledger, order, cause, who=who))


def allocate(order: str, chosen: Mapping[str, int]) -> Refused | None:
    """Allocate bags (unit → line) to an order."""
    return doing("allocated", lambda who: ordering.allocate(shared().ledger, order, chosen, who=who))


def check(order: str, scanned: Sequence[str]) -> Refused | None:
    """Sign that every bag of the pick list was scanned, and no other."""
    return doing("dispatch_checked", lambda who: sending.check(shared().ledger, order, scanned, who=who))


def send(order: str, *, place: str, boxes: Sequence[str]) -> str | Refused:
    """Dispatch what was checked; answer the number of the dispatch note."""
    ledger = shared().ledger
    return doing("dispatched", lambda who: sending.send(ledger, order, place=place, boxes=boxes, who=who))


def hand_over(
    note: str, passes: Literal["to_courier", "to_receiver"], *, courier: str, password: str, place: str | None
) -> Refused | None:
    """Record a hand-over that both sign: the asking user is signed in, the courier types the own password.

    Args:
        note: the dispatch note.
        passes: which of the two gives.
        courier: the courier's login.
        password: and password.
        place: where.
    """
    person = signed(courier, password)
    if isinstance(person, Refused):
        return person
    passing = Pass(asking().person, person, passes)
    ledger = shared().ledger
    return doing("handed_over", lambda who: sending.hand_over(ledger, note, passing, place=place, who=who))
