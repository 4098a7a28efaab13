"""What may be made of units: how many of how many, which identities the new ones may have, and when they expire.

Decides over facts that the caller has gathered; whether a parent's state allows it is the life cycle's. A unit's
identity is its donation, product code and division: what is worked on becomes another unit, in another bag or in the
same one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from ledger.core.ids import din_of, format_instant
from ledger.rules.dating import expires_ms
from ledger.rules.pack import Pack
from ledger.rules.refused import Refused

MANY: Final = 100

NUMBERS: Final[Mapping[str, tuple[range, range]]] = MappingProxyType(
    {
        "prepared": (range(1, 2), range(1, MANY)),
        "pooled": (range(2, MANY + 1), range(1, 2)),
        "split": (range(1, 2), range(2, MANY)),
        "washed": (range(1, 2), range(1, 2)),
        "irradiated": (range(1, 2), range(1, 2)),
        "frozen": (range(1, 2), range(1, 2)),
        "thawed": (range(1, 2), range(1, 2)),
        "inactivated": (range(1, 2), range(1, 2)),
        "relabelled": (range(1, 2), range(1, 2)),
    }
)
"""Of how many parents how many children are made: an edge of lineage is true only if that child is of that parent."""

SAME_BAG: Final = frozenset({"irradiated", "frozen", "thawed", "relabelled"})
"""What leaves the blood in its bag, so that bag number and tag go over to the new unit."""

BOUND: Final = frozenset({"pooled", "split", "washed", "irradiated", "inactivated"})
"""What never lengthens a life: the new unit expires no later than any that it was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A unit that something is made of.

    Attributes:
        unit: its identifier.
        component: as policy packs call it; None: not in the catalogue.
        expires_ms: its expiry; None: not known.
        container: the bag that it is in; None: not known.
    """

    unit: str
    component: str | None = None
    expires_ms: int | None = None
    container: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Child(Parent):
    """A unit that is to be made.

    Attributes:
        exists: whether the ledger has that unit already.
        latest_ms: the latest expiry that it may have (`latest_expiry`); None: nothing bounds it.
        held_by: the unit that is in its bag already; None: none.
    """

    exists: bool = False
    latest_ms: int | None = None
    held_by: str | None = None


def may_make(kind: str, parents: Sequence[Parent], children: Sequence[Child], *, pack: Pack) -> Refused | None:
    """Whether these may be made of those.

    Args:
        kind: the transformation, as in `NUMBERS`.
        parents: of what.
        children: what.
        pack: the policy pack in force.
    """
    refused = _numbers(kind, len(parents), len(children)) or _identities(kind, parents, children)
    if refused is None and kind == "relabelled":
        refused = _relabelling(parents[0], children[0], pack)
    for child in children:
        refused = refused or _bag(kind, child, parents) or _expiry(child)
    return refused


def latest_expiry(  # noqa: PLR0913  every instant that bounds a life
    kind: str,
    component: str | None,
    *,
    pack: Pack,
    zone: ZoneInfo,
    made_ms: int,
    collected_ms: int | None,
    irradiated_ms: int | None = None,
    parents: Sequence[Parent] = (),
) -> int | None:
    """The latest instant at which a unit may expire, in ms since the epoch; None where nothing bounds it.

    Args:
        kind: how it was made; `collected` for a donation's first bag.
        component: what it is; None: not in the catalogue.
        pack: the policy pack in force.
        zone: the facility's.
        made_ms: when it was made.
        collected_ms: when the earliest donation in it was given; None: not known.
        irradiated_ms: when it, or the first of those that it was made from, was irradiated; None: never.
        parents: what it was made of.
    """
    ends = [
        parent.expires_ms
        for parent in parents
        if parent.expires_ms is not None and (kind in BOUND or component == parent.component)
    ]
    dating = None if component is None else pack.dating(component)
    if dating is not None:
        start_ms = made_ms if dating.counted_from == "making" else collected_ms
        if start_ms is not None:
            ends.append(expires_ms(dating, start_ms=start_ms, zone=zone, irradiated_ms=irradiated_ms))
    return min(ends, default=None)


def _numbers(kind: str, parents: int, children: int) -> Refused | None:
    of, made = NUMBERS[kind]
    if parents not in of:
        return Refused("transformation.parents", f"{kind}: expected {_said(of)} to start from, came {parents}")
    if children not in made:
        return Refused("transformation.children", f"{kind}: expected {_said(made)} to be made, came {children}")
    return None


def _said(numbers: range) -> str:
    return f"{numbers.start} unit" if len(numbers) == 1 else f"{numbers.start} units or more"


def _identities(kind: str, parents: Sequence[Parent], children: Sequence[Child]) -> Refused | None:
    used, donations = {parent.unit for parent in parents}, {din_of(parent.unit) for parent in parents}
    made: set[str] = set()
    for child in children:
        if child.unit in used:
            text = f"{child.unit} is what it is made from; the new unit needs another product code or division"
            return Refused("transformation.child-is-parent", text)
        if child.unit in made:
            return Refused("transformation.child-twice", f"{child.unit} is named twice; no two bags are the same unit")
        if child.exists:
            return Refused("transformation.child-exists", f"{child.unit} exists already")
        if kind != "pooled" and din_of(child.unit) not in donations:
            text = f"{child.unit} has another donation number than what it is made from; only a pool may"
            return Refused("transformation.donation", text)
        made.add(child.unit)
    return None


def _relabelling(parent: Parent, child: Child, pack: Pack) -> Refused | None:
    """Another product code of the same component is a new label; another component only where the pack says so."""
    if parent.component in {None, child.component}:
        return None
    becomes = pack.relabelled_as(parent.component or "")
    if becomes is not None and child.component == becomes:
        return None
    text = (
        f"{parent.component} may be relabelled as {becomes or 'nothing else'}, came {child.component or 'no component'}"
    )
    return Refused("transformation.relabelling", text)


def _bag(kind: str, child: Child, parents: Sequence[Parent]) -> Refused | None:
    own = parents[0].container
    if kind in SAME_BAG and None not in {child.container, own} and child.container != own:
        return Refused("container.same", f"{kind} leaves the blood in {own}, came {child.container}")
    if child.held_by is not None and child.held_by not in {parent.unit for parent in parents}:
        return Refused("container.in-use", f"{child.container} is the bag of {child.held_by}")
    return None


def _expiry(child: Child) -> Refused | None:
    return too_late(child.expires_ms, latest_ms=child.latest_ms, unit=child.unit)


def too_late(expires: int | None, *, latest_ms: int | None, unit: str) -> Refused | None:
    """Whether an expiry is later than what the rules allow; an earlier one is the station's to choose."""
    if expires is None or latest_ms is None or expires <= latest_ms:
        return None
    text = f"{unit} may expire on {format_instant(latest_ms)} at the latest, came {format_instant(expires)}"
    return Refused("dating.too-late", text)
