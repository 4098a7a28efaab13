"""`/v1/labels` and `/v1/checklists`: what a scan says as this site reads it, and what its checklists ask.

A label is sent in the body, and never in the address, which servers write down: some structures identify a person.
"""

from dataclasses import dataclass
from typing import Annotated

from marshmallow import Schema, fields
from msgspec import Meta

from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.saying import Said, body, read, refuse
from ledger.api.services import services
from ledger.core.checklist import STEPS, Checklist
from ledger.core.errors import LabelError, Refused
from ledger.core.labels.telling import told
from ledger.rules.checklist import in_force

labels = described_blueprint("labels", __name__, description="Labels and checklists")


class LabelSchema(Schema):
    """A scan: its structures, what it names, and what its codes mean by the site's tables."""

    scheme = fields.String(required=True)
    structures = fields.List(fields.Dict(), required=True)
    compound = fields.Integer(required=True, allow_none=True)
    din = fields.String(required=True, allow_none=True)
    product = fields.String(required=True, allow_none=True)
    unit = fields.String(required=True, allow_none=True)
    meanings = fields.List(fields.Dict(), required=True)


class WordingSchema(Schema):
    """A code of a checklist, and its words."""

    code = fields.String(required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)


class ChecklistSchema(Schema):
    """A checklist in force: a step's `checklist` names its version and hash, and answers every item in this order."""

    step = fields.String(required=True)
    version = fields.String(required=True)
    sha256 = fields.String(required=True)
    items = fields.List(fields.Nested(WordingSchema), required=True)
    refusals = fields.List(fields.Nested(WordingSchema), required=True)


class ChecklistsSchema(Schema):
    """The checklists in force."""

    checklists = fields.List(fields.Nested(ChecklistSchema), required=True)


class LabelSaid(Said, frozen=True, kw_only=True):
    """One scan."""

    text: Annotated[str, Meta(min_length=1, max_length=4000)]


@dataclass(frozen=True, slots=True)
class Asking:
    """The checklists in force."""

    checklists: tuple[Checklist, ...]


@described(labels, "/v1/labels", Answer(LabelSchema, "What the label says"), Asked(method="POST", body=body(LabelSaid)))
def parse() -> dict[str, object]:
    """Read one scan as this site does: ISBT 128, or a scheme of its own. Nothing is recorded."""
    try:
        return told(services().labels, read(LabelSaid).text)
    except LabelError as error:
        refuse(Refused("label", str(error)))


@described(labels, "/v1/checklists", Answer(ChecklistsSchema, "The checklists in force"))
def checklists() -> Asking:
    """What the site asks at a receipt and at an issue; none for a step at which it asks nothing."""
    every = services().site.checklists
    return Asking(tuple(asked for step in STEPS if (asked := in_force(every, step)) is not None))
