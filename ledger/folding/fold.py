"""What a unit's history makes of it now: state, hold, group, expiry, whereabouts and holder.

Pure: histories in, values out. The state part is `folding.course`; whereabouts and custody are `ledger.core.custody`;
one more sighting is folded by `folding.observing`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from msgspec import Struct

from ledger.core import correcting, custody, kinds
from ledger.core.custody import Recorded
from ledger.core.events import kind_of
from ledger.core.ids import is_id, parse_instant
from ledger.core.kinds import AnyEvent
from ledger.folding import bedside, memories
from ledger.folding.course import Finding, fold_state
from ledger.folding.places import Places
from ledger.rules import lifecycle
from ledger.rules.lifecycle import State

_SEEN = get_args(kinds.Seen)


class UnitFold(Struct, frozen=True):
    """What a unit is now.

    Attributes:
        state: as in `ledger.rules.lifecycle`; on hold, what it was before.
        on_hold: whether a late event that would have changed the present awaits a person.
        abo: `A`, `B`, `AB`, `O` or None.
        rhd: `positive`, `negative` or None.
        expires_ms: its expiry in milliseconds since the Unix epoch; None if none is recorded.
        place: where it is; None: at no known place.
        holder: who holds it: `org:…`, `transit`, or None.
        changed_ms: when it last changed: its latest event that is no sighting, or its latest move. That a tag is still
            seen where it was changes nothing.
        moved_ms: when its place last changed, for good or for none; None: not known.
        arrived_ms: when it arrived somewhere, as late as known; what was before does not matter to its place. None: not
            known.
        latest_ms: the time of its latest event, sightings too; None: not known.
        organisations: every organisation that held it or was sent it, sorted.
        findings: what a person should look at.
    """

    state: str
    on_hold: bool
    abo: str | None
    rhd: str | None
    expires_ms: int | None
    place: str | None
    holder: str | None
    changed_ms: int
    moved_ms: int | None = None
    arrived_ms: int | None = None
    latest_ms: int | None = None
    organisations: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def units_of(event: AnyEvent) -> tuple[str, ...]:
    """The units that the event names."""
    return tuple(subject for subject in custody.subjects(event) if is_id(subject, "unit"))


def fold_unit(history: Sequence[Recorded], unit: str, *, places: Places) -> UnitFold | None:
    """Fold one unit.

    Args:
        history: its events, those of its donation, and the tag events resolved to it; in log order, each once.
        unit: the unit.
        places: the register of places.

    Returns:
        What it is now; None if nobody has entered it, so that the ledger does not know it.
    """
    course = fold_state(history, unit, places=places)
    if course.state is State.NEW:
        return None
    history = correcting.in_force(history)
    at = custody.whereabouts(history, unit)
    holdings = custody.holdings(history, unit, organisation_of=places.organisation_of.get)
    ordered = custody.fold_order(history)
    abo, rhd, mismatches = _group(ordered)
    held = {holding.holder for holding in holdings if holding.holder != custody.IN_TRANSIT}
    sent = {each.event.to for each in history if isinstance(each.event, kinds.Dispatched)}
    return UnitFold(
        state=str(course.state),
        on_hold=course.on_hold,
        abo=abo,
        rhd=rhd,
        expires_ms=_expiry(ordered, unit),
        place=at.place,
        holder=holdings[-1].holder if holdings and holdings[-1].until_ms is None else None,
        changed_ms=max(at.moved_ms or 0, *(each.time_ms for each in history if not isinstance(each.event, _SEEN))),
        moved_ms=at.moved_ms,
        arrived_ms=at.arrived_ms,
        latest_ms=max(each.time_ms for each in history),
        organisations=tuple(sorted(held | sent)),
        findings=(
            *course.findings,
            *_seen_after_end(history, unit, course.state),
            *mismatches,
            *_memories(ordered, unit),
            *(Finding(each.rule, each.text, each.at) for each in bedside.noted(ordered, unit)),
        ),
    )


def _seen_after_end(history: Iterable[Recorded], unit: str, state: State) -> tuple[Finding, ...]:
    """Where a device saw a bag, or its label, after what it was had ended: the first of every place.

    The bag of a unit that became others may still carry its tag; an empty bag that was handed back may be seen.
    """
    if state not in lifecycle.ENDS:
        return ()
    told = custody.by_time(history)
    ended_ms = custody.ended_ms(told, unit)
    if ended_ms is None or any(isinstance(each.event, kinds.BagReturned) for each in told):
        return ()
    found: dict[str | None, Finding] = {}
    for each in told:
        event = each.event
        # A scan of the donation's number alone, or of another of its bags, shows nothing of this one.
        is_shown = isinstance(event, kinds.TagArrived) or (isinstance(event, kinds.LabelScanned) and event.unit == unit)
        if is_shown and each.time_ms > ended_ms:
            text = f"{kind_of(event)} at {event.place or 'an unnamed place'}, and it is {state} since before"
            found.setdefault(event.place, Finding("state.seen-after-end", text, each))
    return tuple(found.values())


def _group(ordered: Iterable[Recorded]) -> tuple[str | None, str | None, tuple[Finding, ...]]:
    """The unit's group as last asserted, and every claim, a scanned label's too, that differs from what was known."""
    abo: str | None = None
    rhd: str | None = None
    findings: list[Finding] = []
    for each in ordered:
        event = each.event
        if not isinstance(event, (kinds.Tested, kinds.Labelled, kinds.Opening, kinds.LabelScanned)):
            continue
        said = [claim for claim in ((abo, event.abo), (rhd, event.rhd)) if None not in claim and claim[0] != claim[1]]
        if said:
            text = "; ".join(f"{kind_of(event)} says {new}, known was {known}" for known, new in said)
            findings.append(Finding("group.mismatch", text, each))
        if not isinstance(event, kinds.LabelScanned):
            abo, rhd = event.abo or abo, event.rhd or rhd
    return abo, rhd, tuple(findings)


def _memories(ordered: Iterable[Recorded], unit: str) -> Iterator[Finding]:
    for each in memories.differing(ordered, unit):
        yield Finding(each.rule, each.text, each.at)


def _expiry(ordered: Iterable[Recorded], unit: str) -> int | None:
    expires: str | None = None
    for each in ordered:
        event = each.event
        if isinstance(event, (kinds.Labelled, kinds.Opening)):
            expires = event.expires or expires
        elif isinstance(event, kinds.Transformation):
            made = next((child.expires for child in event.children if child.unit == unit), None)
            expires = made or expires
    return None if expires is None else parse_instant(expires)
