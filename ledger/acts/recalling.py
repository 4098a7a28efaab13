"""A case of recall or lookback (立案 to 结案): opened, withdrawn and told in one step, acknowledged, closed by two.

Who the persons are and whether they may is for the caller; what may be done is `ledger.rules.case`, asked inside the
transaction that writes it. Each function answers Refused, and then nothing was written; or None.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ledger.append import Draft, Recorder, Rejected
from ledger.core import kinds
from ledger.core.errors import FormatError, Refused
from ledger.core.ids import format_instant, is_id, parse_instant
from ledger.read import cases
from ledger.read.affected import affected
from ledger.rules import case as rules
from ledger.rules import refused as ruled

if TYPE_CHECKING:
    from ledger.read.cases import CasePage
    from ledger.read.reader import Reader

UNITS_AN_EVENT = 50
"""An event has at most 4096 bytes; a unit takes up to 40 of them."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a case is opened with.

    Attributes:
        case: its number, `case:…`, which the facility gives.
        sort: recall or lookback.
        about: the unit, donation, donor, lot, machine, bag, sample, place or box.
        learnt: when it became known, an instant.
        reason: what was found.
        direction: as of `ledger.read.affected.Question`.
        first_day: of a donor, the first day of the window, `YYYY-MM-DD`; None: every donation.
        since: of a place or box, from which instant.
        until: of a place or box, until which instant.
    """

    case: str
    sort: Literal["recall", "lookback"]
    about: str
    learnt: str
    reason: str
    direction: Literal["onward", "back"] = "onward"
    first_day: str | None = None
    since: str | None = None
    until: str | None = None

    @property
    def fields(self) -> dict[str, object]:
        """The fields of its event, less who opens it."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in told.items() if value is not None}


def open_case(ledger: Recorder, opening: Opening, *, by: str, organisation: str) -> Refused | None:
    """Open a case, which `organisation` leads."""
    fields = {**opening.fields, "organisation": organisation, "by": by}

    def check(reader: "Reader") -> Refused | None:
        if cases.case_of(reader, opening.case) is not None:
            return Refused("case.exists", f"{opening.case} was opened before; every case has a number of its own")
        return _refuse_opening(reader, ledger, opening, organisation)

    return _recorded(ledger, [Draft(kinds.CaseOpened, fields)], check)


def withdraw(ledger: Recorder, case: str, *, seen: Sequence[str], by: str, organisation: str) -> Refused | None:
    """Recall every affected unit that still exists, and tell every consignee: one step, all or nothing.

    Args:
        ledger: the one writer.
        case: its number.
        seen: the units that the person who signs was shown as still to be withdrawn.
        by: the person, as a pseudonym.
        organisation: whom they act for, who leads the case.
    """
    now_ms = ledger.clock.now_ms()

    def make(reader: "Reader") -> Sequence[Draft] | Refused:
        page = _led(reader, case, organisation, now_ms)
        if isinstance(page, Refused):
            return page
        return _by_rule(rules.may_withdraw(page.case, page.left, seen=seen)) or list(_withdrawal(page, by))

    try:
        answer = ledger.record_made(make)
    except Rejected as error:
        return Refused(error.step, error.reason)
    return answer if isinstance(answer, Refused) else None


def acknowledge(
    ledger: Recorder, case: str, *, organisation: str, by: str, reason: str | None = None
) -> Refused | None:
    """Let a consignee acknowledge all that it was told in a case."""
    said = {"case": case, "organisation": organisation, "by": by} | ({} if reason is None else {"reason": reason})

    def check(reader: "Reader") -> Refused | None:
        found = cases.case_of(reader, case)
        return _unknown(case) if found is None else _by_rule(rules.may_acknowledge(found, organisation))

    return _recorded(ledger, [Draft(kinds.NoticeAcknowledged, said)], check)


def close(  # noqa: PLR0913  two persons, and why
    ledger: Recorder, case: str, *, reason: str, override: str | None, by: str, second: str, organisation: str
) -> Refused | None:
    """Close a case by two persons.

    Args:
        ledger: the one writer.
        case: its number.
        reason: what came of it.
        override: why it is closed although something is still open; None: nothing is.
        by: one person, as a pseudonym.
        second: another.
        organisation: whom they act for, who leads the case.
    """
    said = {"case": case, "reason": reason, "by": by, "second": second}
    said |= {} if override is None else {"override": override}
    now_ms = ledger.clock.now_ms()

    def check(reader: "Reader") -> Refused | None:
        page = _led(reader, case, organisation, now_ms)
        if isinstance(page, Refused):
            return page
        return _by_rule(rules.may_close(page.case, page.left, by=by, second=second, override=override))

    return _recorded(ledger, [Draft(kinds.CaseClosed, said)], check)


def _refuse_opening(reader: "Reader", ledger: Recorder, opening: Opening, organisation: str) -> Refused | None:
    now_ms = ledger.clock.now_ms()
    if opening.first_day is not None and not is_id(opening.about, "person"):
        return Refused("case.window", "a window is about a donor's donations; it has no meaning for anything else")
    try:
        if parse_instant(opening.learnt) > now_ms:
            return Refused("case.learnt", f"it is {format_instant(now_ms)} now; nothing is known before it is learnt")
        found = affected(reader, cases.question_of(opening), organisation=organisation, now_ms=now_ms)
    except FormatError as error:
        return Refused("case.question", str(error))
    if found is None:
        return Refused("case.nothing-found", f"the ledger knows of no unit of yours that {opening.about} touches")
    return None


def _withdrawal(page: "CasePage", by: str) -> Iterator[Draft]:
    opened = page.case.opened
    about = {"case": opened.case, "reason": opened.reason, "by": by}
    about |= {"lot": opened.about} if is_id(opened.about, "lot") else {}
    for units in _portions(page.left.units):
        yield Draft(kinds.Recalled, {"units": units, **about})
    for organisation, named in page.left.untold.items():
        for units in _portions(named):
            told = {"case": opened.case, "organisation": organisation, "units": units, "by": by}
            yield Draft(kinds.NoticeSent, told)


def _portions(units: Sequence[str]) -> Iterator[list[str]]:
    for first in range(0, len(units), UNITS_AN_EVENT):
        yield list(units[first : first + UNITS_AN_EVENT])


def _led(reader: "Reader", case: str, organisation: str, now_ms: int) -> "CasePage | Refused":
    page = cases.case_page(reader, case, organisation=organisation, now_ms=now_ms)
    return _unknown(case) if page is None else page


def _unknown(case: str) -> Refused:
    return Refused("case.unknown", f"there is no {case}, or it is not yours")


def _by_rule(refused: ruled.Refused | None) -> Refused | None:
    return None if refused is None else Refused(refused.rule, refused.reason)


def _recorded(ledger: Recorder, drafts: Sequence[Draft], check: "Callable[[Reader], Refused | None]") -> Refused | None:
    try:
        answer = ledger.record("web", drafts, check)
    except Rejected as error:
        return Refused(error.step, error.reason)
    return answer if isinstance(answer, Refused) else None
