"""Whether a unit may be released, allocated, dispatched or issued: a list of rules each, the first no is named.

Decides over facts that the caller has gathered. Nothing here is looked up, and nothing is a recommendation: a rule that
says no says which one and why. An override is a person's reason, and lifts only what `OVERRIDABLE` lists.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ledger.rules.dating import is_expired
from ledger.rules.exposure import Verdict
from ledger.rules.lifecycle import ENDS, State
from ledger.rules.refused import Refused

Overall: TypeAlias = Literal["fit", "unfit", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFacts:
    """What is known of one unit at one instant.

    Attributes:
        state: where it stands.
        now_ms: the instant of the decision.
        tests: the newest overall test result of every donation in it, the worst of them; None: one has none yet.
        missing_tests: the tests of the region's panel that are not final for every donation in it.
        ever_unfit: whether any result ever was unfit; later good results do not restore the unit.
        donor_eligible: whether no deferral stands against a donation in it.
        group_confirmed: whether ABO and RhD agree between tests, label and the donor's earlier donations.
        group_disputed: whether tests, label and the donor's other donations name more than one ABO and RhD.
        labelled: whether it has its label.
        expires_ms: the last usable instant; None: not known.
        exposure: the cold-chain verdict up to now; None: not judged yet.
        recalled: whether a recall is open.
        within_tolerance: whether it was out, but no longer than the pack lets pass; lifts the exposure rule only.
        assessed_fit: whether two quality officers judged its deviation and found it fit, and nothing befell it since;
            lifts the exposure rule only.
        at_station: whether a blood station holds it.
    """

    state: State
    now_ms: int
    tests: Overall | None = None
    missing_tests: tuple[str, ...] = ()
    ever_unfit: bool = False
    donor_eligible: bool = True
    group_confirmed: bool = False
    group_disputed: bool = False
    labelled: bool = True
    expires_ms: int | None = None
    exposure: Verdict | None = None
    recalled: bool = False
    within_tolerance: bool = False
    assessed_fit: bool = False
    at_station: bool = False


OVERRIDABLE: Final = frozenset(
    {
        "issue.not-quarantined",
        "issue.not-recalled",
        "issue.not-expired",
        "issue.exposure-ok",
        "release.tests-final",
        "release.panel-complete",
    }
)
"""Rules that a named person may set aside with a reason (docs/decisions/0033): emergency release, and an issue that
cannot wait."""

Rule: TypeAlias = Callable[[UnitFacts], str | None]
"""The reason for no, or None."""


def may_release(
    facts: UnitFacts, *, by: str, second: str | None = None, two_persons: bool = False, override: str | None = None
) -> Refused | None:
    """Whether the unit may become available (血液放行).

    Args:
        facts: what is known of it.
        by: who releases, as a pseudonym.
        second: who checked.
        two_persons: whether the policy pack asks for two different persons.
        override: the reason of an emergency release; lifts `release.tests-final` and `release.panel-complete`, never a
            result that was unfit.
    """
    refused = _first("release", _RELEASE, facts, override)
    if refused is None and two_persons and second in {None, by}:
        return Refused("release.two-persons", "release needs a second person, another than the first")
    return refused


def may_allocate(facts: UnitFacts) -> Refused | None:
    """Whether the unit may be set aside for a hospital's order (配货): it is free, and could leave the station."""
    return _first("allocate", _ALLOCATE, facts, None)


def may_dispatch(facts: UnitFacts) -> Refused | None:
    """Whether the unit may leave the station (发血)."""
    return _first("dispatch", _DISPATCH, facts, None)


def may_issue(facts: UnitFacts, *, override: str | None = None, set_aside: Collection[str] = ()) -> Refused | None:
    """Whether the unit may be issued to the ward (临床发血).

    Args:
        facts: what is known of it.
        override: the reason for issuing it all the same.
        set_aside: the rules that the override names, each one that says no; it lifts no other.
    """
    idle = sorted(set(set_aside).difference(each.rule for each in _refusals("issue", _ISSUE, facts)))
    if idle:
        return Refused("issue.override-idle", f"nothing of the unit stands against {', '.join(idle)}")
    named = bool(override and override.strip())
    lifted = OVERRIDABLE.intersection(set_aside) if named else frozenset()
    return next((each for each in _refusals("issue", _ISSUE, facts) if each.rule not in lifted), None)


def forbids(facts: UnitFacts) -> tuple[Refused, ...]:
    """Everything that forbids using the unit now, wherever it stands; empty: nothing that the ledger knows of."""
    rules = _USE_AT_AN_END if facts.state in ENDS else _USE
    return tuple(Refused(f"use.{name}", reason) for name, rule in rules if (reason := rule(facts)) is not None)


def _first(deed: str, rules: Sequence[tuple[str, Rule]], facts: UnitFacts, override: str | None) -> Refused | None:
    lifted = OVERRIDABLE if override and override.strip() else frozenset()
    return next((each for each in _refusals(deed, rules, facts) if each.rule not in lifted), None)


