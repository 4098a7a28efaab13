"""`POST /v1/stock-takes`: a stock-take (盘点), its difference list looked at, and then signed."""

from collections.abc import Mapping
from typing import Annotated

from marshmallow import Schema, fields
from msgspec import Meta, field

from ledger.acts import stocktaking
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import scope
from ledger.api.recorded_schemas import RecordedSchema
from ledger.api.saying import Said, answered, body, read, refuse, requested, require_role
from ledger.api.schemas import AsOfSchema, ObservedSchema
from ledger.api.services import services
from ledger.api.sweep_schemas import DifferenceSchema
from ledger.core.errors import Refused
from ledger.core.ids import Instant, Place, parse_instant
from ledger.read.stocktaking import Take, take
from ledger.read.sweeping import Swept

stocktakes = described_blueprint("stocktakes", __name__, description="Stock-takes")


class AstraySchema(Schema):
    """What is wrong with bags that were found: the ledger has them elsewhere, or in a state that does not lie here."""

    misplaced = fields.List(fields.String(), required=True)
    wrong_state = fields.List(fields.String(), required=True)


class StockTakeSchema(RecordedSchema, ObservedSchema, AsOfSchema):
    """A place against what was found there; `looked_at` names exactly these lists."""

    place = fields.String(required=True)
    difference = fields.Nested(DifferenceSchema, required=True)
    astray = fields.Nested(AstraySchema, required=True)
    agrees = fields.Boolean(required=True)
    looked_at = fields.String(attribute="digest", required=True)


class StockTakeSaid(Said, frozen=True, kw_only=True):
    """A stock-take.

    Attributes:
        place: a place or box of one's own.
        since: from when on what readers saw there counts; not given: only what was scanned.
        texts: what was scanned by hand: tags, labels, units.
        looked_at: of the lists that the person saw and signs.
        dry_run: compare; nothing is written.
    """

    place: Place
    since: Instant | None = None
    texts: Annotated[list[str], Meta(max_length=1000)] = field(default_factory=list)
    looked_at: Annotated[str, Meta(max_length=64)] = ""
    dry_run: bool = False


@described(
    stocktakes,
    "/v1/stock-takes",
    Answer(StockTakeSchema, "What differs; without `dry_run` also what is recorded"),
    Asked(method="POST", body=body(StockTakeSaid)),
)
def take_stock() -> Mapping[str, object]:
    """Hold what was read in a place against what the ledger has there, and sign the lists that one looked at."""
    user, said, own = require_role("stock_taken"), read(StockTakeSaid), scope()
    since_ms = None if said.since is None else parse_instant(said.since)
    swept = Swept(place=said.place, since_ms=since_ms, texts=said.texts, scope=own)
    with services().reading() as reader:
        theirs = reader.organisation_of(said.place)
        if theirs is None or own not in {None, theirs}:
            refuse(Refused("stocktake.place", "expected a place of your own"))
        found = take(reader, said.place, swept, now_ms=services().clock.now_ms())
    if said.dry_run:
        return {**_told(found), "repeated": False, "events": []}
    once = requested()
    recorded = answered(once, lambda: stocktaking.sign(once, swept, found, looked_at=said.looked_at, user=user))
    return {**_told(found), **recorded}


def _told(found: Take) -> dict[str, object]:
    names = ("place", "difference", "astray", "agrees", "digest", "now_ms", "log_size")
    return {name: getattr(found, name) for name in names}
