"""`/v1/fates`: bags without a final fate, the closure rate, and every rule that a named person set aside (特批)."""

from marshmallow import Schema, fields

from ledger.api.documents import Answer, described, described_blueprint
from ledger.api.guard import scope
from ledger.api.schemas import Instant, ObservedSchema
from ledger.api.services import services
from ledger.read import fates as read
from ledger.read.fates import Fates

fates = described_blueprint("fates", __name__, description="Final fates")


class MissingSchema(Schema):
    """A bag that ought to have a final fate, and has none."""

    unit = fields.String(attribute="life.unit", required=True)
    holder = fields.String(attribute="life.holder", required=True, allow_none=True)
    state = fields.String(attribute="life.state", required=True)
    since = Instant(attribute="since_ms", required=True)


class ClosureSchema(Schema):
    """Of a holder's bags whose clock started in the window, how many have their final fate."""

    holder = fields.String(required=True, allow_none=True)
    closed = fields.Integer(required=True)
    due = fields.Integer(required=True)
    per_mille = fields.Integer(required=True)


class OverrideSchema(Schema):
    """A rule of the issue that a named person set aside."""

    unit = fields.String(attribute="subject", required=True)
    rule = fields.String(required=True)
    time = Instant(attribute="time_ms", required=True)
    text = fields.String(required=True)


class FatesSchema(ObservedSchema):
    """Final fates, missing and there; the window is after `window_after` and until `window_until`."""

    as_of = Instant(attribute="asked.now_ms", required=True)
    days = fields.Integer(attribute="asked.days", required=True)
    window_after = Instant(attribute="asked.since_ms", required=True)
    window_until = Instant(attribute="asked.until_ms", required=True)
    missing = fields.List(fields.Nested(MissingSchema), required=True)
    closure = fields.List(fields.Nested(ClosureSchema), required=True)
    overrides = fields.List(fields.Nested(OverrideSchema), required=True)
    log_size = fields.Integer(required=True)


@described(fates, "/v1/fates", Answer(FatesSchema, "Final fates"))
def of_all() -> Fates:
    """Of the asking person's organisation, or of the whole site."""
    with services().reading() as reader:
        return read.fates(reader, holder=scope(), now_ms=services().clock.now_ms())
