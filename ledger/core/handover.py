"""Hand-over between two logs: what an accepted passport of the sender's log shows of a unit in the receiver's.

The receiver's log holds a `passport_accepted` event with the SHA-256 of the sender's passport, and the receiver's own
passport carries those bytes. Two logs have two clocks, so that an order in time only warns; what the two say of the
cold chain stands side by side and is never added.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.finding import WORST, Earlier, UnitFinding, Verdict, Verification
from ledger.core.ids import parse_instant

MAX_DEPTH = 3
"""How deep passports may carry each other: a hand-over from hand to hand over four logs."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A passport that the log accepted, and what was found of it; None where it is not carried."""

    event: kinds.PassportAccepted
    found: Verification | None


def left_ms(history: Iterable[Recorded], unit: str) -> int | None:
    """The latest time at which a `dispatched` event says that custody of the unit left."""
    sent = (entry for entry in history if isinstance(entry.event, kinds.Dispatched) and unit in entry.event.units)
    return max((entry.time_ms for entry in sent), default=None)


def judge(arrivals: Sequence[Arrival], family: set[str], *, here: str) -> tuple[Verdict, str]:
    """Judge the hand-overs of a unit.

    Args:
        arrivals: every passport that the log accepted for one of the family.
        family: the unit and what it was made from.
        here: the origin of the log that accepted them.

    Returns:
        The worst verdict, and why it is that.
    """
    if not arrivals:
        return "valid", "no passport of another log was accepted for it"
    judged = [_judge(arrival, family, here) for arrival in arrivals]
    worst = max((verdict for verdict, _ in judged), key=WORST.index)
    return worst, "; ".join(detail for verdict, detail in judged if verdict == worst)


def earlier(arrivals: Iterable[Arrival], family: set[str]) -> tuple[Earlier, ...]:
    """What the carried passports say of the family, each log's before that of the log that accepted it."""
    told: list[Earlier] = []
    for arrival in arrivals:
        if arrival.found is not None and arrival.found.origin and arrival.found.log_size is not None:
            for each in _concerned(arrival.found.units, family.intersection(arrival.event.units)):
                said = Earlier(arrival.found.origin, arrival.found.log_size, each.unit, each.verdict, each.exposure)
                told += [one for one in (*each.before, said) if one not in told]
    return tuple(told)


def _judge(arrival: Arrival, family: set[str], here: str) -> tuple[Verdict, str]:
    event, found = arrival.event, arrival.found
    name = f"the passport of {event.origin} at size {event.as_of_size}"
    if event.origin == here:
        return "invalid", f"{name} is of this log itself"
    if found is None:
        return "warnings", f"{name}, {event.verdict} when it was accepted, is not carried"
    if not found.units:
        return found.verdict, f"{name}: {found.steps[-1].step}: {found.steps[-1].detail}"
    if (found.origin, found.log_size) != (event.origin, event.as_of_size):
        return "invalid", f"{name} was accepted; the one carried is of {found.origin} at size {found.log_size}"
    strangers = set(event.units) - {each.unit for each in found.units}
    if strangers:
        return "invalid", f"{name} is not about {min(strangers)}"
    verdict, why = _judge_units(event, _concerned(found.units, family.intersection(event.units)))
    return verdict, f"{name} {why}"


def _judge_units(event: kinds.PassportAccepted, handed: Sequence[UnitFinding]) -> tuple[Verdict, str]:
    """Judge what a passport says of the units for which it was accepted; at least one."""
    worst = max(handed, key=lambda each: WORST.index(each.verdict))
    if worst.verdict in {"invalid", "undecidable"}:
        return worst.verdict, f"does not hold of {worst.unit}: {worst.why}"
    if any(each.dispatched_ms is None for each in handed):
        return "warnings", "does not show that custody left"
    if any((each.dispatched_ms or 0) > parse_instant(event.time) for each in handed):
        return "warnings", "says that custody left after it was accepted"
    if worst.verdict == "warnings":
        return "warnings", f"was accepted at {event.time}; it holds with warnings of its own"
    return "valid", f"was accepted at {event.time} and holds"


def _concerned(units: Iterable[UnitFinding], family: set[str]) -> list[UnitFinding]:
    return [each for each in units if each.unit in family]
