"""`/v1/units/<unit>/withheld`: what a unit's events withhold from the log, opened for whoever may, and audited."""

from dataclasses import dataclass

from flask import abort
from marshmallow import Schema, fields

from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import address, asking, no_such_unit, scope
from ledger.api.schemas import Instant
from ledger.api.services import services
from ledger.core.errors import Refused
from ledger.core.ids import is_id
from ledger.withheld.disclosure import Disclosed, disclose

blueprint = described_blueprint("withheld", __name__, description="Values that are withheld from the log")


class DisclosedSchema(Schema):
    """A value that an event withholds from the log, opened."""

    stream = fields.String(required=True)
    seq = fields.Integer(required=True)
    kind = fields.String(required=True)
    time = Instant(attribute="time_ms", required=True)
    commitment = fields.String(required=True)
    value = fields.String(required=True)


class WithheldSchema(Schema):
    """What a unit's events withhold, as far as the asking user may open it."""

    unit = fields.String(required=True)
    values = fields.List(fields.Nested(DisclosedSchema), required=True)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a unit's events withhold."""

    unit: str
    values: tuple[Disclosed, ...]


@described(blueprint, "/v1/units/<unit>/withheld", Answer(WithheldSchema, "The values"), Asked())
def of_unit(unit: str) -> Opened:
    """The values behind the commitments of a unit's events and its donation's; the audit names who opened them."""
    organisation, shared = scope(), services()
    if not is_id(unit, "unit"):
        no_such_unit(unit)
    with shared.reading() as reader:
        if not reader.visible(unit, organisation):
            no_such_unit(unit)
        found = disclose(
            shared.ledger.withheld,
            reader.entries_about(unit),
            shared.accounts,
            user=asking(),
            address=address(),
            subject=unit,
            now_ms=shared.wall.now_ms(),
        )
    if isinstance(found, Refused):
        abort(403, found.reason)
    return Opened(unit, found)
