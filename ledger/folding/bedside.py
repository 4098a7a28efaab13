"""What a quality officer should look at of how a bag came to its patient: findings of a fold. Pure.

A truth is recorded whatever the rules say: a bag that was transfused was transfused. What stands against it is found
here, with every rule that a person set aside.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger.core import kinds
from ledger.core.custody import Recorded

OVERRIDDEN = ("issue.overridden", "release.overridden")
"""Rules that a named person set aside: the list for quality."""
RULES = (*OVERRIDDEN, "bedside.patient-differs", "bedside.unchecked")
"""What can be found."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A rule, what is the case in English, and the event that showed it."""

    rule: str
    text: str
    at: Recorded


def noted(ordered: Iterable[Recorded], unit: str) -> Iterator[Noted]:
    """What the history of a unit shows.

    Args:
        ordered: its history, in the order in which state folds.
        unit: the unit: of what it was made of only its own steps count.
    """
    issued_to: str | None = None
    checked_for: str | None = None
    for each in ordered:
        event = each.event
        if isinstance(event, (kinds.Released, kinds.Issued)) and event.unit == unit:
            yield from _set_aside(event, each)
        if isinstance(event, kinds.Issued) and event.unit == unit:
            issued_to, checked_for = event.patient, None
        elif isinstance(event, kinds.BedsideChecked) and event.unit == unit:
            checked_for = event.patient if event.outcome == "agrees" and event.second else None
        elif isinstance(event, kinds.Transfused) and event.unit == unit and issued_to is not None:
            yield from _given(event.patient, each, issued_to=issued_to, checked_for=checked_for)


def _set_aside(event: kinds.Released | kinds.Issued, at: Recorded) -> Iterator[Noted]:
    if event.override is None:
        return
    if isinstance(event, kinds.Released):
        yield Noted("release.overridden", f"released before every test was final: {event.override}", at)
    else:
        rules = ", ".join(event.set_aside) or "a rule"
        yield Noted("issue.overridden", f"issued over {rules}: {event.override}", at)


def _given(patient: str, at: Recorded, *, issued_to: str, checked_for: str | None) -> Iterator[Noted]:
    if patient != issued_to:
        yield Noted("bedside.patient-differs", "transfused to another patient than it was issued to", at)
    if patient != checked_for:
        yield Noted("bedside.unchecked", "transfused without a bedside check of two that agreed", at)


def last_issue(history: Iterable[Recorded], unit: str) -> Recorded | None:
    """The newest issue of the unit, by time, that it has not come back from; None where there is none."""
    found: Recorded | None = None
    for each in sorted(history, key=lambda each: (each.time_ms, each.log_place)):
        if isinstance(each.event, kinds.Issued) and each.event.unit == unit:
            found = each
        elif isinstance(each.event, kinds.ReturnedToBank | kinds.Returned) and each.event.unit == unit:
            found = None
    return found
