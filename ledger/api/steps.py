"""`POST /v1/steps/{kind}`: a person's program records a step, by the same rules as the forms of the pages.

Any kind that a person asserts and that has no address of its own: from collection and opening stock over
transformations, results, release and assessment to receipt and discard.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from flask import abort
from msgspec import Meta

from ledger import persons
from ledger import steps as recording
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking
from ledger.api.saying import Said, answered, body, named, read, refuse, requested, require_role
from ledger.api.schemas import RecordedSchema
from ledger.api.services import services
from ledger.core.errors import FormatError, Refused
from ledger.core.ids import parse_instant
from ledger.core.spelling import exact
from ledger.discarding import reason_fields
from ledger.rules.transformation import SAME_BAG

steps = described_blueprint("steps", __name__, description="Steps")

ELSEWHERE = frozenset(
    {"ordered", "order_cancelled", "dispatch_checked", "handed_over", "batch_released", "corrected", "commented",
     "discarded", "case_opened", "notice_sent", "notice_acknowledged", "case_closed"}
)  # fmt: skip
"""Kinds that have an address of their own: what they say is counted, numbered, or points at something."""
OURS = frozenset(
    {"v", "kind", "stream", "seq", "nonce", "time", "clock", "by", "recorded_at", "entered_by", "confirmed_by",
     "request", "reported_by", "report", "withheld"}
)  # fmt: skip
"""Fields that the ledger fills in."""
MOST = 100
_SAMPLE = {"v": 1, "stream": "web", "seq": 1, "nonce": "0" * 32, "clock": "synchronised"}
_SOMETIME = "2026-01-01T00:00:00.000Z"
_SOMEBODY = "person:" + "0" * 32


class StepSaid(Said, frozen=True, kw_only=True):
    """A step.

    Attributes:
        fields: the kind's own fields (docs/format.md §3), once for each event; persons as logins or pseudonyms.
        time: when it happened; not given: now.
        keep_tag: of a transformation of one bag into one: the tag stays on it.
    """

    fields: Annotated[list[dict[str, object]], Meta(min_length=1, max_length=MOST)]
    time: str | None = None
    keep_tag: bool = False


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
    said = read(StepSaid)
    _require_instant(said.time)
    drafts = [with_reason(kind, fitted(kind, each)) for each in said.fields]
    drafts = _signed(drafts, said)
    once = requested()
    further = _going_over(kind, drafts) if said.keep_tag else ()
    return answered(
        once,
        lambda: recording.record(
            once, kind, drafts, user=user, time=said.time, further=further, drawn_at=said.log_size
        ),
    )


def _signed(drafts: Sequence[Mapping[str, object]], said: StepSaid) -> list[dict[str, object]]:
    """The drafts with persons as pseudonyms; a person signs a request once, however many units are in it."""
    found: dict[tuple[object, ...], dict[str, object]] = {}
    for each in drafts:
        signers = tuple(each.get(name) for name in persons.NAMED)
        if signers not in found:
            found[signers] = named(each, said.signatures)
    return [{**each, **found[tuple(each.get(name) for name in persons.NAMED)]} for each in drafts]


def fitted(kind: str, said: Mapping[str, object], **more: object) -> dict[str, object]:
    """The fields as their kind has them, with persons as they were given; or 422 at step `fields`."""
    ours = sorted(OURS.intersection(said))
    if ours:
        refuse(Refused("fields", f"{', '.join(ours)}: the ledger fills this in"), **more)
    if kind in recording.NEEDS_PLACE and "place" not in said:
        refuse(Refused("fields", f"place: a {kind} says where"), **more)
    tried = {name: _SOMEBODY if name in persons.NAMED else value for name, value in said.items()}
    try:
        made = msgspec.convert({"kind": kind, **_SAMPLE, "time": _SOMETIME, **tried}, exact(recording.KINDS[kind]))
    except msgspec.ValidationError as error:
        refuse(Refused("fields", str(error)), **more)
    # The rules take components as a form gives them, and a checklist as its event has it.
    return {name: getattr(made, name) if name == "checklist" else said[name] for name in said}


def with_reason(kind: str, fields: Mapping[str, object]) -> dict[str, object]:
    """The fields, a reason that could lead to a donor withheld."""
    if kind != "discard_requested":
        return dict(fields)
    with services().reading() as reader:
        return {**fields, **reason_fields(reader, str(fields.get("code", "")), asking().organisation)}


def _require_instant(time: str | None) -> None:
    try:
        parse_instant(time or _SOMETIME)
    except FormatError as error:
        refuse(Refused("fields", f"time: {error}"))


def _going_over(kind: str, drafts: list[dict[str, object]]) -> list[tuple[str, Mapping[str, object]]]:
    if kind not in SAME_BAG:
        refuse(Refused("fields", f"keep_tag: a {kind} leaves no bag with its tag"))
    with services().reading() as reader:
        return recording.tags_going_over(reader, drafts)
