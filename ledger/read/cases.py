"""Cases of recall and lookback: which there are, what is outstanding in each, who has not acknowledged and how late.

The organisation that leads a case sees all of it; a consignee sees what it was told. What is erasable about a case
(notes, names, telephone numbers) is in `ledger.accounts`, and not here.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from sqlalchemy import select

from ledger.core import kinds
from ledger.core.errors import FormatError
from ledger.core.ids import parse_instant
from ledger.read.affected import Affected, Question, affected
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.rules import case as rules
from ledger.rules.case import Case, Notice, Outstanding
from ledger.rules.dating import zone_of
from ledger.rules.window import Deadline
from ledger.store.tables import subjects


class Opened(Protocol):
    """What a case asks: its event, or what is to become one."""

    @property
    def about(self) -> str:
        """What the finding is about."""

    @property
    def direction(self) -> Literal["onward", "back"]:
        """Which way."""

    @property
    def first_day(self) -> str | None:
        """A window's first day."""

    @property
    def since(self) -> str | None:
        """From when."""

    @property
    def until(self) -> str | None:
        """Until when."""


@dataclass(frozen=True, slots=True)
class Told:
    """A notice to a consignee, and by when it is to be acknowledged."""

    notice: Notice
    due: Deadline


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case, as whoever leads it sees it.

    Attributes:
        case: what its events tell.
        found: what the finding touches now; None: nothing any more.
        left: what is still to be done.
        due: by when the units are to be withdrawn and their consignees told.
        told: the notices, latest to be acknowledged first.
        now_ms: the instant for which this holds.
        log_size: the log's size.
    """

    case: Case
    found: Affected | None
    left: Outstanding
    due: Deadline
    told: tuple[Told, ...]
    now_ms: int
    log_size: int

    @property
    def late(self) -> tuple[Told, ...]:
        """The consignees that have not acknowledged in time."""
        return tuple(each for each in self.told if each.notice.acknowledged_ms is None and each.due.is_overdue)


@dataclass(frozen=True, slots=True)
class NoticePage:
    """What a consignee sees of a case: what it was told, and nothing of others."""

    opened: kinds.CaseOpened
    is_closed: bool
    told: Told
    units: tuple[str, ...]
    now_ms: int
    log_size: int


def question_of(opened: Opened) -> Question:
    """What a case asks.

    Raises:
        FormatError: an instant or a day is not spelt as one.
    """
    return Question(
        subject=opened.about,
        direction=opened.direction,
        first_day=None if opened.first_day is None else _day(opened.first_day),
        since_ms=None if opened.since is None else parse_instant(opened.since),
        until_ms=None if opened.until is None else parse_instant(opened.until),
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise FormatError(f"expected a calendar day such as 2026-03-01; got {text!r}") from wrong


def case_of(reader: Reader, number: str) -> Case | None:
    """The case with this number (`case:…`), from its events."""
    return rules.fold(each.event for each in recorded(reader.history.of([number])))


def case_page(reader: Reader, number: str, *, organisation: str | None, now_ms: int) -> CasePage | None:
    """A case for who leads it; None: there is none, or it is not the organisation's (None: the whole site) to lead."""
    found = case_of(reader, number)
    if found is None or organisation not in {None, found.opened.organisation}:
        return None
    return _page(reader, found, now_ms)


def notice_page(reader: Reader, number: str, *, organisation: str, now_ms: int) -> NoticePage | None:
    """A case for a consignee; None: there is none, or the organisation was sent no notice in it."""
    found = case_of(reader, number)
    notice = None if found is None else found.notices.get(organisation)
    if found is None or notice is None:
        return None
    units = tuple(sorted(notice.units))
    told = _told(reader, notice, now_ms)
    return NoticePage(found.opened, found.closed is not None, told, units, now_ms, reader.log_size())


def cases(reader: Reader, *, organisation: str | None, now_ms: int) -> tuple[CasePage, ...]:
    """The cases that an organisation (None: any) leads: the open ones first, the longest known first."""
    pages = [_page(reader, each, now_ms) for each in _all(reader) if organisation in {None, each.opened.organisation}]
    return tuple(sorted(pages, key=lambda page: (page.case.closed is not None, page.case.opened.learnt)))


def notices(reader: Reader, organisation: str, *, now_ms: int) -> tuple[NoticePage, ...]:
    """What an organisation was told in others' cases: what it has not acknowledged first, the longest sent first."""
    pages = (notice_page(reader, each.opened.case, organisation=organisation, now_ms=now_ms) for each in _all(reader))
    found = [page for page in pages if page is not None]
    return tuple(
        sorted(found, key=lambda each: (each.told.notice.acknowledged_ms is not None, each.told.notice.sent_ms))
    )


def _all(reader: Reader) -> list[Case]:
    # ";" follows ":" in ASCII: the range holds exactly the identifiers of cases.
    named = select(subjects.c.name).where(subjects.c.name > "case:", subjects.c.name < "case;")
    histories = reader.history.of_each(list(reader.connection.execute(named).scalars()))
    found = (rules.fold(each.event for each in recorded(entries)) for entries in histories.values())
    return [each for each in found if each is not None]


def _page(reader: Reader, case: Case, now_ms: int) -> CasePage:
    opened, zone = case.opened, zone_of(reader.site.timezone)
    found = affected(reader, question_of(opened), organisation=opened.organisation, now_ms=now_ms)
    left = rules.outstanding(
        case,
        withdrawable=() if found is None else found.withdrawable,
        consignees={} if found is None else found.consignees,
    )
    told = [_told(reader, each, now_ms) for each in case.notices.values()]
    return CasePage(
        case=case,
        found=found,
        left=left,
        due=rules.first_steps(case, left, now_ms=now_ms, zone=zone),
        told=tuple(sorted(told, key=lambda each: (each.notice.acknowledged_ms is not None, each.notice.sent_ms))),
        now_ms=now_ms,
        log_size=reader.log_size(),
    )


def _told(reader: Reader, notice: Notice, now_ms: int) -> Told:
    return Told(notice, rules.acknowledgement(notice, now_ms=now_ms, zone=zone_of(reader.site.timezone)))
