"""The blood group codes of data structure 002 that say ABO and RhD and nothing else.

The table of all codes is licensed; these eight are on every label of the world and in public guides (ISBT 128 Standard
Technical Specification, 2.4.2). What the others mean, a site's own table says: `ledger.core.labels.codes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from ledger.core.kinds import Abo, Rhd


@dataclass(frozen=True, slots=True)
class Group:
    """What a code says: `A`, `B`, `AB` or `O`, and `positive` or `negative`; None: it says nothing of that."""

    abo: Abo | None
    rhd: Rhd | None


Groups: TypeAlias = Mapping[str, Group]
"""What each code says, by its two characters."""

CORE_GROUPS: Final[Groups] = MappingProxyType(
    {
        "51": Group("O", "positive"),
        "95": Group("O", "negative"),
        "62": Group("A", "positive"),
        "06": Group("A", "negative"),
        "73": Group("B", "positive"),
        "17": Group("B", "negative"),
        "84": Group("AB", "positive"),
        "28": Group("AB", "negative"),
    }
)
"""The codes of ABO and RhD alone. Others exist (messages, autologous use): a site's table says what they mean."""
