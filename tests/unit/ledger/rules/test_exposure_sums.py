"""What is added up of a unit's way: minutes of each kind, extremes, tolerances. Instants here are odd on purpose."""

from collections.abc import Sequence

import pytest

from ledger.rules.exposure import Exposure, Stay, Track, judge, judge_log
from ledger.rules.files import pack_text
from ledger.rules.pack_file import parse_pack

MINUTE = 60_000
CN = parse_pack(pack_text("cn"))
LENIENT = parse_pack(pack_text("cn").replace("high = 600,", "high = 600, tolerated_out_minutes = 5,"))


def fridge(*samples: tuple[int, int], **more: object) -> Track:
    """A probe that read (instant, centi-degrees) until two hours."""
    return Track(probe="a", start_ms=0, end_ms=120 * MINUTE, samples=samples, **more)  # type: ignore[arg-type]  # a track's own fields


def minutes(start: int, end: int, centi: int = 400) -> list[tuple[int, int]]:
    return [(minute * MINUTE, centi) for minute in range(start, end)]


def judged(track: Track, *stays: Stay, until_ms: int, lenient: bool = False) -> Exposure:
    pack = LENIENT if lenient else CN
    return judge(stays or [Stay("fridge", "store", 0)], {"fridge": [track]}, pack=pack, component="RBC_AS",
                 until_ms=until_ms)  # fmt: skip


def told(found: Exposure) -> list[tuple[float, float, str, str]]:
    return [(s.start_ms / MINUTE, s.end_ms / MINUTE, s.status, s.reason) for s in found.spells]


def warm_spells(*spells: tuple[int, int]) -> Track:
    """Good minutes, but for these stretches of milliseconds, in which it was seven degrees."""
    read = dict(minutes(0, 60))
    for start, end in spells:
        read |= {start: 700, end: 400}
        read = {at: centi for at, centi in read.items() if not start < at < end}
    return fridge(*sorted(read.items()))


def test_every_minute_is_counted_once_and_under_its_own_name() -> None:
    """Ten good, three warm, seven good, a hole of five that was told, then a silence of thirty, and good again."""
    samples = [*minutes(0, 10), *minutes(10, 13, 700), *minutes(13, 21), *minutes(25, 31), *minutes(70, 91)]
    found = judged(fridge(*samples, gaps=((20 * MINUTE, 25 * MINUTE, "link lost"),)), until_ms=90 * MINUTE + 1)
    assert [(each[2], each[1] - each[0]) for each in told(found)] == [
        ("ok", 10), ("out", 3), ("ok", pytest.approx(7, abs=0.001)), ("tolerated", pytest.approx(5, abs=0.001)),
        ("ok", 15), ("unknown", 30), ("ok", pytest.approx(20, abs=0.001)),
    ]  # fmt: skip
    assert found.out_ms == 3 * MINUTE
    assert found.unknown_ms == 30 * MINUTE
    assert found.tolerated_ms == 5 * MINUTE - 1, "it began just after its reading"
    assert found.covered_ms == 55 * MINUTE + 2
    assert found.judged_ms == 90 * MINUTE + 1
    assert found.first_ms == 0
    assert (found.verdict, found.lowest_centi, found.highest_centi) == ("out", 400, 700)


def test_the_lag_is_the_time_since_the_last_reading() -> None:
    found = judged(fridge((0, 400), (9 * MINUTE, 400)), until_ms=30 * MINUTE)
    assert (found.last_reading_ms, found.lag_ms) == (9 * MINUTE, 21 * MINUTE)


@pytest.mark.parametrize(
    ("spells", "over"),
    [
        ([(10 * MINUTE, 13 * MINUTE)], False),
        ([(10 * MINUTE, 15 * MINUTE)], False),
        ([(10 * MINUTE, 15 * MINUTE + 1)], True),
        ([(10 * MINUTE, 13 * MINUTE), (20 * MINUTE, 22 * MINUTE)], False),
        ([(10 * MINUTE, 13 * MINUTE), (20 * MINUTE, 23 * MINUTE)], True),
        ([(10 * MINUTE, 13 * MINUTE), (20 * MINUTE, 22 * MINUTE + 1)], True),
    ],
)
def test_the_tolerance_is_for_all_warm_spells_together(spells: Sequence[tuple[int, int]], *, over: bool) -> None:
    found = judged(warm_spells(*spells), until_ms=60 * MINUTE, lenient=True)
    assert (found.verdict, found.over_tolerance) == ("out", over)


