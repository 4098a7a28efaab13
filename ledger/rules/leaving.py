"""Shipped physically but not electronically: a bag that a reader at an exit saw, without a paper. Pure.

A dispatch, a hand-over or an issue lets a bag out, until it is received or put somewhere again; so does its end. That
it was seen at an exit (出口) otherwise is an alarm until it is seen somewhere else, or somebody says where it went.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ledger.core import custody, kinds
from ledger.core.custody import Recorded

RULE: Final = "custody.no-paper"
EXIT: Final = "exit"
"""The `use` of a place that is the read point of a door to the outside."""
_LET_OUT = kinds.Dispatched | kinds.HandedOver | kinds.Issued | kinds.Transfused | kinds.Discarded
_PUT = (
    kinds.Received | kinds.Returned | kinds.Stored | kinds.Moved | kinds.Unpacked | kinds.Opening | kinds.Transformation
)


@dataclass(frozen=True, slots=True)
class Left:
    """A bag was seen at the exit `place` at `at_ms`, and no paper says that it may leave."""

    place: str
    at_ms: int

    @property
    def text(self) -> str:
        """What is the case, in English."""
        return f"seen at {self.place}; nobody recorded that it may leave"


def left_without_paper(history: Iterable[Recorded], is_exit: Callable[[str], bool]) -> Left | None:
    """Whether a unit left without a paper, as far as is known; None: it did not.

    Args:
        history: its events, the sightings of its tags among them, in any order.
        is_exit: whether a place is an exit.
    """
    seen: Left | None = None
    let_out = False
    for each in custody.by_time(history):
        match each.event:
            case kinds.TagArrived(place=str(place)):
                seen = Left(place, each.time_ms) if is_exit(place) and not let_out else None
            case event if isinstance(event, _LET_OUT):
                seen, let_out = None, True
            case event if isinstance(event, _PUT):
                seen, let_out = None, False
            case _:
                continue
    return seen
