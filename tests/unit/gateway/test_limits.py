"""Excursions: told at once or after their delay, warning and alarm each by limits of their own."""

import pytest

from gateway.limits import ExcursionBegan, ExcursionOver, Limits, LimitWatch

MINUTE = 60_000
WARNING, ALARM = Limits("warning", 250, 550, 5 * MINUTE), Limits("alarm", 200, 600, 2 * MINUTE)


def told(watch: LimitWatch, *readings: tuple[int, int]) -> list[ExcursionBegan | ExcursionOver]:
    return [edge for minute, centi in readings for edge in watch.judge(minute * MINUTE, centi)]


def test_without_a_delay_the_first_reading_beyond_is_told_at_once() -> None:
    watch = LimitWatch([Limits("alarm", 200, 600)])
    assert told(watch, (0, 600), (1, 601)) == [ExcursionBegan("alarm", MINUTE, MINUTE, "high", 600, 601)]


def test_with_a_delay_it_is_told_when_it_lasted_and_began_at_its_first_reading() -> None:
    watch = LimitWatch([ALARM])
    assert told(watch, (0, 610), (1, 640)) == []
    assert told(watch, (2, 630)) == [ExcursionBegan("alarm", 0, 2 * MINUTE, "high", 600, 610)]
    assert told(watch, (3, 620)) == [], "once"
    assert told(watch, (4, 400)) == [ExcursionOver("alarm", 4 * MINUTE, 0, 610, 640)]


def test_what_comes_back_before_the_delay_is_over_was_an_opened_door() -> None:
    watch = LimitWatch([ALARM])
    assert told(watch, (0, 610), (1, 500), (2, 610), (3, 500)) == []
    assert watch.beyond == {}


def test_a_warning_has_limits_and_a_delay_of_its_own() -> None:
    watch = LimitWatch([WARNING, ALARM])
    edges = told(watch, *((minute, 560) for minute in range(7)), (7, 700), (8, 700), (9, 700), (10, 400))
    assert [(type(each).__name__, each.level, each.time_ms // MINUTE) for each in edges] == [
        ("ExcursionBegan", "warning", 0),
        ("ExcursionBegan", "alarm", 7),
        ("ExcursionOver", "warning", 10),
        ("ExcursionOver", "alarm", 10),
    ]


@pytest.mark.parametrize(("centi", "side"), [(200, None), (600, None), (199, "low"), (601, "high")])
def test_limits_are_inclusive(centi: int, side: str | None) -> None:
    crossed = ALARM.crossed(centi)
    assert (crossed[0] if crossed else None) == side


def test_from_too_warm_to_too_cold_is_two_excursions() -> None:
    edges = told(LimitWatch([Limits("alarm", 200, 600)]), (0, 700), (1, 100))
    assert [type(each) for each in edges] == [ExcursionBegan, ExcursionOver, ExcursionBegan]


def test_a_clock_that_is_set_takes_what_goes_on_along() -> None:
    watch = LimitWatch([Limits("alarm", 200, 600)])
    told(watch, (0, 700))
    watch.shift(60 * MINUTE)
    assert told(watch, (61, 400)) == [ExcursionOver("alarm", 61 * MINUTE, 60 * MINUTE, 700, 700)]


def test_a_late_reading_beyond_a_limit_is_an_excursion_of_its_own_instant() -> None:
    watch = LimitWatch([WARNING, Limits("alarm", 200, 600)])
    told(watch, (0, 400), (2, 400))
    assert watch.judge_late(MINUTE, 700, 3 * MINUTE) == [
        ExcursionBegan("alarm", MINUTE, 3 * MINUTE, "high", 600, 700),
        ExcursionOver("alarm", MINUTE, MINUTE, 700, 700),
    ], "whether a warning lasted, nobody can tell"
    assert watch.judge_late(MINUTE, 500, 3 * MINUTE) == []


def test_a_late_reading_of_an_excursion_that_goes_on_is_part_of_it() -> None:
    watch = LimitWatch([Limits("alarm", 200, 600)])
    told(watch, (0, 700), (2, 710))
    assert watch.judge_late(MINUTE, 705, 3 * MINUTE) == []
