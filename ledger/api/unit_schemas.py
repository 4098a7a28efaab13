"""How the API spells a unit: what it is, where it stands, its history, its family; and lists of units."""

from marshmallow import Schema, fields, validate

from ledger.api.schemas import (
    AsOfSchema,
    EventSchema,
    HoldingSchema,
    Instant,
    ObservedSchema,
    StaySchema,
    SummarySchema,
)


class ForbidSchema(Schema):
    """What forbids a unit's use now."""

    rule = fields.String(attribute="step", required=True)
    reason = fields.String(required=True)


class DiscrepancySchema(Schema):
    """What a person should look at."""

    rule = fields.String(required=True)
    subject = fields.String(required=True)
    time = Instant(attribute="time_ms", required=True)
    text = fields.String(required=True)


class UnitSchema(ObservedSchema, AsOfSchema):
    """One unit: what it is, where it stands, where it was."""

    summary = fields.Nested(SummarySchema, required=True)
    din = fields.String(required=True)
    check = fields.String(required=True, metadata={"description": "ISO 7064 check character of the donation number"})
    volume_ml = fields.Integer(required=True, allow_none=True)
    container = fields.String(required=True, allow_none=True)
    collected = Instant(attribute="collected_ms", required=True, allow_none=True)
    stays = fields.List(fields.Nested(StaySchema), required=True)
    holdings = fields.List(fields.Nested(HoldingSchema), required=True)
    forbids = fields.List(fields.Nested(ForbidSchema), required=True)
    discrepancies = fields.List(fields.Nested(DiscrepancySchema), required=True)


class HistorySchema(ObservedSchema, AsOfSchema):
    """A unit's events, newest first, without temperature segments."""

    unit = fields.String(attribute="summary.unit", required=True)
    events = fields.List(fields.Nested(EventSchema), attribute="history", required=True)


class EdgeSchema(Schema):
    """`parent` became `child`."""

    parent = fields.String(required=True)
    child = fields.String(required=True)
    kind = fields.String(required=True)
    time = Instant(attribute="time_ms", required=True)


class LineageSchema(AsOfSchema):
    """What a unit was made of and what became of it; `units` are those that the asking user may see."""

    unit = fields.String(required=True)
    edges = fields.List(fields.Nested(EdgeSchema), required=True)
    units = fields.List(fields.Nested(SummarySchema), required=True)


class TouchedSchema(ObservedSchema, AsOfSchema):
    """What a lot, a machine, a bag or a sample touched; `direct` are the units that it went into."""

    subject = fields.String(required=True)
    direct = fields.List(fields.String(), required=True)
    units = fields.List(fields.Nested(SummarySchema), required=True)
    events = fields.List(fields.Nested(EventSchema), required=True)


class InventorySchema(ObservedSchema, AsOfSchema):
    """Units that the asking user may see, latest change first."""

    units = fields.List(fields.Nested(SummarySchema), required=True)


class InventoryQuerySchema(Schema):
    """Which units to list."""

    state = fields.String(load_default=None, validate=validate.Regexp(r"[a-z_]{1,40}\Z"))
    component = fields.String(load_default=None, validate=validate.Regexp(r"[A-Z][A-Z0-9_]{0,39}\Z"))
    abo = fields.String(load_default=None, validate=validate.OneOf(["A", "B", "AB", "O"]))
    rhd = fields.String(load_default=None, validate=validate.OneOf(["positive", "negative"]))
    place = fields.String(load_default=None, validate=validate.Regexp(r"(place|box):[A-Za-z0-9._/-]{1,260}\Z"))
    holder = fields.String(load_default=None, validate=validate.Regexp(r"(org:[A-Za-z0-9._-]{1,64}|transit)\Z"))
    limit = fields.Integer(load_default=100, strict=False, validate=validate.Range(min=1, max=500))
