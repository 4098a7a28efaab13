"""The page of the days of cover: how long the free bags last, if as many go out a day as in the weeks before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import render_template

from ledger.read.free import free_now
from ledger.read.gone import gone
from ledger.read.reader import Reader
from ledger.read.values import Named, Product
from ledger.rules.inventory import Bag
from ledger.rules.reserves import Cover, cover
from web.blueprint import pages
from web.context import now_ms, scope, shared
from web.views.stock import GROUPS, names_of_components

WINDOW_DAYS: Final = 28
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Holding:
    """The cover of one organisation.

    Attributes:
        organisation: whose bags.
        rows: a component and group each that is there or went out, with the component's name.
    """

    organisation: Named
    rows: tuple[tuple[Cover, Product | None], ...]


@pages.get("/stock/cover")
def stock_cover() -> str:
    """Days of cover of the reader's organisation, or of every one of the site."""
    own, at_ms = scope(), now_ms()
    with shared().reading() as reader:
        shown = [each for each in reader.organisations.values() if own in {None, each.id}]
        since_ms = at_ms - WINDOW_DAYS * _DAY_MS
        went = gone(reader, [each.id for each in shown], since_ms=since_ms, until_ms=at_ms)
        found = [_holding(reader, each, went[each.id], at_ms=at_ms) for each in shown]
        size = reader.log_size()
    return render_template("cover.html", holdings=found, days=WINDOW_DAYS, at_ms=at_ms, log_size=size)


def _holding(reader: Reader, organisation: Named, went: Sequence[Bag], *, at_ms: int) -> Holding:
    free = free_now(reader, holder=organisation.id, at_ms=at_ms)
    names = names_of_components(reader.catalogue)
    told = cover(free, went, window_days=WINDOW_DAYS)
    ordered = sorted(told, key=lambda each: (each.component, _column(each)))
    return Holding(organisation, tuple((each, names.get(each.component)) for each in ordered))


def _column(row: Cover) -> int:
    """Where the stock's own page has the group of a row: A, B, AB, O, and RhD negative after positive."""
    group = (row.abo, row.rhd)
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)