def _refusals(deed: str, rules: Sequence[tuple[str, Rule]], facts: UnitFacts) -> Iterator[Refused]:
    """Everything that says no, in the rules' order."""
    for name, rule in rules:
        reason = rule(facts)
        if reason is not None:
            yield Refused(f"{deed}.{name}", reason)


def _in_state(*states: State) -> Rule:
    def rule(facts: UnitFacts) -> str | None:
        if facts.state in states:
            return None
        return f"the unit must be {' or '.join(states)}, it is {facts.state}"

    return rule


def _not_withheld(facts: UnitFacts) -> str | None:
    """In these states a unit may be on its way to a patient; in any other, something or somebody holds it back."""
    free = (State.AVAILABLE, State.RESERVED, State.PACKED, State.IN_TRANSIT, State.IN_HOSPITAL, State.ISSUED)
    return None if facts.state in free else f"the unit is {facts.state}"


def _not_at_station(facts: UnitFacts) -> str | None:
    return "a blood station holds it; it has to be received first" if facts.at_station else None


def _not_quarantined(facts: UnitFacts) -> str | None:
    return "the unit is quarantined" if facts.state is State.QUARANTINED else None


def _not_recalled(facts: UnitFacts) -> str | None:
    return "a recall is open" if facts.recalled or facts.state is State.RECALLED else None


def _never_unfit(facts: UnitFacts) -> str | None:
    unfit = facts.ever_unfit or facts.tests == "unfit"
    return "a test was unfit; later results do not restore the unit" if unfit else None


def _tests_final(facts: UnitFacts) -> str | None:
    return (
        None if facts.tests == "fit" else f"every test must be final and fit, the result is {facts.tests or 'not in'}"
    )


def _panel_complete(facts: UnitFacts) -> str | None:
    return f"not final yet: {', '.join(facts.missing_tests)}" if facts.missing_tests else None


def _labelled(facts: UnitFacts) -> str | None:
    return None if facts.labelled else "it has no label yet"


def _donor_eligible(facts: UnitFacts) -> str | None:
    return None if facts.donor_eligible else "a deferral stands against the donation"


def _group_confirmed(facts: UnitFacts) -> str | None:
    return None if facts.group_confirmed else "ABO and RhD are not confirmed against label and the donor's history"


def _group_undisputed(facts: UnitFacts) -> str | None:
    """Stock that was taken over has a label and no tests: what nobody contradicts may leave."""
    return "tests, label and the donor's history name more than one ABO and RhD" if facts.group_disputed else None


def _not_expired(facts: UnitFacts) -> str | None:
    if facts.expires_ms is None:
        return "the expiry is not known"
    return "the unit has expired" if is_expired(facts.expires_ms, now_ms=facts.now_ms) else None


def _exposure_ok(facts: UnitFacts) -> str | None:
    if facts.exposure == "ok" or facts.within_tolerance or facts.assessed_fit:
        return None
    return f"the cold chain must be ok, it is {facts.exposure or 'not judged'}"


_RELEASE: Final[Sequence[tuple[str, Rule]]] = (
    ("state", _in_state(State.PENDING)),
    ("not-recalled", _not_recalled),
    ("never-unfit", _never_unfit),
    ("tests-final", _tests_final),
    ("panel-complete", _panel_complete),
    ("donor-eligible", _donor_eligible),
    ("group-confirmed", _group_confirmed),
    ("not-expired", _not_expired),
    ("exposure-ok", _exposure_ok),
)
_LEAVE: Final[Sequence[tuple[str, Rule]]] = (
    ("labelled", _labelled),
    ("not-recalled", _not_recalled),
    ("never-unfit", _never_unfit),
    ("donor-eligible", _donor_eligible),
    ("group-confirmed", _group_undisputed),
    ("not-expired", _not_expired),
    ("exposure-ok", _exposure_ok),
)
_ALLOCATE: Final[Sequence[tuple[str, Rule]]] = (("state", _in_state(State.AVAILABLE)), *_LEAVE)
_DISPATCH: Final[Sequence[tuple[str, Rule]]] = (
    ("state", _in_state(State.AVAILABLE, State.RESERVED, State.PACKED)),
    *_LEAVE,
)
_ISSUE: Final[Sequence[tuple[str, Rule]]] = (
    ("state", _in_state(State.IN_HOSPITAL, State.QUARANTINED, State.RECALLED)),
    ("not-at-station", _not_at_station),
    ("never-unfit", _never_unfit),
    ("not-quarantined", _not_quarantined),
    ("not-recalled", _not_recalled),
    ("not-expired", _not_expired),
    ("exposure-ok", _exposure_ok),
)
_USE_AT_AN_END: Final[Sequence[tuple[str, Rule]]] = (("not-withheld", _not_withheld),)
_USE: Final[Sequence[tuple[str, Rule]]] = (
    *_USE_AT_AN_END,
    ("not-recalled", _not_recalled),
    ("never-unfit", _never_unfit),
    ("not-expired", _not_expired),
    ("exposure-ok", _exposure_ok),
)
