"""Release, dispatch, issue: each rule says no when it is the only thing wrong."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ledger.rules.lifecycle import State
from ledger.rules.refused import Refused
from ledger.rules.release import OVERRIDABLE, UnitFacts, forbids, may_allocate, may_dispatch, may_issue, may_release

GOOD = UnitFacts(
    state=State.PENDING, now_ms=1000, tests="fit", group_confirmed=True, expires_ms=1000, exposure="ok"
)  # fmt: skip
WRONG: Mapping[str, Mapping[str, object]] = {
    "state": {"state": State.QUARANTINED},
    "not-recalled": {"recalled": True},
    "never-unfit": {"ever_unfit": True},
    "tests-final": {"tests": "undecided"},
    "panel-complete": {"missing_tests": ("NAT",)},
    "donor-eligible": {"donor_eligible": False},
    "group-confirmed": {"group_confirmed": False},
    "not-expired": {"expires_ms": 999},
    "exposure-ok": {"exposure": "unknown"},
}
DISPATCH = ("state", "not-recalled", "never-unfit", "not-expired", "exposure-ok")


def rule_of(refused: Refused | None) -> str | None:
    return None if refused is None else refused.rule


def with_wrong(facts: UnitFacts, rule: str) -> UnitFacts:
    return replace(facts, **WRONG[rule])  # type: ignore[arg-type]  # the table's values fit their fields


def test_a_unit_with_nothing_wrong_goes_all_the_way() -> None:
    assert may_release(GOOD, by="a") is None
    for state in (State.AVAILABLE, State.RESERVED, State.PACKED):
        assert may_dispatch(replace(GOOD, state=state)) is None
    assert may_issue(replace(GOOD, state=State.IN_HOSPITAL)) is None


@pytest.mark.parametrize("rule", WRONG)
def test_one_thing_wrong_forbids_release_and_is_named(rule: str) -> None:
    refused = may_release(with_wrong(GOOD, rule), by="a")
    assert rule_of(refused) == f"release.{rule}"
    assert refused is not None
    assert refused.reason


@pytest.mark.parametrize("rule", DISPATCH)
def test_one_thing_wrong_forbids_dispatch_and_issue(rule: str) -> None:
    assert rule_of(may_dispatch(with_wrong(replace(GOOD, state=State.AVAILABLE), rule))) == f"dispatch.{rule}"
    named = "not-quarantined" if rule == "state" else rule
    assert rule_of(may_issue(with_wrong(replace(GOOD, state=State.IN_HOSPITAL), rule))) == f"issue.{named}"


def test_a_deferral_keeps_what_was_released_at_the_station_and_tells_no_hospital() -> None:
    deferred = replace(GOOD, state=State.AVAILABLE, donor_eligible=False)
    assert rule_of(may_allocate(deferred)) == "allocate.donor-eligible"
    assert rule_of(may_dispatch(deferred)) == "dispatch.donor-eligible"
    at_hospital = replace(deferred, state=State.IN_HOSPITAL)
    assert may_issue(at_hospital) is None
    assert forbids(at_hospital) == ()


def test_a_group_that_comes_to_be_disputed_after_the_release_keeps_it_at_the_station() -> None:
    disputed = replace(GOOD, state=State.AVAILABLE, group_disputed=True)
    assert rule_of(may_allocate(disputed)) == "allocate.group-confirmed"
    assert rule_of(may_dispatch(disputed)) == "dispatch.group-confirmed"
    taken_over = replace(GOOD, state=State.AVAILABLE, group_confirmed=False)
    assert may_dispatch(taken_over) is None, "a label, and no test that says otherwise"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"tests": None}, "tests-final"),
        ({"tests": "unfit"}, "never-unfit"),
        ({"tests": "fit", "ever_unfit": True}, "never-unfit"),
        ({"expires_ms": None}, "not-expired"),
        ({"exposure": None}, "exposure-ok"),
        ({"exposure": "out"}, "exposure-ok"),
    ],
)
def test_what_is_not_known_or_once_was_bad_is_no(change: Mapping[str, object], rule: str) -> None:
    assert rule_of(may_release(replace(GOOD, **change), by="a")) == f"release.{rule}"  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("second", [None, "a"])
def test_two_persons_are_two_different_persons(second: str | None) -> None:
    assert rule_of(may_release(GOOD, by="a", second=second, two_persons=True)) == "release.two-persons"
    assert may_release(GOOD, by="a", second="b", two_persons=True) is None


def test_a_released_unit_without_its_label_stays() -> None:
    bare = replace(GOOD, state=State.AVAILABLE, labelled=False)
    assert rule_of(may_dispatch(bare)) == "dispatch.labelled"
    assert may_release(replace(GOOD, labelled=False), by="a") is None, "where labels are put on after release"


def test_the_tests_that_are_not_final_are_named() -> None:
    refused = may_release(replace(GOOD, missing_tests=("HBsAg", "NAT")), by="a")
    assert refused is not None
    assert refused.reason == "not final yet: HBsAg, NAT"


def test_an_override_is_for_tests_that_are_not_in_and_for_nothing_else_at_release() -> None:
    lifted = {
        rule for rule in WRONG if may_release(with_wrong(GOOD, rule), by="a", override="massive bleeding") is None
    }
    assert lifted == {"tests-final", "panel-complete"}
    again = replace(GOOD, tests=None, ever_unfit=True)
    assert rule_of(may_release(again, by="a", override="massive bleeding")) == "release.never-unfit"


def test_an_emergency_release_needs_two_persons_too_where_the_pack_asks_for_them() -> None:
    waiting = replace(GOOD, tests=None)
    one = may_release(waiting, by="a", second="a", two_persons=True, override="massive bleeding")
    assert rule_of(one) == "release.two-persons"
    assert may_release(waiting, by="a", second="b", two_persons=True, override="massive bleeding") is None


def test_an_assessed_deviation_lifts_the_cold_chain_only() -> None:
    assessed = replace(GOOD, exposure="out", assessed_fit=True)
    assert may_release(assessed, by="a") is None
    assert rule_of(may_release(replace(assessed, recalled=True), by="a")) == "release.not-recalled"


def test_a_spell_that_the_pack_lets_pass_lifts_the_cold_chain_only() -> None:
    tolerated = replace(GOOD, exposure="out", within_tolerance=True)
    assert may_release(tolerated, by="a") is None
    assert rule_of(may_release(replace(tolerated, recalled=True), by="a")) == "release.not-recalled"
    assert may_issue(replace(tolerated, state=State.IN_HOSPITAL)) is None


def test_an_emergency_release_lifts_missing_tests_but_never_an_unfit_one() -> None:
    assert may_release(replace(GOOD, tests=None), by="a", override="massive bleeding, no other O negative") is None
    for override in (None, "", "  "):
        assert rule_of(may_release(replace(GOOD, tests=None), by="a", override=override)) == "release.tests-final"
    unfit = replace(GOOD, tests="unfit")
    assert rule_of(may_release(unfit, by="a", override="massive bleeding")) == "release.never-unfit"


IN_HOSPITAL = replace(GOOD, state=State.IN_HOSPITAL)
HELD: Mapping[str, Mapping[str, object]] = {
    "not-quarantined": {"state": State.QUARANTINED},
    "not-recalled": {"state": State.RECALLED},
    "not-expired": {"expires_ms": 999},
    "exposure-ok": {"exposure": "out"},
}
WHY = "no compatible unit in the city"


def held(*rules: str) -> UnitFacts:
    changes = {name: value for rule in rules for name, value in HELD[rule].items()}
    return replace(IN_HOSPITAL, **changes)  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("rule", HELD)
def test_what_is_held_back_is_issued_only_over_its_own_rule_by_name_and_with_a_reason(rule: str) -> None:
    named = f"issue.{rule}"
    assert named in OVERRIDABLE
    assert rule_of(may_issue(held(rule))) == named
    assert rule_of(may_issue(held(rule), override=WHY)) == named
    for nothing in (None, "", "  "):
        assert rule_of(may_issue(held(rule), override=nothing, set_aside=[named])) == named
    assert may_issue(held(rule), override=WHY, set_aside=[named]) is None


def test_each_rule_that_says_no_has_to_be_named() -> None:
    both = held("not-quarantined", "not-expired")
    one, other = "issue.not-quarantined", "issue.not-expired"
    assert rule_of(may_issue(both, override=WHY, set_aside=[one])) == other
    assert rule_of(may_issue(both, override=WHY, set_aside=[other])) == one
    assert may_issue(both, override=WHY, set_aside=[one, other]) is None


def test_an_override_names_no_rule_that_does_not_stand_against_the_unit() -> None:
    refused = may_issue(held("not-expired"), override=WHY, set_aside=["issue.not-recalled", "issue.not-expired"])
    assert refused == Refused("issue.override-idle", "nothing of the unit stands against issue.not-recalled")
    assert rule_of(may_issue(IN_HOSPITAL, override=WHY, set_aside=["issue.exposure-ok"])) == "issue.override-idle"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"ever_unfit": True}, "never-unfit"),
        ({"at_station": True}, "not-at-station"),
        ({"state": State.ON_HOLD}, "state"),
        ({"state": State.RETURNED}, "state"),
        ({"state": State.AVAILABLE}, "state"),
    ],
)
def test_what_no_override_lifts(change: Mapping[str, object], rule: str) -> None:
    facts = replace(IN_HOSPITAL, **change)  # type: ignore[arg-type]  # as above
    for set_aside in ((), (f"issue.{rule}",)):
        assert rule_of(may_issue(facts, override=WHY, set_aside=set_aside)) == f"issue.{rule}"


@pytest.mark.parametrize("rule", ["not-recalled", "never-unfit", "not-expired", "exposure-ok"])
def test_everything_that_forbids_use_is_said_at_once(rule: str) -> None:
    usable = replace(GOOD, state=State.IN_HOSPITAL)
    assert forbids(usable) == ()
    held = with_wrong(replace(usable, state=State.QUARANTINED), rule)
    assert [refused.rule for refused in forbids(held)] == ["use.not-withheld", f"use.{rule}"]


def test_of_a_unit_that_is_no_more_only_that_is_said() -> None:
    discarded = with_wrong(with_wrong(replace(GOOD, state=State.DISCARDED), "not-expired"), "not-recalled")
    assert [refused.rule for refused in forbids(discarded)] == ["use.not-withheld"]


def test_nothing_good_is_taken_for_granted_but_that_nobody_deferred_the_donor_or_took_the_label_off() -> None:
    blank = UnitFacts(state=State.PENDING, now_ms=1000)
    told = {name: getattr(GOOD, name) for name in ("tests", "expires_ms", "exposure")}
    assert rule_of(may_release(replace(blank, **told), by="a")) == "release.group-confirmed"
    assert may_release(replace(blank, **told, group_confirmed=True), by="a") is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tests": "undecided"}, "every test must be final and fit, the result is undecided"),
        ({"tests": None}, "every test must be final and fit, the result is not in"),
        ({"exposure": "out"}, "the cold chain must be ok, it is out"),
        ({"exposure": None}, "the cold chain must be ok, it is not judged"),
    ],
)
def test_a_no_says_what_is_known_and_what_is_not(change: Mapping[str, object], reason: str) -> None:
    refused = may_release(replace(GOOD, **change), by="a")  # type: ignore[arg-type]  # as above
    assert refused is not None
    assert refused.reason == reason
