"""The bags that could be taken now (`ledger.rules.inventory.free_bags`), counted where they are stored.

A page of figures needs no bag by name: of tens of thousands the database hands over a row for each kind of them. The
rule says the same of bags one by one, and of past instants, too.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, case, func, select

from ledger.read.reader import Reader
from ledger.read.stock import shelf_of
from ledger.rules.inventory import FREE, FreeBags, Likeness
from ledger.store.tables import units

_CODE_AT: Final = len("unit:A999926123456.") + 1
"""Where in a unit's name its product code begins, counted from 1: every donation number has 13 characters."""


def free_now(reader: Reader, *, holder: str | None, at_ms: int, within_ms: int = 0) -> tuple[FreeBags, ...]:
    """The free bags in date that a holder (None: anybody) has; of them, those that are out of date `within_ms` later.

    Args:
        reader: whom to ask.
        holder: of whose stock: an organisation, or `transit`; None: all.
        at_ms: the present instant, in milliseconds since the Unix epoch.
        within_ms: what `soon` of the answer means.
    """
    alike: defaultdict[Likeness, list[tuple[int, int, int]]] = defaultdict(list)
    found = reader.connection.execute(_counted(holder, at_ms=at_ms, soon_ms=at_ms + within_ms))
    for code, abo, rhd, place, whose, bags, soon, earliest_ms in found:
        product = reader.catalogue.find(code)
        where = shelf_of(place, whose)
        key: Likeness = (code, abo, rhd, where, whose, None, None)
        if product is not None:
            key = (product.component, abo, rhd, where, whose, product.amount, product.measure)
        alike[key].append((bags, soon, earliest_ms))
    return tuple(_together(key, numbers) for key, numbers in alike.items())


def _counted(holder: str | None, *, at_ms: int, soon_ms: int) -> Select[tuple[Any, ...]]:
    """Each kind of them: what it is and where, how many, how many expire before `soon_ms`, when the first does."""
    kind = (func.substr(units.c.unit, _CODE_AT), units.c.abo, units.c.rhd, units.c.place, units.c.holder)
    soon = func.sum(case((units.c.expires_ms < soon_ms, 1), else_=0))
    query = select(*kind, func.count(), soon, func.min(units.c.expires_ms)).group_by(*kind)
    query = query.where(units.c.state.in_(FREE), units.c.on_hold == 0, units.c.expires_ms >= at_ms)
    return query if holder is None else query.where(units.c.holder == holder)


def _together(key: Likeness, numbers: Sequence[tuple[int, int, int]]) -> FreeBags:
    bags, soon, earliest_ms = zip(*numbers, strict=True)
    return FreeBags(*key, sum(bags), sum(soon), min(earliest_ms))
