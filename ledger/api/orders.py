"""`/v1/orders`: hospitals' orders, for the hospital that placed one and the station that supplies it.

Placed, cancelled, allocated, checked and sent by the same rules as on the pages: `ledger.acts.ordering`, `sending`.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from flask import abort
from msgspec import Meta, field

from ledger.acts import ordering, sending
from ledger.acts.ordering import Acting, Cause, Urgency, Wanted
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking, refuse, scope
from ledger.api.order_schemas import OrderSchema, OrdersQuerySchema, OrdersSchema, ProposalSchema
from ledger.api.recorded_schemas import RecordedSchema
from ledger.api.saying import Said, answered, body, read, requested, require_role, signed_by
from ledger.api.services import services
from ledger.core.errors import ConfigError
from ledger.core.ids import Box, Instant, Organisation, Place, Unit, is_id
from ledger.core.kinds import OrderLine
from ledger.read import orders as reading
from ledger.read.orders import Order
from ledger.rules.allocation import Proposal
from ledger.rules.passing import Pass

orders = described_blueprint("orders", __name__, description="Orders")


@dataclass(frozen=True, slots=True)
class Listed:
    """Some orders, and the instant for which this holds."""

    orders: tuple[Order, ...]
    now_ms: int


@described(orders, "/v1/orders", Answer(OrdersSchema, "The orders"), Asked(query=OrdersQuerySchema))
def listed(query: dict[str, bool]) -> Listed:
    """The latest orders, those that are wanted first, first; without `all` those that are still to be filled."""
    with services().reading() as reader:
        found = reading.orders(reader, organisation=scope(), live=not query["all"])
    return Listed(found, services().clock.now_ms())


@described(orders, "/v1/orders/<order>", Answer(OrderSchema, "The order, how far it is filled, and its pick list"))
def one(order: str) -> Order:
    """An order; one of other organisations and none give the same answer."""
    with services().reading() as reader:
        found = reading.order(reader, f"order:{order.removeprefix('order:')}", organisation=scope())
    if found is None:
        refuse(asking(), "order.read", subject=order[:80])
        abort(404, "there is no such order, or it is not yours to see")
    return found


class OrderSaid(Said, frozen=True, kw_only=True):
    """An order.

    Attributes:
        organisation: the hospital.
        to: the station.
        wanted_by: when it is wanted.
        lines: what is ordered: component, group, amount and measure (`U` in hundredths, `mL`, `dose`).
        urgency: how urgent it is.
    """

    organisation: Organisation
    to: Organisation
    wanted_by: Instant
    lines: Annotated[list[OrderLine], Meta(min_length=1, max_length=20)]
    urgency: Urgency = "routine"


class CancellationSaid(Said, frozen=True, kw_only=True):
    """Why an order is cancelled."""

    cause: Cause


class AllocationSaid(Said, frozen=True, kw_only=True):
    """Which bags are allocated: unit to line, from 1."""

    units: Annotated[dict[Unit, Annotated[int, Meta(ge=1, le=20)]], Meta(min_length=1, max_length=200)]


class CheckSaid(Said, frozen=True, kw_only=True):
    """Every bag that was scanned."""

    units: Annotated[list[Unit], Meta(min_length=1, max_length=400)]


class DispatchSaid(Said, frozen=True, kw_only=True):
    """From where it leaves, and in which boxes."""

    place: Place
    boxes: Annotated[list[Box], Meta(max_length=50)] = field(default_factory=list)


class HandOverSaid(Said, frozen=True, kw_only=True):
    """To whom everything on a note passes; the courier signs.

    Attributes:
        passes: who takes: the courier, or the receiver.
        courier: the courier's login.
        place: where.
    """

    passes: Literal["to_courier", "to_receiver"]
    courier: str
    place: Place | None = None


_RECORDED = Answer(RecordedSchema, "It is recorded, now or before")


@described(orders, "/v1/orders", _RECORDED, Asked(method="POST", body=body(OrderSaid)))
def place() -> dict[str, object]:
    """Place an order; its number stands in the event."""
    require_role("ordered")
    said = read(OrderSaid)
    wanted = Wanted(
        organisation=said.organisation,
        station=said.to,
        wanted_by=said.wanted_by,
        lines=said.lines,
        urgency=said.urgency,
    )
    once = requested()
    return answered(once, lambda: ordering.place(once, wanted, who=_acting()))


@described(orders, "/v1/orders/<order>/proposal", Answer(ProposalSchema, "What could be allocated; nothing is decided"))
def proposal(order: str) -> Proposal:
    """Bags that are proposed for what is open of an order, to its station."""
    with services().reading() as reader:
        found = reading.order(reader, _spelt(order), organisation=scope())
        if found is None or scope() not in {None, found.placed.to}:
            refuse(asking(), "order.read", subject=order[:80])
            abort(404, "there is no such order, or it is not yours to supply")
        try:
            return reading.propose(reader, found, now_ms=services().clock.now_ms())
        except ConfigError as error:
            abort(503, str(error))


@described(orders, "/v1/orders/<order>/cancellation", _RECORDED, Asked(method="POST", body=body(CancellationSaid)))
def cancel(order: str) -> dict[str, object]:
    """Cancel what is open of an order, for the hospital or the station."""
    require_role("order_cancelled")
    said, once = read(CancellationSaid), requested()
    return answered(once, lambda: ordering.cancel(once, _spelt(order), said.cause, who=_acting()))


@described(orders, "/v1/orders/<order>/allocation", _RECORDED, Asked(method="POST", body=body(AllocationSaid)))
def allocate(order: str) -> dict[str, object]:
    """Allocate bags to lines of an order, all or nothing."""
    require_role("allocated")
    said, once = read(AllocationSaid), requested()
    return answered(once, lambda: ordering.allocate(once, _spelt(order), said.units, who=_acting()))


@described(orders, "/v1/orders/<order>/check", _RECORDED, Asked(method="POST", body=body(CheckSaid)))
def check(order: str) -> dict[str, object]:
    """Sign that another person scanned every bag of the pick list, and no other."""
    require_role("dispatch_checked")
    said, once = read(CheckSaid), requested()
    return answered(once, lambda: sending.check(once, _spelt(order), said.units, who=_acting()))


@described(orders, "/v1/orders/<order>/dispatch", _RECORDED, Asked(method="POST", body=body(DispatchSaid)))
def send(order: str) -> dict[str, object]:
    """Dispatch what was checked, under the next number of the site's notes, which stands in the events."""
    require_role("dispatched")
    said, once = read(DispatchSaid), requested()
    return answered(once, lambda: sending.send(once, _spelt(order), place=said.place, boxes=said.boxes, who=_acting()))


@described(orders, "/v1/consignments/<note>/hand-over", _RECORDED, Asked(method="POST", body=body(HandOverSaid)))
def hand_over(note: str) -> dict[str, object]:
    """Record that everything on a note passed from hand to hand; both sides sign."""
    user = require_role("handed_over")
    said = read(HandOverSaid)
    name = f"consignment:{note.removeprefix('consignment:')}"
    if not is_id(name, "consignment"):
        abort(404, "there is no such dispatch note, or it is not yours to see")
    courier = signed_by(said.courier, said.signatures)
    once, passing = requested(), Pass(user.person, courier.person, said.passes)
    return answered(once, lambda: sending.hand_over(once, name, passing, place=said.place, who=_acting()))


def _acting() -> Acting:
    user = asking()
    return Acting(user.person, user.organisation)


def _spelt(order: str) -> str:
    return f"order:{order.removeprefix('order:')}"
