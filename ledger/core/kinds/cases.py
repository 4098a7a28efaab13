"""A case of recall or lookback: opened, consignees told, acknowledged, closed. What it withdraws is `recalled`."""

from typing import Annotated, Literal

from msgspec import Meta

from ledger.core.ids import PATTERNS, Case, Instant, Organisation, Person
from ledger.core.kinds.envelope import Event
from ledger.core.kinds.fields import Text, Units

FINDABLE = ("unit", "din", "person", "lot", "equipment", "container", "sample", "place", "box")
"""The kinds of identifiers that a case can be about; a `person` is a donor."""

Findable = Annotated[
    str, Meta(pattern=rf"^(?:{'|'.join(f'{kind}:(?:{PATTERNS[kind]})' for kind in FINDABLE)})\Z", max_length=300)
]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])\Z")]
"""A calendar day in the site's zone; one that the calendar does not have is refused where it is asserted."""


class AboutCase(Event, frozen=True, kw_only=True):
    """A fact about one case, which the facility numbers."""

    case: Case


class CaseOpened(AboutCase, tag="case_opened", frozen=True, kw_only=True):
    """立案: a recall (血液收回) or lookback (回溯调查) begins.

    Attributes:
        organisation: who leads it.
        sort: which of the two.
        about: what the finding is about; a donor by pseudonym.
        direction: `back` from a unit to its donations and all that came of these, else onward.
        learnt: when it became known: from that day the days are counted.
        first_day: of a donor, the first day of the lookback's window.
        since: of a place or box, from when.
        until: of a place or box, until when.
        reason: what was found; never what identifies a person.
    """

    organisation: Organisation
    sort: Literal["recall", "lookback"]
    about: Findable
    direction: Literal["onward", "back"] = "onward"
    learnt: Instant
    first_day: Day | None = None
    since: Instant | None = None
    until: Instant | None = None
    reason: Text


class NoticeSent(AboutCase, tag="notice_sent", frozen=True, kw_only=True):
    """通知: an organisation that holds or held these units is told to withdraw them."""

    organisation: Organisation
    units: Units


class NoticeAcknowledged(AboutCase, tag="notice_acknowledged", frozen=True, kw_only=True):
    """通知已确认: the organisation has taken note of all that it was sent in this case."""

    organisation: Organisation
    reason: Text | None = None


class CaseClosed(AboutCase, tag="case_closed", frozen=True, kw_only=True):
    """结案, by two persons; `override` where something is still open, and why it is closed all the same."""

    second: Person
    reason: Text
    override: Text | None = None
