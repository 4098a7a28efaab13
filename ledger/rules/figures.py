"""The figures of a policy pack one by one: what each is called, how it is known, and what a station confirmed of it.

A confirmation names a figure and its value: it holds for every row of that name with that value, in whatever version
of the pack, in a pack derived from it, in a component that is like another; and for none that says something else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

import msgspec

from ledger.rules.pack import ComponentRules, Pack
from ledger.rules.row import Row

K = TypeVar("K")
R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        component: whose it is; None: it holds for every component without its own.
        row: the row; `row.figure` is its name, `row.value` what it says.
        citation: its source in full.
    """

    component: str | None
    row: Row
    citation: str


def figures(pack: Pack) -> Iterator[Figure]:
    """Every figure of a pack, the pack's own rules first, then by component, each name once."""
    told: set[str] = set()
    of_components = ((name, row) for name, rules in pack.components.items() for row in rules.rows())
    for component, row in (*((None, row) for row in pack.returns.values()), *of_components):
        if row.figure not in told:
            told.add(row.figure)
            yield Figure(component, row, pack.sources[row.source])


def find(pack: Pack, name: str) -> Figure | None:
    """The figure of a name, e.g. `cn/RBC_AS.store`; None: the pack has none."""
    return next((figure for figure in figures(pack) if figure.row.figure == name), None)


def confirmed(pack: Pack, values: Mapping[str, str]) -> Pack:
    """The pack as this station knows it.

    Args:
        pack: the pack as its file says it.
        values: figure to the value that a quality officer confirmed last.
    """
    if not values:
        return pack
    return replace(
        pack,
        components=MappingProxyType({name: _known(rules, values) for name, rules in pack.components.items()}),
        returns=_each(pack.returns, values),
    )


def _known(rules: ComponentRules, values: Mapping[str, str]) -> ComponentRules:
    return replace(
        rules,
        limits=_each(rules.limits, values),
        dating=None if rules.dating is None else _told(rules.dating, values),
        allowances=tuple(_told(row, values) for row in rules.allowances),
        irradiation=None if rules.irradiation is None else _told(rules.irradiation, values),
        agitation=None if rules.agitation is None else _told(rules.agitation, values),
        relabelling=None if rules.relabelling is None else _told(rules.relabelling, values),
        returns=_each(rules.returns, values),
    )


def _each(rows: Mapping[K, R], values: Mapping[str, str]) -> Mapping[K, R]:
    return MappingProxyType({key: _told(row, values) for key, row in rows.items()})


def _told(row: R, values: Mapping[str, str]) -> R:
    holds = row.figure in values and values[row.figure] == row.value
    return msgspec.structs.replace(row, confirmed=True) if holds else row
