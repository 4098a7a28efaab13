"""`/v1/cases`: cases of recall and lookback, for who leads them and for who was told: opened, withdrawn, closed.

By the same steps as on the pages (`ledger.acts.recalling`). A consignee acknowledges here.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from flask import abort
from msgspec import Meta

from ledger.accounts.permissions import CASE_LEAD
from ledger.acts import recalling
from ledger.acts.recalling import Opening
from ledger.api.case_schemas import CaseSchema, CasesSchema, NoticePageSchema
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking, scope
from ledger.api.problems import problem
from ledger.api.recorded_schemas import RecordedSchema
from ledger.api.saying import (
    Said,
    answered,
    audited,
    beside,
    body,
    own_signature,
    refuse,
    requested,
    require_role,
)
from ledger.api.saying import read as said_in
from ledger.api.services import services
from ledger.core.errors import Refused
from ledger.core.ids import Case, Instant, Unit
from ledger.read import cases as read
from ledger.read.cases import CasePage, NoticePage

cases_routes = described_blueprint("cases", __name__, description="Recall and lookback")
_NO_CASE = "there is no such case, or it is not yours to see"


@dataclass(frozen=True, slots=True)
class Listed:
    """The cases that one leads, and what one was told in others'."""

    cases: tuple[CasePage, ...]
    notices: tuple[NoticePage, ...]


@described(cases_routes, "/v1/cases", Answer(CasesSchema, "The cases"))
def cases() -> Listed:
    """The cases that the asking user's organisation leads, and the notices that it was sent; open ones first."""
    own, now_ms = scope(), services().clock.now_ms()
    with services().reading() as reader:
        led = read.cases(reader, organisation=own, now_ms=now_ms) if asking().may("lookback.read") else ()
        told = () if own is None else read.notices(reader, own, now_ms=now_ms)
    return Listed(led, told)


@described(cases_routes, "/v1/cases/<case>", Answer(CaseSchema, "The case"))
def case(case: str) -> CasePage:
    """A case for who leads it: what it touches, what is withdrawn, who was told, and what is still to be done."""
    with services().reading() as reader:
        found = read.case_page(reader, case, organisation=scope(), now_ms=services().clock.now_ms())
    return found or abort(404, _NO_CASE)


@described(
    cases_routes,
    "/v1/cases/<case>/acknowledgement",
    Answer(NoticePageSchema, "What was acknowledged"),
    Asked(method="POST"),
)
def acknowledge(case: str) -> NoticePage:
    """Acknowledge, for the asking user's organisation, all that it was told in a case; nothing has to be sent."""
    user, own, shared = asking(), scope(), services()
    refused = None if own is None else recalling.acknowledge(shared.ledger, case, organisation=own, by=user.person)
    if refused is not None and refused.step not in {"case.unknown", "case.no-notice"}:
        abort(problem(409, f"{refused.step}: {refused.reason}", more={"step": refused.step}))
    with shared.reading() as reader:
        found = None if own is None else read.notice_page(reader, case, organisation=own, now_ms=shared.clock.now_ms())
    if found is None:
        abort(404, _NO_CASE)
    audited("case_acknowledge", case)
    return found


class CaseSaid(Said, frozen=True, kw_only=True):
    """What a case is opened with, as `ledger.acts.recalling.Opening`."""

    case: Case
    sort: Literal["recall", "lookback"]
    about: Annotated[str, Meta(min_length=1, max_length=310)]
    learnt: Instant
    reason: Annotated[str, Meta(min_length=1, max_length=400)]
    direction: Literal["onward", "back"] = "onward"
    first_day: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")] | None = None
    since: Instant | None = None
    until: Instant | None = None


class WithdrawalSaid(Said, frozen=True, kw_only=True):
    """The units that the person who signs was shown as still to be withdrawn."""

    units: list[Unit]


class ClosureSaid(Said, frozen=True, kw_only=True):
    """What came of a case; `override` says why it is closed although something is open."""

    reason: Annotated[str, Meta(min_length=1, max_length=400)]
    override: Annotated[str, Meta(min_length=1, max_length=400)] | None = None


_RECORDED = Answer(RecordedSchema, "It is recorded, now or before")


@described(cases_routes, "/v1/cases", _RECORDED, Asked(method="POST", body=body(CaseSaid)))
def open_case() -> dict[str, object]:
    """Open a case, which the asking person's organisation leads."""
    user, said = require_role("case_opened"), said_in(CaseSaid)
    told = {name: getattr(said, name) for name in Opening.__dataclass_fields__}
    once, own = requested(), _own()
    answer = answered(once, lambda: recalling.open_case(once, Opening(**told), by=user.person, organisation=own))
    audited("case_open", said.case)
    return answer


@described(cases_routes, "/v1/cases/<case>/withdrawal", _RECORDED, Asked(method="POST", body=body(WithdrawalSaid)))
def withdraw(case: str) -> dict[str, object]:
    """Recall what is still to be withdrawn and tell every consignee, in one step that the asking person signs."""
    user, said = require_role("recalled", "notice_sent"), said_in(WithdrawalSaid)
    own_signature(said.signatures)
    once, own = requested(), _own()
    answer = answered(once, lambda: recalling.withdraw(once, case, seen=said.units, by=user.person, organisation=own))
    audited("case_withdraw", case)
    return answer


@described(cases_routes, "/v1/cases/<case>/closure", _RECORDED, Asked(method="POST", body=body(ClosureSaid)))
def close(case: str) -> dict[str, object]:
    """Close a case, if two quality officers of the organisation that leads it sign."""
    user, said, own = require_role("case_closed"), said_in(ClosureSaid), _own()
    own_signature(said.signatures)
    other = beside(said.signatures)
    if other.organisation != own or not other.may(CASE_LEAD):
        refuse(Refused("case.persons", "expected two quality officers of the organisation that leads the case"))
    once = requested()
    answer = answered(
        once,
        lambda: recalling.close(
            once,
            case,
            reason=said.reason,
            override=said.override,
            by=user.person,
            second=other.person,
            organisation=own,
        ),
    )
    audited("case_close", case)
    return answer


def _own() -> str:
    own = asking().organisation
    return own or refuse(Refused("case.unknown", "a case is led by one organisation"))
