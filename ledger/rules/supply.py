"""What a site has decided about supplying: which groups may stand in for which, and what its dispatch notes are called.

A TOML file of the site's own. The product ships no rule of compatibility: where the site states none, an order is
filled with the very group that was ordered. A rule of the site's is a proposal to its own people and nothing more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from ledger.core.errors import ConfigError
from ledger.core.kinds import OrderLine
from ledger.rules.numbering import RETURN_SERIES
from ledger.rules.tables import read_as, read_toml

Group: TypeAlias = tuple[str, str]
"""ABO and RhD, e.g. ("O", "negative")."""

GROUPS: Final[Mapping[str, Group]] = MappingProxyType(
    {abo + sign: (abo, rhd) for abo in ("A", "B", "AB", "O") for sign, rhd in (("+", "positive"), ("-", "negative"))}
)
"""How groups are written in the file: `O-` and so on."""

_SERIES: Final = re.compile(r"[A-Z][A-Z0-9]{0,15}\Z")


@dataclass(frozen=True, slots=True)
class Supply:
    """What a site has decided.

    Attributes:
        series: how the numbers of its dispatch notes begin.
        instead: component and ordered group → the groups that may stand in for it, the first the first to be taken.
    """

    series: str = "FX"
    instead: Mapping[tuple[str, Group], tuple[Group, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def groups_for(self, line: OrderLine) -> tuple[Group, ...]:
        """The groups with which a line may be filled: the one that was ordered, then what the site lets stand in."""
        asked = (line.abo, line.rhd)
        return (asked, *(each for each in self.instead.get((line.component, asked), ()) if each != asked))


class _Instead(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    component: str
    ordered: Literal["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"]
    give: list[Literal["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"]]


class _File(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    series: str = "FX"
    instead: list[object] = []


def parse_supply(text: str) -> Supply:
    """Read what a site has decided from TOML: `series`, and `[[instead]]` tables; of no text what is usual.

    Raises:
        ConfigError: not such a file; names the key.
    """
    file = read_as(_File, read_toml(text, called="supply"), key="supply ")
    if not _SERIES.match(file.series):
        raise ConfigError(f"supply series: expected 1 to 16 of A-Z and 0-9, a letter first, came {file.series!r}")
    if file.series == RETURN_SERIES:
        raise ConfigError(f"supply series: {RETURN_SERIES} is that of return notes; expected another")
    found: dict[tuple[str, Group], tuple[Group, ...]] = {}
    for number, table in enumerate(file.instead, 1):
        key = f"supply: instead {number}"
        row = read_as(_Instead, table, key=key)
        about = row.component, GROUPS[row.ordered]
        if about in found:
            raise ConfigError(f"{key}: {row.component} {row.ordered} was said before; one table for each")
        found[about] = tuple(GROUPS[each] for each in dict.fromkeys(row.give))
    return Supply(file.series, MappingProxyType(found))
