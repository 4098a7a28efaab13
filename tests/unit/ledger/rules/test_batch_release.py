"""Nothing of a batch is left over: pending = fit + unfit + undecided."""

from dataclasses import replace

import pytest

from ledger.rules.batch_release import Member, Reconciled, may_release_batch, reconcile, verdict
from ledger.rules.lifecycle import State
from ledger.rules.refused import Refused
from ledger.rules.release import UnitFacts

GOOD = UnitFacts(
    state=State.PENDING, now_ms=1000, tests="fit", group_confirmed=True, expires_ms=1000, exposure="ok"
)  # fmt: skip
FIT, ALSO_FIT = Member("unit:1", GOOD), Member("unit:2", GOOD)
UNFIT = Member("unit:3", replace(GOOD, state=State.QUARANTINED, tests="unfit", ever_unfit=True), isolated=True)
WAITING = Member("unit:4", replace(GOOD, tests="undecided"))
BATCH = (FIT, UNFIT, WAITING, ALSO_FIT)


def rule(answer: Reconciled | Refused) -> str | None:
    return answer.rule if isinstance(answer, Refused) else None


def changed(**facts: object) -> Member:
    return Member("unit:9", replace(GOOD, **facts))  # type: ignore[arg-type]  # the words are those of the facts


def test_every_unit_is_in_one_of_three_and_they_add_up() -> None:
    found = reconcile(BATCH)
    assert found == Reconciled(("unit:1", "unit:2"), ("unit:3",), ("unit:4",))
    assert isinstance(found, Reconciled)
    assert found.pending == 4


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        (changed(), "fit"),
        (changed(missing_tests=("NAT",)), "undecided"),
        (changed(tests="undecided"), "undecided"),
        (changed(tests="unfit"), "unfit"),
        (changed(ever_unfit=True), "unfit"),
        (changed(state=State.QUARANTINED), "unfit"),
        (changed(state=State.ON_HOLD), "unfit"),
        (changed(state=State.RECALLED), "unfit"),
        (changed(state=State.AWAITING_DISPOSAL), "unfit"),
        (changed(state=State.DISCARDED, tests=None), "unfit"),
        (changed(tests=None), None),
        (changed(state=State.AVAILABLE), None),
        (changed(state=State.COLLECTED, tests="undecided"), None),
        (changed(state=State.NEW, tests=None), None),
    ],
)
def test_a_unit_is_fit_unfit_undecided_or_not_accounted_for(member: Member, expected: str | None) -> None:
    assert verdict(member.facts) == expected


def test_a_unit_without_a_result_stops_the_batch_and_is_named() -> None:
    refused = reconcile([*BATCH, changed(tests=None)])
    assert isinstance(refused, Refused)
    assert refused.rule == "batch.unaccounted"
    assert refused.reason.startswith("unit:9 is pending, its result is not in")


def test_an_unfit_unit_that_no_sweep_saw_isolated_stops_the_batch_unless_it_is_no_more() -> None:
    astray = replace(UNFIT, isolated=False)
    assert rule(reconcile([FIT, astray])) == "batch.unfit-isolated"
    gone = replace(astray, facts=replace(UNFIT.facts, state=State.DISCARDED))
    assert reconcile([FIT, gone]) == Reconciled(("unit:1",), ("unit:3",), ())


def test_of_nothing_there_is_no_batch() -> None:
    assert rule(reconcile([])) == "batch.empty"


@pytest.mark.parametrize("second", [None, "a"])
def test_two_different_persons_sign(second: str | None) -> None:
    assert rule(may_release_batch(BATCH, by="a", second=second)) == "batch.two-persons"
    assert may_release_batch(BATCH, by="a", second="b") == reconcile(BATCH)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"exposure": "out"}, "release.exposure-ok"),
        ({"donor_eligible": False}, "release.donor-eligible"),
        ({"expires_ms": 999}, "release.not-expired"),
    ],
)
def test_a_fit_unit_that_may_not_be_released_stops_the_batch(wrong: dict[str, object], expected: str) -> None:
    refused = may_release_batch([FIT, changed(**wrong)], by="a", second="b")
    assert rule(refused) == expected
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("unit:9: ")


def test_what_is_not_released_is_not_asked_whether_it_may_be() -> None:
    waiting = replace(WAITING, facts=replace(WAITING.facts, exposure="out"))
    assert may_release_batch([FIT, waiting, UNFIT], by="a", second="b") == Reconciled(
        ("unit:1",), ("unit:3",), ("unit:4",)
    )


def test_a_batch_that_is_not_accounted_for_is_not_released() -> None:
    assert rule(may_release_batch([changed(tests=None)], by="a", second="b")) == "batch.unaccounted"
