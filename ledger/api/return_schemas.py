"""How the API and the commands spell what goes back to a station, and what the pack says of each unit of it."""

from marshmallow import Schema, fields

from ledger.api.schemas import AsOfSchema, Instant, ObservedSchema, SummarySchema
from ledger.read.returns import Coming


class AwaySchema(Schema):
    """A spell out of control."""

    phase = fields.String(required=True)
    start = Instant(attribute="start_ms", required=True)
    end = Instant(attribute="end_ms", required=True)
    lowest_centi_celsius = fields.Integer(attribute="lowest_centi", required=True, allow_none=True)
    highest_centi_celsius = fields.Integer(attribute="highest_centi", required=True, allow_none=True)
    read_throughout = fields.Boolean(required=True)


def _rule(each: Coming) -> str | None:
    return None if each.judged.rule is None else each.judged.rule.value


class ComingSchema(Schema):
    """One unit of a return; `answer` is what the pack's rule says now, `outcome` what was decided, null until it is."""

    unit = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)
    refusal = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    answer = fields.String(attribute="judged.answer", required=True)
    why = fields.String(attribute="judged.reason", required=True)
    rule = fields.Function(_rule, required=True)
    spell = fields.Nested(AwaySchema, attribute="judged.spell", required=True, allow_none=True)
    spells = fields.Integer(attribute="judged.spells", required=True)
    outcome = fields.Function(lambda each: None if each.taken is None else each.taken.outcome, required=True)


class ReturnNoteSchema(ObservedSchema, AsOfSchema):
    """A consignment that goes back to a station."""

    note = fields.String(required=True)
    sender = fields.String(required=True, allow_none=True)
    to = fields.String(required=True)
    sent = Instant(attribute="sent_ms", required=True)
    boxes = fields.Function(lambda note: [{"box": box, "seal": seal} for box, seal in note.boxes], required=True)
    units = fields.List(fields.Nested(ComingSchema), attribute="lines", required=True)
    pack = fields.Function(lambda note: note.pack[0], required=True)
    version = fields.Function(lambda note: note.pack[1], required=True)


class ReturnsSchema(ObservedSchema, AsOfSchema):
    """What is to go back, and the notes of what is on its way."""

    to_send = fields.List(fields.Nested(SummarySchema), required=True)
    notes = fields.List(fields.String(), required=True)
