"""What a unit's history makes of it now: state, hold, group, expiry, whereabouts and holder.

Pure: histories in, values out. State folds in the order of `custody.fold_order`, as it happened, but knowledge comes
late. A withdrawing fact takes effect whenever it arrives. Any other late event that would change the present leaves it
as it is, puts the unit on hold and asks a person; until then nobody has decided which story holds (docs/custody.md).
What a device saw never changes a state. A correction counts where what it corrects stood; where a step that
followed could not have followed then, it puts the unit on hold too.

Which state follows from which is `ledger.rules.lifecycle`; whereabouts and custody are `ledger.core.custody`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from msgspec import Struct, structs

from ledger import bedside, memories
from ledger.core import correcting, custody, kinds
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.events import kind_of
from ledger.core.ids import is_id, parse_instant
from ledger.core.kinds import AnyEvent
from ledger.rules import lifecycle
from ledger.rules.lifecycle import State

_TOLD = frozenset(event.partition(":")[0] for event in lifecycle.EVENTS)
"""The kinds that the life cycle knows; all of them assertions."""


@dataclass(frozen=True, slots=True)
class Places:
    """The register of places, as a fold needs it.

    Attributes:
        organisation_of: registered place → the organisation that it belongs to.
        role_of: registered organisation → its role.
    """

    organisation_of: dict[str, str] = field(default_factory=dict)
    role_of: dict[str, str] = field(default_factory=dict)

    def is_station(self, place: str | None) -> bool:
        """Whether a blood centre owns the place."""
        return self.role_of.get(self.organisation_of.get(place or "", "")) == "blood_centre"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in one unit's history that a person should look at.

    Attributes:
        rule: `state.contradiction`, `state.late`, `state.corrected`, `group.mismatch`, or one of `ledger.memories` or
            `ledger.bedside`.
        text: what is the case, in English.
        at: the event that brought it.
    """

    rule: str
    text: str
    at: Recorded


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


@dataclass(frozen=True, slots=True)
class Course:
    """The state part of a fold.

    Attributes:
        state: where the unit stands; on hold, where it stood before.
        on_hold: whether a late event awaits a person.
        unfit: whether its donation was found unfit before the unit was made: that is inherited.
        at_hospital: whether the last to receive it was a hospital.
        findings: what contradicted the life cycle or came late.
    """

    state: State = State.NEW
    on_hold: bool = False
    unfit: bool = False
    at_hospital: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def standing(self) -> State:
        """The state from which the next event has to follow."""
        return State.ON_HOLD if self.on_hold else self.state


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
    place, moved_ms = custody.whereabouts(history, unit)
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
        place=place,
        holder=holdings[-1].holder if holdings and holdings[-1].until_ms is None else None,
        changed_ms=max(moved_ms or 0, *(each.time_ms for each in history if not isinstance(each.event, kinds.Seen))),
        moved_ms=moved_ms,
        arrived_ms=custody.arrived_ms(history, unit),
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


def observe(fold: UnitFold, event: kinds.Seen, at_ms: int, *, latest_ms: int | None) -> UnitFold | None:
    """Fold one more sighting of the unit's tag into what is known, without reading its history.

    Args:
        fold: what is known.
        event: the sighting.
        at_ms: its time, in milliseconds since the Unix epoch.
        latest_ms: the time of the latest event before it, which only who observes knows on; None: not known.

    Returns:
        What `fold_unit` would say but for `arrived_ms` and `latest_ms`, `fold` itself where nothing else changes; None
        if that depends on what else happened since then, so that the history must be folded.
    """
    if isinstance(event, kinds.TagMemoryRead):
        return None  # what it says is held against what was said of the unit before
    if _is_past_its_end(fold, event):
        return None  # what that contradicts, its history says
    if stays(fold, event, at_ms):
        return fold
    stands_out = not isinstance(event, kinds.TagArrived) or event.place != fold.place
    if latest_ms is not None and at_ms >= latest_ms:
        if not isinstance(event, kinds.TagArrived):
            return structs.replace(fold, place=None, changed_ms=at_ms, moved_ms=at_ms)
        return structs.replace(fold, place=event.place, changed_ms=at_ms, moved_ms=at_ms, arrived_ms=at_ms)
    return fold if stands_out and _is_overtaken(fold, at_ms) else None


