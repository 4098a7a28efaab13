"""How the API and the commands spell a hospital's order: how far it is filled, its pick list, what is proposed."""

from marshmallow import Schema, fields

from ledger.api.schemas import Instant
from ledger.rules.lines import format_amount


class OrdersQuerySchema(Schema):
    """Which orders to list."""

    all = fields.Boolean(load_default=False, metadata={"description": "filled and cancelled ones, too"})


class OrderLineSchema(Schema):
    """One line of an order, and how far it is filled; amounts in hundredths of a U, millilitres or doses."""

    component = fields.String(attribute="line.component", required=True)
    abo = fields.String(attribute="line.abo", required=True)
    rhd = fields.String(attribute="line.rhd", required=True)
    amount = fields.Integer(attribute="line.amount", required=True)
    measure = fields.String(attribute="line.measure", required=True)
    written = fields.Function(
        lambda fill: format_amount(fill.line.amount, fill.line.measure), required=True, metadata={"type": "string"}
    )
    bags = fields.Integer(required=True)
    allocated = fields.Integer(required=True)
    sent = fields.Integer(required=True)
    open = fields.Integer(attribute="open_amount", required=True)


class ListedBagSchema(Schema):
    """A bag on the pick list of an order."""

    unit = fields.String(required=True)
    line = fields.Integer(required=True)
    place = fields.String(required=True, allow_none=True)
    checked = fields.Boolean(attribute="is_checked", required=True)


class OrderSchema(Schema):
    """A hospital's order as it stands."""

    order = fields.String(required=True)
    organisation = fields.String(attribute="placed.organisation", required=True)
    to = fields.String(attribute="placed.to", required=True)
    placed = fields.String(attribute="placed.time", required=True)
    wanted_by = fields.String(attribute="placed.wanted_by", required=True)
    urgency = fields.String(attribute="placed.urgency", required=True)
    state = fields.String(required=True)
    cancelled = fields.String(attribute="cause", required=True, allow_none=True)
    lines = fields.List(fields.Nested(OrderLineSchema), attribute="filled", required=True)
    pick_list = fields.List(fields.Nested(ListedBagSchema), required=True)
    dispatch_notes = fields.List(fields.String(), attribute="notes", required=True)


class OrdersSchema(Schema):
    """Some orders."""

    as_of = Instant(attribute="now_ms", required=True)
    orders = fields.List(fields.Nested(OrderSchema), required=True)


class ProposedBagSchema(Schema):
    """A bag that is proposed, or would have been."""

    unit = fields.String(required=True)
    abo = fields.String(required=True, allow_none=True)
    rhd = fields.String(required=True, allow_none=True)
    place = fields.String(required=True, allow_none=True)
    amount = fields.Integer(required=True, allow_none=True)
    expires = Instant(attribute="expires_ms", required=True, allow_none=True)


class ProposedSchema(Schema):
    """What is proposed for one line, and how much of it is missing then."""

    line = fields.Integer(attribute="number", required=True)
    bags = fields.List(fields.Nested(ProposedBagSchema), required=True)
    short = fields.Integer(required=True)


class PassedOverSchema(Schema):
    """A bag that would have come first, and why it may not be taken."""

    unit = fields.Function(lambda pair: pair[0].unit, required=True, metadata={"type": "string"})
    rule = fields.Function(lambda pair: pair[1].rule, required=True, metadata={"type": "string"})
    reason = fields.Function(lambda pair: pair[1].reason, required=True, metadata={"type": "string"})


class ProposalSchema(Schema):
    """What could be allocated to an order."""

    lines = fields.List(fields.Nested(ProposedSchema), required=True)
    passed_over = fields.List(fields.Nested(PassedOverSchema), required=True)
