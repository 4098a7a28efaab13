"""Which units a list asks for: what they are, where they are, who has them; every condition that is named must hold."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_

from ledger.read.reader import Reader
from ledger.read.units import held_by
from ledger.read.values import UnitSummary
from ledger.store.tables import units


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list asks for; None: anything.

    Attributes:
        state: the state.
        component: the component, by the site's catalogue.
        abo: `A`, `B`, `AB` or `O`.
        rhd: `positive` or `negative`.
        place: where it is.
        holder: who holds it: an organisation, or `transit`.
    """

    state: str | None = None
    component: str | None = None
    abo: str | None = None
    rhd: str | None = None
    place: str | None = None
    holder: str | None = None


def listed(reader: Reader, wanted: Wanted, *, organisation: str | None, limit: int) -> tuple[UnitSummary, ...]:
    """The units that are wanted, of those that an organisation (None: all) may see, newest change first."""
    return reader.units(organisation=organisation, limit=limit, also=tuple(_conditions(reader, wanted)))


def _conditions(reader: Reader, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.holder is not None:
        yield from held_by(wanted.holder)
    for column in ("state", "abo", "rhd", "place"):
        value = getattr(wanted, column)
        if value is not None:
            yield units.c[column] == value
    if wanted.component is not None:
        products = reader.catalogue.products.items()
        codes = [code for code, product in products if product.component == wanted.component]
        yield or_(false(), *(units.c.unit.contains(f".{code}", autoescape=True) for code in codes))
