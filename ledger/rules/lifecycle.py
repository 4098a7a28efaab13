"""What state a unit is in: one table of (state, event) to state, and a diagram drawn from it.

An event is a kind, or `kind:outcome` where what happens next depends on what was found (`received:held`). A cell that
is not in the table is refused when a person asserts it; when it was merely observed, the caller keeps it, flags it and
puts the unit on hold. A withdrawing fact (`WITHDRAWING`) takes effect whenever it arrives, in whatever state.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import Final

from ledger.rules.refused import Refused


class State(StrEnum):
    """Where a unit stands. Chinese terms as in the glossary."""

    NEW = "new"  # nothing is known of it yet
    COLLECTED = "collected"  # 采血
    PENDING = "pending"  # 待检
    AVAILABLE = "available"  # 合格
    QUARANTINED = "quarantined"  # 隔离
    ON_HOLD = "on_hold"  # a late event contradicts the state; a person decides
    RESERVED = "reserved"  # 预留 / 配货
    PACKED = "packed"  # 装箱
    IN_TRANSIT = "in_transit"  # 发血, on its way
    RECEIVED = "received"  # 隔离待查: arrived, not accepted yet
    IN_HOSPITAL = "in_hospital"  # 医院库存
    ISSUED = "issued"  # 临床发血
    TRANSFUSED = "transfused"  # 输血
    RETURNED = "returned"  # 退血
    AWAITING_DISPOSAL = "awaiting_disposal"  # 待报废
    DISCARDED = "discarded"  # 报废
    RECALLED = "recalled"  # 血液收回
    CONSUMED = "consumed"  # became components


WITHDRAWING: Final = frozenset({"quarantined", "recalled", "discarded", "transfused"})
"""Kinds that take effect whenever they arrive, however late."""

ENDS: Final = (State.TRANSFUSED, State.DISCARDED, State.CONSUMED)
"""States after which the bag no longer exists as that unit."""

EXISTING: Final = tuple(state for state in State if state not in ENDS)
"""All others."""

OUTCOMES: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "tested": ("fit", "unfit", "undecided"),
        "received": ("accepted", "accepted_by_station", "held", "refused"),
        "assessed": ("fit", "return", "discard"),
        "quarantine_lifted": ("at_station", "at_hospital"),
        "issued": ("by_rule", "by_override"),
        "returned_to_bank": ("restocked", "held", "discard"),
    }
)
"""Kinds whose outcome decides the next state; where a station and a hospital differ, it says which."""

_TRANSFORMATIONS = "prepared pooled split washed irradiated frozen thawed inactivated relabelled"
_WHEREABOUTS = "stored removed moved tag_associated tag_removed"
_BOX = "sealed opened handed_over"
_STAY: Final = None

_S = State
_BEFORE_RELEASE = (_S.COLLECTED, _S.PENDING)
_STATION_STOCK = (_S.AVAILABLE, _S.RESERVED)
_UNFIT_TO_USE = (_S.QUARANTINED, _S.ON_HOLD, _S.RECALLED, _S.RETURNED, _S.AWAITING_DISPOSAL)
_USABLE = (_S.AVAILABLE, _S.RESERVED, _S.PACKED, _S.IN_TRANSIT, _S.RECEIVED, _S.IN_HOSPITAL, _S.ISSUED)
_EXISTING = (*_BEFORE_RELEASE, *_USABLE, *_UNFIT_TO_USE)
_RECEIPTS = "received:accepted received:accepted_by_station received:held received:refused"


def _existing_but(*states: State) -> tuple[State, ...]:
    return tuple(state for state in _EXISTING if state not in states)


# States, events, next state (_STAY: the same). Each cell may be written once only; a test draws them all.
_ROWS: Final[Sequence[tuple[Sequence[State], str, State | None]]] = (
    # how a unit comes into the ledger
    ((_S.NEW,), "collected", _S.COLLECTED),
    ((_S.NEW,), f"{_TRANSFORMATIONS} opening", _S.PENDING),
    ((_S.NEW,), _RECEIPTS, _S.RECEIVED),
    # what can always happen to a bag that exists
    (_EXISTING, _WHEREABOUTS.replace("stored ", ""), _STAY),
    (_existing_but(_S.RESERVED), "stored", _STAY),
    (_EXISTING, "corrected", _STAY),
    (ENDS, "corrected tested:fit tested:unfit tested:undecided tag_removed", _STAY),
    (_EXISTING, "tested:fit tested:undecided", _STAY),
    ((*_BEFORE_RELEASE, *_USABLE, _S.ON_HOLD, _S.RETURNED), "tested:unfit nonconforming", _S.QUARANTINED),
    ((_S.QUARANTINED, _S.RECALLED, _S.AWAITING_DISPOSAL), "tested:unfit nonconforming", _STAY),
    # withdrawing facts
    ((_S.NEW, *_existing_but(_S.RECALLED, _S.AWAITING_DISPOSAL)), "quarantined", _S.QUARANTINED),
    ((_S.RECALLED, _S.AWAITING_DISPOSAL, *ENDS), "quarantined", _STAY),
    ((_S.NEW, *_EXISTING), "recalled", _S.RECALLED),
    (ENDS, "recalled", _STAY),
    ((_S.NEW, *_EXISTING, _S.CONSUMED), "discarded", _S.DISCARDED),
    ((_S.TRANSFUSED, _S.DISCARDED), "discarded", _STAY),
    ((_S.NEW, *_EXISTING, _S.CONSUMED, _S.DISCARDED), "transfused", _S.TRANSFUSED),
    ((_S.TRANSFUSED,), "transfused", _STAY),
    # collection, preparation, release
    ((_S.COLLECTED,), "labelled", _S.PENDING),
    ((_S.PENDING,), "labelled", _STAY),
    ((_S.AVAILABLE,), "labelled", _STAY),  # where the site labels what is released
    ((*_BEFORE_RELEASE, *_STATION_STOCK, _S.IN_HOSPITAL), _TRANSFORMATIONS, _S.CONSUMED),
    ((_S.CONSUMED,), _TRANSFORMATIONS, _STAY),
    ((_S.PENDING,), "released", _S.AVAILABLE),
    ((_S.QUARANTINED, _S.ON_HOLD), "quarantine_lifted:at_station", _S.PENDING),
    ((_S.QUARANTINED, _S.ON_HOLD), "quarantine_lifted:at_hospital", _S.IN_HOSPITAL),
    # deviations: two quality officers decide, release follows anew
    ((_S.RETURNED,), "assessed:fit", _S.PENDING),
    ((_S.RECALLED,), "assessed:fit", _S.QUARANTINED),
    ((_S.RECEIVED,), "assessed:fit", _S.IN_HOSPITAL),
    ((*_BEFORE_RELEASE, *_STATION_STOCK, _S.PACKED, _S.IN_TRANSIT, _S.IN_HOSPITAL), "assessed:fit", _STAY),
    ((_S.QUARANTINED, _S.ON_HOLD), "assessed:fit", _STAY),
    ((_S.RECEIVED, _S.IN_HOSPITAL, _S.IN_TRANSIT), "assessed:return", _S.RETURNED),
    ((_S.RETURNED, _S.QUARANTINED, _S.RECALLED), "assessed:return", _STAY),
    (_existing_but(_S.AWAITING_DISPOSAL, _S.ISSUED), "assessed:discard discard_requested", _S.AWAITING_DISPOSAL),
    ((_S.AWAITING_DISPOSAL,), "assessed:discard discard_requested discard_approved", _STAY),
    # from the station's stock into the box and on the road
    ((_S.AVAILABLE,), "reserved allocated", _S.RESERVED),
    ((_S.RESERVED,), "reserved allocated", _STAY),
    ((_S.RESERVED, _S.PACKED), "dispatch_checked", _STAY),
    ((_S.RESERVED,), "stored", _S.AVAILABLE),  # put back: the reservation is over
    (_STATION_STOCK, "packed", _S.PACKED),
    ((_S.PACKED,), f"packed {_BOX}", _STAY),
    ((_S.PACKED,), "unpacked", _S.AVAILABLE),
    ((*_STATION_STOCK, _S.PACKED), "dispatched", _S.IN_TRANSIT),
    ((_S.IN_TRANSIT,), f"{_BOX} unpacked", _STAY),
    # at the hospital, or back at a station
    ((_S.IN_TRANSIT, _S.RECEIVED, _S.RETURNED), "received:accepted", _S.IN_HOSPITAL),
    ((_S.IN_TRANSIT, _S.RECEIVED), "received:accepted_by_station", _S.AVAILABLE),
    ((_S.RETURNED,), "received:accepted_by_station", _S.PENDING),  # a return is released anew
    ((_S.IN_TRANSIT,), "received:held", _S.RECEIVED),
    ((_S.RECEIVED,), "received:held", _STAY),
    ((_S.RETURNED,), "received:held", _S.QUARANTINED),
    ((_S.IN_TRANSIT, _S.RECEIVED), "received:refused", _S.RETURNED),
    ((_S.RETURNED,), "received:refused", _S.AWAITING_DISPOSAL),
    ((_S.RECEIVED, _S.IN_HOSPITAL), f"packed unpacked {_BOX}", _STAY),
    ((_S.RECEIVED, _S.IN_HOSPITAL, _S.ISSUED), "returned", _S.RETURNED),
    ((_S.RETURNED,), f"packed unpacked {_BOX} dispatched returned", _STAY),
    # what is held back or recalled goes back to the station as it is; only a return may dispatch it
    ((_S.QUARANTINED, _S.ON_HOLD, _S.RECALLED), f"packed unpacked {_BOX} returned dispatched", _STAY),
    ((_S.QUARANTINED, _S.ON_HOLD, _S.RECALLED), _RECEIPTS, _STAY),
    ((_S.IN_HOSPITAL,), "reserved allocated crossmatched", _STAY),
    ((_S.IN_HOSPITAL,), "dispatched", _S.RETURNED),  # never in_transit: a station must release it anew
    # at the bedside
    ((_S.IN_HOSPITAL,), "issued:by_rule issued:by_override", _S.ISSUED),
    ((_S.QUARANTINED, _S.RECALLED), "issued:by_override", _S.ISSUED),  # a named person sets the rule aside
    ((_S.ISSUED,), "crossmatched bedside_checked not_transfused reaction", _STAY),
    ((_S.ISSUED,), "returned_to_bank:restocked", _S.IN_HOSPITAL),
    ((_S.ISSUED,), "returned_to_bank:held", _S.QUARANTINED),
    ((_S.ISSUED,), "returned_to_bank:discard", _S.AWAITING_DISPOSAL),
    ((_S.QUARANTINED, _S.ON_HOLD, _S.RECALLED), "not_transfused returned_to_bank:held returned_to_bank:discard", _STAY),
    ((_S.TRANSFUSED,), "bedside_checked reaction bag_returned", _STAY),
)  # fmt: skip


def _cells() -> Iterator[tuple[tuple[State, str], State]]:
    for states, events, target in _ROWS:
        for state, event in product(states, events.split()):
            yield (state, event), state if target is None else target


TABLE: Final[Mapping[tuple[State, str], State]] = MappingProxyType(dict(_cells()))
"""(state, event) to the next state."""

EVENTS: Final[tuple[str, ...]] = tuple(dict.fromkeys(event for _, event in TABLE))
"""Every event of the table, in its order."""


def step(state: State, kind: str, *, outcome: str | None = None) -> State | Refused:
    """The state after an event, or why the event cannot follow.

    Args:
        state: where the unit stands.
        kind: the event's kind.
        outcome: for the kinds of `OUTCOMES`, what was found.
    """
    event = kind if kind not in OUTCOMES else f"{kind}:{outcome}"
    following = TABLE.get((state, event))
    if following is not None:
        return following
    possible = ", ".join(event for event in EVENTS if (state, event) in TABLE)
    return Refused("lifecycle.step", f"a unit that is {state} can only be: {possible or 'nothing more'}; came {event}")


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation; events that change nothing are left out."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, event), target in TABLE.items():
        if state is not target:
            arrows.setdefault((state, target), []).append(event.replace(":", " "))
    lines = ["stateDiagram-v2", *(f"    {one} --> {other} : {', '.join(why)}" for (one, other), why in arrows.items())]
    return "\n".join(line.replace("    new -->", "    [*] -->") for line in lines) + "\n"
