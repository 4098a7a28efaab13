"""The second check before dispatch (发血复核): each bag scanned against the pick list, by another person.

A bag that is not on the list is named with the reason, and so is one that is on it and was not scanned. What leaves for
an order is what was checked, and nothing else. Pure: who is who and what is where the caller has gathered.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ledger.rules.refused import Refused


@dataclass(frozen=True, slots=True)
class Listed:
    """A bag on the pick list of an order.

    Attributes:
        unit: the bag.
        allocated_by: who allocated it, as a pseudonym; None: not recorded.
        checked_by: who checked it since; None: nobody.
    """

    unit: str
    allocated_by: str | None
    checked_by: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """What was scanned, against the list.

    Attributes:
        found: on the list and scanned, in the list's order.
        missing: on the list and not scanned.
        wrong: scanned and not to be sent, with the reason.
    """

    found: tuple[str, ...]
    missing: tuple[str, ...]
    wrong: tuple[tuple[str, Refused], ...]


def compare(listed: Sequence[Listed], scanned: Collection[str], *, barred: Mapping[str, Refused]) -> Compared:
    """Hold what was scanned against the list.

    Args:
        listed: the pick list.
        scanned: the bags that were scanned; one that was scanned twice is one.
        barred: bags that must not leave, whether they are on the list or not, and why.
    """
    names = [each.unit for each in listed]
    wrong: dict[str, Refused] = {}
    for unit in scanned:
        if unit in barred:
            wrong[unit] = barred[unit]
        elif unit not in names:
            wrong[unit] = Refused("check.not-on-list", f"{unit} is not on the pick list; put it back where it was")
    found = tuple(unit for unit in names if unit in scanned and unit not in wrong)
    return Compared(found, tuple(unit for unit in names if unit not in scanned), tuple(wrong.items()))


def may_check(listed: Sequence[Listed], compared: Compared, *, by: str) -> Refused | None:
    """Whether the check is done: nothing wrong, nothing missing, and by another person than who allocated.

    Args:
        listed: the pick list.
        compared: what was scanned against it.
        by: who checked, as a pseudonym.
    """
    if not listed:
        return Refused("check.nothing", "nothing is allocated to the order; there is nothing to check")
    for _, refused in compared.wrong:
        return refused
    if compared.missing:
        text = f"not scanned: {', '.join(compared.missing)}; find them, or put them back into stock"
        return Refused("check.missing", text)
    if any(each.allocated_by == by for each in listed):
        return Refused("check.two-persons", "who allocated a bag does not check it; another person does")
    return None


def may_send(listed: Sequence[Listed], *, by: str) -> Refused | None:
    """Whether what is on the pick list may leave: all of it was checked, by another person than who sends it.

    Args:
        listed: the pick list.
        by: who dispatches, as a pseudonym.
    """
    if not listed:
        return Refused("send.nothing", "nothing is allocated to the order; there is nothing to send")
    unchecked = [each.unit for each in listed if each.checked_by is None]
    if unchecked:
        return Refused("send.unchecked", f"not checked by a second person: {', '.join(unchecked)}")
    if any(each.checked_by == by for each in listed):
        return Refused("send.two-persons", "who checked the bags does not send them; another person does")
    return None
