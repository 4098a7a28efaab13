"""What the pages say of a cold chain, in both languages."""

from dataclasses import replace

from gateway.doubt import DoubtRule, Doubts
from gateway.hearing import SET_BACK
from gateway.probe_watch import HELD_BACK, LATE
from gateway.wire.items import Reading
from tests.unit.web import samples
from web import cold_chain_words

ZH, EN = samples.speech("zh"), samples.speech("en")


def test_a_hundred_percent_means_all_of_it() -> None:
    page = samples.unit_page("ok")
    assert page.exposure is not None
    nearly = replace(page.exposure, covered_ms=page.exposure.judged_ms - 1, tolerated_ms=1)
    assert "99.9 %" in cold_chain_words.cold_chain_sentence(replace(page, exposure=nearly), EN)


def test_limits_are_said_with_their_sides() -> None:
    spell = samples.exposure().spells[0]
    assert cold_chain_words.limits(spell, EN) == "2.0 °C to 6.0 °C"
    assert cold_chain_words.limits(replace(spell, low=None, high=-1800), EN) == "at most \N{MINUS SIGN}18.0 °C"
    assert cold_chain_words.limits(replace(spell, high=None), ZH) == "不低于 2.0 °C"


def test_what_a_gateway_says_of_a_doubtful_reading_is_said_in_the_readers_language() -> None:
    said = "jumped from 420 to -1805 centi-degrees in 60 s"
    assert cold_chain_words.reason_word(said, EN) == "it jumped from 4.2 °C to \N{MINUS SIGN}18.05 °C in 60 s"
    assert cold_chain_words.reason_word(said, ZH) == "60 秒内从 4.2 °C 跳到 \N{MINUS SIGN}18.05 °C"
    assert cold_chain_words.reason_word("no reading", ZH) == "无读数"
    assert cold_chain_words.reason_word("humidity of 101.50 %", ZH) == "所报湿度为 101.50 %"
    assert cold_chain_words.reason_word("E-7031", ZH) == "E-7031"


def test_every_doubt_that_a_gateway_has_is_said_in_chinese() -> None:
    doubts, reasons = Doubts(DoubtRule(cabinet_low=0, cabinet_high=2000)), set()
    answers = [(-8500, 0), (420, 1), (430, 2), (2900, 3), *((500 + minute % 2, 10 + minute) for minute in range(60))]
    answers += [(430, 100 + minute) for minute in range(60)]
    for centi, minute in answers:
        kept = doubts.judge(Reading("p", centi), minute * 60_000)
        reasons.add(kept.reason)
        if kept.quality == "good":
            doubts.trust(kept)
    assert len(reasons - {""}) >= 4, "impossible, first, too fast, stuck"
    reasons |= {LATE, HELD_BACK, SET_BACK}
    assert [each for each in reasons if each and cold_chain_words.reason_word(each, ZH).isascii()] == []
