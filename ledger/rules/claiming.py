"""Which order a bag is set aside for: the last `allocated` that still stands, and what was done on it since.

A bag has one claim at most. It ends when the bag is put back into stock, unpacked, or released anew; a bag that is held
back keeps its claim in name only, which is why who asks looks at the bag's state too.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.rules.lifecycle import State

SET_ASIDE: Final = frozenset({State.RESERVED, State.PACKED})
"""States in which a bag is in the station and nobody else's."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A bag that an order has.

    Attributes:
        unit: the bag.
        order: the order.
        line: its line, from 1.
        by: who allocated it.
        checked_by: who checked it against the pick list since; None: nobody.
        note: the dispatch note with which it left; None: it did not.
    """

    unit: str
    order: str
    line: int
    by: str | None
    checked_by: str | None = None
    note: str | None = None

    @property
    def is_checked(self) -> bool:
        """Whether a second person checked it since it was allocated."""
        return self.checked_by is not None


def claim_of(history: Iterable[Recorded], unit: str) -> Claim | None:
    """The claim on a unit after its history; None: no order has it."""
    claim: Claim | None = None
    packed = False
    for each in custody.fold_order(history):
        event = each.event
        packed = isinstance(event, kinds.Packed) or (packed and not isinstance(event, kinds.Unpacked))
        if isinstance(event, kinds.Allocated) and event.order is not None:
            claim = Claim(unit, event.order, event.line or 1, event.by)
        elif claim is not None and claim.note is None:
            claim = _after(claim, event, packed=packed)
    return claim


def _after(claim: Claim, event: kinds.AnyEvent, *, packed: bool) -> Claim | None:
    match event:
        case kinds.DispatchChecked() if event.order == claim.order:
            return replace(claim, checked_by=event.by)
        case kinds.Dispatched():
            return replace(claim, note=event.dispatch_note) if event.order == claim.order else None
        case kinds.Stored():
            return claim if packed else None
        case kinds.Unpacked() | kinds.Released():
            return None
        case _:
            return claim
