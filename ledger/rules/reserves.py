"""How long the stock lasts, and which reserves are short: bags against what goes out and against targets.

Targets (emergency stock, Rh-negative, frozen) are the site's to set: a TOML file, no figure of which is shipped.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from msgspec import Struct

from ledger.core.errors import ConfigError
from ledger.rules.inventory import Bag, FreeBags
from ledger.rules.tables import read_as, read_toml

_TENTHS: Final = 10


class Target(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many free bags in date there should be of what is named; what is not named may be anything.

    Attributes:
        name: what the reserve is called, e.g. `O negative, emergency`.
        bags: how many there should be at least.
        component: as the catalogue calls it.
        abo: `A`, `B`, `AB` or `O`.
        rhd: `positive` or `negative`.
        place: where they should be.
        holder: whose they should be.
    """

    name: str
    bags: int
    component: str | None = None
    abo: Literal["A", "B", "AB", "O"] | None = None
    rhd: Literal["positive", "negative"] | None = None
    place: str | None = None
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class Reserve:
    """A target and how many bags there are for it."""

    target: Target
    bags: int

    @property
    def shortfall(self) -> int:
        """How many bags are missing; 0 where the target is reached."""
        return max(0, self.target.bags - self.bags)


@dataclass(frozen=True, slots=True)
class Cover:
    """How long the free bags of one component and group last.

    Attributes:
        component: as the catalogue calls it.
        abo: ABO group, or None.
        rhd: RhD, or None.
        bags: how many are free and in date.
        gone: how many went out in the window.
        tenths_of_days: days of cover, in tenths, rounded down; None where none went out, so that nobody can say.
    """

    component: str
    abo: str | None
    rhd: str | None
    bags: int
    gone: int
    tenths_of_days: int | None


class _File(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    target: list[object] = []


def parse_targets(text: str) -> tuple[Target, ...]:
    """Read a site's targets from TOML: `[[target]]` tables.

    Raises:
        ConfigError: not such a file; names the key.
    """
    file = read_as(_File, read_toml(text, called="stock targets"), key="stock targets ")
    targets = []
    for number, table in enumerate(file.target, 1):
        key = f"stock targets: target {number}"
        found = read_as(Target, table, key=key)
        if found.bags < 1:
            raise ConfigError(f"{key}.bags: expected 1 or more, came {found.bags}")
        targets.append(found)
    return tuple(targets)


def reserves(free: Sequence[FreeBags], targets: Iterable[Target]) -> tuple[Reserve, ...]:
    """Hold the free bags in date against each target, in the targets' order."""
    return tuple(Reserve(target, sum(each.bags for each in free if _counts_for(each, target))) for target in targets)


def cover(free: Iterable[FreeBags], gone: Iterable[Bag], *, window_days: int) -> tuple[Cover, ...]:
    """Days of cover of each component and group: free bags in date, over what went out a day in a window.

    Args:
        free: the free bags in date.
        gone: the bags that went out in the window, each once.
        window_days: how long the window was, 1 or more.
    """
    there: Counter[tuple[str, str | None, str | None]] = Counter()
    for each in free:
        there[each.component, each.abo, each.rhd] += each.bags
    went = Counter((bag.component, bag.abo, bag.rhd) for bag in gone)
    ordered = sorted(there.keys() | went.keys(), key=lambda key: [(value is None, value or "") for value in key])
    return tuple(
        Cover(*key, there[key], went[key], _TENTHS * there[key] * window_days // went[key] if went[key] else None)
        for key in ordered
    )


def _counts_for(bag: FreeBags, target: Target) -> bool:
    return all(
        asked is None or asked == is_there
        for asked, is_there in (
            (target.component, bag.component),
            (target.abo, bag.abo),
            (target.rhd, bag.rhd),
            (target.place, bag.place),
            (target.holder, bag.holder),
        )
    )