def test_a_silence_uses_up_no_tolerance() -> None:
    found = judged(fridge(*minutes(0, 5), *minutes(50, 60)), until_ms=60 * MINUTE, lenient=True)
    assert (found.verdict, found.over_tolerance) == ("unknown", False)


def test_what_is_alike_joins_the_newest_spell_and_no_earlier_one() -> None:
    stays = [Stay("fridge", "store", start * MINUTE) for start in (8, 20, 30)]
    found = judged(warm_spells((10 * MINUTE, 13 * MINUTE)), *stays, until_ms=40 * MINUTE)
    assert told(found) == [(8, 10, "ok", ""), (10, 13, "out", "above"), (13, 40, "ok", "")]
    assert found.first_ms == 8 * MINUTE


@pytest.mark.parametrize("beside", ["before", "after"])
def test_a_short_hole_is_tolerated_between_good_readings_and_not_beside_a_warm_one(beside: str) -> None:
    hole = ((7 * MINUTE, 9 * MINUTE, "link lost"),)
    good = fridge(*minutes(0, 6), *minutes(9, 20), gaps=hole)
    assert judged(good, until_ms=20 * MINUTE).verdict == "ok"
    samples = {"before": [*minutes(0, 4, 700), *minutes(9, 20)], "after": [*minutes(0, 6), *minutes(9, 20, 700)]}
    found = judged(fridge(*samples[beside], gaps=hole), until_ms=20 * MINUTE)
    assert found.unknown_ms == (2 * MINUTE if beside == "after" else 0)
    assert found.tolerated_ms == 0


def test_what_comes_long_after_a_hole_does_not_decide_it() -> None:
    hole = ((7 * MINUTE, 9 * MINUTE, "link lost"),)
    found = judged(fridge(*minutes(0, 6), *minutes(9, 12), *minutes(12, 20, 700), gaps=hole), until_ms=20 * MINUTE)
    assert (found.tolerated_ms, found.unknown_ms) == (2 * MINUTE, 0)


@pytest.mark.parametrize("place", ["attic", "zoo"])
def test_a_probe_that_was_silent_long_before_the_unit_came_is_not_held_against_it(place: str) -> None:
    """The unit was read in the refrigerator a minute before; whatever the places are called."""
    tracks = {"fridge": [fridge(*minutes(0, 60))], place: [fridge((0, 400), *minutes(24, 60))]}
    stays = [Stay("fridge", "store", 0), Stay(place, "store", 20 * MINUTE)]
    assert judge(stays, tracks, pack=CN, component="RBC_AS", until_ms=30 * MINUTE).verdict == "ok"


def test_a_silence_that_began_in_the_refrigerator_counts_from_the_silent_probe_on_the_way_too() -> None:
    """Its neighbour reads seldom, and is not asked."""
    silent = fridge(*minutes(0, 5), gaps=((4 * MINUTE, 30 * MINUTE, "link lost"),))
    seldom = Track(probe="b", start_ms=0, end_ms=120 * MINUTE, samples=((0, 400), (9 * MINUTE, 400)))
    tracks = {"fridge": [silent, seldom], "box": [fridge(*minutes(0, 60, 500))]}
    stays = [Stay("fridge", "store", 0, 10 * MINUTE), Stay("box", "store", 13 * MINUTE)]
    assert judge(stays, tracks, pack=CN, component="RBC_AS", until_ms=30 * MINUTE).verdict == "ok"


