"""A probe that was not where its readings say: from the moment on, they count for no place."""

from collections.abc import Sequence

import pytest

from ledger.rules.moved import FOR_GOOD, STANDING_MS, Placement, absences, as_shown, bears_on, known_there
from ledger.rules.pack import Limits
from ledger.rules.readings import OfMany, OfOneUnit, Readings
from ledger.rules.standing import Piece
from ledger.rules.track import Track

FRIDGE, OTHER = "place:f-07", "place:f-08"
RED_CELLS = Limits(low=200, high=600, max_gap_ms=5, source="test", verified=True)


def read(start: int, end: int, *, absent: Sequence[tuple[int, int]] = (), gone: bool = False) -> Track:
    """A segment with a reading every instant, as warm as the instant says, and a declared gap over all of it."""
    samples = tuple((at, 400 + at) for at in range(start, end))
    gaps = ((start, end, "link"),)
    return Track(probe="a", start_ms=start, end_ms=end, samples=samples, gaps=gaps, absent=tuple(absent), removed=gone)


@pytest.mark.parametrize(
    ("said", "away"),
    [
        ([], []),
        ([(3, FRIDGE)], []),
        ([(3, OTHER)], [(20, FOR_GOOD)]),
        ([(25, None)], [(25, FOR_GOOD)]),
        ([(90, None)], [(90, FOR_GOOD)]),
        ([(3, OTHER), (25, FRIDGE)], [(20, 25)]),
        ([(3, OTHER), (20, FRIDGE)], []),
        ([(3, OTHER), (21, FRIDGE)], [(20, 21)]),
        ([(3, FRIDGE), (22, None), (24, OTHER), (26, FRIDGE), (28, None)], [(22, 24), (24, 26), (28, FOR_GOOD)]),
        ([(25, None), (25, FRIDGE)], []),
    ],
)
def test_a_persons_word_counts_until_the_next(said: list[tuple[int, str | None]], away: list[tuple[int, int]]) -> None:
    placements = [Placement(at, place) for at, place in said]
    assert list(absences(read(20, 30), FRIDGE, placements=placements)) == away


@pytest.mark.parametrize(
    ("heard", "away"),
    [
        ((5, 20), []),
        ((5, 21), [(20, 21)]),
        ((25, 26), [(25, 26)]),
        ((30, 40), [(30, 40)]),
        ((30 + STANDING_MS, 99 + STANDING_MS), [(30 + STANDING_MS, 99 + STANDING_MS)]),
        ((31 + STANDING_MS, 99 + STANDING_MS), []),
    ],
)
def test_a_probe_that_speaks_of_another_place_is_there(heard: tuple[int, int], away: list[tuple[int, int]]) -> None:
    assert list(absences(read(20, 30), FRIDGE, elsewhere=[heard])) == away
    assert bears_on(heard, read(20, 30)) == bool(away)


def test_a_probe_of_which_nothing_else_is_told_stays() -> None:
    told = [Track(probe="a", start_ms=0, end_ms=9, samples=((0, 400),))]
    assert known_there(told) == told
    assert not told[0].removed


def test_nothing_stands_longer_than_half_an_hour_and_for_good_is_later_than_any_instant() -> None:
    assert (STANDING_MS, FOR_GOOD) == (30 * 60 * 1000, 2**61)


def test_what_was_said_and_what_was_heard_both_count_in_order_of_time() -> None:
    found = absences(read(20, 30), FRIDGE, placements=[Placement(28, None)], elsewhere=[(29, 40), (22, 23)])
    assert found == ((22, 23), (28, FOR_GOOD), (29, 40))


def spans(tracks: Sequence[Track]) -> list[tuple[int, int, list[int], bool]]:
    return [(each.start_ms, each.end_ms, [at for at, _ in each.samples], each.removed) for each in tracks]


def test_tracks_of_a_probe_that_never_went_stay_as_they_are() -> None:
    tracks = [read(0, 3), read(3, 6, gone=True)]
    assert known_there(tracks) == tracks


def test_a_track_is_cut_to_when_its_probe_was_there() -> None:
    found = known_there([read(0, 10, absent=[(2, 4), (3, 5), (8, 10)]), read(10, 12)])
    assert spans(found) == [
        (0, 2, [0, 1], False),
        (5, 8, [5, 6, 7], False),
        (10, 12, [10, 11], False),
        (2, 2, [], True),
        (3, 3, [], True),
        (8, 8, [], True),
    ]
    assert [each.gaps for each in found[:2]] == [((0, 2, "link"),), ((5, 8, "link"),)]
    assert not any(each.absent for each in found)


