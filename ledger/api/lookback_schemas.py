"""How the API and `xuemai lookback --json` spell what a finding touches."""

from marshmallow import Schema, fields, validate

from ledger.api.schemas import HoldingSchema, Instant, ObservedSchema, StaySchema, SummarySchema
from ledger.rules.fate import Fate
from ledger.rules.lookback import Why
from ledger.rules.window import MONTHS, Standing


class LookbackQuerySchema(Schema):
    """Which way to walk, and what limits it."""

    direction = fields.String(
        load_default="onward",
        validate=validate.OneOf(["onward", "back"]),
        metadata={"description": "back: of a unit, to its donations and all that came of them"},
    )
    screened = fields.Date(
        load_default=None,
        metadata={"description": "of a donor, the day of the most recent non-reactive screening, in the site's zone"},
    )
    months = fields.Integer(
        load_default=MONTHS, validate=validate.Range(0, 1200), metadata={"description": "how many before it count"}
    )
    since = fields.String(load_default=None, metadata={"description": "of a place or box, from which instant"})
    until = fields.String(load_default=None, metadata={"description": "of a place or box, until which instant"})


class QuestionSchema(Schema):
    """What was asked."""

    subject = fields.String(required=True)
    direction = fields.String(required=True)
    first_day = fields.Date(required=True, allow_none=True)
    since = Instant(attribute="since_ms", required=True, allow_none=True)
    until = Instant(attribute="until_ms", required=True, allow_none=True)


class AffectedUnitSchema(Schema):
    """One unit: how it came to be affected, and what became of it."""

    unit = fields.String(required=True)
    why = fields.String(required=True, validate=validate.OneOf([str(each) for each in Why]))
    via = fields.String(required=True, allow_none=True)
    fate = fields.String(required=True, validate=validate.OneOf([str(each) for each in Fate]))
    withdrawable = fields.Boolean(required=True)
    stands = fields.Nested(SummarySchema, attribute="summary", required=True, allow_none=True)
    stays = fields.List(fields.Nested(StaySchema), required=True)
    holdings = fields.List(fields.Nested(HoldingSchema), required=True)
    dispatch_notes = fields.List(fields.String(), attribute="notes", required=True)
    patients = fields.List(fields.String(), required=True)


class AffectedDonationSchema(Schema):
    """One donation; `before` a window's first day, its units are not among the affected ones."""

    din = fields.String(required=True)
    donor = fields.String(required=True, allow_none=True)
    collected = Instant(attribute="collected_ms", required=True, allow_none=True)
    standing = fields.String(required=True, validate=validate.OneOf([str(each) for each in Standing]))


class FoundSchema(Schema):
    """What a finding touches, as of an instant and a log size."""

    question = fields.Nested(QuestionSchema, required=True)
    units = fields.List(fields.Nested(AffectedUnitSchema), required=True)
    donations = fields.List(fields.Nested(AffectedDonationSchema), required=True)
    consignees = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    elsewhere = fields.Integer(required=True)
    as_of = Instant(attribute="now_ms", required=True)
    log_size = fields.Integer(required=True)


class AffectedSchema(ObservedSchema, FoundSchema):
    """The same as an answer of its own."""
