"""`/v1/stock`: how much there is, within the asking user's scope, now and at past instants."""

from flask import abort

from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import scope
from ledger.api.services import services
from ledger.api.stock_schemas import StockQuerySchema, StockSchema
from ledger.core.custody import IN_TRANSIT
from ledger.core.errors import FormatError
from ledger.core.ids import parse_instant
from ledger.read.stock import Counted, Instant, counted
from ledger.rules.inventory import parse_columns

stock_routes = described_blueprint("stock", __name__, description="Stock")


@described(stock_routes, "/v1/stock", Answer(StockSchema, "The counts"), Asked(query=StockQuerySchema))
def stock(query: dict[str, str | None]) -> Counted:
    """Bags counted by columns; of an organisation's user those that it holds."""
    own, asked = scope(), query["holder"]
    if own is not None and asked not in {None, own}:
        abort(403, "the stock of another organisation")
    try:
        by = parse_columns(str(query["by"]))
        at_ms, known_ms = (None if text is None else parse_instant(text) for text in (query["at"], query["known"]))
    except FormatError as error:
        abort(422, str(error))
    instant = Instant(services().clock.now_ms(), at_ms, known_ms)
    if None not in {instant.at_ms, instant.known_ms}:
        abort(422, "at and known: one of them")
    with services().reading() as reader:
        if asked not in {None, IN_TRANSIT} and asked not in reader.organisations:
            abort(422, f"holder: expected an organisation of this ledger, or {IN_TRANSIT}; got {asked!r}")
        try:
            return counted(reader, by, holder=own or asked, instant=instant)
        except FormatError as error:
            abort(422, str(error))
