"""The page of the stock: what could be taken, by component and group; what expires soon; reserves that are short.

Now, or at a past instant, as it happened or as it was known then; the same bags as a list for spreadsheets.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from flask import Response, abort, render_template, request

from ledger.core.errors import ConfigError, FormatError
from ledger.core.ids import parse_instant
from ledger.exchange.stock import stock_csv
from ledger.exchange.tables import CONTENT_TYPE
from ledger.read import stock as read
from ledger.read.free import free_now
from ledger.read.reader import Reader
from ledger.read.values import Product
from ledger.rules.catalogue import Catalogue
from ledger.rules.inventory import Bag, FreeBags, Line, count_free, free_bags
from ledger.rules.reserves import Target, reserves
from web import order_words
from web.blueprint import pages
from web.context import now_ms, scope, shared, speech

SOON_DAYS: Final = 3
WALL_SECONDS: Final = 60
_DAY_MS: Final = 86_400_000
GROUPS: Final = tuple((abo, rhd) for rhd in ("positive", "negative") for abo in ("A", "B", "AB", "O"))
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


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which instant the stock is shown.

    Attributes:
        at_ms: the instant, in milliseconds since the Unix epoch.
        basis: `now`, `happened` or `known`.
        problem: whether what was typed is no past instant; then the present is shown.
    """

    at_ms: int
    basis: Literal["now", "happened", "known"] = "now"
    problem: bool = False

    def free(self, reader: Reader, holder: str | None) -> tuple[tuple[FreeBags, ...], int]:
        """The free bags in date of that instant, and on how many batches of the log they rest."""
        soon_ms = SOON_DAYS * _DAY_MS
        if self.basis == "now":
            return free_now(reader, holder=holder, at_ms=self.at_ms, within_ms=soon_ms), reader.log_size()
        found, size = self.bags(reader, holder)
        return free_bags(found, self.at_ms, within_ms=soon_ms), size

    def bags(self, reader: Reader, holder: str | None) -> tuple[tuple[Bag, ...], int]:
        """The bags of that instant, and on how many batches of the log they rest."""
        if self.basis == "now":
            return read.bags(reader, holder=holder), reader.log_size()
        size = read.known_by(reader, self.at_ms) if self.basis == "known" else None
        found = read.bags_at(reader, self.at_ms, holder=holder, log_size=size)
        return found, reader.log_size() if size is None else size


@pages.get("/stock")
def stock() -> tuple[str, int]:
    """The free bags in date, of the reader's organisation or of the whole site."""
    asked = _asked()
    page = render_template("stock.html", **_counted(asked), asked=asked, typed=request.args)
    return page, 422 if asked.problem else 200


@pages.get("/stock/wall")
def stock_wall() -> str:
    """The same of now, for a screen on the wall that is read from four metres and reads itself again every minute."""
    return render_template("stock_wall.html", **_counted(Asked(now_ms())), again_seconds=WALL_SECONDS)


def _counted(asked: Asked) -> dict[str, Any]:
    """What both show of an instant."""
    own, at_ms = scope(), asked.at_ms
    with shared().reading() as reader:
        free, size = asked.free(reader, own)
        wanted, problem = _targets(reader, own)
        names = names_of_components(reader.catalogue)
    return {
        "rows": _rows(free, names),
        "heads": [abo + _SIGNS[rhd] for abo, rhd in GROUPS],
        "reserves": reserves(free, wanted),
        "about": order_words,
        "problem": problem,
        "soon_days": SOON_DAYS,
        "at_ms": at_ms,
        "log_size": size,
    }


@pages.get("/stock.csv")
def stock_list() -> Response:
    """Every bag of the same stock, free or not, as a file for spreadsheets."""
    own, asked = scope(), _asked()
    if asked.problem:
        abort(422)
    with shared().reading() as reader:
        bags, _ = asked.bags(reader, own)
    response = Response(stock_csv(bags), content_type=CONTENT_TYPE)
    name = speech().typed_moment(asked.at_ms).replace(":", "")
    response.headers["Content-Disposition"] = f'attachment; filename="stock-{name}.csv"'
    return response


def _asked() -> Asked:
    """The instant that the address names; the present where it names none, or none that is past."""
    typed, present_ms = request.args.get("at", "").strip(), now_ms()
    if not typed:
        return Asked(present_ms)
    try:
        at_ms = parse_instant(speech().instant_of(typed))
    except (FormatError, OverflowError):
        return Asked(present_ms, problem=True)
    if at_ms > present_ms:
        return Asked(present_ms, problem=True)
    return Asked(at_ms, "known" if request.args.get("basis") == "known" else "happened")


def _targets(reader: Reader, own: str | None) -> tuple[list[Target], str]:
    """The targets that concern the reader, or why there are none: a mistake in the file must not hide the stock."""
    try:
        return [each for each in read.targets(reader) if own is None or each.holder in {None, own}], ""
    except ConfigError as error:
        return [], str(error)


def _rows(free: Sequence[FreeBags], names: Mapping[str, Product]) -> list[Row]:
    groups: Counter[tuple[str, str | None, str | None]] = Counter()
    soon: Counter[str] = Counter()
    for each in free:
        groups[each.component, each.abo, each.rhd] += each.bags
        soon[each.component] += each.soon
    rows = []
    for line in count_free(free):
        component = str(line.key[0])
        known = [groups[component, abo, rhd] for abo, rhd in GROUPS]
        product = names.get(component, Product(component, None, component, component))
        rows.append(Row(product, (*known, line.bags - sum(known)), line, soon[component]))
    return rows


def names_of_components(catalogue: Catalogue) -> dict[str, Product]:
    """Component → its name: its first product's, by code."""
    found: dict[str, Product] = {}
    for code, each in sorted(catalogue.products.items()):
        found.setdefault(each.component, Product(code, each.component, each.zh, each.en))
    return found
