"""What people do about returns (退血) on the pages, as appended events: a hospital sends back, a station takes back.

Whether a role includes it, and whether a second person signed, is asked here; everything else inside the append
transaction, by `ledger.acts.returning`. A refusal writes nothing and names its rule.
"""

from collections.abc import Mapping

from ledger.acts import returning
from ledger.acts.returning import Decision, SendingBack
from ledger.core.errors import Refused
from web.actions.signing import doing, signed
from web.context import asking, shared


def send_back(wanted: SendingBack) -> str | Refused:
    """Send units back; answer the number of the note."""
    return doing("returned", lambda who: returning.send_back(shared().ledger, wanted, who=who))


def take_back(
    note: str, decided: Mapping[str, Decision], *, place: str, second: str, second_password: str
) -> Refused | None:
    """Record what becomes of units that came back.

    Args:
        note: the return note.
        decided: unit → what is decided of it.
        place: where.
        second: the login of who decided too; empty: nobody.
        second_password: and password.
    """
    other = signed(second, second_password) if second else None
    if isinstance(other, Refused):
        return other
    if other is not None and other == asking().person:
        return Refused("two-persons", "a second person must confirm, another than the first")
    return doing(
        "received",
        lambda who: returning.take_back(shared().ledger, note, decided, place=place, second=other, who=who),
    )
