"""The cold chain of one unit, told as the stories that decide whether a patient gets it. Minutes are minutes."""

from collections.abc import Iterable, Mapping, Sequence

import pytest

from ledger.rules.exposure import Exposure, Stay, Track, judge, judge_log
from ledger.rules.files import pack_text
from ledger.rules.pack import Pack
from ledger.rules.pack_file import parse_pack

MINUTE = 60_000
CN = parse_pack(pack_text("cn"))


def probe(
    minutes: Iterable[int], centi: int = 400, *, name: str = "a", warm: Mapping[int, int] | None = None, until: int = 0
) -> Track:
    """A probe that read once in each of `minutes`, always `centi` but in the `warm` minutes."""
    times = list(minutes)
    samples = tuple((minute * MINUTE, (warm or {}).get(minute, centi)) for minute in times)
    return Track(probe=name, start_ms=times[0] * MINUTE, end_ms=(until or times[-1] + 1) * MINUTE, samples=samples)


def fridge_stay(start: int, end: int | None = None) -> Stay:
    return Stay("fridge", "store", start * MINUTE, None if end is None else end * MINUTE)


def exposure(
    stays: Sequence[Stay],
    tracks: Mapping[str, Sequence[Track]],
    *,
    until: int,
    component: str = "RBC_AS",
    pack: Pack = CN,
) -> Exposure:
    return judge(stays, tracks, pack=pack, component=component, until_ms=until * MINUTE)


