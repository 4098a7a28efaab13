"""Hands over hands (运输交接): station to courier, courier to courier, courier to receiver, each step signed by both.

Decides over the hand-overs of one dispatch note in the order in which they happened. Whose custody the units are in by
that is `ledger.core.custody`: a dispatch begins a transit and a receipt ends it, whoever carries the box.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.rules.refused import Refused


@dataclass(frozen=True, slots=True)
class Pass:
    """One hand-over.

    Attributes:
        by: who recorded it: gives `to_courier`, takes `to_receiver`.
        courier: the person on the road; None: not named.
        passes: into whose hands.
    """

    by: str | None
    courier: str | None
    passes: Literal["to_courier", "to_receiver"]


def carrier(passed: Sequence[Pass]) -> str | None:
    """The courier who has the units now; None: they were not handed to one yet, or were handed to the receiver."""
    if not passed or passed[-1].passes == "to_receiver":
        return None
    return passed[-1].courier


def may_pass(passed: Sequence[Pass], new: Pass, *, sent: Collection[str], named: Collection[str]) -> Refused | None:
    """Whether the units of a note may pass from hand to hand like this.

    Args:
        passed: the hand-overs before.
        new: this one.
        sent: the units that the note's dispatch names; none: there is no such note.
        named: the units that the hand-over names.
    """
    if not sent:
        return Refused("pass.not-sent", "nothing was dispatched under this note; there is nothing to hand over")
    if set(named) != set(sent):
        return Refused("pass.units", "a hand-over is of everything on the note; what is missing is told at the receipt")
    if new.courier is None:
        return Refused("pass.courier", "a hand-over names the courier, who signs it")
    if new.courier == new.by:
        return Refused("pass.two-persons", "two persons sign a hand-over: who gives and who takes")
    if any(each.passes == "to_receiver" for each in passed):
        return Refused("pass.over", "the units were handed to the receiver already")
    return _hands(carrier(passed), new)


def _hands(carrying: str | None, new: Pass) -> Refused | None:
    """Nobody gives what they do not have."""
    if new.passes == "to_courier":
        if carrying is not None and new.by != carrying:
            return Refused("pass.hands", f"{carrying} has the units; only they can hand them on")
        return None
    if new.courier != carrying:
        has = carrying or "no courier"
        return Refused("pass.hands", f"{has} has the units; {new.courier} cannot hand them over")
    return None
