"""`POST /v1/units/{unit}/bedside`: a hospital's own system reports what it recorded, from crossmatch to reaction.

By the same rules as the pages, asked in the same transaction. The system's account vouches for who acted: it names
colleagues of its own organisation, and the event says that it reported them. An `Idempotency-Key` makes a report safe
to send again: with the same content it is answered as before, with another it is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from flask import Response, abort, request
from marshmallow import Schema, fields

from ledger.accounts import User
from ledger.api.asked import read_json
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking, no_such_unit, refuse, scope
from ledger.api.problems import problem
from ledger.api.services import services
from ledger.append import Draft, Rejected
from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.errors import FormatError, Refused
from ledger.core.events import kind_of
from ledger.core.ids import format_instant, is_id, parse_instant
from ledger.core.spelling import exact
from ledger.read import asserting, permitted
from ledger.read.reader import Reader

blueprint = described_blueprint("bedside", __name__, description="Transfusion end")

KINDS: Mapping[str, type[kinds.Event]] = {
    "crossmatched": kinds.Crossmatched,
    "issued": kinds.Issued,
    "bedside_checked": kinds.BedsideChecked,
    "transfused": kinds.Transfused,
    "not_transfused": kinds.NotTransfused,
    "returned_to_bank": kinds.ReturnedToBank,
    "reaction": kinds.Reaction,
    "bag_returned": kinds.BagReturned,
}
"""What may be reported."""

MAX_BYTES = 8192
_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_PERSONS = ("by", "second", "collector")
_OURS = frozenset({"v", "stream", "seq", "nonce", "clock", "recorded_at", "unit", "reported_by", "report"})
"""Fields that the ledger fills in."""
_SAMPLE = {"v": 1, "stream": "web", "seq": 1, "nonce": "0" * 32, "clock": "synchronised"}
_SOON = {"Retry-After": "1"}
_BODY = {
    "required": True,
    "description": "`kind`, one of " + ", ".join(KINDS) + "; the kind's own fields (docs/format.md §3) but `unit`;"
    " `by`, `second` and `collector` as logins or pseudonyms of colleagues, `time` where it is not now. The header"
    " `Idempotency-Key` is a random UUID.",
    "content": {"application/json": {"schema": {"type": "object", "required": ["kind"]}}},
}


class ReportedSchema(Schema):
    """Where a report stands in the log; `repeated` where the same had been recorded before."""

    kind = fields.String(required=True)
    time = fields.String(required=True)
    stream = fields.String(required=True)
    seq = fields.Integer(required=True)
    log_index = fields.Integer(required=True)
    repeated = fields.Boolean(required=True)


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was read: its kind, its fields, and when it happened (None: now)."""

    kind: str
    fields: Mapping[str, object]
    time: str | None


@described(
    blueprint,
    "/v1/units/<unit>/bedside",
    Answer(ReportedSchema, "It is recorded, now or before"),
    Asked(method="POST", body=_BODY),
)
def report(unit: str) -> dict[str, object] | Response:
    """Record what a hospital's own system reports of one of its units."""
    _require_visible(unit)
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.match(key):
        return problem(400, "expected a random UUID in lower case in the header Idempotency-Key")
    said = _read(unit, key)
    if isinstance(said, Refused):
        return problem(422, said.reason, more={"step": said.step})
    if not asking().may_assert(said.kind):
        refuse(asking(), f"event.assert:{said.kind}", subject=unit)
        return problem(403, f"none of the token's roles may record {said.kind}")
    return _record(unit, key, said)


def _record(unit: str, key: str, said: Report) -> dict[str, object] | Response:
    user, now_ms = asking(), services().clock.now_ms()
    at_ms = now_ms if said.time is None else parse_instant(said.time)
    if at_ms > now_ms:
        return problem(
            422, f"it is {format_instant(now_ms)} now; a step cannot happen later", more={"step": "time.ahead"}
        )
    before: list[Recorded] = []

    def check(reader: Reader) -> Refused | None:
        before.extend(_reported(reader, unit, key, user))
        if before:
            same = _own_fields(before[0].event) == _own_fields(_event(said))
            return Refused("report.repeated" if same else "report.differs", "this key was used for another report")
        organisation = user.organisation
        refused = permitted.refuse(reader, said.kind, said.fields, organisation=organisation, now_ms=now_ms)
        return refused or asserting.refuse(reader, said.kind, said.fields, at_ms=at_ms)

    try:
        answer = services().ledger.record("web", [Draft(KINDS[said.kind], said.fields, time=said.time)], check)
    except Rejected as rejected:
        return problem(rejected.status, rejected.reason, more={"step": rejected.step}, headers=_SOON)
    if not isinstance(answer, Refused):
        return _told(answer[0], repeated=False)
    if answer.step == "report.repeated":
        return _told(before[0], repeated=True)
    return problem(409 if answer.step == "report.differs" else 422, answer.reason, more={"step": answer.step})


