"""Who signs at the transfusion end, and what may come back from the ward."""

import pytest

from ledger.rules.bedside import Signed, refuse_check, refuse_issue, refuse_restocking
from ledger.rules.pack import ReturnRule
from ledger.rules.refused import Refused
from ledger.rules.returning import MINUTE_MS, Away

ISSUED = Signed(by="a", collector="b", second="c")
SET_ASIDE = ["issue.not-expired"]


def rule_of(refused: Refused | None) -> str | None:
    return None if refused is None else refused.rule


def test_issuer_and_collector_sign() -> None:
    assert refuse_issue(Signed(by="a", collector="b"), override=None, set_aside=()) is None
    for collector in (None, "a"):
        alone = Signed(by="a", collector=collector, second="c")
        assert rule_of(refuse_issue(alone, override=None, set_aside=())) == "issue.two-persons"


@pytest.mark.parametrize(
    ("override", "set_aside"), [("bleeding", []), (None, SET_ASIDE), ("", SET_ASIDE), ("  ", SET_ASIDE)]
)
def test_an_override_names_reason_and_rules_or_neither(override: str | None, set_aside: list[str]) -> None:
    assert rule_of(refuse_issue(ISSUED, override=override, set_aside=set_aside)) == "issue.override-named"
    assert refuse_issue(ISSUED, override="bleeding", set_aside=SET_ASIDE) is None


@pytest.mark.parametrize("second", [None, "a", "b"])
def test_a_third_person_answers_for_an_override(second: str | None) -> None:
    signed = Signed(by="a", collector="b", second=second)
    assert rule_of(refuse_issue(signed, override="bleeding", set_aside=SET_ASIDE)) == "issue.override-signed"
    assert refuse_issue(signed, override=None, set_aside=()) is None


@pytest.mark.parametrize("second", [None, "a"])
def test_two_persons_check_at_the_bedside(second: str | None) -> None:
    alone = Signed(by="a", second=second)
    assert rule_of(refuse_check(alone, patient="p", issued_to="p", agrees=True)) == "bedside.two-persons"


def test_a_check_agrees_for_the_patient_that_the_bag_was_issued_to_alone() -> None:
    two = Signed(by="a", second="b")
    assert refuse_check(two, patient="p", issued_to="p", agrees=True) is None
    assert refuse_check(two, patient="p", issued_to=None, agrees=True) is None
    assert rule_of(refuse_check(two, patient="p", issued_to="q", agrees=True)) == "bedside.patient"
    assert refuse_check(two, patient="p", issued_to="q", agrees=False) is None


def rule(kind: str, **more: int) -> ReturnRule:
    return ReturnRule(rule=kind, source="a test", verified="no", **more)  # type: ignore[arg-type]  # as the table has it


def restocking(kind: str, away: Away, signed: Signed, reason: str | None = None, **more: int) -> str | None:
    return rule_of(refuse_restocking(rule(kind, **more), away, signed=signed, reason=reason, over_a_rule=False))


ONE, TWO = Signed(by="a"), Signed(by="a", second="b")
HALF_AN_HOUR = Away(lasted_ms=30 * MINUTE_MS)


def test_the_pack_decides_what_comes_back_from_a_ward() -> None:
    assert restocking("never", HALF_AN_HOUR, TWO, "unopened") == "bank.return-rule"
    assert restocking("within", HALF_AN_HOUR, ONE, minutes=30) is None
    assert restocking("within", HALF_AN_HOUR, TWO, "unopened", minutes=29) == "bank.return-rule"


def test_where_the_pack_leaves_it_to_persons_two_decide_with_a_reason() -> None:
    assert restocking("unstated", HALF_AN_HOUR, TWO, "in its cool box") is None
    assert rule_of(refuse_restocking(None, HALF_AN_HOUR, signed=ONE, reason="x", over_a_rule=False)) == (
        "bank.two-persons"
    )
    for reason in (None, "", " "):
        assert restocking("validated", HALF_AN_HOUR, TWO, reason) == "bank.two-persons"
    assert restocking("validated", HALF_AN_HOUR, Signed(by="a", second="a"), "in its cool box") == "bank.two-persons"


def test_what_was_issued_over_a_rule_never_comes_back_to_stock() -> None:
    again = refuse_restocking(rule("within", minutes=60), HALF_AN_HOUR, signed=TWO, reason="x", over_a_rule=True)
    assert rule_of(again) == "bank.overridden"
