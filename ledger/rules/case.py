"""A case of recall or lookback, folded from its events, and what may be done in it.

Decides what is open: which units are not withdrawn, which consignees were not told or have not acknowledged, how late
that is, and whether the case may be closed. Which units a finding touches is `ledger.rules.lookback`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo

from ledger.core import kinds
from ledger.core.ids import parse_instant
from ledger.rules.refused import Refused
from ledger.rules.window import Deadline, deadline

ACKNOWLEDGE_DAYS: Final = 3
"""How many calendar days a consignee may take to acknowledge before it stands on the list as late: our own choice."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a consignee was told in a case.

    Attributes:
        organisation: the consignee.
        units: all units of the notices that it was sent.
        sent_ms: when the latest of them was sent.
        acknowledged_ms: when it acknowledged, if that was after the latest; None: it has not.
    """

    organisation: str
    units: frozenset[str]
    sent_ms: int
    acknowledged_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case as far as its events tell.

    Attributes:
        opened: the event by which it began.
        withdrawn: the units that were recalled by it.
        notices: by consignee.
        acted_ms: when the latest unit was recalled or the latest notice was sent; None: neither yet.
        closed: the event by which it ended; None while it is open.
    """

    opened: kinds.CaseOpened
    withdrawn: frozenset[str] = frozenset()
    notices: Mapping[str, Notice] = field(default_factory=dict)
    acted_ms: int | None = None
    closed: kinds.CaseClosed | None = None


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What is still to be done in a case.

    Attributes:
        units: those that a recall still reaches.
        untold: consignee → its units that no notice to it names.
        unanswered: the consignees that have not acknowledged.
    """

    units: Sequence[str]
    untold: Mapping[str, Sequence[str]]
    unanswered: Sequence[str]

    @property
    def is_acted_upon(self) -> bool:
        """Whether every unit is withdrawn and every consignee told: what the law's days are about."""
        return not self.units and not self.untold


def fold(events: Iterable[kinds.AnyEvent]) -> Case | None:
    """The case that its events, in log order, tell of; None if none of them opens it."""
    found: Case | None = None
    for event in events:
        if isinstance(event, kinds.CaseOpened):
            found = found or Case(event)
        elif found is not None:
            found = _after(found, event)
    return found


def outstanding(case: Case, *, withdrawable: Iterable[str], consignees: Mapping[str, Sequence[str]]) -> Outstanding:
    """What is still to be done.

    Args:
        case: the case.
        withdrawable: the affected units that a recall still reaches.
        consignees: other organisation → the affected units that it holds, held or was sent.
    """
    untold = {each: _not_in(units, case.notices.get(each)) for each, units in consignees.items()}
    return Outstanding(
        units=tuple(withdrawable),
        untold={each: units for each, units in untold.items() if units},
        unanswered=tuple(sorted(each.organisation for each in case.notices.values() if each.acknowledged_ms is None)),
    )


def first_steps(case: Case, left: Outstanding, *, now_ms: int, zone: ZoneInfo) -> Deadline:
    """By when the units are to be withdrawn and their consignees told, and how late that is or was."""
    done = case.acted_ms if left.is_acted_upon else None
    if left.is_acted_upon and done is None:
        done = parse_instant(case.opened.time)  # nothing was there to withdraw, and nobody to tell
    return deadline(parse_instant(case.opened.learnt), done_ms=done, now_ms=now_ms, zone=zone)


def acknowledgement(notice: Notice, *, now_ms: int, zone: ZoneInfo) -> Deadline:
    """By when a consignee is to acknowledge, and how late that is or was."""
    done = notice.acknowledged_ms
    return deadline(notice.sent_ms, done_ms=done, now_ms=now_ms, zone=zone, days=ACKNOWLEDGE_DAYS)


def may_act(case: Case) -> Refused | None:
    """Whether anything may still be done in the case."""
    return None if case.closed is None else Refused("case.closed", f"{case.opened.case} is closed")


def may_withdraw(case: Case, left: Outstanding, *, seen: Collection[str]) -> Refused | None:
    """Whether what is outstanding may be withdrawn and told now.

    Args:
        case: the case.
        left: what is still to be done.
        seen: the units that the person who signs was shown.
    """
    if left.is_acted_upon:
        return may_act(case) or Refused("case.nothing-left", "every unit is withdrawn, and every consignee told")
    if set(seen) != set(left.units):
        return may_act(case) or Refused("case.changed", "other units are affected now than were shown; look again")
    return may_act(case)


def may_acknowledge(case: Case, organisation: str) -> Refused | None:
    """Whether a consignee may acknowledge."""
    notice = case.notices.get(organisation)
    if notice is None:
        return Refused("case.no-notice", f"{organisation} was sent no notice in {case.opened.case}")
    if notice.acknowledged_ms is not None:
        return Refused("case.acknowledged", f"{organisation} has acknowledged already")
    return may_act(case)


def may_close(case: Case, left: Outstanding, *, by: str, second: str, override: str | None) -> Refused | None:
    """Whether two persons may close the case: nothing is open, or they say why it is closed all the same."""
    refused = may_act(case)
    if refused is not None:
        return refused
    if by == second:
        return Refused("two-persons", "a second person must confirm, another than the first")
    if override is None and not left.is_acted_upon:
        return Refused(
            "case.outstanding", f"{len(left.units)} units to withdraw, {len(left.untold)} consignees to tell"
        )
    if override is None and left.unanswered:
        return Refused("case.unanswered", f"not acknowledged by {', '.join(left.unanswered)}")
    return None


def _after(case: Case, event: kinds.AnyEvent) -> Case:
    match event:
        case kinds.Recalled():
            withdrawn = case.withdrawn.union(event.units)
            return replace(case, withdrawn=withdrawn, acted_ms=parse_instant(event.time))
        case kinds.NoticeSent():
            before = case.notices.get(event.organisation)
            units = frozenset(event.units) | (frozenset() if before is None else before.units)
            at = parse_instant(event.time)
            notices = {**case.notices, event.organisation: Notice(event.organisation, units, at)}
            return replace(case, notices=notices, acted_ms=at)
        case kinds.NoticeAcknowledged() if event.organisation in case.notices:
            answered = replace(case.notices[event.organisation], acknowledged_ms=parse_instant(event.time))
            return replace(case, notices={**case.notices, event.organisation: answered})
        case kinds.CaseClosed():
            return replace(case, closed=event)
        case _:
            return case


def _not_in(units: Iterable[str], notice: Notice | None) -> Sequence[str]:
    return [each for each in units if notice is None or each not in notice.units]