def _told(recorded: Recorded, *, repeated: bool) -> dict[str, object]:
    event = recorded.event
    where = {"stream": event.stream, "seq": event.seq, "log_index": recorded.log_index}
    return {"kind": kind_of(event), "time": event.time, "repeated": repeated, **where}


def _require_visible(unit: str) -> None:
    organisation = scope()
    if organisation is None:
        abort(403, "a hospital's own system reports of its own units alone; this token is of no organisation")
    if not is_id(unit, "unit"):
        no_such_unit(unit)
    with services().reading() as reader:
        if not reader.visible(unit, organisation):
            no_such_unit(unit)


def _read(unit: str, key: str) -> Report | Refused:
    """The report, every person in it a pseudonym; Refused where it is none."""
    raw = request.get_data(cache=False)
    try:
        said = read_json(raw, dict[str, object]) if len(raw) <= MAX_BYTES else {}
    except FormatError as error:
        return Refused("body", f"expected a JSON object; {error}")
    kind = said.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        return Refused(
            "kind", f"expected at most {MAX_BYTES} bytes with a kind of {', '.join(KINDS)}; got {kind!r:.80}"
        )
    ours = sorted(_OURS.intersection(said))
    if ours:
        return Refused("fields", f"{', '.join(ours)}: the ledger fills this in")
    time = said.pop("time", None)
    persons = _colleagues(said, asking(), kind)
    if isinstance(persons, Refused):
        return persons
    fields = {**said, **persons, "unit": unit, "reported_by": asking().person, "report": key}
    return _fitted(kind, fields, time)


def _fitted(kind: str, fields: Mapping[str, object], time: object) -> Report | Refused:
    """The fields as their kind has them."""
    when = format_instant(services().clock.now_ms()) if time is None else time
    try:
        made = msgspec.convert({"kind": kind, **_SAMPLE, "time": when, **fields}, exact(KINDS[kind]))
        if isinstance(time, str):
            parse_instant(time)
    except (msgspec.ValidationError, FormatError) as error:
        return Refused("fields", str(error))
    return Report(kind, {name: getattr(made, name) for name in fields}, time if isinstance(time, str) else None)


def _colleagues(said: Mapping[str, object], user: User, kind: str) -> dict[str, object] | Refused:
    """Logins and pseudonyms as pseudonyms; all of the system's own organisation, who acts with a role that may."""
    accounts, found = services().accounts, dict[str, object]({"by": user.person})
    for name in _PERSONS:
        if name not in said:
            continue
        text = str(said[name])
        other = accounts.user(text) if is_id(text, "person") else accounts.user_named(text)
        if other is None or other.disabled or other.organisation != user.organisation:
            return Refused("person.unknown", f"{name}: expected the login of a colleague")
        if name == "by" and not other.may_assert(kind):
            return Refused("role", f"by: none of their roles may record {kind}")
        found[name] = other.person
    return found


def _reported(reader: Reader, unit: str, key: str, user: User) -> list[Recorded]:
    """What this system reported of the unit under this key."""
    return [
        each
        for each in reader.told(unit)
        if isinstance(each.event, kinds.AtBedside)
        and (each.event.unit, each.event.report, each.event.reported_by) == (unit, key, user.person)
    ]


def _event(said: Report) -> kinds.Event:
    made: kinds.Event = KINDS[said.kind](**_SAMPLE, time=said.time or "", **said.fields)  # type: ignore[arg-type]  # fitted
    return made


def _own_fields(event: kinds.Event) -> dict[str, object]:
    """What the report said, less what the ledger filled in and the time, which may have been left to it."""
    left_out = {*_SAMPLE, "time", "recorded_at"}
    told = {name: getattr(event, name) for name in event.__struct_fields__ if name not in left_out}
    return {"kind": type(event).__struct_config__.tag, **told}
