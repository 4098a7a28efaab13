"""A bag is discarded: why, who agreed, and whether what was destroyed is what was meant."""

import pytest

from ledger.core.errors import ConfigError
from ledger.rules import files
from ledger.rules.discarding import (
    UNSUITABLE,
    Reason,
    Requested,
    parse_reasons,
    refuse_approval,
    refuse_disposal,
    refuse_hand_over,
    refuse_request,
)
from ledger.rules.refused import Refused
from ledger.rules.stocktake import compare

REASONS = (
    Reason(code="expired", zh="过期", en="expired"),
    Reason(code="donor", zh="保密性弃血", en="self-exclusion", confidential=True),
)
ASKER, OTHER = "person:" + "1" * 32, "person:" + "2" * 32


def rule_of(refused: Refused | None) -> str | None:
    return None if refused is None else refused.rule


@pytest.mark.parametrize(
    ("code", "told", "withheld", "rule"),
    [
        ("expired", None, False, None),
        ("expired", "since yesterday", False, None),
        (UNSUITABLE, None, True, None),
        (UNSUITABLE, "the donor rang up", True, "discard.reason-told"),
        (UNSUITABLE, None, False, "discard.reason"),
        ("expired", None, True, "discard.reason"),
        ("donor", None, False, "discard.reason"),
        ("broken", None, False, "discard.reason"),
        (None, "it leaks", False, "discard.reason"),
    ],
)
def test_a_request_names_a_reason_of_the_list_and_tells_none_that_is_withheld(
    code: str | None, told: str | None, *, withheld: bool, rule: str | None
) -> None:
    assert rule_of(refuse_request(REASONS, code=code, told=told, withheld=withheld)) == rule


def test_a_no_to_a_reason_says_what_would_do() -> None:
    withheld = refuse_request(REASONS, code=UNSUITABLE, told=None, withheld=False)
    assert withheld is not None
    assert withheld.reason == "expected a withheld reason with unsuitable, and with no other code"
    for code, came in (("donor", "donor"), (None, "none")):
        other = refuse_request(REASONS, code=code, told=None, withheld=False)
        assert other is not None
        assert other.reason.endswith(f"; came {came}")


@pytest.mark.parametrize(("letters", "taken"), [(1, True), (60, True), (61, False)])
def test_a_reason_is_said_in_sixty_letters_at_most(letters: int, *, taken: bool) -> None:
    text = f'[[reason]]\ncode = "a"\nzh = "甲"\nen = "{"e" * letters}"'
    if taken:
        assert parse_reasons(text)[0].en == "e" * letters
        return
    with pytest.raises(ConfigError, match="discard reasons"):
        parse_reasons(text)


def test_another_person_approves() -> None:
    assert rule_of(refuse_approval(None, by=OTHER)) == "discard.not-requested"
    assert rule_of(refuse_approval(Requested(ASKER), by=ASKER)) == "discard.two-persons"
    assert rule_of(refuse_approval(Requested(None), by=None)) == "discard.two-persons"
    assert refuse_approval(Requested(ASKER), by=OTHER) is None
    assert refuse_approval(Requested(OTHER), by=ASKER) is None, "whoever of the two asked"


def test_nothing_is_destroyed_that_was_not_approved_or_assessed() -> None:
    assert rule_of(refuse_disposal(None)) == "discard.not-requested"
    assert rule_of(refuse_disposal(Requested(ASKER))) == "discard.not-approved"
    assert refuse_disposal(Requested(ASKER, approved=True)) is None
    assert refuse_disposal(Requested(ASKER, assessed=True)) is None


def test_what_is_handed_over_is_what_was_approved_bag_by_bag() -> None:
    assert refuse_hand_over(compare(["a", "b"], ["b", "a"])) is None
    refused = refuse_hand_over(compare(["a", "b"], ["a", "c"], unknown=["tag:1"]))
    assert refused == Refused("discard.counted", "missing: b; not approved: c; unknown: tag:1")
    assert rule_of(refuse_hand_over(compare([], []))) == "discard.counted", "nothing is no hand-over"


def test_a_list_of_reasons_ships_and_some_of_it_could_lead_to_a_donor() -> None:
    shipped = parse_reasons(files.discard_reasons_text())
    assert {each.confidential for each in shipped} == {True, False}
    assert {each.code for each in shipped} >= {"expired", "broken", "self-exclusion"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reason = []",
        '[[reason]]\ncode = "a"\nzh = "甲"',
        '[[reason]]\ncode = "a b"\nzh = "甲"\nen = "a"',
        '[[reason]]\ncode = "a"\nzh = ""\nen = "a"',
        '[[reason]]\ncode = "a"\nzh = "甲"\nen = "a"\nsecret = true',
        '[[reason]]\ncode = "a"\nzh = "甲"\nen = "a"\n' * 2,
        '[[reason]]\ncode = "unsuitable"\nzh = "甲"\nen = "a"',
        'owner = "a"\n[[reason]]\ncode = "a"\nzh = "甲"\nen = "a"',
    ],
)
def test_a_list_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="discard reasons"):
        parse_reasons(text)
