"""What the pages say of a unit, in both languages."""

from dataclasses import replace

import pytest
from msgspec import structs

from ledger.core import kinds
from ledger.core.events import ERASED_KIND
from ledger.read.values import Erasure, HistoryLine
from ledger.rules.deviation import Assessment
from ledger.rules.refused import Refused
from tests.unit.web import samples
from web import present
from web.speech import Speech

ZH, EN = samples.speech("zh"), samples.speech("en")


def test_a_unit_that_was_out_of_range_is_not_to_be_used() -> None:
    page = samples.unit_page("out")
    verdict = present.verdict(page, EN)
    assert (verdict.tone, verdict.headline) == ("stop", "Not to be used")
    assert verdict.lines[0] == (
        "Out of range for 42 min (between 3.55 °C and 9.8 °C); the record covers 93.7 % of 1 d 2 h; "
        "1 h 30 min cannot be judged; 8 min missing, tolerated."
    )
    assert verdict.lines[1] == "Judged by policy pack CN 2026.1; its figures are not yet confirmed."
    assert verdict.lines[-1] == "This does not replace the check before use."
    assert [present.forbidding(page, refused, EN) for refused in page.forbids] == ["its cold chain is not in order"]


def test_the_same_in_chinese_speaks_chinese_only() -> None:
    verdict = present.verdict(samples.unit_page("out"), ZH)
    assert verdict.headline == "不得使用"
    assert verdict.lines[0].startswith("超温 42 分钟（最低 3.55 °C，最高 9.8 °C）；1 天 2 小时内记录覆盖 93.7 %")
    assert verdict.lines[-1] == "不代替使用前核对。"


def test_a_unit_in_order_says_so_with_its_pack() -> None:
    verdict = present.verdict(samples.unit_page("ok"), ZH)
    assert (verdict.tone, verdict.headline) == ("ok", "冷链合格，记录完整")
    assert "判定标准 CN 2026.1" in verdict.lines[1]


def test_of_opening_stock_the_past_is_said_to_be_unknown() -> None:
    page = samples.unit_page("ok")
    opened = samples.line(kinds.Opening, 2, "place:centre/f-07", 1, unit=samples.UNIT)
    told = present.verdict(replace(page, history=(*page.history, opened)), EN).lines
    assert any(each.startswith("Entered as opening stock on ") for each in told)
    assert not any("opening stock" in each for each in present.verdict(page, EN).lines)


def test_unknown_is_never_put_as_fine() -> None:
    page = samples.unit_page("ok")
    assert page.exposure is not None
    unknown = replace(page, exposure=replace(page.exposure, verdict="unknown", unknown_ms=samples.HOUR))
    assert present.verdict(unknown, EN).tone == "unknown"
    assert present.verdict(replace(page, exposure=None), EN).tone == "unknown"


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
    verdict = present.verdict(page, EN)
    assert (verdict.tone, verdict.headline) == (tone, headline)


def test_a_rule_that_forbids_use_beats_a_good_cold_chain() -> None:
    page = replace(samples.unit_page("ok"), forbids=(Refused("use.not-expired", "the unit has expired"),))
    assert present.verdict(page, EN).tone == "stop"


def test_a_late_event_asks_for_a_person() -> None:
    page = samples.unit_page("ok")
    held = replace(page, summary=replace(page.summary, on_hold=True))
    assert present.verdict(held, EN).tone == "warning"


def test_a_hundred_percent_means_all_of_it() -> None:
    page = samples.unit_page("ok")
    assert page.exposure is not None
    nearly = replace(page.exposure, covered_ms=page.exposure.judged_ms - 1, tolerated_ms=1)
    assert "99.9 %" in present.cold_chain_sentence(replace(page, exposure=nearly), EN)


@pytest.mark.parametrize(
    ("abo", "rhd", "shown"),
    [("A", "positive", "A+"), ("AB", "negative", "AB\N{MINUS SIGN}"), ("O", None, "O"), (None, None, "?")],
)
def test_the_blood_group_is_as_on_the_bag(abo: str | None, rhd: str | None, shown: str) -> None:
    unit = replace(samples.unit_page().summary, abo=abo, rhd=rhd)
    assert present.blood_group(unit, EN)[0] == shown


@pytest.mark.parametrize("speech", [ZH, EN])
def test_every_event_of_a_history_can_be_said(speech: Speech) -> None:
    for line in samples.history():
        assert present.kind_word(line.kind, speech)
        assert present.event_tone(line) in {"ok", "stop", "warning"}
        present.event_detail(line, speech, {})


