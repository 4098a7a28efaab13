"""A site's reasons for refusing and for sending back, and what a person must name."""

import pytest

from ledger.core.checklist import Wording
from ledger.core.errors import ConfigError
from ledger.rules import files
from ledger.rules.reasoning import parse_wordings, refuse_reason

LISTED = (Wording("bag", "破损", "broken"), Wording("other", "其他", "another"), Wording("wet", "潮湿", "wet"))
ONE = '[[reason]]\ncode = "{}"\nzh = "破损"\nen = "broken"\n'


@pytest.mark.parametrize("name", ["refusal", "return"])
def test_the_lists_that_ship_can_be_read_and_have_another_reason(name: str) -> None:
    found = parse_wordings(files.reasons_text(name), called=name)
    assert [each.code for each in found][-1] == "other"
    assert all(each.zh != each.en for each in found)


def test_a_sites_own_list_is_read_as_it_stands() -> None:
    assert parse_wordings(ONE.format("b-1") + ONE.format("b-2"), called="refusal reasons") == (
        Wording("b-1", "破损", "broken"),
        Wording("b-2", "破损", "broken"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nonsense", "refusal reasons: expected TOML"),
        ("", "refusal reasons: object missing required field `reason`"),
        ("reason = []", "refusal reasons.reason: expected"),
        (ONE.format("a b"), "refusal reasons.reason"),
        (ONE.format("a") + "confidential = true", "confidential"),
        (ONE.format("a") + ONE.format("a"), "refusal reasons: expected each code once; came a, a"),
        ('[[reason]]\ncode = "a"\nzh = ""\nen = "b"', "zh"),
        ('colour = "red"\n' + ONE.format("a"), "colour"),
        (f'[[reason]]\ncode = "a"\nzh = "{61 * "长"}"\nen = "b"', "zh"),
    ],
)
def test_a_list_that_cannot_be_says_where(text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_wordings(text, called="refusal reasons")
    assert expected in str(raised.value)


@pytest.mark.parametrize("words", ["漏", 60 * "长"])
def test_a_reason_has_one_to_sixty_characters(words: str) -> None:
    (found,) = parse_wordings(f'[[reason]]\ncode = "a"\nzh = "{words}"\nen = "b"', called="refusal reasons")
    assert found.zh == words


def asked(code: str | None, told: str | None = None) -> str:
    found = refuse_reason(LISTED, code=code, told=told, rule="receipt.reason")
    return "" if found is None else found.rule


def test_a_code_of_the_list_is_named_and_another_reason_says_which() -> None:
    assert asked("bag") == asked("wet") == asked("bag", "at the corner") == asked("other", "wet") == ""
    assert asked(None) == asked("torn") == asked(None, "wet") == "receipt.reason"
    assert asked("other") == asked("other", "  ") == "receipt.reason-told"


def test_the_refusal_names_what_was_expected_and_what_came() -> None:
    found = refuse_reason(LISTED, code=None, told=None, rule="return.code")
    assert found is not None
    assert found.reason == "expected one of the site's reasons: bag, other, wet; came none"