def test_a_silence_has_the_name_of_the_probe_that_hangs_elsewhere_and_else_of_what_is_late() -> None:
    gone = Track(probe="a", start_ms=0, end_ms=8 * MINUTE, samples=tuple(minutes(0, 8)), removed=True)
    back = Track(probe="a", start_ms=25 * MINUTE, end_ms=30 * MINUTE, samples=())
    stays = [Stay("fridge", "store", 0)]
    one, both = (
        judge(stays, {"fridge": tracks}, pack=CN, component="RBC_AS", until_ms=30 * MINUTE)
        for tracks in ([gone], [gone, back])
    )
    assert told(one)[-1] == (17, 30, "unknown", "probe-moved")
    assert told(both)[-2:] == [(17, 25, "unknown", "probe-moved"), (25, 30, "unknown", "lag")]


def test_a_stay_that_ends_before_it_begins_is_none() -> None:
    wrong = Stay("table", "store", 10 * MINUTE, 5 * MINUTE)
    stays = [Stay("fridge", "store", 0, 10 * MINUTE), wrong, Stay("fridge", "store", 12 * MINUTE)]
    assert told(judged(fridge(*minutes(0, 20)), *stays, until_ms=20 * MINUTE)) == [
        (0, 10, "ok", ""), (10, 12, "tolerated", "moved"), (12, 20, "ok", ""),
    ]  # fmt: skip


def test_what_was_there_last_and_not_first_decides_whether_a_silence_is_waited_for() -> None:
    cooled = fridge(*minutes(0, 3, 700), *minutes(3, 6))
    assert told(judged(cooled, Stay("fridge", "store", 0, 6 * MINUTE), until_ms=10 * MINUTE))[-1] == (
        6, 10, "tolerated", "moved",
    )  # fmt: skip
    warmed = fridge(*minutes(0, 3), *minutes(3, 6, 700))
    assert told(judged(warmed, Stay("fridge", "store", 0, 6 * MINUTE), until_ms=10 * MINUTE))[-1] == (
        6, 10, "unknown", "lag",
    )  # fmt: skip


def test_a_unit_taken_out_of_a_refrigerator_that_fell_silent_while_warm_is_not_waited_for() -> None:
    warm = fridge(*minutes(0, 6, 700))
    assert told(judged(warm, Stay("fridge", "store", 0, 17 * MINUTE), until_ms=20 * MINUTE)) == [
        (0, 15, "out", "above"), (15, 17, "unknown", "lag"), (17, 20, "unknown", "lag"),
    ]  # fmt: skip


def test_a_logs_last_reading_counts_at_its_instant_and_a_log_without_any_ends_where_time_does() -> None:
    read = judge_log([(0, 400), (4_001, 400), (9_001, 400)], pack=CN, component="RBC_AS", phase="store")
    assert (read.until_ms, read.judged_ms) == (9_002, 9_002)
    failed = judge_log([(5_000, 400)], pack=CN, component="RBC_AS", phase="store", faults_ms=[2_000, 9_000])
    assert told(failed) == [
        (2 / 60, 5 / 60, "unknown", "fault"), (5 / 60, 9 / 60, "ok", ""), (9 / 60, 9_001 / MINUTE, "unknown", "fault")
    ]  # fmt: skip
    twice = [(1, 400), (5_001, 400), (5_002, 400), (9_001, 400)]
    failed = judge_log(twice, pack=CN, component="RBC_AS", phase="store", faults_ms=[5_001])
    assert [each.lasted_ms for each in failed.spells if each.status == "unknown"] == [1], (
        "what else it said then is none"
    )
    empty = judge_log([], pack=CN, component="RBC_AS", phase="store")
    assert (empty.until_ms, empty.judged_ms) == (0, 0)


@pytest.mark.parametrize(
    ("came", "place", "verdict"),
    [(16, "attic", "unknown"), (16, "zoo", "unknown"), (14, "attic", "ok"), (14, "zoo", "ok")],
)
def test_a_walk_from_a_place_whose_probe_is_silent_counts_from_its_last_reading(
    came: int, place: str, verdict: str
) -> None:
    """Whatever the places are called."""
    tracks = {"fridge": [fridge(*minutes(0, 6))], place: [fridge(*minutes(0, 60))]}
    stays = [Stay("fridge", "store", 0, 12 * MINUTE), Stay(place, "store", came * MINUTE)]
    found = judge(stays, tracks, pack=CN, component="RBC_AS", until_ms=30 * MINUTE)
    assert found.verdict == verdict
