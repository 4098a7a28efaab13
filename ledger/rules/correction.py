"""Who may correct what a person said (更正), and what nobody may: a table, and the rules that read it.

Whether the unit's life allows what stands in its place is `ledger.rules.lifecycle`'s; what follows from a correction is
`ledger.folding.fold`'s.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ledger.rules.refused import Refused


class Sort(StrEnum):
    """How much hangs on a kind of event."""

    SLIP = "slip"  # who may record the step may correct it
    WEIGHTY = "weighty"  # it decides about a unit's use: a quality officer, and a second person
    FIXED = "fixed"  # it cannot be corrected; `FIXED` says what to do instead


_SLIPS = "stored removed moved packed unpacked sealed opened reserved sampled bag_returned commented discard_requested"

FIXED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tag_associated": "take the tag off the unit and bind it anew: what it saw since rests on this",
        "tag_removed": "bind the tag anew: what it saw since rests on this",
        "batch_released": "correct the release of the unit that is concerned",
        "stock_taken": "take stock again",
        "ordered": "cancel the order, and place another",
        "order_cancelled": "place another order",
        "allocated": "put the bag back into stock, and allocate it anew",
        "dispatch_checked": "scan the pick list again",
    }
)
"""Kinds that nobody corrects → what to do instead."""

ENTERING: Final = frozenset(
    {"collected", "opening", "received", "prepared", "pooled", "split", "washed", "irradiated", "frozen", "thawed",
     "inactivated", "relabelled"}
)  # fmt: skip
"""Kinds that bring a unit into the ledger: corrected in everything but their units, and never struck out alone."""

TABLE: Final[Mapping[str, Sort]] = MappingProxyType(
    dict.fromkeys(_SLIPS.split(), Sort.SLIP) | dict.fromkeys(FIXED, Sort.FIXED)
)
"""Kind → sort; every other kind is weighty."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is to be corrected, as the rules need it.

    Attributes:
        kind: its kind; for a correction that is withdrawn `corrected`.
        said_by_person: whether a person said it; else a device or the site did.
        units: the units that it names.
        struck: whether a correction has struck it out already.
        relied_on: of a correction, whether what stands in by it was corrected in its turn.
        of: of a correction, the kind of what it corrected; else its own kind.
        approved: of a request to discard, or a correction of one, whether quality approved the discard on its word.
    """

    kind: str
    said_by_person: bool
    units: Collection[str]
    struck: bool = False
    relied_on: bool = False
    of: str = ""
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Corrector:
    """Who corrects.

    Attributes:
        may_record: whether the person's roles include the step itself.
        quality: whether the person is a quality officer.
        same_organisation: whether it was said in the person's own organisation.
        second: whether a second person signed.
    """

    may_record: bool
    quality: bool
    same_organisation: bool
    second: bool


def sort_of(kind: str) -> Sort:
    """How much hangs on a kind."""
    return TABLE.get(kind, Sort.WEIGHTY)


def refuse(wrong: Wrong, by: Corrector, *, instead: Collection[str] | None) -> Refused | None:
    """Why a correction must not be made; None if nothing here stands against it.

    Args:
        wrong: what is to be corrected.
        by: who corrects.
        instead: the units of what stands in its place; None: nothing does.
    """
    return _refuse_wrong(wrong) or _refuse_person(wrong, by) or _refuse_units(wrong, instead)


def _refuse_wrong(wrong: Wrong) -> Refused | None:
    if not wrong.said_by_person:
        return Refused("correction.observed", "only what a person said is corrected; comment on what a device observed")
    if wrong.struck:
        return Refused("correction.done", "it was corrected before: correct what stands in its place")
    if wrong.relied_on:
        return Refused("correction.relied-on", "what stands in by it was corrected in its turn: correct that")
    if wrong.approved:
        return Refused("correction.approved", "quality approved the discard on its word: correct the approval first")
    kind = wrong.of or wrong.kind
    if sort_of(kind) is Sort.FIXED:
        return Refused("correction.fixed", f"a {kind} is not corrected: {FIXED[kind]}")
    return None


def _refuse_person(wrong: Wrong, by: Corrector) -> Refused | None:
    kind = wrong.of or wrong.kind
    if not by.same_organisation:
        return Refused("correction.foreign", "another organisation said it; ask them to correct it")
    if sort_of(kind) is Sort.SLIP:
        if not by.may_record and not by.quality:
            return Refused("correction.person", f"a {kind} is corrected by who may record it, or a quality officer")
        return None
    if not by.quality:
        return Refused("correction.quality", f"a {kind} decides about a unit's use: a quality officer corrects it")
    if not by.second:
        return Refused("correction.two-persons", f"a {kind} decides about a unit's use: a second person signs too")
    return None


def _refuse_units(wrong: Wrong, instead: Collection[str] | None) -> Refused | None:
    if wrong.kind == "corrected":
        if instead is not None:
            return Refused("correction.withdrawn", "a correction is withdrawn; or correct what stands in by it")
        return None
    if wrong.kind in ENTERING and instead is None:
        return Refused("correction.entering", f"{wrong.kind} brought a unit into the ledger; discard it, with why")
    same = instead is None or set(instead) == set(wrong.units)
    if not same and sort_of(wrong.kind) is Sort.WEIGHTY:
        return Refused("correction.units", f"a {wrong.kind} keeps its units: strike it out, and record the other")
    return None
