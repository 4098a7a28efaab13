"""Stock-take (盘点): what a sweep of one place found, against what the ledger says is there.

Pure. The difference list is what a person looks at before signing the `stock_taken` event that it proposes; a label
that leads to no unit is for that person alone, since an event names units.
"""

from collections.abc import Iterable
from dataclasses import dataclass


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
