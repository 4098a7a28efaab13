"""`/v1/consignments/<note>/receipt`: a consignment where it is received, as the sweep goes."""

from flask import abort
from marshmallow import Schema, fields, validate

from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking, refuse, scope
from ledger.api.schemas import Instant, ObservedSchema
from ledger.api.services import services
from ledger.api.sweep_schemas import ComparisonSchema
from ledger.core.errors import ConfigError, FormatError
from ledger.core.ids import parse_instant
from ledger.read import consignments
from ledger.read.receiving import Receipt, receipt
from ledger.read.sweeping import Swept

receipts = described_blueprint("receipts", __name__, description="Receipts")


class ReceiptQuerySchema(Schema):
    """Where readers and scanners are listened to, and from when on."""

    place = fields.String(load_default=None, validate=validate.Length(max=300))
    since = fields.String(load_default=None, metadata={"description": "an instant; since the dispatch if not given"})


class ReceiptLineSchema(Schema):
    """One unit of a dispatch note: what its receipt said, `accepted`, `held`, `refused`, or null: still to come."""

    unit = fields.String(required=True)
    outcome = fields.String(required=True, allow_none=True)


class HoldSchema(Schema):
    """Why a whole consignment is held back: `temperature` of a unit, `box-time` of a box, `transit-time` of all."""

    cause = fields.String(required=True)
    subject = fields.String(required=True)
    minutes = fields.Integer(required=True)
    limit = fields.Integer(required=True, allow_none=True)


class ReceiptSchema(ObservedSchema):
    """A consignment where it is received."""

    note = fields.String(required=True)
    to = fields.String(required=True)
    sent = Instant(attribute="sent_ms", required=True)
    place = fields.String(required=True, allow_none=True)
    since = Instant(attribute="since_ms", required=True)
    as_of = Instant(attribute="now_ms", required=True)
    units = fields.List(fields.Nested(ReceiptLineSchema), attribute="lines", required=True)
    comparison = fields.Nested(ComparisonSchema, required=True)
    holds = fields.List(fields.Nested(HoldSchema), required=True)
    outstanding = fields.List(fields.String(), required=True)
    proposed = fields.List(fields.String(), required=True)


@described(
    receipts,
    "/v1/consignments/<note>/receipt",
    Answer(ReceiptSchema, "Manifest and sweep, what differs, what holds it back"),
    Asked(query=ReceiptQuerySchema),
)
def of_note(query: dict[str, str | None], note: str) -> Receipt:
    """A dispatch note's manifest against what readers and scanners saw at a place of one's own."""
    name, place, own = f"consignment:{note.removeprefix('consignment:')}", query["place"], scope()
    try:
        since_ms = None if query["since"] is None else parse_instant(query["since"])
    except FormatError as error:
        abort(422, str(error))
    with services().reading() as reader:
        if not consignments.visible(reader, name, own):
            refuse(asking(), "unit.read", subject=name[:80])
            abort(404, "there is no such dispatch note, or it is not yours to see")
        theirs = None if place is None else reader.organisation_of(place)
        if place is not None and (theirs is None or own not in {None, theirs}):
            abort(422, "place: expected a registered place of your own organisation")
        swept = Swept(place=place, since_ms=since_ms, scope=own)
        try:
            found = receipt(reader, name, swept, now_ms=services().clock.now_ms())
        except ConfigError as error:
            abort(503, str(error))
    assert found is not None  # noqa: S101  a visible note was dispatched; for the type checker
    return found
