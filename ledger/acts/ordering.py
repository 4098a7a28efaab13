"""An order placed, cancelled, and supplied with bags: each one act, checked inside the transaction that writes it.

Who the person is and whether they may is for the caller; that it fits the log is asked by `ledger.read.ordering`. The
number of an order is given out in the writer's transaction, so that the numbers of a year have no gap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ledger.append import Draft, Recorder
from ledger.core import kinds
from ledger.core.errors import ConfigError, Refused
from ledger.core.kinds import OrderLine
from ledger.read import ordering, orders

if TYPE_CHECKING:
    from ledger.read.reader import Reader

Urgency = Literal["routine", "urgent", "emergency"]
Cause = Literal["no_longer_needed", "ordered_twice", "ordered_wrongly", "cannot_be_supplied"]


@dataclass(frozen=True, slots=True)
class Acting:
    """Who does something.

    Attributes:
        person: the person, as a pseudonym.
        organisation: for which organisation they act; None: for the whole site.
    """

    person: str
    organisation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a hospital orders.

    Attributes:
        organisation: the hospital.
        station: the station with which the order is placed.
        wanted_by: when it is wanted, as an instant.
        lines: what is ordered.
        urgency: how urgent it is.
    """

    organisation: str
    station: str
    wanted_by: str
    lines: Sequence[OrderLine]
    urgency: Urgency = "routine"


def place(ledger: Recorder, wanted: Wanted, *, who: Acting) -> str | Refused:
    """Place an order; answer its number, `order:…`.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """
    said = {
        "organisation": wanted.organisation,
        "to": wanted.station,
        "urgency": wanted.urgency,
        "wanted_by": wanted.wanted_by,
        "lines": list(wanted.lines),
        "by": who.person,
    }

    def make(reader: "Reader") -> Sequence[Draft] | Refused:
        refused = ordering.refuse_placing(
            reader, wanted.organisation, wanted.station, lines=wanted.lines, organisation=who.organisation
        )
        number = orders.next_order(reader, at_ms=ledger.clock.now_ms())
        return refused or [Draft(kinds.Ordered, {"order": number, **said})]

    answer = ledger.record_made(make)
    return answer if isinstance(answer, Refused) else _named(answer[0].event)


def cancel(ledger: Recorder, name: str, cause: Cause, *, who: Acting) -> Refused | None:
    """Cancel what is still open of an order, for the hospital or the station.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """

    def make(reader: "Reader") -> Sequence[Draft] | Refused:
        refused = ordering.refuse_cancelling(reader, name, organisation=who.organisation)
        return refused or [Draft(kinds.OrderCancelled, {"order": name, "cause": cause, "by": who.person})]

    answer = ledger.record_made(make)
    return answer if isinstance(answer, Refused) else None


def allocate(ledger: Recorder, name: str, chosen: Mapping[str, int], *, who: Acting) -> Refused | None:
    """Allocate bags to lines of an order, all or nothing.

    Args:
        ledger: the one writer.
        name: the order.
        chosen: unit → line, from 1.
        who: a person of the station.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """

    def make(reader: "Reader") -> Sequence[Draft] | Refused:
        found = ordering.station_order(reader, name, organisation=who.organisation)
        if isinstance(found, Refused):
            return found
        try:
            refused = ordering.refuse_allocating(reader, found, chosen, now_ms=ledger.clock.now_ms())
        except ConfigError as error:
            return Refused("supply.file", str(error))
        said = {"order": name, "by": who.person}
        return refused or [
            Draft(kinds.Allocated, {"unit": unit, "line": line, **said}) for unit, line in chosen.items()
        ]

    answer = ledger.record_made(make)
    return answer if isinstance(answer, Refused) else None


def _named(event: kinds.AnyEvent) -> str:
    assert isinstance(event, kinds.Ordered)  # noqa: S101  what was recorded just now; for the type checker
    return event.order
