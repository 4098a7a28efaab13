"""From the pick list to the road: the second check, the numbered dispatch note (发血单), and each hand-over (运输交接).

Each is one act, checked inside the transaction that writes it. The number of a note is given out there: unique, and
without gaps for each series and year of the site. Whether a person is who they say is for the caller: two signatures
under a hand-over are two passwords.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ledger.acts.ordering import Acting
from ledger.append import Draft, Recorder
from ledger.core import kinds
from ledger.core.errors import ConfigError, Refused
from ledger.read import ordering, orders
from ledger.rules.passing import Pass, carrier, may_pass

if TYPE_CHECKING:
    from ledger.read.reader import Reader

_AT_ONCE = 50
"""Units that one event names: it has at most 4096 bytes, and a unit takes up to 40 of them."""


def check(ledger: Recorder, name: str, scanned: Sequence[str], *, who: Acting) -> Refused | None:
    """Record that another person scanned each bag of an order's pick list, and none else.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """

    def make(reader: "Reader") -> Sequence[Draft] | Refused:
        found = ordering.station_order(reader, name, organisation=who.organisation)
        if isinstance(found, Refused):
            return found
        now = ledger.clock.now_ms()
        refused = ordering.refuse_checking(reader, found, scanned, by=who.person, now_ms=now)
        said = {"order": name, "by": who.person}
        return refused or [Draft(kinds.DispatchChecked, {**said, "units": some}) for some in _portions(found)]

    answer = ledger.record_made(make)
    return answer if isinstance(answer, Refused) else None


def send(ledger: Recorder, name: str, *, place: str, boxes: Sequence[str] = (), who: Acting) -> str | Refused:
    """Dispatch what is on an order's pick list; answer the number of the dispatch note, `consignment:…`.

    Args:
        ledger: the one writer.
        name: the order.
        place: from where it leaves: a place of the station.
        boxes: the transport boxes that it travels in.
        who: a person of the station, another than who checked.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """

    def make(reader: "Reader") -> Sequence[Draft] | Refused:
        found = ordering.station_order(reader, name, organisation=who.organisation)
        if isinstance(found, Refused):
            return found
        now, station = ledger.clock.now_ms(), found.placed.to
        if reader.organisation_of(place) != station:
            return Refused("place.foreign", f"{place} is no place of {station}, from where it is sent")
        refused = ordering.refuse_sending(reader, found, by=who.person, now_ms=now)
        if refused is not None:
            return refused
        try:
            note = orders.next_note(reader, at_ms=now)
        except ConfigError as error:
            return Refused("supply.file", str(error))
        said = {"dispatch_note": note, "to": found.placed.organisation, "order": name, "place": place}
        persons = {"by": who.person, "second": found.listed[0].checked_by}
        drafts = [{**said, **persons, "boxes": list(boxes), "units": some} for some in _portions(found)]
        return [Draft(kinds.Dispatched, fields) for fields in drafts]

    answer = ledger.record_made(make)
    return answer if isinstance(answer, Refused) else _note(answer[0].event)


def hand_over(ledger: Recorder, note: str, passing: Pass, *, place: str | None, who: Acting) -> Refused | None:
    """Record that everything on a dispatch note passed from hand to hand; both have signed.

    Args:
        ledger: the one writer.
        note: `consignment:…`.
        passing: who, to whom; `by` is who records it.
        place: where.
        who: who records it: of the sender's, or of the receiver's.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """

    def make(reader: "Reader") -> Sequence[Draft] | Refused:
        passed, sent = ordering.passed(reader, note)
        if not all(reader.visible(unit, who.organisation) for unit in sent):
            return Refused("pass.not-sent", f"there is no {note}, or it is not yours to see")
        refused = may_pass(passed, passing, sent=sent, named=sent)
        if refused is not None:
            return Refused(refused.rule, refused.reason)
        side = ordering.receiver(reader, note) if passing.passes == "to_receiver" else ordering.sender(reader, note)
        carrying = carrier(passed) == who.person
        if who.organisation not in {None, side} and not carrying:
            return Refused("pass.side", f"the sender's people hand over to a courier, the receiver's take; {side} does")
        said = {"dispatch_note": note, "courier": passing.courier, "passes": passing.passes, "by": passing.by}
        said |= {} if place is None else {"place": place}
        portions = [list(sent[start : start + _AT_ONCE]) for start in range(0, len(sent), _AT_ONCE)]
        return [Draft(kinds.HandedOver, {**said, "units": some}) for some in portions]

    answer = ledger.record_made(make)
    return answer if isinstance(answer, Refused) else None


def _portions(found: orders.Order) -> list[list[str]]:
    units = [each.unit for each in found.listed]
    return [units[start : start + _AT_ONCE] for start in range(0, len(units), _AT_ONCE)]


def _note(event: kinds.AnyEvent) -> str:
    assert isinstance(event, kinds.Dispatched)  # noqa: S101  what was recorded just now; for the type checker
    return event.dispatch_note
