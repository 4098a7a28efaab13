"""`/v1/cases`: cases of recall and lookback, for who leads them and for who was told; a consignee acknowledges here."""

from dataclasses import dataclass

from flask import abort

from ledger import recalling
from ledger.accounts import Actor
from ledger.api.case_schemas import CaseSchema, CasesSchema, NoticePageSchema
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import address, asking, scope
from ledger.api.services import services
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
    """Acknowledge, for the asking user's organisation, all that it was told in a case."""
    user, own, shared = asking(), scope(), services()
    refused = None if own is None else recalling.acknowledge(shared.ledger, case, organisation=own, by=user.person)
    if refused is not None and refused.step not in {"case.unknown", "case.no-notice"}:
        abort(409, f"{refused.step}: {refused.reason}")
    with shared.reading() as reader:
        found = None if own is None else read.notice_page(reader, case, organisation=own, now_ms=shared.clock.now_ms())
    if found is None:
        abort(404, _NO_CASE)
    shared.accounts.record(Actor(user.person, address()), "case_acknowledge", now_ms=shared.wall.now_ms(), subject=case)
    return found
