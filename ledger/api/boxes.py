"""`/v1/boxes`: transport boxes (运输箱), what lies in each, how warm it is, and how long it still keeps.

Packed, sealed, opened and emptied as any other step (`ledger.api.steps`): `packed`, `sealed`, `opened`, `unpacked`.
"""

from dataclasses import dataclass

from flask import abort
from marshmallow import Schema, fields

from ledger.api.documents import Answer, described, described_blueprint
from ledger.api.guard import scope
from ledger.api.schemas import AsOfSchema, Instant, NamedSchema, ObservedSchema, SummarySchema
from ledger.api.services import services
from ledger.core.errors import ConfigError
from ledger.read import boxes as read
from ledger.read.boxes import Box

box_routes = described_blueprint("boxes", __name__, description="Transport boxes")


class BoxSchema(Schema):
    """One box; minutes are those that it is qualified to keep, null where it is not, and what is left of them."""

    box = fields.String(attribute="place.id", required=True)
    registered = fields.Nested(NamedSchema, attribute="place", required=True)
    state = fields.String(attribute="boxed.state", required=True)
    seal = fields.String(attribute="boxed.seal", required=True, allow_none=True)
    packed = Instant(attribute="boxed.packed_ms", required=True, allow_none=True)
    dispatch_note = fields.String(attribute="boxed.note", required=True, allow_none=True)
    contents = fields.List(fields.Nested(SummarySchema), required=True)
    probe = fields.String(required=True, allow_none=True)
    read_at = Instant(attribute="read_ms", required=True, allow_none=True)
    centi_celsius = fields.Integer(required=True, allow_none=True)
    qualified_minutes = fields.Integer(attribute="minutes", required=True, allow_none=True)
    left_ms = fields.Integer(required=True, allow_none=True)


class BoxesSchema(ObservedSchema, AsOfSchema):
    """Boxes, by name."""

    boxes = fields.List(fields.Nested(BoxSchema), required=True)


@dataclass(frozen=True, slots=True)
class Boxes:
    """Boxes, and the instant and log size for which this holds."""

    boxes: tuple[Box, ...]
    now_ms: int
    log_size: int


@described(box_routes, "/v1/boxes", Answer(BoxesSchema, "The boxes"))
def of_all() -> Boxes:
    """The boxes of one's own, and those of others that hold what one may see."""
    own, now_ms = scope(), services().clock.now_ms()
    with services().reading() as reader:
        try:
            return Boxes(read.boxes(reader, own, now_ms=now_ms), now_ms, reader.log_size())
        except ConfigError as error:
            abort(503, str(error))