def stays(fold: UnitFold, event: kinds.Seen, at_ms: int) -> bool:
    """Whether the unit is where it is since it last changed, and a sighting does not say otherwise.

    Then a later sighting that says the same does not, either.
    """
    if at_ms < fold.changed_ms:
        return False
    here, place = fold.place, event.place
    if isinstance(event, kinds.TagArrived):
        return (place is None or place == here) and fold.state not in lifecycle.ENDS
    if isinstance(event, kinds.TagLeft):
        return here is None or (place is not None and place != here)
    return not isinstance(event, kinds.TagMemoryRead)


def _is_past_its_end(fold: UnitFold, event: kinds.Seen) -> bool:
    """Whether a bag is seen that is no more."""
    return fold.state in lifecycle.ENDS and isinstance(event, kinds.TagArrived)


def _is_overtaken(fold: UnitFold, at_ms: int) -> bool:
    """Whether a later arrival settled where the unit is, whatever a sighting says that names another place than here.

    Where the unit is somewhere, that is the arrival with which it came to be there: an earlier one at the same place
    would say that it came there before.
    """
    settled_ms = fold.arrived_ms if fold.place is None else fold.moved_ms
    return settled_ms is not None and at_ms < settled_ms


def fold_state(history: Sequence[Recorded], unit: str, *, places: Places) -> Course:
    """Fold the state alone, with what contradicts the life cycle, what came late, and what a correction contradicts.

    Args:
        history: as `fold_unit`.
        unit: the unit.
        places: the register of places.
    """
    contradicted = _contradicted_by_corrections(history, unit, places)
    course = _fold_told(correcting.in_force(history), unit, places, contradicted)
    explained = {said for each in contradicted.values() for said in each}
    findings = (
        each
        for each in course.findings
        if each.rule != "state.contradiction" or correcting.said_as(each.at.event) not in explained
    )
    return replace(course, findings=tuple(findings))


def contradiction(history: Sequence[Recorded], new: Recorded, unit: str, *, places: Places) -> Refused | None:
    """Why the life cycle of `unit` forbids the assertion `new`, judged where it stands in the fold order.

    Where a correction in the history says that `new` stands for something else, that is where it stands.
    """
    if kind_of(new.event) not in _TOLD:
        return None
    told = [each for each in correcting.in_force([*history, new]) if kind_of(each.event) in _TOLD]
    stands = next(each for each in told if each.event is new.event)
    latest_ms = max((each.time_ms for each in told if each.trusted and each is not stands), default=0)
    if stands.log_place != new.log_place or _is_late(new, latest_ms):
        ordered = custody.fold_order(told)
        course = _replay(ordered[: ordered.index(stands)], unit, places)
    else:
        course = fold_state(history, unit, places=places)
    answer = _step(course, new.event, unit, places)
    return answer if isinstance(answer, Refused) else None


_Contradicted = Mapping[tuple[int, int], Mapping[correcting.Said, str]]
"""Log place of a correction → the steps that could not have followed with it, each with why."""


def _contradicted_by_corrections(history: Sequence[Recorded], unit: str, places: Places) -> _Contradicted:
    found = {}
    for each in history:
        if isinstance(each.event, kinds.Corrected):
            before = _contradictions([other for other in history if other.log_index < each.log_index], unit, places)
            after = _contradictions([other for other in history if other.log_index <= each.log_index], unit, places)
            steps = {said: why for said, why in after.items() if said not in before}
            if steps:
                found[each.log_place] = steps
    return found


def _contradictions(history: Sequence[Recorded], unit: str, places: Places) -> dict[correcting.Said, str]:
    """The events that contradict the life cycle, as the corrections among them leave it, each with why."""
    course = _fold_told(correcting.in_force(history), unit, places, {})
    contradicting = (each for each in course.findings if each.rule == "state.contradiction")
    return {
        correcting.said_as(each.at.event): f"{kind_of(each.at.event)} at {each.at.event.time}: {each.text}"
        for each in contradicting
    }


def _fold_told(history: Iterable[Recorded], unit: str, places: Places, contradicted: _Contradicted) -> Course:
    told = sorted((each for each in history if kind_of(each.event) in _TOLD), key=lambda each: each.log_place)
    course = Course()
    latest_ms = 0
    for count, each in enumerate(told, 1):
        if _is_late(each, latest_ms):
            course = _take_late(course, told[:count], unit, places)
        else:
            course = _take(course, each, unit, places)
        if each.log_place in contradicted:
            steps = "; ".join(contradicted[each.log_place].values())
            text = f"corrected, and what followed could not have followed: {steps}"
            course = _find(replace(course, on_hold=course.state not in lifecycle.ENDS), "state.corrected", text, each)
        latest_ms = max(latest_ms, each.time_ms if each.trusted else 0)
    return course


