"""How the API spells what a request recorded."""

from marshmallow import Schema, fields

from ledger.api.schemas import EventFields


class SaidEventSchema(Schema):
    """An event that a request made, with its place in the log."""

    kind = fields.String(required=True)
    time = fields.String(required=True)
    stream = fields.String(required=True)
    seq = fields.Integer(required=True)
    log_index = fields.Integer(required=True)
    event = EventFields(required=True)


class RecordedSchema(Schema):
    """What a request recorded; `repeated` where the same request had been recorded before."""

    repeated = fields.Boolean(required=True)
    events = fields.List(fields.Nested(SaidEventSchema), required=True)
