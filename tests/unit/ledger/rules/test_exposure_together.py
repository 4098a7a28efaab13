"""Many units of one refrigerator are judged together, each as if alone; and stays that follow each other closely."""

from collections.abc import Sequence

import pytest

from ledger.rules.exposure import Exposure, Stay, Track, Way, judge, judge_many
from ledger.rules.files import pack_text
from ledger.rules.pack_file import parse_pack

MINUTE = 60_000
CN = parse_pack(pack_text("cn"))
WARM_AT_TWENTY = Track(
    probe="a", start_ms=0, end_ms=60 * MINUTE,
    samples=tuple((minute * MINUTE, 850 if 20 <= minute < 26 else 400 + minute) for minute in range(60)),
)  # fmt: skip
TRACKS = {"fridge": [WARM_AT_TWENTY]}


def stay(start: int, end: int | None = None, *, place: str = "fridge") -> Stay:
    return Stay(place, "store", start * MINUTE, None if end is None else end * MINUTE)


def judged(*stays: Stay, until: int = 60) -> Exposure:
    return judge(stays, TRACKS, pack=CN, component="RBC_AS", until_ms=until * MINUTE)


def told(found: Exposure) -> list[tuple[int, int, str, str]]:
    return [(s.start_ms // MINUTE, s.end_ms // MINUTE, s.status, s.reason) for s in found.spells]


WAYS: Sequence[Sequence[Stay]] = ([stay(0)], [stay(0, 22)], [stay(30)], [stay(22), stay(40, place="box")], [])


def test_units_judged_together_are_judged_in_their_order_as_each_alone() -> None:
    together = judge_many([Way(stays, "RBC_AS") for stays in WAYS], TRACKS, pack=CN, until_ms=60 * MINUTE)
    assert list(together) == [judged(*stays) for stays in WAYS]


def test_components_in_one_refrigerator_are_each_judged_by_their_own_limits() -> None:
    cells, platelets = judge_many(
        [Way([stay(30)], "RBC_AS"), Way([stay(30)], "PLT")], TRACKS, pack=CN, until_ms=60 * MINUTE
    )
    assert (cells.verdict, platelets.verdict) == ("ok", "out")


def test_nobody_to_judge_is_no_trouble() -> None:
    assert list(judge_many([], TRACKS, pack=CN, until_ms=60 * MINUTE)) == []
    (nowhere,) = judge_many([Way([], "RBC_AS")], TRACKS, pack=CN, until_ms=60 * MINUTE)
    assert (nowhere.verdict, nowhere.spells) == ("unknown", ())


def test_two_scans_into_the_same_refrigerator_are_one_spell_with_the_extremes_of_both() -> None:
    found = judged(stay(0, 10), stay(10, 18))
    assert told(found)[0] == (0, 18, "ok", "")
    assert (found.spells[0].lowest, found.spells[0].highest) == (400, 417)
    assert judged(stay(10, 18), stay(0, 10)) == found, "in whatever order they were scanned"


def test_of_two_places_at_one_instant_the_one_that_was_told_last_counts() -> None:
    assert told(judged(stay(30, place="table"), stay(30))) == [(30, 60, "ok", "")]
    assert told(judged(stay(30), stay(30, place="table"))) == [(30, 60, "unknown", "no-probe")]


def test_a_stay_that_begins_later_than_the_question_says_nothing() -> None:
    assert told(judged(stay(0), stay(40, place="table"), until=18)) == [(0, 18, "ok", "")]
    assert told(judged(stay(40), until=18)) == []


@pytest.mark.parametrize(("until", "spells"), [(33, 2), (39, 2), (40, 3)])
def test_a_unit_in_somebodys_hands_is_waited_for_until_its_last_reading_is_ten_minutes_old(
    until: int, spells: int
) -> None:
    found = judged(stay(26, 30), until=until)
    assert told(found) == [
        (26, 30, "ok", ""), (30, min(until, 39), "tolerated", "moved"), (39, until, "unknown", "lag"),
    ][:spells]  # fmt: skip


def test_what_left_a_silent_refrigerator_is_silent_from_there_on() -> None:
    """Two stretches of silence, one after the other, in the refrigerator and on the way: all of it is one."""
    quiet = Track(probe="a", start_ms=0, end_ms=60 * MINUTE, samples=((0, 400),))
    found = judge([stay(0, 12)], {"fridge": [quiet]}, pack=CN, component="RBC_AS", until_ms=15 * MINUTE)
    assert told(found) == [(0, 10, "ok", ""), (10, 12, "unknown", "lag"), (12, 15, "unknown", "lag")]
    assert [spell.place for spell in found.spells] == ["fridge", "fridge", None]
