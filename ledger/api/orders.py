"""`/v1/orders`: hospitals' orders, for the hospital that placed one and the station that supplies it."""

from dataclasses import dataclass

from flask import abort

from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking, refuse, scope
from ledger.api.schemas import OrderSchema, OrdersQuerySchema, OrdersSchema
from ledger.api.services import services
from ledger.read import orders as read
from ledger.read.orders import Order

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
        found = read.orders(reader, organisation=scope(), live=not query["all"])
    return Listed(found, services().clock.now_ms())


@described(orders, "/v1/orders/<order>", Answer(OrderSchema, "The order, how far it is filled, and its pick list"))
def one(order: str) -> Order:
    """An order; one of other organisations and none give the same answer."""
    with services().reading() as reader:
        found = read.order(reader, f"order:{order.removeprefix('order:')}", organisation=scope())
    if found is None:
        refuse(asking(), "order.read", subject=order[:80])
        abort(404, "there is no such order, or it is not yours to see")
    return found