def told(found: Exposure) -> list[tuple[int, int, str, str]]:
    """Each spell as (from minute, to minute, status, reason)."""
    return [(s.start_ms // MINUTE, s.end_ms // MINUTE, s.status, s.reason) for s in found.spells]


def test_a_quiet_hour_is_ok() -> None:
    found = exposure([fridge_stay(0)], {"fridge": [probe(range(60))]}, until=60)
    assert told(found) == [(0, 60, "ok", "")]
    assert found.verdict == "ok"
    assert (found.pack, found.pack_version, found.verified, found.component) == ("cn", "2026.1", False, "RBC_AS")
    assert (found.covered_ms, found.judged_ms) == (60 * MINUTE, 60 * MINUTE)
    assert (found.lowest_centi, found.highest_centi, found.last_reading_ms) == (400, 400, 59 * MINUTE)
    assert (found.first_ms, found.lag_ms) == (0, MINUTE)
    assert (found.spells[0].low, found.spells[0].high) == (200, 600)


@pytest.mark.parametrize(("centi", "verdict"), [(199, "out"), (200, "ok"), (600, "ok"), (601, "out")])
def test_limits_are_inclusive(centi: int, verdict: str) -> None:
    assert exposure([fridge_stay(0)], {"fridge": [probe(range(5), centi)]}, until=5).verdict == verdict


def test_minutes_out_belong_to_the_unit_not_to_the_fridge() -> None:
    tracks = {"fridge": [probe(range(60), warm=dict.fromkeys(range(20, 26), 850))]}
    early = exposure([fridge_stay(0, 22)], tracks, until=22)
    late = exposure([fridge_stay(30)], tracks, until=60)
    assert (early.verdict, early.out_ms, early.highest_centi) == ("out", 2 * MINUTE, 850)
    assert (late.verdict, late.out_ms, late.highest_centi) == ("ok", 0, 400)


def test_five_degrees_suits_red_cells_and_not_platelets() -> None:
    tracks = {"fridge": [probe(range(10), 500)]}
    assert exposure([fridge_stay(0)], tracks, until=10, component="RBC_AS").verdict == "ok"
    platelets = exposure([fridge_stay(0)], tracks, until=10, component="PLT")
    assert told(platelets) == [(0, 10, "out", "below")]


def test_a_silent_probe_is_believed_for_ten_minutes_only() -> None:
    read = [*range(5), *range(40, 60)]
    found = exposure([fridge_stay(0)], {"fridge": [probe(read)]}, until=60)
    assert told(found) == [(0, 14, "ok", ""), (14, 40, "unknown", "no-reading"), (40, 60, "ok", "")]
    assert (found.verdict, found.unknown_ms) == ("unknown", 26 * MINUTE)


def test_two_good_readings_speak_for_the_time_between_them_if_they_are_no_further_apart_than_max_gap() -> None:
    near = exposure([fridge_stay(0)], {"fridge": [probe([*range(5), *range(14, 60)])]}, until=60)
    assert told(near) == [(0, 60, "ok", "")]
    far = exposure([fridge_stay(0)], {"fridge": [probe([*range(5), *range(15, 60)])]}, until=60)
    assert told(far) == [(0, 14, "ok", ""), (14, 15, "unknown", "no-reading"), (15, 60, "ok", "")]


def silent(name: str, start: int, end: int, *, then: int) -> Track:
    """A probe that reads every minute until `start`, tells a hole from there to `end`, and goes on until `then`."""
    read = [*range(start + 1), *range(end, then)]
    return Track(
        probe=name, start_ms=0, end_ms=then * MINUTE, samples=tuple((minute * MINUTE, 400) for minute in read),
        gaps=((start * MINUTE, end * MINUTE, "link lost"),),
    )  # fmt: skip


@pytest.mark.parametrize(("end", "status"), [(14, "tolerated"), (15, "unknown")])
def test_a_hole_that_the_device_told_is_shown_and_tolerated_as_long_as_max_gap(end: int, status: str) -> None:
    found = exposure([fridge_stay(0)], {"fridge": [silent("a", 4, end, then=60)]}, until=60)
    assert told(found) == [(0, 4, "ok", ""), (4, end, status, "link lost"), (end, 60, "ok", "")]
    assert found.verdict == ("ok" if status == "tolerated" else "unknown")


@pytest.mark.parametrize(("end", "status"), [(13, "tolerated"), (14, "tolerated"), (15, "unknown")])
def test_a_probe_that_reads_seldom_is_not_blamed_for_the_silence_of_its_neighbour(end: int, status: str) -> None:
    seldom = probe(range(0, 60, 9), name="b")
    found = exposure([fridge_stay(0)], {"fridge": [silent("a", 4, end, then=60), seldom]}, until=60)
    assert told(found)[1] == (4, end, status, "link lost")


def test_two_probes_silent_one_after_the_other_leave_one_silence() -> None:
    """At no instant of it did both speak: from the first one's last reading to the last one's next."""
    together = {"fridge": [silent("a", 4, 10, then=60), silent("b", 8, 14, then=60)]}
    assert exposure([fridge_stay(0)], together, until=60).verdict == "ok"
    longer = {"fridge": [silent("a", 4, 10, then=60), silent("b", 8, 15, then=60)]}
    assert exposure([fridge_stay(0)], longer, until=60).unknown_ms > 0


@pytest.mark.parametrize(("came", "verdict"), [(28, "ok"), (29, "unknown")])
def test_a_walk_counts_from_the_reading_before_it(came: int, verdict: str) -> None:
    """The last reading in the refrigerator was two minutes old when the unit was taken out."""
    tracks = {"fridge": [probe(range(0, 60, 3))], "box": [probe(range(60), 800)]}
    walk = [fridge_stay(0, 20), Stay("box", "transport", came * MINUTE)]
    assert exposure(walk, tracks, until=60).verdict == verdict


def test_a_short_gap_beside_a_warm_reading_is_not_tolerated() -> None:
    found = exposure([fridge_stay(0)], {"fridge": [probe([*range(5), *range(20, 60)], warm={20: 700})]}, until=60)
    assert told(found) == [
        (0, 14, "ok", ""), (14, 20, "unknown", "no-reading"), (20, 21, "out", "above"), (21, 60, "ok", ""),
    ]  # fmt: skip


def test_a_declared_gap_ends_the_standing_reading_at_once() -> None:
    held = Track(
        probe="a", start_ms=0, end_ms=30 * MINUTE, samples=((0, 400), (9 * MINUTE, 400)),
        gaps=((2 * MINUTE, 8 * MINUTE, "link lost"),),
    )  # fmt: skip
    found = exposure([fridge_stay(0)], {"fridge": [held]}, until=19)
    assert told(found) == [(0, 2, "ok", ""), (2, 9, "tolerated", "link lost"), (9, 19, "ok", "")]


def test_a_warm_reading_right_before_a_gap_stays_out_until_the_next_reading() -> None:
    """A lone warm reading with which a hole begins: the segment that carries it declares the hole from its instant."""
    cool = Track(probe="a", start_ms=0, end_ms=2 * MINUTE, samples=((0, 400),))
    warm = Track(
        probe="a", start_ms=2 * MINUTE, end_ms=9 * MINUTE, samples=((2 * MINUTE, 900),),
        gaps=((2 * MINUTE, 9 * MINUTE, "no reading"),),
    )  # fmt: skip
    after = Track(probe="a", start_ms=9 * MINUTE, end_ms=19 * MINUTE, samples=((9 * MINUTE, 400),))
    found = exposure([fridge_stay(0)], {"fridge": [cool, warm, after]}, until=19)
    assert told(found) == [(0, 2, "ok", ""), (2, 9, "out", "above"), (9, 19, "ok", "")]
    assert (found.verdict, found.highest_centi) == ("out", 900)


def test_a_warm_reading_that_a_gap_claims_was_never_made_counts() -> None:
    odd = Track(
        probe="a", start_ms=0, end_ms=30 * MINUTE, samples=((0, 400), (5 * MINUTE, 900), (9 * MINUTE, 400)),
        gaps=((2 * MINUTE, 8 * MINUTE, "link lost"),),
    )  # fmt: skip
    assert exposure([fridge_stay(0)], {"fridge": [odd]}, until=19).verdict == "out"


def test_the_coolest_reading_right_before_a_gap_is_still_the_lowest() -> None:
    held = Track(
        probe="a", start_ms=0, end_ms=9 * MINUTE, samples=((0, 400), (2 * MINUTE, 250), (8 * MINUTE, 400)),
        gaps=((2 * MINUTE, 8 * MINUTE, "no reading"),),
    )  # fmt: skip
    found = exposure([fridge_stay(0)], {"fridge": [held]}, until=9)
    assert (found.verdict, found.lowest_centi) == ("ok", 250)


def test_a_fault_is_unknown_until_the_next_good_reading() -> None:
    stuck = Track(
        probe="a", start_ms=5 * MINUTE, end_ms=7 * MINUTE, samples=((5 * MINUTE, 400),),
        quality="suspect", reason="stuck",
    )  # fmt: skip
    found = exposure([fridge_stay(0)], {"fridge": [probe(range(5)), stuck, probe(range(9, 20))]}, until=20)
    assert told(found) == [(0, 5, "ok", ""), (5, 9, "unknown", "stuck"), (9, 20, "ok", "")]


def test_a_lost_link_after_a_fault_does_not_hide_the_fault() -> None:
    fault = Track(probe="a", start_ms=5 * MINUTE, end_ms=6 * MINUTE, samples=(), quality="fault")
    silent = Track(
        probe="a", start_ms=6 * MINUTE, end_ms=9 * MINUTE, samples=(), gaps=((6 * MINUTE, 9 * MINUTE, "link lost"),)
    )
    found = exposure([fridge_stay(0)], {"fridge": [probe(range(5)), fault, silent, probe(range(9, 20))]}, until=20)
    assert told(found) == [(0, 5, "ok", ""), (5, 9, "unknown", "fault"), (9, 20, "ok", "")]


def test_a_probe_out_of_calibration_says_nothing() -> None:
    track = Track(
        probe="a", start_ms=0, end_ms=10 * MINUTE, samples=tuple((minute * MINUTE, 400) for minute in range(10)),
        calibration_until_ms=4 * MINUTE,
    )  # fmt: skip
    found = exposure([fridge_stay(0)], {"fridge": [track]}, until=10)
    assert told(found) == [(0, 5, "ok", ""), (5, 10, "unknown", "calibration-expired")]


def test_the_worse_of_two_probes_counts() -> None:
    air = probe(range(20), name="air", warm={5: 800, 6: 800})
    load = probe(range(20), name="load")
    blind = Track(probe="load", start_ms=10 * MINUTE, end_ms=12 * MINUTE, samples=(), quality="fault", reason="broken")
    found = exposure([fridge_stay(0)], {"fridge": [air, load, blind]}, until=20)
    assert told(found) == [
        (0, 5, "ok", ""), (5, 7, "out", "above"), (7, 10, "ok", ""), (10, 12, "unknown", "broken"), (12, 20, "ok", ""),
    ]  # fmt: skip
    assert (found.spells[1].lowest, found.spells[1].highest) == (400, 800)


def test_out_beats_unknown() -> None:
    broken = Track(probe="b", start_ms=0, end_ms=10 * MINUTE, samples=(), quality="fault")
    found = exposure([fridge_stay(0)], {"fridge": [probe(range(10), 900), broken]}, until=10)
    assert told(found) == [(0, 10, "out", "above")]


def test_a_probe_taken_away_is_not_missed_and_its_last_reading_is_not_kept() -> None:
    gone = Track(
        probe="b", start_ms=0, end_ms=5 * MINUTE, samples=tuple((minute * MINUTE, 900) for minute in range(5)),
        removed=True,
    )  # fmt: skip
    back = probe(range(8, 20), name="b", until=20)
    back = Track(probe="b", start_ms=7 * MINUTE, end_ms=20 * MINUTE, samples=back.samples)
    tracks = {"fridge": [probe(range(20)), gone, back]}
    found = exposure([fridge_stay(0)], tracks, until=20)
    assert told(found) == [
        (0, 5, "out", "above"), (5, 7, "ok", ""), (7, 8, "tolerated", "probe-removed"), (8, 20, "ok", ""),
    ]  # fmt: skip


def test_the_walk_to_the_box_is_tolerated_if_short() -> None:
    tracks = {"fridge": [probe(range(60))], "box": [probe(range(60), 800)]}
    walk = [fridge_stay(0, 20), Stay("box", "transport", 26 * MINUTE)]
    found = exposure(walk, tracks, until=60)
    assert told(found) == [(0, 20, "ok", ""), (20, 26, "tolerated", "moved"), (26, 60, "ok", "")]
    assert [spell.place for spell in found.spells] == ["fridge", None, "box"]
    long_walk = [fridge_stay(0, 20), Stay("box", "transport", 31 * MINUTE)]
    assert told(exposure(long_walk, tracks, until=60))[1] == (20, 31, "unknown", "moved")


def test_a_box_without_a_probe_is_unknown_however_short() -> None:
    found = exposure([fridge_stay(0, 20), Stay("box", "transport", 20 * MINUTE, 22 * MINUTE)],
                     {"fridge": [probe(range(60))]}, until=22)  # fmt: skip
    assert told(found) == [(0, 20, "ok", ""), (20, 22, "unknown", "no-probe")]


def test_a_silent_pack_cannot_judge() -> None:
    found = exposure([Stay("ward", "ward", 0)], {"ward": [probe(range(10))]}, until=10)
    assert told(found) == [(0, 10, "unknown", "no-limits")]


def test_processing_is_not_judged() -> None:
    stays = [Stay("bench", None, 0, 30 * MINUTE), fridge_stay(30)]
    found = exposure(stays, {"fridge": [probe(range(60))]}, until=60)
    assert told(found) == [(30, 60, "ok", "")]
    assert found.first_ms == 30 * MINUTE


def test_equal_spells_with_processing_between_stay_two() -> None:
    stays = [fridge_stay(0, 10), Stay("bench", None, 10 * MINUTE, 20 * MINUTE), fridge_stay(20)]
    found = exposure(stays, {"fridge": [probe(range(60))]}, until=60)
    assert told(found) == [(0, 10, "ok", ""), (20, 60, "ok", "")]


def test_a_unit_never_judged_is_unknown() -> None:
    found = exposure([Stay("bench", None, 0)], {}, until=60)
    assert (found.verdict, found.spells, found.first_ms, found.lag_ms) == ("unknown", (), None, None)


def test_readings_on_their_way_are_waited_for_ten_minutes() -> None:
    tracks = {"fridge": [probe(range(50))]}
    assert exposure([fridge_stay(0)], tracks, until=59).verdict == "ok"
    lagging = exposure([fridge_stay(0)], tracks, until=65)
    assert told(lagging) == [(0, 59, "ok", ""), (59, 65, "unknown", "lag")]
    assert lagging.lag_ms == 16 * MINUTE


def test_a_unit_just_taken_out_is_not_unknown_at_once() -> None:
    tracks = {"fridge": [probe(range(50))]}
    out = exposure([fridge_stay(0, 50)], tracks, until=65)
    assert told(out) == [(0, 50, "ok", ""), (50, 59, "tolerated", "moved"), (59, 65, "unknown", "lag")]


def test_nothing_is_known_before_the_first_reading() -> None:
    found = exposure([fridge_stay(0)], {"fridge": [probe(range(5, 20))]}, until=20)
    assert told(found) == [(0, 5, "unknown", "no-reading"), (5, 20, "ok", "")]
    never = exposure([fridge_stay(0)], {"fridge": [probe(range(30, 40))]}, until=20)
    assert told(never) == [(0, 20, "unknown", "no-reading")]


def test_what_the_pack_tolerates_before_quarantine() -> None:
    lenient = parse_pack(pack_text("cn").replace("high = 600,", "high = 600, tolerated_out_minutes = 2,"))
    tracks = {"fridge": [probe(range(20), warm={5: 700, 6: 700})], "hot": [probe(range(20), 900)]}
    assert exposure([fridge_stay(0)], tracks, until=20).over_tolerance
    within = exposure([fridge_stay(0)], tracks, until=20, pack=lenient)
    assert (within.verdict, within.over_tolerance) == ("out", False)
    assert exposure([Stay("hot", "store", 0)], tracks, until=3, pack=lenient).over_tolerance


def test_a_loggers_file_is_judged_up_to_its_last_reading() -> None:
    samples = [(minute * MINUTE, 400) for minute in range(10)]
    fine = judge_log(samples, pack=CN, component="RBC_AS", phase="store")
    assert (fine.verdict, fine.judged_ms) == ("ok", 9 * MINUTE + 1)
    assert judge_log([*samples, (10 * MINUTE, 650)], pack=CN, component="RBC_AS", phase="store").verdict == "out"
    assert judge_log(samples, pack=CN, component="RBC_AS", phase="store", until_ms=60 * MINUTE).verdict == "unknown"
    assert judge_log([], pack=CN, component="RBC_AS", phase="store").verdict == "unknown"
