"""The page of the stock: what could be taken now, by component and group; what expires soon; reserves are short."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import render_template

from ledger.core.errors import ConfigError
from ledger.read import stock as read
from ledger.read.reader import Reader
from ledger.read.values import Product
from ledger.rules.catalogue import Catalogue
from ledger.rules.inventory import Bag, Line, count, expiring, fefo
from ledger.rules.reserves import Target, reserves
from web.blueprint import pages
from web.context import now_ms, scope, shared

SOON_DAYS: Final = 3
_DAY_MS: Final = 86_400_000
_GROUPS: Final = tuple((abo, rhd) for rhd in ("positive", "negative") for abo in ("A", "B", "AB", "O"))
_SIGNS: Final = {"positive": "+", "negative": "\N{MINUS SIGN}"}


@dataclass(frozen=True, slots=True)
class Row:
    """One component.

    Attributes:
        product: its name, as the catalogue's first product of it has it.
        groups: how many bags of each group of the table's head; the last: of groups that are not recorded.
        whole: the same, of all groups.
        soon: how many of them expire soon.
    """

    product: Product
    groups: tuple[int, ...]
    whole: Line
    soon: int


@pages.get("/stock")
def stock() -> str:
    """The free bags in date, of the reader's organisation or of the whole site."""
    own, at_ms = scope(), now_ms()
    with shared().reading() as reader:
        bags = read.bags(reader, holder=own)
        wanted, problem = _targets(reader, own)
        names = _names(reader.catalogue)
        size = reader.log_size()
    free = fefo(bags, at_ms)
    return render_template(
        "stock.html",
        rows=_rows(free, expiring(free, at_ms, within_ms=SOON_DAYS * _DAY_MS), names),
        heads=[abo + _SIGNS[rhd] for abo, rhd in _GROUPS],
        reserves=reserves(bags, wanted, at_ms=at_ms),
        problem=problem,
        soon_days=SOON_DAYS,
        at_ms=at_ms,
        log_size=size,
    )


def _targets(reader: Reader, own: str | None) -> tuple[list[Target], str]:
    """The targets that concern the reader, or why there are none: a mistake in the file must not hide the stock."""
    try:
        return [each for each in read.targets(reader) if own is None or each.holder in {None, own}], ""
    except ConfigError as error:
        return [], str(error)


def _rows(free: Sequence[Bag], soon: Sequence[Bag], names: Mapping[str, Product]) -> list[Row]:
    groups = {line.key: line.bags for line in count(free, ("component", "abo", "rhd"))}
    ending = {line.key: line.bags for line in count(soon, ("component",))}
    rows = []
    for line in count(free, ("component",)):
        component = str(line.key[0])
        known = [groups.get((component, abo, rhd), 0) for abo, rhd in _GROUPS]
        product = names.get(component, Product(component, None, component, component))
        rows.append(Row(product, (*known, line.bags - sum(known)), line, ending.get(line.key, 0)))
    return rows


def _names(catalogue: Catalogue) -> dict[str, Product]:
    """Component → its name: its first product's, by code."""
    found: dict[str, Product] = {}
    for code, each in sorted(catalogue.products.items()):
        found.setdefault(each.component, Product(code, each.component, each.zh, each.en))
    return found
