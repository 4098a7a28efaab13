"""Of which minutes of a unit's way the outside reference knows nothing, on cases small enough to do by hand."""

import pytest

from firmware_mocks.recompute import Stay
from firmware_mocks.silences import Marks, stretches, verdict

MINUTE = 60_000


def read(*minutes: int, centi: int = 400) -> list[tuple[int, int | None]]:
    return [(minute * MINUTE, centi) for minute in minutes]


def said(stays: list[tuple[str, int, int]], marks: dict[str, Marks], *, until: int) -> str:
    way = stretches(
        [Stay(place, since * MINUTE, end * MINUTE) for place, since, end in stays],
        marks_of=lambda place: marks.get(place, ()),
        limits_of=lambda place: "unjudged" if place == "bench" else "no limits" if place == "ward" else (200, 600),
        until_ms=until * MINUTE,
    )
    return verdict(list(way))


@pytest.mark.parametrize(
    ("minutes", "verdict"), [((0, 10), "ok"), ((0, 11), "unknown"), ((0, 20), "unknown"), ((1, 5), "unknown")]
)
def test_two_readings_speak_for_ten_minutes_between_them(minutes: tuple[int, ...], verdict: str) -> None:
    assert said([("fridge", 0, minutes[-1] + 1)], {"fridge": read(*minutes)}, until=minutes[-1] + 1) == verdict


def test_out_beats_what_is_unknown() -> None:
    assert said([("fridge", 0, 60)], {"fridge": [*read(0), *read(50, centi=601)]}, until=60) == "out"


def test_a_stretch_that_cannot_be_trusted_is_unknown() -> None:
    assert said([("fridge", 0, 9)], {"fridge": [*read(0, 2), (4 * MINUTE, None), *read(6, 8)]}, until=9) == "unknown"


@pytest.mark.parametrize(("came", "verdict"), [(25, "ok"), (26, "unknown")])
def test_a_walk_between_two_monitored_places_counts_from_the_last_reading(came: int, verdict: str) -> None:
    marks = {"fridge": read(*range(0, 20, 5)), "box": read(*range(30))}
    assert said([("fridge", 0, 17), ("box", came, 30)], marks, until=30) == verdict


@pytest.mark.parametrize(("left", "verdict"), [(10, "ok"), (9, "unknown")])
def test_a_short_walk_to_the_bench_belongs_to_the_bench(left: int, verdict: str) -> None:
    marks = {"fridge": read(*range(20))}
    assert said([("fridge", 0, left), ("bench", 20, 60)], marks, until=60) == verdict
    assert said([("bench", 0, 5), ("fridge", 10, 19), ("bench", 20, 60)], marks, until=60) == "ok"


def test_a_unit_that_is_nowhere_was_last_known_ten_minutes_ago() -> None:
    marks = {"fridge": read(*range(20))}
    assert said([("fridge", 0, 20)], marks, until=29) == "ok"
    assert said([("fridge", 0, 20)], marks, until=30) == "unknown"


def test_nothing_judged_and_nothing_to_judge_by_are_unknown() -> None:
    assert said([("bench", 0, 60)], {}, until=60) == "unknown"
    assert said([("ward", 0, 60)], {}, until=60) == "unknown"
    assert said([], {}, until=60) == "unknown"
