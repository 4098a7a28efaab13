"""Orders (订血): what was ordered, how far each line is filled, the pick list, and who may see it.

Folds the log; what follows from it is decided by `ledger.rules.ordering`, `allocation` and `picking`. An order is seen
by the hospital that placed it and by the station that it was placed with.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.core.errors import ConfigError
from ledger.core.ids import is_id, parse_instant
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.read.stock import bags, bags_named
from ledger.rules import allocation, release
from ledger.rules.allocation import Proposal
from ledger.rules.claiming import SET_ASIDE, Claim, claim_of
from ledger.rules.inventory import Bag, fefo
from ledger.rules.numbering import ORDER_SERIES, RETURN_SERIES, following, is_numbered, prefix
from ledger.rules.ordering import LIVE, Fill, Given, OrderState, Standing, fills, order_state
from ledger.rules.picking import Listed
from ledger.rules.refused import Refused
from ledger.rules.supply import Supply, parse_supply
from ledger.store.tables import subjects

SUPPLY_FILE: Final = "supply.toml"
"""In the site's folder: which groups may stand in for which. None there: none may."""

LATEST: Final = 200


@dataclass(frozen=True, slots=True)
class ToPick:
    """A bag to be taken from where it is.

    Attributes:
        unit: the bag.
        line: for which line of the order, from 1.
        place: where it is; None: nobody said.
        is_checked: whether a second person scanned it.
    """

    unit: str
    line: int
    place: str | None
    is_checked: bool


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands.

    Attributes:
        order: `order:…`.
        placed: what was ordered.
        cancelled: how it was cancelled; None: it was not.
        state: what it is.
        filled: its lines, and how far each is filled.
        claims: the bags that it has or had when they left, in the order of their names.
        bags: what those bags are, and where.
    """

    order: str
    placed: kinds.Ordered
    cancelled: kinds.OrderCancelled | None
    state: OrderState
    filled: tuple[Fill, ...]
    claims: tuple[Claim, ...]
    bags: Mapping[str, Bag]

    @property
    def wanted_ms(self) -> int:
        """Until when it is wanted, in milliseconds since the Unix epoch."""
        return parse_instant(self.placed.wanted_by)

    @property
    def standing(self) -> Standing:
        """How it stands, as the rules take it."""
        return Standing(self.placed.to, self.state, self.filled)

    @property
    def to_pick(self) -> tuple[Claim, ...]:
        """What is to be taken from where it is: sorted by place, line and unit."""
        waiting = [claim for claim in self.claims if claim.note is None]
        return tuple(sorted(waiting, key=lambda claim: (self._place(claim.unit), claim.line, claim.unit)))

    @property
    def pick_list(self) -> tuple[ToPick, ...]:
        """What is to be taken, and where it is; in the order of `to_pick`."""
        return tuple(
            ToPick(each.unit, each.line, self._place(each.unit) or None, each.is_checked) for each in self.to_pick
        )

    @property
    def cause(self) -> str | None:
        """Why it was cancelled; None: it was not."""
        return None if self.cancelled is None else self.cancelled.cause

    @property
    def listed(self) -> tuple[Listed, ...]:
        """The pick list, as `ledger.rules.picking` takes it."""
        return tuple(Listed(each.unit, each.by, each.checked_by) for each in self.to_pick)

    @property
    def notes(self) -> tuple[str, ...]:
        """The dispatch notes with which something was sent for it."""
        return tuple(sorted({claim.note for claim in self.claims if claim.note is not None}))

    def _place(self, unit: str) -> str:
        found = self.bags.get(unit)
        return "" if found is None else found.place or ""


def order(reader: Reader, name: str, *, organisation: str | None) -> Order | None:
    """An order; None if there is none, or it is not the organisation's (None: the whole site) to see."""
    found = _folded(reader, [name]) if is_id(name, "order") else ()
    return next((each for each in found if _is_seen(each.placed, organisation)), None)


def orders(reader: Reader, *, organisation: str | None, live: bool) -> tuple[Order, ...]:
    """The latest orders that an organisation (None: anybody) may see, those that are wanted first, first.

    Args:
        reader: whom to ask.
        organisation: who asks.
        live: whether only those are asked for that are neither filled nor cancelled.
    """
    named = select(subjects.c.name).where(subjects.c.name.between("order:", "order:~"))
    names = list(reader.connection.execute(named.order_by(subjects.c.id.desc()).limit(LATEST)).scalars())
    seen = (each for each in _folded(reader, names) if _is_seen(each.placed, organisation))
    return tuple(
        sorted(
            (each for each in seen if not live or each.state in LIVE),
            key=lambda each: (each.placed.wanted_by, each.order),
        )
    )


def propose(reader: Reader, wanted: Order, *, now_ms: int) -> Proposal:
    """What could be allocated to an order of what its station has; nothing is decided by it.

    Raises:
        ConfigError: the site's file about supplying says what cannot be.
    """

    def barred(bag: Bag) -> Refused | None:
        return release.may_allocate(reader.facts(bag.unit, now_ms=now_ms))

    if wanted.state not in LIVE:
        return Proposal((), ())
    free = fefo(bags(reader, holder=wanted.placed.to), now_ms)
    return allocation.propose(wanted.filled, free, supply=supply(reader), barred=barred)


