"""`/v1/consignments/<note>/receipt`: a consignment where it is received, as the sweep goes."""

from flask import abort

from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking, refuse, scope
from ledger.api.schemas import ReceiptQuerySchema, ReceiptSchema
from ledger.api.services import services
from ledger.core.errors import ConfigError, FormatError
from ledger.core.ids import parse_instant
from ledger.read import consignments
from ledger.read.receiving import Receipt, receipt
from ledger.read.sweeping import Swept

receipts = described_blueprint("receipts", __name__, description="Receipts")


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
