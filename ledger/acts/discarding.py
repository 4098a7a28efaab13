"""Discards as the pages and the API record them: a reason that could lead to a donor withheld, a hand-over counted."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ledger.accounts import User
from ledger.acts import steps
from ledger.append import Recorder
from ledger.core.custody import Recorded
from ledger.core.errors import ConfigError, Refused
from ledger.read import discards
from ledger.read.sweeping import Swept
from ledger.rules.discarding import UNSUITABLE, refuse_hand_over
from ledger.rules.stocktake import Difference
from ledger.withheld.values import Withheld

if TYPE_CHECKING:
    from ledger.read.reader import Reader


DISPOSAL = "disposal"
"""What a place is for, where things are counted before they are handed over."""
_UNITS_AN_EVENT = 50


def counted(reader: "Reader", swept: Swept, *, now_ms: int) -> Difference:
    """What a sweep counts of what is approved, within the sweep's scope."""
    approved = [each.unit.unit for each in discards.waiting(reader, swept.scope) if each.requested.may_go]
    return discards.counted(reader, swept, approved, now_ms=now_ms)


def hand_over(
    recorder: Recorder, swept: Swept, told: Difference, *, number: str, user: User
) -> tuple[Recorded, ...] | Refused:
    """Record one act: the count of the sweep, and the end of each bag.

    Args:
        recorder: the writer.
        swept: where was counted.
        told: what was.
        number: of the hand-over; empty: none.
        user: who signs for it, and may.
    """
    if swept.place is None:
        return Refused("discard.place", "expected a place of your own that is set apart for disposal")
    differs = refuse_hand_over(told)
    if differs is not None:
        return Refused(differs.rule, differs.reason)
    about = {"place": swept.place} | ({"hand_over": number} if number else {})
    drafts = [{"unit": unit, **about} for unit in told.found]
    return steps.record(recorder, "discarded", drafts, user=user, further=_taken(swept.place, told.found))


def _taken(place: str, found: Sequence[str]) -> list[tuple[str, Mapping[str, object]]]:
    portions = (list(found[first : first + _UNITS_AN_EVENT]) for first in range(0, len(found), _UNITS_AN_EVENT))
    return [("stock_taken", {"place": place, "found": some}) for some in portions]


def reason_fields(reader: "Reader", code: str, organisation: str | None) -> Mapping[str, object]:
    """The fields of a reason.

    Args:
        reader: knows the site's list; where it cannot be read, the rule says so when the request is recorded.
        code: the reason's code; empty: none.
        organisation: whose laboratory and quality may open what is withheld.
    """
    try:
        listed = discards.reasons(reader)
    except ConfigError:
        listed = ()
    chosen = next((each for each in listed if each.code == code), None)
    if chosen is None or not chosen.confidential or organisation is None:
        return {"code": code} if code else {}
    return {"code": UNSUITABLE, "withheld": Withheld(code, organisation)}
