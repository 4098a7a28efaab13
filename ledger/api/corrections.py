"""`/v1/corrections`, `/v1/comments`, `/v1/late`: what was said wrongly, a word on an event, and paper records (补录).

By the same rules as on the pages (`ledger.acts.corrections`, `ledger.acts.late`).
"""

from collections.abc import Sequence
from typing import Annotated

from marshmallow import Schema, fields
from msgspec import Meta, Struct

from ledger.acts import corrections, late
from ledger.acts.corrections import Correction, Signed
from ledger.acts.fitting import ELSEWHERE
from ledger.acts.late import Blamed, Row
from ledger.acts.steps import KINDS
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking
from ledger.api.recorded_schemas import RecordedSchema
from ledger.api.saying import Said, answered, body, named, read, refuse, requested, require_role
from ledger.api.services import services
from ledger.api.steps import fitted, with_reason
from ledger.core.errors import Refused
from ledger.core.ids import Instant, Unit
from ledger.core.kinds import Sequence as Seq

corrections_routes = described_blueprint("corrections", __name__, description="Corrections and late entries")

Stream = Annotated[str, Meta(min_length=1, max_length=80)]
Text = Annotated[str, Meta(min_length=1, max_length=400)]


class EnteredRowSchema(Schema):
    """A step of a paper record."""

    row = fields.Integer(required=True)
    kind = fields.String(required=True)
    time = fields.String(required=True)


class EnteredSchema(RecordedSchema):
    """Paper records: their rows, and the events that they became."""

    rows = fields.List(fields.Nested(EnteredRowSchema), required=True)


class CorrectionSaid(Said, frozen=True, kw_only=True):
    """A correction.

    Attributes:
        stream: the stream of what is wrong.
        seq: its number there.
        reason: what is wrong about it.
        instead: every field of what stands in its place; not given: nothing does, it is struck out.
        time: when that happened; not given: when the wrong one says.
        second: the login of the second person, who signs, where one is asked for.
    """

    stream: Stream
    seq: Seq
    reason: Text
    instead: dict[str, object] | None = None
    time: Instant | None = None
    second: str | None = None


class CommentSaid(Said, frozen=True, kw_only=True):
    """A comment; `unit` where a tag alone was seen and the comment is to stand with the unit that it was on."""

    stream: Stream
    seq: Seq
    reason: Text
    unit: Unit | None = None


class RowSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of a paper record; `by` is the login of who acted, if it was not who enters it."""

    kind: str
    time: Instant
    fields: dict[str, object]
    by: str = ""


class LateSaid(Said, frozen=True, kw_only=True):
    """Paper records.

    Attributes:
        rows: the steps.
        second: the login of who held them against the paper, and signs.
        dry_run: say what would be recorded and what stands against it; nothing is written, nobody has to sign.
    """

    rows: Annotated[list[RowSaid], Meta(min_length=1, max_length=late.MAX_ROWS)]
    second: str = ""
    dry_run: bool = False


_RECORDED = Answer(RecordedSchema, "It is recorded, now or before")


@described(corrections_routes, "/v1/corrections", _RECORDED, Asked(method="POST", body=body(CorrectionSaid)))
def correct() -> dict[str, object]:
    """Correct what a person said: the wrong one stays, and what is right stands in its place."""
    require_role("corrected")
    said = read(CorrectionSaid)
    who = _signed({} if said.second is None else {"second": said.second}, said)
    wanted = Correction(said.stream, said.seq, said.reason, said.instead, said.time, said.log_size)
    once = requested()
    with services().reading() as reader:
        return answered(once, lambda: corrections.correct(once, reader, wanted, who))


@described(corrections_routes, "/v1/comments", _RECORDED, Asked(method="POST", body=body(CommentSaid)))
def comment() -> dict[str, object]:
    """Comment on an event, a device's too, which counts as before."""
    require_role("commented")
    said = read(CommentSaid)
    who, once = _signed({}, said), requested()
    wanted = Correction(said.stream, said.seq, said.reason)
    with services().reading() as reader:
        return answered(once, lambda: corrections.comment(once, reader, wanted, who, unit=said.unit))


@described(
    corrections_routes,
    "/v1/late",
    Answer(EnteredSchema, "What is recorded, or with `dry_run` what would be"),
    Asked(method="POST", body=body(LateSaid)),
)
def enter_late() -> dict[str, object]:
    """Record what stood on paper, all or nothing: at its own time, with who entered it and who confirmed it."""
    user = require_role("corrected")
    said = read(LateSaid)
    rows = [_row(number, each) for number, each in enumerate(said.rows, 1)]
    if said.dry_run:
        return _rehearsed(rows, said)
    if not said.second:
        refuse(Refused("late.two-persons", "a second person holds a late entry against the paper, and signs"))
    second = str(named({"second": said.second}, said.signatures)["second"])
    once, accounts = requested(), services().accounts
    answer = late.record(once, rows, user=user, second=second, accounts=accounts, drawn_at=said.log_size)
    if isinstance(answer, Blamed):
        refuse(answer.refused, row=answer.row)
    return {"rows": _told(rows), **answered(once, lambda: answer)}


def _rehearsed(rows: Sequence[Row], said: LateSaid) -> dict[str, object]:
    shared = services()
    with shared.reading() as reader:
        blamed = late.rehearse(
            reader,
            rows,
            user=asking(),
            accounts=shared.accounts,
            drawn_at=said.log_size,
            now_ms=shared.clock.now_ms(),
        )
    if blamed is not None:
        refuse(blamed.refused, row=blamed.row)
    return {"rows": _told(rows), "repeated": False, "events": []}


def _row(number: int, said: RowSaid) -> Row:
    if said.kind not in KINDS or said.kind in ELSEWHERE:
        refuse(Refused("fields", f"kind: there is no step {said.kind!r:.80} to be entered late"), row=number)
    fields = with_reason(said.kind, fitted(said.kind, said.fields, row=number))
    return Row(number, said.kind, fields, said.time, said.by)


def _told(rows: Sequence[Row]) -> list[dict[str, object]]:
    return [{"row": each.number, "kind": each.kind, "time": each.time} for each in rows]


def _signed(fields: dict[str, object], said: Said) -> Signed:
    second = named(fields, said.signatures).get("second")
    return corrections.signed_by(asking(), services().accounts, second=None if second is None else str(second))
