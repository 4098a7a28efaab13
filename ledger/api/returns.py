"""`/v1/returns` and `/v1/consignments/<note>/return`: what goes back to a station, and what the pack says of it."""

from dataclasses import dataclass

from flask import abort
from marshmallow import Schema, fields

from ledger.api.documents import Answer, described, described_blueprint
from ledger.api.guard import asking, refuse, scope
from ledger.api.schemas import AsOfSchema, Instant, SummarySchema
from ledger.api.services import services
from ledger.read import consignments
from ledger.read import returns as read
from ledger.read.returns import Coming, ReturnNote
from ledger.read.values import UnitSummary

returns = described_blueprint("returns", __name__, description="Returns to the station")


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


class ReturnNoteSchema(AsOfSchema):
    """A consignment that goes back to a station."""

    note = fields.String(required=True)
    sender = fields.String(required=True, allow_none=True)
    to = fields.String(required=True)
    sent = Instant(attribute="sent_ms", required=True)
    boxes = fields.Function(lambda note: [{"box": box, "seal": seal} for box, seal in note.boxes], required=True)
    units = fields.List(fields.Nested(ComingSchema), attribute="lines", required=True)
    pack = fields.Function(lambda note: note.pack[0], required=True)
    version = fields.Function(lambda note: note.pack[1], required=True)


class ReturnsSchema(AsOfSchema):
    """What is to go back, and the notes of what is on its way."""

    to_send = fields.List(fields.Nested(SummarySchema), required=True)
    notes = fields.List(fields.String(), required=True)


@dataclass(frozen=True, slots=True)
class Returns:
    """What is to go back, and the notes of what is on its way."""

    to_send: tuple[UnitSummary, ...]
    notes: tuple[str, ...]
    now_ms: int
    log_size: int


@described(returns, "/v1/returns", Answer(ReturnsSchema, "What goes back"))
def of_all() -> Returns:
    """The units that are to be sent back to a station, and the notes under which others are on their way."""
    own = scope()
    with services().reading() as reader:
        seen = (note for note in read.on_the_way(reader, own) if consignments.visible(reader, note, own))
        return Returns(read.to_send(reader, own), tuple(seen), services().clock.now_ms(), reader.log_size())


@described(returns, "/v1/consignments/<note>/return", Answer(ReturnNoteSchema, "What the pack says of each unit"))
def of_note(note: str) -> ReturnNote:
    """A return: why each unit goes back, what the pack's rule says of it, and what was decided."""
    name = f"consignment:{note.removeprefix('consignment:')}"
    with services().reading() as reader:
        is_seen = consignments.visible(reader, name, scope())
        found = read.return_note(reader, name, now_ms=services().clock.now_ms()) if is_seen else None
    if not is_seen:
        refuse(asking(), "unit.read", subject=name[:80])
        abort(404, "there is no such return, or it is not yours to see")
    if found is None:
        abort(409, f"{name} is a dispatch note of no return")
    return found
