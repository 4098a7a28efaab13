"""A unit's way through the life cycle: which state its history leaves it in, and what does not fit.

Pure. State folds in the order of `custody.fold_order`, as it happened, but knowledge comes late. A withdrawing fact
takes effect whenever it arrives. Any other late event that would change the present leaves it as it is, puts the unit
on hold and asks a person; until then nobody has decided which story holds (docs/custody.md). What a device saw never
changes a state. A correction counts where what it corrects stood; where a step that followed could not have followed
then, it puts the unit on hold too.

Which state follows from which is `ledger.rules.lifecycle`; what else a history makes of a unit is `folding.fold`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from ledger.core import correcting, custody, kinds
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.events import kind_of
from ledger.core.kinds import AnyEvent
from ledger.folding.places import Places
from ledger.rules import lifecycle
from ledger.rules.lifecycle import State

_TOLD = frozenset(event.partition(":")[0] for event in lifecycle.EVENTS)
"""The kinds that the life cycle knows; all of them assertions."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in one unit's history that a person should look at.

    Attributes:
        rule: `state.contradiction`, `state.late`, `state.corrected`, `group.mismatch`, or one of `folding.memories` or
            `folding.bedside`.
        text: what is the case, in English.
        at: the event that brought it.
    """

    rule: str
    text: str
    at: Recorded


class Course(Struct, frozen=True):
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


def fold_state(history: Sequence[Recorded], unit: str, *, places: Places) -> Course:
    """Fold the state alone, with what contradicts the life cycle, what came late, and what a correction contradicts.

    Args:
        history: as `fold_unit`.
        unit: the unit.
        places: the register of places.
    """
    contradicted = _contradicted_by_corrections(history, unit, places)
    course = _fold_told(correcting.in_force(history), unit, places, contradicted)
    if not contradicted:
        return course
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
