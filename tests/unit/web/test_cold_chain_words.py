"""What the pages say of a cold chain, in both languages."""

from dataclasses import replace

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
