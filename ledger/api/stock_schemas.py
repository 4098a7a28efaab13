"""How the API spells counted stock."""

from marshmallow import Schema, fields, validate

from ledger.api.schemas import Instant, ObservedSchema


class StockQuerySchema(Schema):
    """Of whom, by which columns, and of which instant."""

    by = fields.String(
        load_default="component,abo,rhd,state",
        validate=validate.Length(max=100),
        metadata={"description": "some of component, abo, rhd, place, holder, state, expires, with commas between"},
    )
    holder = fields.String(load_default=None, validate=validate.Length(max=80))
    at = fields.String(load_default=None, metadata={"description": "a past instant, as it happened"})
    known = fields.String(load_default=None, metadata={"description": "a past instant, as it was known then"})


class StockLineSchema(Schema):
    """Bags that are alike in every column that was asked for."""

    key = fields.List(fields.String(allow_none=True), required=True)
    bags = fields.Integer(required=True)
    amounts = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "U in hundredths, mL, dose"},
    )
    unmeasured = fields.Integer(required=True)
    earliest = Instant(attribute="earliest_ms", required=True, allow_none=True)


class StockSchema(ObservedSchema):
    """A counted stock: the instant for which it holds, and on what it rests."""

    at = Instant(attribute="at_ms", required=True)
    basis = fields.String(required=True, validate=validate.OneOf(["as it happened", "as it was known"]))
    log_size = fields.Integer(required=True)
    by = fields.List(fields.String(), required=True)
    lines = fields.List(fields.Nested(StockLineSchema), required=True)
