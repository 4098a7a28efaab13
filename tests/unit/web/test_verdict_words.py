"""What the pages say of a unit's verdict, in both languages."""

from dataclasses import replace

import pytest

from ledger.core import kinds
from ledger.rules.deviation import Assessment
from ledger.rules.refused import Refused
from tests.unit.web import samples
from web import present, verdict_words

ZH, EN = samples.speech("zh"), samples.speech("en")


def test_a_unit_that_was_out_of_range_is_not_to_be_used() -> None:
    page = samples.unit_page("out")
    verdict = verdict_words.verdict(page, EN)
    assert (verdict.tone, verdict.headline) == ("stop", "Not to be used")
    assert verdict.lines[0] == (
        "Out of range for 42 min (between 3.55 °C and 9.8 °C); the record covers 93.7 % of 1 d 2 h; "
        "1 h 30 min cannot be judged; 8 min missing, tolerated."
    )
    assert verdict.lines[1] == "Judged by policy pack CN 2026.1; its figures are not yet confirmed."
    assert verdict.lines[-1] == "This does not replace the check before use."
    assert [verdict_words.forbidding(page, refused, EN) for refused in page.forbids] == [
        "its cold chain was out of range, or is unknown"
    ]


def test_the_same_in_chinese_speaks_chinese_only() -> None:
    verdict = verdict_words.verdict(samples.unit_page("out"), ZH)
    assert verdict.headline == "不得使用"
    assert verdict.lines[0].startswith("超温 42 分钟（最低 3.55 °C，最高 9.8 °C）；1 天 2 小时内记录覆盖 93.7 %")
    assert verdict.lines[-1] == "不代替使用前核对。"


def test_a_unit_in_order_says_so_with_its_pack() -> None:
    verdict = verdict_words.verdict(samples.unit_page("ok"), ZH)
    assert (verdict.tone, verdict.headline) == ("ok", "冷链合格，记录完整")
    assert "判定标准 CN 2026.1" in verdict.lines[1]


def test_of_opening_stock_the_past_is_said_to_be_unknown() -> None:
    page = samples.unit_page("ok")
    opened = samples.line(kinds.Opening, 2, "place:centre/f-07", 1, unit=samples.UNIT)
    told = verdict_words.verdict(replace(page, history=(*page.history, opened)), EN).lines
    assert any(each.startswith("Entered as opening stock on ") for each in told)
    assert not any("opening stock" in each for each in verdict_words.verdict(page, EN).lines)


def test_unknown_is_never_put_as_fine() -> None:
    page = samples.unit_page("ok")
    assert page.exposure is not None
    unknown = replace(page, exposure=replace(page.exposure, verdict="unknown", unknown_ms=samples.HOUR))
    assert verdict_words.verdict(unknown, EN).tone == "unknown"
    assert verdict_words.verdict(replace(page, exposure=None), EN).tone == "unknown"


@pytest.mark.parametrize(
    ("state", "tone", "headline"),
    [
        ("pending", "warning", "Not yet released"),
        ("quarantined", "stop", "Not to be used: in quarantine"),
        ("recalled", "stop", "Not to be used: recalled"),
        ("transfused", "ok", "transfused; cold chain was in range"),
        ("in_transit", "ok", "Cold chain in range, record complete"),
    ],
)
def test_the_state_speaks_first(state: str, tone: str, headline: str) -> None:
    page = samples.unit_page("ok")
    withheld = (Refused("use.not-withheld", f"the unit is {state}"),) if tone != "ok" else ()
    page = replace(page, summary=replace(page.summary, state=state), forbids=withheld)
    verdict = verdict_words.verdict(page, EN)
    assert (verdict.tone, verdict.headline) == (tone, headline)


def test_a_rule_that_forbids_use_beats_a_good_cold_chain() -> None:
    page = replace(samples.unit_page("ok"), forbids=(Refused("use.not-expired", "the unit has expired"),))
    assert verdict_words.verdict(page, EN).tone == "stop"


def test_a_late_event_asks_for_a_person() -> None:
    page = samples.unit_page("ok")
    held = replace(page, summary=replace(page.summary, on_hold=True))
    assert verdict_words.verdict(held, EN).tone == "warning"


def test_an_unknown_kind_and_an_unknown_rule_keep_their_own_names() -> None:
    assert present.kind_word("something_new", ZH) == "something_new"
    page = samples.unit_page()
    assert verdict_words.forbidding(page, Refused("use.something-new", "as it says"), EN) == "as it says"


def test_what_the_headline_says_is_not_said_twice() -> None:
    page = samples.unit_page("out")
    held = (Refused("use.not-withheld", "the unit is quarantined"), *page.forbids)
    page = replace(page, summary=replace(page.summary, state="quarantined"), forbids=held)
    assert [refused.rule for refused in verdict_words.hindrances(page)] == ["issue.exposure-ok"]
    pending = replace(page, summary=replace(page.summary, state="pending"))
    assert len(verdict_words.hindrances(pending)) == 2


@pytest.mark.parametrize(
    ("verified", "confirmed_here", "says"),
    [
        (True, False, "Judged by policy pack CN 2026.1, its figures confirmed."),
        (True, True, "Judged by policy pack CN 2026.1, its figures confirmed by this station."),
        (False, True, "Judged by policy pack CN 2026.1; its figures are not yet confirmed."),
    ],
)
def test_a_verdict_says_who_confirmed_its_figures(*, verified: bool, confirmed_here: bool, says: str) -> None:
    page = samples.unit_page("ok")
    assert page.exposure is not None
    judged = replace(page.exposure, verified=verified, confirmed_here=confirmed_here)
    assert says in verdict_words.verdict(replace(page, exposure=judged), EN).lines


def test_an_assessment_stands_beside_the_verdict_and_changes_no_word_of_it() -> None:
    page = samples.unit_page("out")
    assessed = replace(page, assessment=Assessment(page.now_ms, "return", log_size=1))
    plain, beside = verdict_words.verdict(page, EN), verdict_words.verdict(assessed, EN)
    assert (beside.tone, beside.headline) == (plain.tone, plain.headline)
    (said,) = [line for line in beside.lines if line not in plain.lines]
    assert said.startswith(f"Two quality officers assessed its deviation on {EN.moment(page.now_ms)}: return; ")
    assert beside.lines[-1] == plain.lines[-1]
    assert "两名质量人员于" in verdict_words.verdict(assessed, ZH).lines[2]
