"""`/v1/discards`: what awaits disposal, within the asking user's scope; a withheld reason stays so.

A discard is requested and approved as any other step (`ledger.api.steps`); its hand-over is counted here.
"""

from dataclasses import dataclass
from typing import Annotated

from flask import abort
from marshmallow import Schema, fields
from msgspec import Meta, field

from ledger.acts import discarding
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import scope
from ledger.api.recorded_schemas import RecordedSchema
from ledger.api.saying import Said, answered, body, read, requested, require_role
from ledger.api.schemas import AsOfSchema, ObservedSchema, SummarySchema
from ledger.api.services import services
from ledger.api.sweep_schemas import DifferenceSchema
from ledger.core.ids import Instant, Place, parse_instant
from ledger.read.discards import Waiting, waiting
from ledger.read.sweeping import Swept

discards = described_blueprint("discards", __name__, description="Discards")


class HandedOverSchema(RecordedSchema):
    """A hand-over for disposal."""

    comparison = fields.Nested(DifferenceSchema, required=True)


class WaitingSchema(Schema):
    """A unit that awaits disposal; `code` is `unsuitable` where its reason is withheld, null where it was assessed."""

    summary = fields.Nested(SummarySchema, attribute="unit", required=True)
    code = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    approved = fields.Boolean(attribute="requested.may_go", required=True)


class DiscardsSchema(ObservedSchema, AsOfSchema):
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


class HandOverSaid(Said, frozen=True, kw_only=True):
    """A count of what is handed over for disposal.

    Attributes:
        place: a place of one's own that is set apart for disposal.
        since: from when on what readers saw there counts; not given: only what was scanned.
        texts: what was scanned by hand: tags, labels, units.
        number: of the hand-over.
        dry_run: compare; nothing is written.
    """

    place: Place
    since: Instant | None = None
    texts: Annotated[list[str], Meta(max_length=1000)] = field(default_factory=list)
    number: Annotated[str, Meta(max_length=64)] = ""
    dry_run: bool = False


@described(
    discards,
    "/v1/discards/hand-over",
    Answer(HandedOverSchema, "What was counted against what is approved; without `dry_run` also what is recorded"),
    Asked(method="POST", body=body(HandOverSaid)),
)
def hand_over() -> dict[str, object]:
    """Count what is handed over for disposal, and sign for it once it is exactly what was approved."""
    user, said, own = require_role("discarded", "stock_taken"), read(HandOverSaid), scope()
    since_ms = None if said.since is None else parse_instant(said.since)
    with services().reading() as reader:
        place = reader.places.get(said.place)
        if place is None or place.use != discarding.DISPOSAL or own not in {None, place.organisation}:
            abort(422, "place: expected a place of your own organisation that is set apart for disposal")
        swept = Swept(place=said.place, since_ms=since_ms, texts=said.texts, scope=own)
        told = discarding.counted(reader, swept, now_ms=services().clock.now_ms())
    if said.dry_run:
        return {"comparison": told, "repeated": False, "events": []}
    once = requested()
    recorded = answered(once, lambda: discarding.hand_over(once, swept, told, number=said.number, user=user))
    return {"comparison": told, **recorded}
