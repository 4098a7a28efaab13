"""What became of a unit, as a case of recall or lookback asks: what can still be withdrawn, and who must be told.

A unit that nobody holds, or that a late event put on hold, is `unknown`, and unknown is never taken for harmless.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ledger.rules.lifecycle import ENDS, State


class Fate(StrEnum):
    """What became of a unit."""

    IN_STOCK = "in_stock"  # the asking organisation holds it
    DISPATCHED = "dispatched"  # on its way, or with another organisation
    ISSUED = "issued"  # on a ward, at a patient's bedside: the most urgent
    TRANSFUSED = "transfused"
    DISCARDED = "discarded"
    MADE_INTO_OTHERS = "made_into_others"
    UNKNOWN = "unknown"


_ENDED: Final[Mapping[State, Fate]] = MappingProxyType(
    {
        State.TRANSFUSED: Fate.TRANSFUSED,
        State.DISCARDED: Fate.DISCARDED,
        State.CONSUMED: Fate.MADE_INTO_OTHERS,
    }
)


def fate_of(state: State | None, *, on_hold: bool, holder: str | None, own: str | None) -> Fate:
    """What became of a unit.

    Args:
        state: where it stands; None or `new`: the ledger never saw it enter.
        on_hold: whether a late event that contradicts its state awaits a person.
        holder: the organisation that holds it, `transit`, or None.
        own: the asking organisation; None: the whole site, of which every organisation's stock is stock.
    """
    if state is None or on_hold:
        return Fate.UNKNOWN
    if state in _ENDED:
        return _ENDED[state]
    if holder is None:
        return Fate.UNKNOWN
    if state is State.ISSUED:
        return Fate.ISSUED
    if holder == own or (own is None and holder.startswith("org:")):
        return Fate.IN_STOCK
    return Fate.DISPATCHED


def can_be_withdrawn(state: State | None) -> bool:
    """Whether a recall still reaches it: it exists, and is not recalled yet.

    One that waits for its disposal is recalled too, so that nothing brings it back.
    """
    return state is not None and state not in {*ENDS, State.NEW, State.RECALLED}
