"""What persons said of the agitators (振荡), for the pages: whether it covers a unit's way, and who may say more.

Gathers; which minutes count as still is decided by `ledger.rules.agitation`.
"""

from collections.abc import Container
from typing import TYPE_CHECKING, Literal, TypeAlias

from ledger.core.errors import Refused
from ledger.read.judging import ColdChain
from ledger.rules.pack import Pack

if TYPE_CHECKING:
    from ledger.read.reader import Reader

Agitation: TypeAlias = Literal["not-needed", "not-monitored", "monitored"]


def agitation_of(chain: ColdChain | None, component: str | None, *, pack: Pack, said: Container[str]) -> Agitation:
    """Whether a unit must be kept moving, and whether somebody speaks of every place where it must be.

    Args:
        chain: its cold chain; None: its way is not known.
        component: what it is.
        pack: the pack in force.
        said: the places of whose agitation a person ever spoke.
    """
    rules = pack.components.get(component or "")
    phases = {phase for phase, limits in rules.limits.items() if limits.agitation} if rules else set()
    if not phases:
        return "not-needed"
    spells = () if chain is None else chain.exposure.spells
    places = {spell.place for spell in spells if spell.phase in phases and spell.place is not None}
    return "monitored" if places and all(place in said for place in places) else "not-monitored"


def may_speak(reader: "Reader", place: str, *, organisation: str | None) -> Refused | None:
    """Why a person may not speak of a place's agitation; None: nothing stands against it.

    Args:
        reader: the ledger as it is just before.
        place: the place.
        organisation: the person's; None: of the whole site.
    """
    if place not in reader.places:
        return Refused("place.unknown", f"{place} is not registered")
    if organisation is not None and reader.organisation_of(place) != organisation:
        return Refused("place.foreign", f"{place} is {reader.organisation_of(place)}'s")
    return None
