"""`/v1/units/{unit}/passport` and `/v1/consignments/{note}/passport`: passports, made for those who may see the units.

A unit or a note that does not exist and one that is another organisation's give the same answer.
"""

from collections.abc import Sequence

from flask import Response, request
from marshmallow import Schema, fields, validate

from ledger import acceptance
from ledger.acceptance import Acceptable
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking, no_such_unit, scope
from ledger.api.problems import problem
from ledger.api.services import services
from ledger.append import Draft, Rejected
from ledger.core import kinds
from ledger.core.errors import Refused, XuemaiError
from ledger.core.ids import is_id
from ledger.core.passport import out_of_page
from ledger.passport_page import PAGE_TYPE, page_of
from ledger.passports import Fields, NotYetError, state_exposures
from ledger.read import consignments, passports

blueprint = described_blueprint("passports", __name__, description="Passports")

PASSPORT_TYPE = "application/json"
_BODY = {
    "required": True,
    "description": "The passport, or the page that carries it; at most 16 MiB.",
    "content": {"application/json": {"schema": {"type": "object"}}, "text/html": {"schema": {"type": "string"}}},
}
_SOON = {"Retry-After": "1"}
_MADE = "`xuemai/passport/v1`; with `format=html` as one page that verifies itself offline"


class AcceptedSchema(Schema):
    """A passport of another site's log that was accepted."""

    verdict = fields.String(attribute="found.verdict", required=True, validate=validate.OneOf(["valid", "warnings"]))
    origin = fields.String(attribute="found.origin", required=True)
    log_size = fields.Integer(attribute="found.log_size", required=True)
    sha256 = fields.String(required=True, metadata={"description": "base64 SHA-256 of its bytes"})
    units = fields.List(fields.String(), required=True)


class NotePassportQuerySchema(Schema):
    """In which form to answer."""

    format = fields.String(load_default="json", validate=validate.OneOf(("json", "html")))


class PassportQuerySchema(NotePassportQuerySchema):
    """In which form to answer, and how much to carry."""

    full = fields.Boolean(
        load_default=False,
        metadata={"description": "carry every temperature segment that the exposure statement rests on"},
    )


@described(
    blueprint,
    "/v1/units/<unit>/passport",
    Answer({"type": "object"}, f"The unit's provenance passport, {_MADE}", content_type=PASSPORT_TYPE),
    Asked(query=PassportQuerySchema),
)
def of_unit(query: dict[str, object], unit: str) -> Response:
    """The unit's passport: everything that a receiver needs to verify its history offline."""
    _require_visible(unit, "unit")
    return _issued(unit, form=str(query["format"]), make=passports.export_full if query["full"] else passports.export)


@described(
    blueprint,
    "/v1/consignments/<note>/passport",
    Answer({"type": "object"}, f"The dispatch note's provenance passport, {_MADE}", content_type=PASSPORT_TYPE),
    Asked(query=NotePassportQuerySchema),
)
def of_note(query: dict[str, object], note: str) -> Response:
    """The passport of all units of a dispatch note, with one verdict on the whole and a finding a unit."""
    _require_visible(note, "consignment")
    return _issued(note, form=str(query["format"]), make=passports.export)


@described(
    blueprint,
    "/v1/passports",
    Answer(AcceptedSchema, "What was accepted"),
    Asked(method="POST", body=_BODY),
)
def accept() -> Acceptable | Response:
    """Accept a passport of another site's log, if it holds under the policy that this site keeps of its partners."""
    shared = services()
    raw = out_of_page(request.get_data(cache=False))
    judged = acceptance.judge(raw, policy=acceptance.partners_policy(shared.site), own=shared.site.origin)
    if isinstance(judged, Refused):
        return problem(422, judged.reason, more={"step": judged.step})
    by = asking().person
    drafts = [Draft(kinds.PassportAccepted, {**fields, "by": by}) for fields in judged.fields]
    try:
        answer = shared.ledger.enclose(drafts, raw)
    except Rejected as rejected:
        return problem(rejected.status, rejected.reason, more={"step": rejected.step}, headers=_SOON)
    if isinstance(answer, Refused):
        return problem(409 if answer.step == "enclosure" else 422, answer.reason, more={"step": answer.step})
    return judged


def _require_visible(subject: str, kind: str) -> None:
    organisation = scope()
    if not is_id(subject, kind):
        no_such_unit(subject)
    with services().reading() as reader:
        if not consignments.visible(reader, subject, organisation):
            no_such_unit(subject)


def _issued(subject: str, *, form: str, make: passports.Export) -> Response:
    shared = services()
    now_ms = shared.clock.now_ms()
    try:
        state_exposures(shared.site, subject, now_ms=now_ms, record=_state, publish=_publish)
        with services().reading() as reader:
            exported = make(reader, subject, log_key=shared.site.verifier("log"))
    except NotYetError as error:
        return problem(503, str(error), headers=_SOON)
    except Rejected as rejected:
        return problem(rejected.status, rejected.reason, more={"step": rejected.step}, headers=_SOON)
    return _as_file(exported, subject, form=form)


def _as_file(exported: bytes, subject: str, *, form: str) -> Response:
    is_page = form == "html"
    made, content_type = (page_of(exported), PAGE_TYPE) if is_page else (exported, PASSPORT_TYPE)
    response = Response(made, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="passport-{subject.partition(":")[2]}.{form}"'
    return response


def _state(stated: Sequence[Fields], time: str) -> None:
    answer = services().ledger.record("site", [Draft(kinds.ExposureStated, fields, time) for fields in stated])
    if isinstance(answer, Refused):
        raise XuemaiError(f"the site may not state an exposure: {answer.reason}")


def _publish() -> None:
    services().publish()
