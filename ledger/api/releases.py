"""`POST /v1/batch-releases`: a batch of pending units looked at, or its fit units released by two persons (批放行)."""

from typing import Annotated

from marshmallow import fields
from msgspec import Meta

from ledger.acts import pending
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import scope
from ledger.api.recorded_schemas import RecordedSchema
from ledger.api.saying import Said, answered, body, named, read, requested, require_role
from ledger.api.services import services
from ledger.core.ids import Place, Unit
from ledger.core.kinds import Word
from ledger.read import batches

releases = described_blueprint("releases", __name__, description="Batch release")
MOST = 500
"""Units of one batch: with the batch's own event they are recorded together."""


class BatchReleaseSchema(RecordedSchema):
    """How the units of a batch stand, and the rule that is against its release; empty: none is."""

    fit = fields.List(fields.String(), required=True)
    unfit = fields.List(fields.String(), required=True)
    undecided = fields.List(fields.String(), required=True)
    unaccounted = fields.List(fields.String(), required=True)
    refusal = fields.String(required=True)


class BatchSaid(Said, frozen=True, kw_only=True):
    """A batch.

    Attributes:
        release_batch: its name.
        units: every unit that was pending.
        second: the login of the second person, who signs.
        place: where.
        dry_run: say how its units stand; nothing is written, nobody has to sign.
    """

    release_batch: Word
    units: Annotated[list[Unit], Meta(min_length=1, max_length=MOST)]
    second: str = ""
    place: Place | None = None
    dry_run: bool = False


@described(
    releases,
    "/v1/batch-releases",
    Answer(BatchReleaseSchema, "How the units stand; without `dry_run` also what is recorded"),
    Asked(method="POST", body=body(BatchSaid)),
)
def release() -> dict[str, object]:
    """Release the fit units of a batch once every unit of it is accounted for, or look how they stand."""
    user, said = require_role("batch_released"), read(BatchSaid)
    units = list(dict.fromkeys(said.units))
    told = _standing(units)
    if said.dry_run:
        return {**told, "repeated": False, "events": []}
    second = str(named({"second": said.second}, said.signatures)["second"])
    once = requested()
    recorded = answered(
        once,
        lambda: pending.release(once, said.release_batch, units, place=said.place, user=user, second=second),
    )
    return {**told, **recorded}


def _standing(units: list[str]) -> dict[str, object]:
    """The units by verdict; what is not the asking person's to see is not accounted for."""
    with services().reading() as reader:
        return batches.standing(reader, units, organisation=scope(), now_ms=services().clock.now_ms())
