"""`/v1/discards`: what awaits disposal, within the asking user's scope; a withheld reason stays so."""

from dataclasses import dataclass

from marshmallow import Schema, fields

from ledger.api.documents import Answer, described, described_blueprint
from ledger.api.guard import scope
from ledger.api.schemas import AsOfSchema, SummarySchema
from ledger.api.services import services
from ledger.read.discards import Waiting, waiting

discards = described_blueprint("discards", __name__, description="Discards")


class WaitingSchema(Schema):
    """A unit that awaits disposal; `code` is `unsuitable` where its reason is withheld, null where it was assessed."""

    summary = fields.Nested(SummarySchema, attribute="unit", required=True)
    code = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    approved = fields.Boolean(attribute="requested.may_go", required=True)


class DiscardsSchema(AsOfSchema):
    """What awaits disposal, by unit."""

    waiting = fields.List(fields.Nested(WaitingSchema), required=True)


@dataclass(frozen=True, slots=True)
class Discards:
    """What awaits disposal."""

    waiting: tuple[Waiting, ...]
    now_ms: int
    log_size: int


@described(discards, "/v1/discards", Answer(DiscardsSchema, "What awaits disposal"))
def of_all() -> Discards:
    """The units that somebody asked to discard, and whether that is approved; of an organisation's user their own."""
    with services().reading() as reader:
        return Discards(waiting(reader, scope()), services().clock.now_ms(), reader.log_size())