def supply(reader: Reader) -> Supply:
    """What the site has decided about supplying.

    Raises:
        ConfigError: the file cannot be read, or says what cannot be.
    """
    file = reader.site.directory / SUPPLY_FILE
    try:
        return parse_supply(file.read_text("utf-8") if file.exists() else "")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"supply: expected a file in UTF-8 at {file}; {wrong}") from wrong


def claims(reader: Reader, units: Sequence[str]) -> dict[str, Claim]:
    """The claim on each unit that is set aside for an order, in the station and nobody else's."""
    histories = reader.history.of_each(units)
    found = {unit: claim_of(recorded(entries), unit) for unit, entries in histories.items()}
    here = {bag.unit for bag in bags_named(reader, units) if bag.state in SET_ASIDE}
    return {unit: each for unit, each in found.items() if each is not None and each.note is None and unit in here}


def next_order(reader: Reader, *, at_ms: int) -> str:
    """The number of the next order; ask inside the writer's transaction."""
    number = _next(reader, "order", ORDER_SERIES, _year(reader, at_ms), kinds.Ordered)
    return f"order:{number}"


def next_note(reader: Reader, *, at_ms: int) -> str:
    """The number of the next dispatch note (发血单) of the site's own series; ask inside the writer's transaction.

    Raises:
        ConfigError: the site's file about supplying says what cannot be.
    """
    number = _next(reader, "consignment", supply(reader).series, _year(reader, at_ms), kinds.Dispatched)
    return f"consignment:{number}"


def next_return(reader: Reader, *, at_ms: int) -> str:
    """The number of the next return note (退血); ask inside the writer's transaction."""
    number = _next(reader, "consignment", RETURN_SERIES, _year(reader, at_ms), kinds.Dispatched)
    return f"consignment:{number}"


def _next(reader: Reader, kind: str, series: str, year: int, given_by: type[kinds.Event]) -> str:
    """What follows the last number that such an event gave out: that a paper is named elsewhere gives no number.

    A paper may have another number that begins as the series does, `FX-2026-0303-01`: it is none of the series.
    """
    begin = prefix(series, year)
    named = select(subjects.c.name).where(subjects.c.name.between(f"{kind}:{begin}", f"{kind}:{begin}~"))
    latest_first = reader.connection.execute(named.order_by(subjects.c.name.desc())).scalars()
    for name, number in ((name, name.partition(":")[2]) for name in latest_first):
        given = is_numbered(number, series) and recorded(reader.history.of([name]))
        if given and any(isinstance(each.event, given_by) for each in given):
            return following(series, year, last=number)
    return following(series, year, last=None)


def _year(reader: Reader, at_ms: int) -> int:
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(reader.site.timezone)).year


def _is_seen(placed: kinds.Ordered, organisation: str | None) -> bool:
    return organisation is None or organisation in {placed.organisation, placed.to}


def _folded(reader: Reader, names: Sequence[str]) -> Iterator[Order]:
    for name, entries in reader.history.of_each(names).items():
        told = recorded(entries)
        placed = next((each.event for each in told if isinstance(each.event, kinds.Ordered)), None)
        if placed is not None:
            yield _fold(reader, name, placed, told)


def _fold(reader: Reader, name: str, placed: kinds.Ordered, told: Sequence[Recorded]) -> Order:
    cancelled = next((each.event for each in told if isinstance(each.event, kinds.OrderCancelled)), None)
    ever = {each.event.unit for each in told if isinstance(each.event, kinds.Allocated)}
    named = {bag.unit: bag for bag in bags_named(reader, ever)}
    here = [unit for unit in sorted(ever) if unit in named and named[unit].state in SET_ASIDE]
    of_it = {unit: claim for unit, claim in _sent(told, ever) if claim.note is not None}
    of_it |= {unit: claim for unit, claim in claims(reader, here).items() if claim.order == name}
    filled = fills(placed.lines, _given(of_it.values(), named))
    state = order_state(filled, cancelled=cancelled is not None)
    return Order(name, placed, cancelled, state, filled, tuple(of_it[unit] for unit in sorted(of_it)), named)


def _sent(told: Sequence[Recorded], ever: Iterable[str]) -> Iterator[tuple[str, Claim]]:
    """What the order's own events say of its bags: whether one was put back, its own history says."""
    for unit in ever:
        claim = claim_of((each for each in told if unit in custody.subjects(each.event)), unit)
        if claim is not None:
            yield unit, claim


def _given(claimed: Iterable[Claim], named: Mapping[str, Bag]) -> Iterator[Given]:
    for each in claimed:
        bag = named.get(each.unit)
        amount, measure = (None, None) if bag is None else (bag.amount, bag.measure)
        yield Given(each.line, amount, measure, sent=each.note is not None)