def _is_late(each: Recorded, latest_ms: int) -> bool:
    return each.trusted and each.time_ms < latest_ms and kind_of(each.event) not in lifecycle.WITHDRAWING


def _take(course: Course, each: Recorded, unit: str, places: Places) -> Course:
    answer = _step(course, each.event, unit, places)
    if isinstance(answer, Refused):
        return _find(course, "state.contradiction", answer.reason, each)
    return answer


def _take_late(course: Course, told: Sequence[Recorded], unit: str, places: Places) -> Course:
    """A late event: does it fit where it belongs, and does it change the present?"""
    late = told[-1]
    ordered = custody.fold_order(told)
    answer = _step(_replay(ordered[: ordered.index(late)], unit, places), late.event, unit, places)
    if isinstance(answer, Refused):
        return _find(course, "state.contradiction", answer.reason, late)
    as_it_happened = _replay(ordered, unit, places)
    if course.state is State.NEW:
        return replace(as_it_happened, findings=course.findings)
    if as_it_happened.state is course.state:
        return course
    text = f"{kind_of(late.event)} came late: with it the state would be {as_it_happened.state}, it was {course.state}"
    return _find(replace(course, on_hold=True), "state.late", text, late)


def _replay(ordered: Iterable[Recorded], unit: str, places: Places) -> Course:
    """The course of these events in this order; those that the life cycle forbids change nothing."""
    course = Course()
    for each in ordered:
        answer = _step(course, each.event, unit, places)
        if not isinstance(answer, Refused):
            course = answer
    return course


def _step(course: Course, event: AnyEvent, unit: str, places: Places) -> Course | Refused:
    """One event's step in the life cycle of `unit`."""
    standing = course.standing
    if isinstance(event, kinds.Tested) and standing is State.NEW:
        return replace(course, unfit=course.unfit or event.overall == "unfit")
    if isinstance(event, kinds.Transformation) and (standing is State.NEW) is (unit in event.parents):
        if standing is State.NEW:
            text = f"{unit} is a parent that nobody has entered, of {kind_of(event)}"
            return Refused("transformation.parent-unknown", text)
        return Refused("transformation.child-exists", f"{unit} is a product of {kind_of(event)} that exists already")
    answer = lifecycle.step(standing, kind_of(event), outcome=_outcome(course, event, places))
    if not isinstance(answer, State):
        return Refused(answer.rule, answer.reason)
    if isinstance(event, kinds.Received) and event.outcome != "refused":
        course = replace(course, at_hospital=not places.is_station(event.place))
    if answer is State.ON_HOLD:
        return course
    if standing is State.NEW and course.unfit:
        inherited = lifecycle.step(answer, "tested", outcome="unfit")
        answer = inherited if isinstance(inherited, State) else answer
    return replace(course, state=answer, on_hold=False)


def _outcome(course: Course, event: AnyEvent, places: Places) -> str | None:
    """What was found, or who did it, where the life cycle asks for that."""
    match event:
        case kinds.Tested():
            return event.overall
        case kinds.Assessed() | kinds.ReturnedToBank():
            return event.outcome
        case kinds.Received():
            at_station = event.outcome == "accepted" and places.is_station(event.place)
            return "accepted_by_station" if at_station else event.outcome
        case kinds.Issued():
            return "by_rule" if event.override is None else "by_override"
        case kinds.QuarantineLifted():
            known = event.place in places.organisation_of
            at_hospital = not places.is_station(event.place) if known else course.at_hospital
            return "at_hospital" if at_hospital else "at_station"
        case _:
            return None


def _find(course: Course, rule: str, text: str, at: Recorded) -> Course:
    return replace(course, findings=(*course.findings, Finding(rule, text, at)))


def _seen_after_end(history: Iterable[Recorded], unit: str, state: State) -> tuple[Finding, ...]:
    """Where a device saw a bag, or its label, after what it was had ended: the first of every place.

    The bag of a unit that became others may still carry its tag; an empty bag that was handed back may be seen.
    """
    told = custody.by_time(history)
    ended_ms = custody.ended_ms(told, unit) if state in lifecycle.ENDS else None
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
        if not isinstance(event, kinds.Tested | kinds.Labelled | kinds.Opening | kinds.LabelScanned):
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
        if isinstance(event, kinds.Labelled | kinds.Opening):
            expires = event.expires or expires
        elif isinstance(event, kinds.Transformation):
            made = next((child.expires for child in event.children if child.unit == unit), None)
            expires = made or expires
    return None if expires is None else parse_instant(expires)
