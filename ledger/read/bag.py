"""In which bag a unit is: a bag keeps its number when the blood in it becomes another product."""

from collections.abc import Iterable, Sequence

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.rules.transformation import SAME_BAG

Made = kinds.Collected | kinds.Opening | kinds.Transformation


def making_of(history: Iterable[Recorded], unit: str) -> Made | None:
    """The event by which a unit came to be, or came into the ledger."""
    for each in history:
        match each.event:
            case kinds.Collected() | kinds.Opening() as entered if entered.unit == unit:
                return entered
            case kinds.Transformation() as made if any(child.unit == unit for child in made.children):
                return made
            case _:
                continue
    return None


def container_of(history: Sequence[Recorded], unit: str) -> str | None:
    """The bag that a unit is in: as its making says, or the one that it stayed in; None: nobody recorded it.

    Args:
        history: its events and its ancestors'.
        unit: the unit.
    """
    match making_of(history, unit):
        case kinds.Transformation() as made:
            said = next(child.container for child in made.children if child.unit == unit)
            if said is None and str(type(made).__struct_config__.tag) in SAME_BAG and len(made.parents) == 1:
                return container_of(history, made.parents[0])
            return said
        case kinds.Collected() | kinds.Opening() as entered:
            return entered.container
        case _:
            return None
