"""What stands against a step about an order: facts gathered from the ledger's own snapshot, rules asked, the no named.

Asked inside the transaction that would write the step. Who somebody is, and whether their role includes it, is the
caller's to decide; whose order it is, is asked here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ledger.core import custody, kinds
from ledger.core.errors import Refused
from ledger.core.kinds import OrderLine
from ledger.read import orders
from ledger.read.history import recorded
from ledger.read.orders import Order
from ledger.read.reader import Reader
from ledger.read.stock import bags_named
from ledger.rules import allocation, picking, release
from ledger.rules import refused as rules
from ledger.rules.inventory import Bag
from ledger.rules.ordering import Fill, may_cancel
from ledger.rules.passing import Pass
from ledger.rules.picking import Compared

Chosen = Mapping[str, int]
"""Unit → line of the order."""


def station_order(reader: Reader, name: str, *, organisation: str | None) -> Order | Refused:
    """The order, for somebody who acts for the station with which it was placed (None: for any)."""
    found = orders.order(reader, name, organisation=organisation)
    if found is None:
        return unknown(name)
    if organisation not in {None, found.placed.to}:
        return Refused("order.station", f"{name} was placed with {found.placed.to}; only they supply it")
    return found


def unknown(name: str) -> Refused:
    """There is no such order, or it is somebody else's: both alike."""
    return Refused("order.unknown", f"there is no {name}, or it is not yours to see")


def refuse_placing(
    reader: Reader, asking: str, station: str, *, lines: Sequence[OrderLine], organisation: str | None
) -> Refused | None:
    """Why an order must not be placed: it is between a hospital of one's own and a station, of what the site knows."""
    if organisation not in {None, asking}:
        return Refused("order.hospital", f"an order is placed by the hospital itself; came one for {asking}")
    roles = {each: reader.organisations[each].role for each in (asking, station) if each in reader.organisations}
    if roles.get(asking) != "hospital" or roles.get(station) != "blood_centre":
        return Refused("order.parties", f"expected a hospital's order to a blood centre; came {asking} to {station}")
    counted = {(each.component, each.measure) for each in reader.catalogue.products.values()}
    for line in lines:
        if (line.component, line.measure) not in counted:
            text = f"the catalogue has no {line.component} that is counted in {line.measure}"
            return Refused("order.component", text)
    return None


def refuse_cancelling(reader: Reader, name: str, *, organisation: str | None) -> Refused | None:
    """Why an order must not be cancelled, by the hospital or by the station."""
    found = orders.order(reader, name, organisation=organisation)
    return unknown(name) if found is None else _by_rule(may_cancel(found.state))


def refuse_allocating(reader: Reader, found: Order, chosen: Chosen, *, now_ms: int) -> Refused | None:
    """Why these bags must not be allocated to these lines of an order; each counts before the next is asked about.

    Raises:
        ConfigError: the site's file about supplying says what cannot be.
    """
    supply, standing = orders.supply(reader), found.standing
    known = {bag.unit: bag for bag in bags_named(reader, chosen)}
    for unit, number in chosen.items():
        bag = known.get(unit)
        if bag is None:
            return Refused("unit.unknown", f"there is no {unit}")
        facts = reader.facts(unit, now_ms=now_ms)
        refused = allocation.may_allocate(bag, facts, number=number, standing=standing, supply=supply)
        if refused is not None:
            return Refused(refused.rule, f"{unit}: {refused.reason}")
        standing = replace(standing, filled=_with(standing.filled, bag, number))
    return None


def compared(reader: Reader, found: Order, scanned: Sequence[str], *, now_ms: int) -> Compared:
    """What was scanned against an order's pick list, each bag asked once more whether it may leave."""
    listed = {each.unit for each in found.listed}
    barred: dict[str, rules.Refused] = {}
    for unit in dict.fromkeys(scanned):
        refused = release.may_dispatch(reader.facts(unit, now_ms=now_ms)) if unit in listed else None
        if refused is not None:
            barred[unit] = refused
    return picking.compare(found.listed, list(scanned), barred=barred)


def refuse_checking(reader: Reader, found: Order, scanned: Sequence[str], *, by: str, now_ms: int) -> Refused | None:
    """Why the second check of an order's pick list is not done."""
    return _by_rule(picking.may_check(found.listed, compared(reader, found, scanned, now_ms=now_ms), by=by))


def refuse_sending(reader: Reader, found: Order, *, by: str, now_ms: int) -> Refused | None:
    """Why what is on an order's pick list must not leave."""
    refused = picking.may_send(found.listed, by=by)
    for each in found.listed:
        refused = refused or release.may_dispatch(reader.facts(each.unit, now_ms=now_ms))
    return _by_rule(refused)


def passed(reader: Reader, note: str) -> tuple[tuple[Pass, ...], tuple[str, ...]]:
    """The hand-overs of a dispatch note as they happened, an act each, and the units that its dispatch names."""
    history = recorded(reader.history.of([note]))
    told = [each.event for each in custody.by_time(history) if isinstance(each.event, kinds.HandedOver)]
    acts = dict.fromkeys((each.time, Pass(each.by, each.courier, each.passes)) for each in told)
    return tuple(act for _, act in acts), custody.dispatched_units(history, note)


def sender(reader: Reader, note: str) -> str | None:
    """The organisation from whose place a note was dispatched; None: the place is not registered."""
    sent = _dispatch(reader, note)
    return None if sent is None or sent.place is None else reader.organisation_of(sent.place)


def receiver(reader: Reader, note: str) -> str | None:
    """The organisation to which a note was dispatched; None: there is no such note."""
    sent = _dispatch(reader, note)
    return None if sent is None else sent.to


def _dispatch(reader: Reader, note: str) -> kinds.Dispatched | None:
    told = (each.event for each in recorded(reader.history.of([note])))
    return next((event for event in told if isinstance(event, kinds.Dispatched)), None)


def _with(filled: Sequence[Fill], bag: Bag, number: int) -> tuple[Fill, ...]:
    index, amount = number - 1, bag.amount or 0
    more = replace(filled[index], bags=filled[index].bags + 1, allocated=filled[index].allocated + amount)
    return (*filled[:index], more, *filled[index + 1 :])


def _by_rule(refused: rules.Refused | None) -> Refused | None:
    return None if refused is None else Refused(refused.rule, refused.reason)
