"""Stock-take (盘点): what a sweep of one place found, against what the ledger says is there.

Pure. The difference list is what a person looks at before signing the `stock_taken` event that it proposes; a label
that leads to no unit is for that person alone, since an event names units.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ledger.rules.lifecycle import ENDS, State


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference list (差异清单) of one sweep; units and labels in order of their names, each once.

    Attributes:
        found: units that are where the ledger has them.
        missing: units that the ledger has here and nobody found (盘亏).
        surplus: units that were found and the ledger has elsewhere, or has ended (盘盈).
        unknown: what was read and leads to no unit.
    """

    found: tuple[str, ...]
    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the sweep found what the ledger says, and nothing else."""
        return not (self.missing or self.surplus or self.unknown)


def compare(expected: Iterable[str], swept: Iterable[str], *, unknown: Iterable[str] = ()) -> Difference:
    """Compare the units that should be in a place with those that a sweep read there.

    Args:
        expected: units that the ledger has in the place and that still exist.
        swept: units that the sweep's tags and labels lead to; a bag that was read twice is one bag.
        unknown: tags and labels that lead to no unit.
    """
    should, there = set(expected), set(swept)
    return Difference(
        found=tuple(sorted(should & there)),
        missing=tuple(sorted(should - there)),
        surplus=tuple(sorted(there - should)),
        unknown=tuple(sorted(set(unknown))),
    )


HELD_BACK: Final = frozenset(
    {State.QUARANTINED, State.ON_HOLD, State.RECALLED, State.RETURNED, State.AWAITING_DISPOSAL}
)
"""States in which a bag ought not to lie among the stock."""
GONE: Final = frozenset({*ENDS, State.IN_TRANSIT, State.ISSUED})
"""States in which a bag is no more, or with somebody else: nobody should find it in a place."""


@dataclass(frozen=True, slots=True)
class Astray:
    """What is wrong with bags that were found; units in order of their names.

    Attributes:
        misplaced: the ledger has them in another place, or in none (错放).
        wrong_state: they should not be here, whatever the place (状态不符): the ledger has them used, destroyed, made
            into others, on the road or on a ward; or they are held back and lie among the stock.
    """

    misplaced: tuple[str, ...]
    wrong_state: tuple[str, ...]


def astray(told: Difference, states: Mapping[str, State], *, is_set_apart: bool) -> Astray:
    """Tell apart what is wrong with the bags that a sweep found.

    Args:
        told: the difference list.
        states: the state of each unit that was found, `ON_HOLD` where it is on hold.
        is_set_apart: whether the place is set apart for what is held back: isolation or disposal.
    """
    gone = {unit for unit in told.surplus if states.get(unit) in GONE}
    held = set() if is_set_apart else {unit for unit in told.found if states.get(unit) in HELD_BACK}
    return Astray(
        misplaced=tuple(unit for unit in told.surplus if unit not in gone),
        wrong_state=tuple(sorted(gone | held)),
    )
