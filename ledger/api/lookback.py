"""`/v1/lookback/…`: what a finding touches, as far as it is the asking user's to see."""

from datetime import date

from flask import abort

from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import scope
from ledger.api.lookback_schemas import AffectedSchema, LookbackQuerySchema
from ledger.api.services import services
from ledger.core.errors import FormatError
from ledger.core.ids import parse_instant
from ledger.read.affected import Affected, Question, affected
from ledger.rules.window import begins

lookback_routes = described_blueprint("lookback", __name__, description="Recall and lookback")


@described(
    lookback_routes,
    "/v1/lookback/<path:subject>",
    Answer(AffectedSchema, "What it touches"),
    Asked(query=LookbackQuerySchema),
)
def lookback(query: dict[str, object], subject: str) -> Affected:
    """All that a unit, donation, donor, lot, machine, bag, sample or place touches, and what became of it."""
    try:
        question = _question(subject, query)
        with services().reading() as reader:
            found = affected(reader, question, organisation=scope(), now_ms=services().clock.now_ms())
    except FormatError as error:
        abort(422, str(error))
    if found is None:
        abort(404, "the ledger never heard of it, or nothing that it touches is yours to see")
    return found


def _question(subject: str, query: dict[str, object]) -> Question:
    since, until = (None if query[name] is None else parse_instant(str(query[name])) for name in ("since", "until"))
    screened, months = query["screened"], query["months"]
    return Question(
        subject,
        "back" if query["direction"] == "back" else "onward",
        begins(screened if isinstance(screened, date) else None, months=int(str(months))),
        since,
        until,
    )
