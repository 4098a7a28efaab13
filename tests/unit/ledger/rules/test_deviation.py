"""What follows from a cold chain: a short spell that the pack lets pass, and what two quality officers judged."""

from dataclasses import replace

import pytest

from ledger.rules.deviation import Assessment, Outcome, Reopened, is_settled, is_tolerated, reopened
from ledger.rules.exposure import Exposure, Stay, Track, judge
from ledger.rules.pack import ComponentRules, Limits, Pack

MINUTE = 60_000
LIMITS = Limits(low=200, high=600, max_gap_ms=10 * MINUTE, tolerated_out_ms=5 * MINUTE, source="test", verified=True)
PACK = Pack("test", "1", "nowhere", {"test": "made up"}, {"RBC_AS": ComponentRules({"store": LIMITS})})


def shelf(*, warm: int = 0, silent_from: int = 60, centi: int = 700) -> Exposure:
    """An hour in a refrigerator that was warm for the first minutes after the tenth."""
    samples = tuple((at * MINUTE, centi if 10 <= at < 10 + warm else 400) for at in range(silent_from))
    read = Track(probe="a", start_ms=0, end_ms=60 * MINUTE, samples=samples)
    stays = [Stay("fridge", "store", 0)]
    return judge(stays, {"fridge": [read]}, pack=PACK, component="RBC_AS", until_ms=60 * MINUTE)


@pytest.mark.parametrize(("warm", "passes"), [(1, True), (5, True), (6, False)])
def test_quarantine_follows_the_tolerance_and_not_the_first_reading(warm: int, passes: bool) -> None:  # noqa: FBT001
    found = shelf(warm=warm)
    assert found.verdict == "out"
    assert is_tolerated(found) is passes


def test_what_was_in_range_needs_no_tolerance_and_what_is_unknown_has_none() -> None:
    assert not is_tolerated(shelf())
    assert not is_tolerated(shelf(silent_from=30))
    assert not is_tolerated(shelf(warm=3, silent_from=30)), "who knows how warm it was afterwards"


def fit_at(minute: int, outcome: Outcome = "fit") -> Assessment:
    return Assessment(minute * MINUTE, outcome, log_size=0)


@pytest.mark.parametrize(("minute", "settled"), [(19, False), (20, True), (40, True)])
def test_an_assessment_settles_what_lay_before_it_and_nothing_after(minute: int, settled: bool) -> None:  # noqa: FBT001
    found = shelf(warm=10)
    assert is_settled(found, fit_at(minute), seen=found) is settled


def test_a_silence_after_the_assessment_is_not_settled_by_it() -> None:
    silent = shelf(silent_from=30)
    assert silent.verdict == "unknown"
    assert not is_settled(silent, fit_at(59), seen=silent)
    assert is_settled(silent, fit_at(60), seen=silent)


def test_only_fit_settles() -> None:
    found = shelf(warm=10)
    assert not is_settled(found, None, seen=found)
    assert not is_settled(found, fit_at(40, "return"), seen=found)
    assert not is_settled(found, fit_at(40, "discard"), seen=found)


def test_a_unit_that_was_never_judged_is_settled_by_persons() -> None:
    assert is_settled(None, fit_at(40), seen=None)
    assert not is_settled(None, None, seen=None)
    found = replace(shelf(warm=1), verdict="out")
    assert not is_settled(found, fit_at(10), seen=found)


@pytest.mark.parametrize(
    ("now", "settled"),
    [
        (shelf(warm=10), True),
        (shelf(warm=11), False),
        (shelf(warm=9), True),
        (shelf(warm=10, centi=701), False),
        (shelf(warm=10, centi=699), True),
        (shelf(warm=10, centi=190), False),
        (shelf(warm=10, silent_from=15), False),
        (shelf(), True),
    ],
)
def test_what_the_assessors_could_not_see_opens_the_question_again(now: Exposure, settled: bool) -> None:  # noqa: FBT001
    """They saw ten minutes at 7 degrees; what came to the log later says more, or less, of the same hour."""
    assert is_settled(now, fit_at(60), seen=shelf(warm=10)) is settled


def test_what_was_unknown_and_turns_out_to_have_been_warm_opens_the_question_again() -> None:
    """Two thirds of the hour were not read, as they knew; then the gateway sent what it had kept."""
    seen = shelf(silent_from=10)
    assert seen.unknown_ms == 41 * MINUTE
    assert is_settled(shelf(silent_from=30), fit_at(60), seen=seen), "less is unknown now"
    assert not is_settled(shelf(warm=20), fit_at(60), seen=seen)
    assert not is_settled(seen, fit_at(60), seen=None), "of a unit that nobody could judge then"


def test_what_turns_out_to_have_been_colder_than_they_saw_opens_the_question_again() -> None:
    """They saw ten minutes at one and a half degrees: nobody judged ice."""
    seen = shelf(warm=10, centi=150)
    assert is_settled(shelf(warm=10, centi=150), fit_at(60), seen=seen)
    assert is_settled(shelf(warm=10, centi=151), fit_at(60), seen=seen)
    assert not is_settled(shelf(warm=10, centi=149), fit_at(60), seen=seen)


def test_why_an_assessment_settles_no_longer_is_told_by_spells() -> None:
    found = shelf(warm=10, silent_from=40)
    (warm,), (silent,) = ([spell for spell in found.spells if spell.status == status] for status in ("out", "unknown"))
    assert reopened(found, fit_at(20), seen=found) == Reopened((), (silent,))
    assert reopened(found, fit_at(60), seen=found) == Reopened()
    assert reopened(found, fit_at(20), seen=shelf()) == Reopened((warm,), (silent,))
    assert reopened(found, fit_at(15), seen=None) == Reopened((), (warm, silent))
    assert reopened(None, fit_at(20), seen=None) == Reopened()
