"""Recall and lookback: look what a finding touches, open a case about it, withdraw, tell, acknowledge, close, print."""

from collections.abc import Mapping
from datetime import date

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.acts.recalling import Opening
from ledger.core.errors import FormatError, Refused
from ledger.core.ids import is_id
from ledger.read import cases
from ledger.read.affected import SUBJECTS, Affected, affected
from ledger.read.cases import CasePage, NoticePage
from ledger.rules.window import MONTHS, begins
from web.actions import cases as case_actions
from web.blueprint import pages
from web.context import asking, now_ms, printed_names, scope, shared, speech


@pages.get("/recall")
def recall() -> str:
    """The cases that one leads, what one was told, who is late; and the form, filled with what the address names."""
    return _list(request.args, None, None)


@pages.post("/recall")
def recall_post() -> Response | str | tuple[str, int]:
    """Look what a finding touches, or open a case about it."""
    if not asking().may_assert("case_opened"):
        abort(403)
    typed = request.form
    try:
        opening = _opening(typed)
    except (FormatError, ValueError) as error:
        return _list(typed, None, Refused("case.question", str(error))), 422
    if "look" in typed:
        found = _looked(opening)
        refused = found if isinstance(found, Refused) else None
        return _list(typed, None if isinstance(found, Refused) else found, refused), 422 if refused else 200
    refused = case_actions.open_case(opening)
    if refused is not None:
        return _list(typed, None, refused), 422
    return redirect(url_for("pages.case", case=opening.case), 303)


@pages.get("/recall/<case>")
def case(case: str) -> str:
    """One case: all of it for who leads it, for a consignee what it was told."""
    return _page(case, None)


@pages.post("/recall/<case>/withdraw")
def withdraw_case(case: str) -> Response | tuple[str, int]:
    """Recall what is still to be withdrawn, and tell every consignee, in one signed step."""
    seen = request.form.get("seen", "").split()
    return _after(case, case_actions.withdraw(case, seen=seen, password=request.form.get("password", "")))


@pages.post("/recall/<case>/acknowledge")
def acknowledge_case(case: str) -> Response | tuple[str, int]:
    """Acknowledge what one's organisation was told."""
    return _after(case, case_actions.acknowledge(case, reason=_text("reason")))


@pages.post("/recall/<case>/close")
def close_case(case: str) -> Response | tuple[str, int]:
    """Close a case, if two quality officers sign."""
    form = request.form
    refused = case_actions.close(
        case,
        reason=form.get("reason", "").strip(),
        override=_text("override"),
        password=form.get("password", ""),
        colleague=form.get("colleague", "").strip(),
        colleague_password=form.get("colleague_password", ""),
    )
    return _after(case, refused)


@pages.post("/recall/<case>/notes")
def note_case(case: str) -> Response | tuple[str, int]:
    """Note something beside the log, or forget every note."""
    _led(case)
    if "erase" in request.form:
        return _after(case, case_actions.erase_notes(case, password=request.form.get("password", "")))
    return _after(case, case_actions.note(case, request.form.get("note", "")))


@pages.get("/recall/<case>/file")
def case_file(case: str) -> str:
    """The case on paper."""
    return _render("case_file.html", _led(case), None)


def _opening(typed: Mapping[str, str]) -> Opening:
    number, about = typed.get("case", "").strip(), typed.get("about", "").strip()
    said, screened = speech(), typed.get("screened", "").strip()
    learnt, since, until = (typed.get(name, "").strip() for name in ("learnt", "since", "until"))
    months = int(typed.get("months", "") or MONTHS)
    if not 0 <= months <= 1200:
        raise FormatError(f"expected 0 to 1200 months; got {months}")
    first = begins(_day(screened), months=months) if screened else None
    return Opening(
        case=number if number.startswith("case:") else f"case:{number}",
        sort="lookback" if typed.get("sort") == "lookback" else "recall",
        about=identifier(about),
        learnt=said.instant_of(learnt or said.typed_moment(now_ms())),
        reason=typed.get("reason", "").strip(),
        direction="back" if typed.get("direction") == "back" else "onward",
        first_day=None if first is None else first.isoformat(),
        since=said.instant_of(since) if since else None,
        until=said.instant_of(until) if until else None,
    )


def _looked(opening: Opening) -> Affected | Refused:
    try:
        with shared().reading() as reader:
            found = affected(reader, cases.question_of(opening), organisation=scope(), now_ms=now_ms())
    except FormatError as error:
        return Refused("case.question", str(error))
    return found or Refused("case.nothing-found", f"the ledger knows of no unit of yours that {opening.about} touches")


def _list(typed: Mapping[str, str], looked: Affected | None, refused: Refused | None) -> str:
    own = asking().organisation
    with shared().reading() as reader:
        led = cases.cases(reader, organisation=scope(), now_ms=now_ms()) if asking().may("lookback.read") else ()
        told = () if own is None else cases.notices(reader, own, now_ms=now_ms())
        organisations, log_size = reader.organisations, reader.log_size()
    return render_template(
        "recall.html",
        led=led,
        told=told,
        late=[(page, each) for page in led if page.case.closed is None for each in page.late],
        looked=looked,
        refused=refused,
        typed=typed,
        organisations=organisations,
        may_lead=asking().may_assert("case_opened"),
        months=MONTHS,
        at_ms=now_ms(),
        log_size=log_size,
    )


def _page(case: str, refused: Refused | None) -> str:
    found = _found(case)
    template = "case.html" if isinstance(found, CasePage) else "case_notice.html"
    return _render(template, found, refused)


def _render(template: str, found: CasePage | NoticePage, refused: Refused | None) -> str:
    with shared().reading() as reader:
        organisations, places = reader.organisations, reader.places
    leads = isinstance(found, CasePage)
    number = found.case.opened.case if isinstance(found, CasePage) else found.opened.case
    return render_template(
        template,
        page=found,
        number=number,
        refused=refused,
        organisations=organisations,
        places=places,
        notes=shared().accounts.case_notes(number) if leads and asking().may_assert("case_opened") else (),
        may_lead=leads and asking().may_assert("case_opened"),
        may_acknowledge=asking().may_assert("notice_acknowledged"),
        typed=request.form,
        printed_names=printed_names(),
    )


def _found(case: str) -> CasePage | NoticePage:
    """The case as the asking user may see it; 404 where they may not, or there is none."""
    if not is_id(case, "case"):
        abort(404)
    user, page = asking(), None
    with shared().reading() as reader:
        if user.may("lookback.read"):
            page = cases.case_page(reader, case, organisation=scope(), now_ms=now_ms())
        if page is not None or user.organisation is None:
            return page or abort(404)
        notice = cases.notice_page(reader, case, organisation=user.organisation, now_ms=now_ms())
    return notice or abort(404)


def _led(case: str) -> CasePage:
    found = _found(case)
    if not isinstance(found, CasePage):
        abort(404)
    return found


def _after(case: str, refused: Refused | None) -> Response | tuple[str, int]:
    if refused is None:
        return redirect(url_for("pages.case", case=case), 303)
    return _page(case, refused), 422


def identifier(text: str) -> str:
    """What a typed or scanned text is about: an identifier as it stands, a donation, a unit, or a lot."""
    guesses = (text, f"din:{text}", f"unit:{text}", f"lot:{text}")
    return next((each for each in guesses if any(is_id(each, kind) for kind in SUBJECTS)), text)


def _text(name: str) -> str | None:
    return request.form.get(name, "").strip() or None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise FormatError(f"expected a calendar day such as 2026-03-01; got {text!r}") from wrong
