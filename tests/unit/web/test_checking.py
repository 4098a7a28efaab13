"""The checklist as a piece of a form."""

from dataclasses import replace
from gettext import NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ledger.core import kinds
from ledger.core.checklist import Checklist, Wording
from ledger.read.values import HistoryLine
from tests.support.producers import site_in
from tests.unit.web import samples
from web.checking import answers_of, asked_for, read_answers
from web.speech import Speech

EN = Speech("en", ZoneInfo("Asia/Shanghai"), NullTranslations())
ZH = replace(EN, language="zh")
ASKED = Checklist(
    "issued",
    "2",
    (Wording("seal", "封口", "Seal"), Wording("label", "标签", "Label")),
    (Wording("leak", "渗漏", "leaks"), Wording("torn", "破损", "torn")),
)


def test_what_is_typed_becomes_the_answers_in_the_lists_order() -> None:
    typed = {"check.label": "not_met", "check.label.why": "torn", "check.seal": "met", "check.seal.why": "leak"}
    answered = read_answers(ASKED, typed, EN)
    assert answered.wrong == {}
    met = kinds.Answer(item="seal", finding="met")
    torn = kinds.Answer(item="label", finding="not_met", refusal="torn")
    assert answered.fields == {
        "checklist": kinds.Checked(version="2", sha256=ASKED.sha256, answers=[met, torn]),
    }


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({}, {"check.seal": "This is needed.", "check.label": "This is needed."}),
        ({"check.seal": "met", "check.label": "perhaps"}, {"check.label": "This is needed."}),
        ({"check.seal": "met", "check.label": "not_met"}, {"check.label": "Choose the reason."}),
        (
            {"check.seal": "met", "check.label": "not_met", "check.label.why": "rain"},
            {"check.label": "Choose the reason."},
        ),
    ],
)
def test_an_item_without_an_answer_or_a_reason_is_marked(typed: dict[str, str], wrong: dict[str, str]) -> None:
    answered = read_answers(ASKED, typed, EN)
    assert (answered.fields, answered.wrong) == ({}, wrong)


def test_where_nothing_is_asked_nothing_is_said() -> None:
    assert read_answers(None, {"check.seal": "met"}, EN).fields == {}


def line(checked: kinds.Checked | None) -> HistoryLine:
    patient = "person:" + "cd" * 16
    return samples.line(kinds.Issued, 1, None, 1, unit=samples.UNIT, patient=patient, checklist=checked)


def test_a_unit_page_says_the_answers_in_the_words_of_the_list_that_was_asked(tmp_path: Path) -> None:
    now = replace(ASKED, version="3")
    site = replace(site_in(tmp_path / "site", mode="demo"), checklists=(ASKED, now))
    assert asked_for(site, "issued") is now
    typed = {"check.seal": "met", "check.label": "not_met", "check.label.why": "torn"}
    checked = read_answers(ASKED, typed, EN).fields["checklist"]
    assert isinstance(checked, kinds.Checked)
    assert answers_of(site, EN, line(checked)) == "checklist 2: not met: Label (torn)"
    assert answers_of(site, ZH, line(checked)) == "checklist 2: not met: 标签（破损）"
    forgotten = replace(site, checklists=(now,))
    assert answers_of(forgotten, ZH, line(checked)) == "checklist 2: not met: label（torn）"
    met = [kinds.Answer(item="seal", finding="met")]
    assert answers_of(site, EN, line(kinds.Checked(version="2", sha256=ASKED.sha256, answers=met))) == (
        "checklist 2: all met"
    )
    assert answers_of(site, EN, line(None)) == ""
