"""A site's checklist: every item answered, every no with a reason, nothing accepted or issued over a no."""

from dataclasses import replace

import pytest

from ledger.core.checklist import Checklist, Wording
from ledger.core.kinds import Answer, Checked
from ledger.rules.checklist import in_force, refuse, told

SEAL, LABEL = Wording("seal", "封口", "Seal"), Wording("label", "标签", "Label")
LEAK = Wording("leak", "渗漏", "Leaks")
ASKED = Checklist("received", "2", (SEAL, LABEL), (LEAK,))
MET = [Answer(item="seal", finding="met"), Answer(item="label", finding="met")]
LEAKS = [Answer(item="seal", finding="not_met", refusal="leak"), MET[1]]


def checked(answers: list[Answer], asked: Checklist = ASKED) -> Checked:
    return Checked(version=asked.version, sha256=asked.sha256, answers=answers)


def rule(answers: list[Answer], *, goes_ahead: bool = True) -> str:
    refused = refuse(ASKED, checked(answers), goes_ahead=goes_ahead)
    return refused.rule if refused else ""


def test_where_all_is_met_it_goes_ahead() -> None:
    assert rule(MET) == ""


def test_over_a_no_nothing_goes_ahead_and_a_refusal_may_say_no() -> None:
    assert rule(LEAKS) == "checklist.not-met"
    assert rule(LEAKS, goes_ahead=False) == ""


@pytest.mark.parametrize(
    "answers", [MET[:1], [MET[0], MET[0]], MET[::-1], [*MET, Answer(item="smell", finding="met")], [MET[0], LEAKS[0]]]
)
def test_every_item_is_answered_once_in_the_lists_order(answers: list[Answer]) -> None:
    assert rule(answers, goes_ahead=False) == "checklist.unanswered"


@pytest.mark.parametrize(
    "seal",
    [
        Answer(item="seal", finding="not_met"),
        Answer(item="seal", finding="not_met", refusal="rain"),
        Answer(item="seal", finding="met", refusal="leak"),
    ],
)
def test_a_no_has_one_of_the_sites_reasons_and_a_yes_has_none(seal: Answer) -> None:
    assert rule([seal, MET[1]], goes_ahead=False) == "checklist.reason"


def test_where_the_site_asks_answers_must_come_and_for_the_list_in_force() -> None:
    assert refuse(None, None, goes_ahead=True) is None
    unasked = refuse(None, checked(MET), goes_ahead=True)
    assert unasked is not None
    assert unasked.rule == "checklist.version"
    unanswered = refuse(ASKED, None, goes_ahead=True)
    assert unanswered is not None
    assert unanswered.rule == "checklist.unanswered"
    for other in (replace(ASKED, version="1"), replace(ASKED, version="9"), replace(ASKED, refusals=(LEAK, SEAL))):
        outdated = refuse(ASKED, checked(MET, other), goes_ahead=True)
        assert outdated is not None
        assert outdated.rule == "checklist.version"


def test_the_last_list_for_a_step_is_in_force_and_earlier_ones_keep_their_words() -> None:
    first, other = replace(ASKED, version="1"), replace(ASKED, step="issued")
    lists = [first, ASKED, other]
    assert in_force(lists, "received") is ASKED
    assert in_force(lists, "issued") is other
    assert in_force(lists, "returned") is None
    assert told(lists, "received", checked(MET, first)) is first
    assert told(lists, "issued", checked(MET, first)) is None


def test_which_list_is_in_force_and_which_was_answered_rests_on_no_order_of_steps_or_texts() -> None:
    first, other = replace(ASKED, version="1"), replace(ASKED, step="issued")
    assert in_force([other, ASKED], "issued") is other
    assert told([other, ASKED], "received", checked(MET, ASKED)) is ASKED
    for lists in ([first, ASKED], [ASKED, first]):
        assert told(lists, "received", checked(MET, ASKED)) is ASKED
        assert told(lists, "received", checked(MET, first)) is first
