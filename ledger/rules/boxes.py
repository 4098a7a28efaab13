"""What state a transport box is in (运输箱), and how long it still keeps what is in it. Pure.

Decides over what people said of the box; what lies in it is where units are. How long a box keeps is its own
qualification (`transit`): of a box that the site has not qualified nothing is known.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from ledger.core import custody, kinds
from ledger.core.custody import Recorded

BoxState: TypeAlias = Literal["empty", "packed", "sealed", "on_the_road", "opened"]
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Boxed:
    """A box as people last said.

    Attributes:
        state: empty (空箱), packed (装箱), sealed (封箱), on the road (在途), opened (开箱).
        packed_ms: when it was packed last; None: it is empty or opened, or nobody said so.
        seal: its seal; None: it has none.
        note: the dispatch note that it travels under; None: it does not.
        probe: the probe that was packed with it; None: none was named.
    """

    state: BoxState = "empty"
    packed_ms: int | None = None
    seal: str | None = None
    note: str | None = None
    probe: str | None = None


def fold_box(told: Iterable[Recorded], *, is_empty: bool) -> Boxed:
    """What a box is by what was said of it.

    Args:
        told: the events about the box.
        is_empty: whether the ledger has no unit in it: then it is empty, whatever was said.
    """
    if is_empty:
        return Boxed()
    box = Boxed()
    for each in custody.by_time(told):
        match each.event:
            case kinds.Packed(probe=probe):
                box = Boxed("packed", each.time_ms, probe=probe or box.probe)
            case kinds.Sealed(seal=seal):
                box = replace(box, state="sealed", seal=seal)
            case kinds.Dispatched(dispatch_note=note):
                box = replace(box, state="on_the_road", note=note)
            case kinds.Opened():
                box = replace(box, state="opened", packed_ms=None)
            case _:
                continue
    return box


def left_ms(box: Boxed, *, minutes: int | None, now_ms: int) -> int | None:
    """How long the box still keeps what is in it; negative: it is overdue; None: nothing is known of it.

    Args:
        box: the box.
        minutes: how long it was shown to keep after packing; None: it is not qualified.
        now_ms: the present instant.
    """
    if minutes is None or box.packed_ms is None:
        return None
    return box.packed_ms + minutes * _MINUTE_MS - now_ms