def test_a_gap_outside_a_piece_is_left_out() -> None:
    track = Track(probe="a", start_ms=0, end_ms=9, samples=(), gaps=((1, 2, "x"), (6, 7, "y")), absent=((3, 5),))
    assert [each.gaps for each in known_there([track])[:2]] == [((1, 2, "x"),), ((6, 7, "y"),)]


def test_the_last_piece_says_that_the_probe_was_taken_out_at_the_end() -> None:
    found = known_there([read(0, 9, absent=[(3, 5)], gone=True)])
    assert spans(found) == [(0, 3, [0, 1, 2], False), (5, 9, [5, 6, 7, 8], True), (3, 3, [], True)]


def test_an_absence_behind_a_track_ends_only_its_standing() -> None:
    track = read(0, 2, absent=[(2, 9)])
    assert spans(known_there([track])) == [(0, 2, [0, 1], False), (2, 2, [], True)]
    later = read(0, 2, absent=[(3, 9)])
    assert spans(known_there([later])) == [(0, 2, [0, 1], False), (3, 3, [], True)]


def test_an_absence_that_covers_a_track_leaves_nothing_of_it() -> None:
    assert spans(known_there([read(4, 9, absent=[(4, 9)])])) == [(4, 4, [], True)]


def test_a_chart_shows_what_the_probe_read_elsewhere_as_no_reading() -> None:
    shown = as_shown(read(0, 6, absent=[(2, 4)]))
    assert [(each.quality, [at for at, _ in each.samples]) for each in shown] == [
        ("good", [0, 1]),
        ("good", [4, 5]),
        ("suspect", [2, 3]),
    ]
    assert shown[-1].reason == "probe-moved"
    assert as_shown(read(0, 3)) == [read(0, 3)]
    assert [each.quality for each in as_shown(read(0, 3, absent=[(3, 9)]))] == ["good"]


def of_many(tracks: dict[str, list[Track]]) -> Readings:
    return OfMany(tracks, 0, 60)


@pytest.mark.parametrize("make", [OfOneUnit, of_many])
def test_a_place_whose_only_probe_went_is_not_known_and_says_why(make: type[OfOneUnit]) -> None:
    plain = Track(probe="a", start_ms=0, end_ms=20, samples=tuple((at, 400) for at in range(20)), absent=((8, 99),))
    found = list(make({FRIDGE: [plain]}).pieces(FRIDGE, RED_CELLS, 0, 30))
    assert [(each.start_ms, each.end_ms, each.state, each.reason) for each in found] == [
        (0, 8, "ok", ""),
        (8, 30, "gap", "probe-moved"),
    ]


def test_the_probe_that_stayed_speaks_for_the_place_alone() -> None:
    went = Track(probe="a", start_ms=0, end_ms=20, samples=tuple((at, 900) for at in range(20)), absent=((8, 99),))
    stayed = Track(probe="b", start_ms=0, end_ms=20, samples=tuple((at, 400) for at in range(20)))
    found = list(OfOneUnit({FRIDGE: [went, stayed]}).pieces(FRIDGE, RED_CELLS, 0, 20))
    assert [(each.start_ms, each.end_ms, each.state) for each in found] == [(0, 8, "out"), (8, 20, "ok")]


def test_a_place_that_no_probe_had_come_to_yet_has_no_reading() -> None:
    came = Track(probe="a", start_ms=5, end_ms=9, samples=((5, 400),), absent=((7, 99),))
    found = list(OfOneUnit({FRIDGE: [came]}).pieces(FRIDGE, RED_CELLS, 0, 9))
    assert found[0] == Piece(0, 5, "gap", "no-reading")
    assert found[-1] == Piece(7, 9, "gap", "probe-moved")


def test_absences_that_overlap_are_over_when_the_last_of_them_is() -> None:
    assert spans(known_there([read(0, 9, absent=[(2, 8), (3, 5)])]))[:2] == [(0, 2, [0, 1], False), (8, 9, [8], False)]


def test_a_reading_of_the_very_instant_at_which_the_probe_went_counts_no_more() -> None:
    last = Track(probe="a", start_ms=0, end_ms=2, samples=((0, 400), (2, 900)), absent=((2, 9),))
    assert spans(known_there([last])) == [(0, 2, [0], False), (2, 2, [], True)]