def test_a_reason_of_the_sites_list_is_said_in_the_lists_words() -> None:
    asked = samples.line(kinds.DiscardRequested, 1, None, 1, unit=samples.UNIT, code="broken", reason="at the port")
    assert present.event_detail(asked, ZH, {"broken": "血袋破损"}) == "血袋破损、at the port"
    assert present.event_detail(asked, EN, {}) == "broken, at the port", "a reason that is on the list no longer"


def test_a_name_is_said_only_where_it_is_given() -> None:
    person = "person:" + "1042" * 8
    assert present.person(person, EN, {person: "Lin 1042"}) == "Lin 1042"
    assert present.person(person, EN, {}) == "a person 104210"
    assert present.person(None, EN, {}) == "device"


def test_an_unknown_kind_and_an_unknown_rule_keep_their_own_names() -> None:
    assert present.kind_word("something_new", ZH) == "something_new"
    page = samples.unit_page()
    assert present.forbidding(page, Refused("use.something-new", "as it says"), EN) == "as it says"


def test_a_proof_says_what_could_not_be_checked() -> None:
    proof = samples.proof()
    steps = present.proof_steps(proof, ZH)
    assert present.proof_tone(proof) == "warning"
    assert [step.tone for step in steps] == ["ok", "ok", "ok", "warning"]
    assert all(not step.detail.isascii() or not step.detail for step in steps)


def test_limits_are_said_with_their_sides() -> None:
    spell = samples.exposure().spells[0]
    assert present.limits(spell, EN) == "2.0 °C to 6.0 °C"
    assert present.limits(replace(spell, low=None, high=-1800), EN) == "at most \N{MINUS SIGN}18.0 °C"
    assert present.limits(replace(spell, high=None), ZH) == "不低于 2.0 °C"


def test_what_the_headline_says_is_not_said_twice() -> None:
    page = samples.unit_page("out")
    held = (Refused("use.not-withheld", "the unit is quarantined"), *page.forbids)
    page = replace(page, summary=replace(page.summary, state="quarantined"), forbids=held)
    assert [refused.rule for refused in present.hindrances(page)] == ["issue.exposure-ok"]
    pending = replace(page, summary=replace(page.summary, state="pending"))
    assert len(present.hindrances(pending)) == 2


def test_what_is_only_known_afterwards_is_not_called_late() -> None:
    late = replace(samples.history()[0], late=True)
    assert present.arrived_late(late)
    assert not present.arrived_late(replace(late, kind="tag_left"))


def test_a_sighting_that_was_carried_over_says_where_it_was_first_said() -> None:
    line = next(line for line in samples.history() if line.kind == "tag_arrived")
    assert present.first_said(line) is None
    assert line.recorded is not None
    said = kinds.FirstSaid(origin="a/ledger/1", stream="gw/1/c", seq=7)
    again = structs.replace(line.recorded, event=structs.replace(line.recorded.event, first_said=said))
    assert present.first_said(replace(line, recorded=again)) == said
    assert present.first_said(replace(line, recorded=None)) is None


def test_an_erased_event_says_when_and_why_and_nothing_of_what_it_was() -> None:
    erasure = Erasure(samples.NOW, "a court's order", "person:" + "a" * 32, "person:" + "b" * 32)
    line = HistoryLine(None, ERASED_KIND, samples.NOW, None, "web", 2, defect="erased", erasure=erasure)
    assert present.kind_word(line.kind, EN) == "Erased"
    assert present.kind_word(line.kind, ZH) == "已擦除"
    said = present.event_detail(line, EN, {})
    assert said.startswith("erased on ")
    assert said.endswith(": a court's order")
    assert "擦除：a court's order" in present.event_detail(line, ZH, {})


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
    assert says in present.verdict(replace(page, exposure=judged), EN).lines


def test_an_assessment_stands_beside_the_verdict_and_changes_no_word_of_it() -> None:
    page = samples.unit_page("out")
    assessed = replace(page, assessment=Assessment(page.now_ms, "return", log_size=1))
    plain, beside = present.verdict(page, EN), present.verdict(assessed, EN)
    assert (beside.tone, beside.headline) == (plain.tone, plain.headline)
    (said,) = [line for line in beside.lines if line not in plain.lines]
    assert said.startswith(f"Two quality officers assessed its deviation on {EN.moment(page.now_ms)}: return; ")
    assert beside.lines[-1] == plain.lines[-1]
    assert "两名质量人员于" in present.verdict(assessed, ZH).lines[2]
