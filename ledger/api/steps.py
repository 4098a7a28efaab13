"""`POST /v1/steps/{kind}`: a person's program records a step, by the same rules as the forms of the pages.

Any kind that a person asserts and that has no address of its own: from collection and opening stock over
transformations, results, release and assessment to receipt and discard.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Annotated

from flask import abort
from msgspec import Meta, Struct, field

from ledger.acts import fitting, persons
from ledger.acts import steps as recording
from ledger.acts.discarding import reason_fields
from ledger.acts.fitting import ELSEWHERE
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.edge import MAX_STEP_BYTES
from ledger.api.guard import asking
from ledger.api.recorded_schemas import RecordedSchema
from ledger.api.saying import MAX_BYTES, Said, answered, body, named, read, refuse, requested, require_role
from ledger.api.services import services
from ledger.core.errors import FormatError, Refused
from ledger.core.ids import parse_instant
from ledger.rules.dating import zone_of
from ledger.rules.evidence import MOST_FILES, EvidenceFile, What, read_evidence
from ledger.rules.transformation import SAME_BAG

steps = described_blueprint("steps", __name__, description="Steps")

MOST = 100


class EvidenceSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that an assessment rests on; it must name nobody.

    Attributes:
        what: what it is: a temperature logger's file (CSV, or PDF), or readings that a person wrote down.
        base64: its bytes.
    """

    what: What
    base64: str


class StepSaid(Said, frozen=True, kw_only=True):
    """A step.

    Attributes:
        fields: the kind's own fields (docs/format.md §3), once for each event; persons as logins or pseudonyms.
        time: when it happened; not given: now.
        keep_tag: of a transformation of one bag into one: the tag stays on it.
        evidence: of an assessment: the files that it rests on, kept beside the log.
    """

    fields: Annotated[list[dict[str, object]], Meta(min_length=1, max_length=MOST)]
    time: str | None = None
    keep_tag: bool = False
    evidence: Annotated[list[EvidenceSaid], Meta(max_length=MOST_FILES)] = field(default_factory=list)


@described(
    steps,
    "/v1/steps/<kind>",
    Answer(RecordedSchema, "It is recorded, now or before"),
    Asked(method="POST", body=body(StepSaid)),
)
def record(kind: str) -> dict[str, object]:
    """Record a step that the asking person did, once for each set of fields, all or nothing."""
    if kind in ELSEWHERE or kind not in recording.KINDS:
        abort(404, "there is no such step here; see docs/api.md")
    user = require_role(kind)
    said = read(StepSaid, most=MAX_STEP_BYTES if kind == "assessed" else MAX_BYTES)
    _require_instant(said.time)
    drafts = [with_reason(kind, fitted(kind, each)) for each in said.fields]
    if said.evidence:
        files = _files(kind, said.evidence)
        drafts = [{**each, "evidence": files} for each in drafts]
    drafts = _signed(kind, drafts, said)
    once = requested()
    further = _going_over(kind, drafts) if said.keep_tag else ()
    return answered(
        once,
        lambda: recording.record(
            once, kind, drafts, user=user, time=said.time, further=further, drawn_at=said.log_size
        ),
    )


def _signed(kind: str, drafts: Sequence[Mapping[str, object]], said: StepSaid) -> list[dict[str, object]]:
    """The drafts with persons as pseudonyms; a person signs a request once, however many units are in it."""
    found: dict[tuple[object, ...], dict[str, object]] = {}
    for each in drafts:
        signers = tuple(each.get(name) for name in persons.NAMED)
        if signers not in found:
            found[signers] = named(each, said.signatures)
    signed = [{**each, **found[tuple(each.get(name) for name in persons.NAMED)]} for each in drafts]
    for each in signed:
        if (refused := persons.refuse_signers(services().accounts, kind, each, asking())) is not None:
            refuse(refused)
    return signed


def fitted(kind: str, said: Mapping[str, object], **more: object) -> dict[str, object]:
    """The fields as their kind has them, with persons as they were given; or 422 at step `fields`."""
    found = fitting.fitted(kind, said)
    return refuse(found, **more) if isinstance(found, Refused) else found


def with_reason(kind: str, fields: Mapping[str, object]) -> dict[str, object]:
    """The fields, a reason that could lead to a donor withheld."""
    if kind != "discard_requested":
        return dict(fields)
    with services().reading() as reader:
        return {**fields, **reason_fields(reader, str(fields.get("code", "")), asking().organisation)}


def _files(kind: str, said: Sequence[EvidenceSaid]) -> list[EvidenceFile]:
    """The files that come with an assessment; or 422 at step `evidence`, with the line that cannot be read."""
    if kind != "assessed":
        refuse(Refused("fields", f"evidence: a {kind} rests on no file"))
    return [_file(each) for each in said]


def _file(said: EvidenceSaid) -> EvidenceFile:
    try:
        file = EvidenceFile(said.what, b64decode(said.base64, validate=True))
        read_evidence(file.what, file.document, zone=zone_of(services().site.timezone))
    except (binascii.Error, FormatError) as error:
        refuse(Refused("evidence", f"evidence: {error}"))
    return file


def _require_instant(time: str | None) -> None:
    try:
        if time is not None:
            parse_instant(time)
    except FormatError as error:
        refuse(Refused("fields", f"time: {error}"))


def _going_over(kind: str, drafts: list[dict[str, object]]) -> list[tuple[str, Mapping[str, object]]]:
    if kind not in SAME_BAG:
        refuse(Refused("fields", f"keep_tag: a {kind} leaves no bag with its tag"))
    with services().reading() as reader:
        return recording.tags_going_over(reader, drafts)
