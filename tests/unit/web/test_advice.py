"""What to do next about a refusal."""

import pytest

from ledger.core.errors import Refused
from tests.unit.web import samples
from web.advice import _SAYS_ITSELF, ADVICE, advice
from web.words.refusals import REFUSALS
from web.words.rules import RULES

EN = samples.speech("en")


def said(rule: str) -> str:
    return advice(Refused(rule, "why"), EN)


@pytest.mark.parametrize(
    ("rule", "next_step"),
    [
        ("release.exposure-ok", "Set the bag aside; two quality officers assess its deviation."),
        ("dispatch.not-expired", "Set the bag aside, and request its discard."),
        ("release.two-persons", "Ask a colleague to sign with their own password."),
        ("discard.two-persons", "Let a colleague sign in and do this step."),
        ("release.donor-eligible", "Set the bag aside; the quality officer decides about it."),
        ("collection.donor-eligible", "Do not collect; the quality officer decides about the deferral."),
        ("a.rule-of-tomorrow", "Nothing was recorded. Ask the quality officer what to do."),
    ],
)
def test_a_refusal_says_what_to_do_next(rule: str, next_step: str) -> None:
    assert said(rule) == next_step


@pytest.mark.parametrize("rule", ["role", "unit.unknown", "issue.not-at-station", "bank.overridden"])
def test_what_says_it_already_gets_no_second_sentence(rule: str) -> None:
    assert said(rule) == ""


def test_every_advice_is_about_a_rule_that_has_its_words() -> None:
    assert set(ADVICE) - set(RULES) == set()
    assert _SAYS_ITSELF - set(RULES) == set()
    assert _SAYS_ITSELF & set(ADVICE) == set()
    assert set(ADVICE) & set(REFUSALS) == {"two-persons"}, "of a step, and of a form"
